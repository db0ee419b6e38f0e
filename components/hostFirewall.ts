import * as pulumi from "@pulumi/pulumi";

import { renderFirewall } from "../render";
import { parseFirewall } from "../spec";
import { ConnectionArgs } from "./args";
import { textByPath } from "./files";
import { HostConfig } from "./hostConfig";
import { derive, prove } from "./proof";
import { userContext } from "./userContext";
import { withSecrets } from "./values";

/** Arguments of HostFirewall. */
export interface HostFirewallArgs {
  /** How the host is reached over SSH. */
  connection: ConnectionArgs;
  /** Name of the managed set on the host, 1 to 40 characters. @default the resource's name */
  cluster?: string;
  /** Name of this host, 1 to 63 characters. @default the resource's name */
  node?: string;
  /** Interface that carries VRRP, 1 to 15 characters. */
  interface: pulumi.Input<string>;
  /** Addresses on that interface from which this host sends VRRP: one IPv4, one IPv6, or both. */
  sources: pulumi.Input<string>[];
  /** Addresses from which the peers send VRRP, 1 or more. */
  peers: pulumi.Input<string>[];
  /** Adverts go to the VRRP group (224.0.0.18, ff02::12) instead of to the peers. @default false */
  multicast?: pulumi.Input<boolean>;
  /** Have `pulumi refresh` and `preview --refresh` look at the host and show what was changed there by hand; the next `up` puts it right. @default false */
  drift?: boolean;
}

/**
 * Opens a host's own firewall for VRRP (IP protocol 112) of the peers and nobody else, wherever its ruleset could
 * drop it, and keeps it open when that ruleset is loaded anew. For a host whose keepalived is managed elsewhere:
 * HaPair and KeepalivedInstance do this by themselves.
 */
export class HostFirewall extends pulumi.ComponentResource {
  static readonly __pulumiType = "pulumi-keepalived:index:HostFirewall";

  /** Path -> text of the files on the host. */
  public readonly files: pulumi.Output<Record<string, string>>;

  constructor(name: string, args: HostFirewallArgs, opts?: pulumi.ComponentResourceOptions) {
    const named = { ...args, cluster: args.cluster ?? name, node: args.node ?? name };
    const plan = prove(name, named, (input) => parseFirewall(input, userContext()));
    super(HostFirewall.__pulumiType, name, withSecrets(named), opts);

    const files = derive(plan, (known) => textByPath(renderFirewall(known)));
    new HostConfig(
      name,
      { connection: args.connection, cluster: named.cluster, files, drift: args.drift },
      { parent: this },
    );

    this.files = pulumi.output(files);
    this.registerOutputs({ files: this.files });
  }
}
