import { remote } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";

import { Cluster, HostKeepalived, parseHostKeepalived, proveVersions } from "../spec";
import { proven } from "./proof";

/** What the keepalived of each host is, by the node's name. */
export type ToldKeepalived = Record<string, HostKeepalived>;

/**
 * What the stages have told of it. They are in the state: nobody is asked again while nothing changes. A stage of before this
 * was told says nothing.
 */
export function toldKeepalived(
  nodes: pulumi.Input<string>[],
  staged: remote.Command[],
): pulumi.Output<ToldKeepalived> {
  // A version is no secret; what else a stage prints may derive from some.
  const texts = pulumi.unsecret(pulumi.all(staged.map(({ stdout }) => stdout)));
  return pulumi.all([pulumi.all(nodes), texts]).apply(([names, all]) =>
    Object.fromEntries(
      names.flatMap((name, i) => {
        const told = parseHostKeepalived(all[i] ?? "");
        return told === undefined ? [] : [[name, told]];
      }),
    ),
  );
}

/** The version of each, as an output. */
export function versionsOf(told: pulumi.Output<ToldKeepalived>): pulumi.Output<Record<string, string>> {
  return told.apply((all) =>
    Object.fromEntries(Object.entries(all).map(([node, { version }]) => [node, version])),
  );
}

/** Says what is wrong with the versions of a cluster's nodes, and throws where they cannot work together. */
export function proveSkew(name: string, cluster: Cluster, told: ToldKeepalived): void {
  // What was told is in the state: a host that was updated by hand is not asked by an up without a change.
  const again = `; then have the hosts asked again: pulumi up --replace '**::${name}-*-stage'`;
  const problems = proveVersions(cluster, told).map((problem) =>
    problem.severity === "error" ? { ...problem, fix: problem.fix + again } : problem,
  );
  const isWrong = problems.some(({ severity }) => severity === "error");
  proven(name, isWrong ? { problems } : { value: told, warnings: problems });
}
