import * as pulumi from "@pulumi/pulumi";

import { applyCluster } from "./apply";
import { ConnectionArgs } from "./args";
import { sayImpact } from "./impact";
import { withSecrets } from "./values";

/** Arguments of HostConfig. */
export interface HostConfigArgs {
  /** How the host is reached over SSH. */
  connection: ConnectionArgs;
  /** Name of the managed set on the host: 1 to 40 letters, digits, '_' and '-'. A path belongs to one set only. */
  cluster: pulumi.Input<string>;
  /** Path -> text of each file, mode 0644. `pulumi preview --diff` shows a line diff of each. */
  files: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /** Path -> text of each file that holds a secret, mode 0600. Never shown. */
  secretFiles?: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /** Program that must be there -> package that brings it. */
  packages?: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /** Whether this component applies the files itself; false when a parent orders several hosts. @default true */
  apply?: boolean;
  /** Have `pulumi refresh` and `preview --refresh` look at the host and show what was changed there by hand; the next `up` puts it right. @default false */
  drift?: boolean;
}

/**
 * The files of one host, applied over SSH as one transaction: staged, tested with the real tools, put in force,
 * watched, and taken back when anything is wrong. Destroy puts back what was there before.
 */
export class HostConfig extends pulumi.ComponentResource {
  static readonly __pulumiType = "pulumi-keepalived:index:HostConfig";

  /** Path -> text of the files that hold no secret. */
  public readonly files: pulumi.Output<Record<string, string>>;

  constructor(name: string, args: HostConfigArgs, opts?: pulumi.ComponentResourceOptions) {
    const inputs = withSecrets({
      ...args,
      secretFiles: args.secretFiles && pulumi.secret(args.secretFiles),
    });
    super(
      HostConfig.__pulumiType,
      name,
      inputs,
      pulumi.mergeOptions(opts, { hooks: sayImpact(name, args.cluster) }),
    );
    this.files = pulumi.output(args.files);
    if (args.apply !== false) {
      applyCluster(name, args.cluster, [{ name, parent: this, connection: args.connection, args }]);
    }
    this.registerOutputs({ files: this.files });
  }
}
