import * as pulumi from "@pulumi/pulumi";

import type { AppliedHost } from "../apply";
import { rightsOf } from "../files";
import { connectionTo } from "../ssh";
import { HostDrift } from "./hostDrift";
import { HostState, rightState } from "./state";

/**
 * Registers what a refresh looks at on each host that asks for it, after the whole cluster is confirmed. What was
 * changed by hand is put right on one host after another.
 */
export function watchDrift(
  hosts: AppliedHost[],
  cluster: pulumi.Input<string>,
  generation: pulumi.Input<string>,
  confirmed: pulumi.Resource[],
): void {
  let before: pulumi.Resource[] = confirmed;
  for (const { name, parent, connection, args } of hosts.filter((host) => host.args.drift)) {
    const host = connection.host;
    const state = stateOfFiles(args);
    const drift = new HostDrift(
      `${name}-drift`,
      { node: name, host, cluster, generation, connection: connectionTo(connection), state },
      { parent, dependsOn: before },
    );
    before = [...confirmed, drift];
  }
}

/** Of files that hold a secret only the paths are taken. */
function stateOfFiles({ files, secretFiles = {} }: AppliedHost["args"]): pulumi.Output<HostState> {
  const secretPaths = pulumi.unsecret(pulumi.output(secretFiles).apply((known) => Object.keys(known)));
  return pulumi.all([files, secretPaths]).apply(([shown, secret]) => {
    const rights = (paths: string[], isSecret: boolean) =>
      paths.map((path) => [path, Object.values(rightsOf(isSecret)).join(" ")] as const);
    return rightState(
      shown,
      secret,
      Object.fromEntries([...rights(Object.keys(shown), false), ...rights(secret, true)]),
    );
  });
}
