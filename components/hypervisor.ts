import * as pulumi from "@pulumi/pulumi";

import type { Cluster } from "../spec";
import { HypervisorArgs, HypervisorKind, NodeArgs } from "./args";
import { esxiNics } from "./esxi/esxiNics";
import { pairNics } from "./pve/pairNics";

/** What a pair's hypervisor is told around the pair's own change. */
export interface NicSteps {
  /** What must be done before anything is in force on the hosts. */
  widened: pulumi.Resource[];
  /** Registers what must wait until the pair is confirmed. */
  tighten: (confirmed: pulumi.Resource[]) => void;
}

/** Registers what the hypervisor of a pair has to let through; nothing where none is named. */
export function hypervisorNics(
  name: string,
  { name: owner, hypervisor, nodes }: { name: string; hypervisor?: HypervisorArgs; nodes: NodeArgs[] },
  cluster: Cluster | pulumi.Output<Cluster>,
  parent: pulumi.Resource,
): NicSteps {
  switch (hypervisor?.kind) {
    case undefined:
      return { widened: [], tighten: () => undefined };
    case HypervisorKind.Pve:
      return pairNics(name, { cluster: owner, hypervisor, nodes }, cluster, parent);
    case HypervisorKind.Esxi:
      return { widened: onEsxi(name, hypervisor, nodes, parent), tighten: () => undefined };
  }
}

function onEsxi(
  name: string,
  { connection, promiscuous, macChanges, forgedTransmits }: HypervisorArgs,
  nodes: NodeArgs[],
  parent: pulumi.Resource,
): pulumi.Resource[] {
  const guests = nodes.flatMap(({ name: node, guest }) =>
    guest?.portGroup === undefined
      ? []
      : [{ name: node, guest: { portGroup: guest.portGroup, connection: guest.connection } }],
  );
  return esxiNics(name, { connection, nodes: guests, promiscuous, macChanges, forgedTransmits }, { parent });
}
