import * as pulumi from "@pulumi/pulumi";

import { nodeGuest } from "../../hypervisor/pve";
import type { Cluster } from "../../spec";
import type { HypervisorArgs, NodeArgs } from "../args";
import { derive } from "../proof";
import { connectionTo } from "../ssh";
import { accessTo, hasAccess } from "./access";
import { PveNics } from "./pveNics";

/** The key of `access` for the guests that name no way of their own. */
const HYPERVISOR = "hypervisor";

/** What a pair asks of the guests in Proxmox VE that its nodes are. */
export interface PairNicsArgs {
  cluster: string;
  hypervisor: HypervisorArgs;
  nodes: NodeArgs[];
}

/** Registers what is opened for a pair before its own change, and gives what registers the rest. */
export function pairNics(
  name: string,
  { cluster: owner, hypervisor, nodes }: PairNicsArgs,
  cluster: Cluster | pulumi.Output<Cluster>,
  parent: pulumi.Resource,
): { widened: pulumi.Resource[]; tighten: (confirmed: pulumi.Resource[]) => void } {
  const guests = nodes.filter((node) => node.guest !== undefined);
  const ownWay = guests.filter(({ guest }) => hasAccess(guest!));
  const access = Object.fromEntries([
    ...(hasAccess(hypervisor) ? [[HYPERVISOR, accessTo("hypervisor", hypervisor)] as const] : []),
    ...ownWay.map(({ name: node, guest }) => [node, accessTo(`guest of ${node}`, guest!)] as const),
  ]);
  const common = {
    cluster: owner,
    access,
    guests: derive(cluster, (known) =>
      guests.map((node) => ({
        node: node.name,
        at: ownWay.includes(node) ? node.name : HYPERVISOR,
        ...nodeGuest(known, node.name),
      })),
    ),
    // Whoever is no guest takes the addresses over all the same.
    gateways: Object.fromEntries(nodes.map((node) => [node.name, connectionTo(node.connection)])),
  };
  const widened = new PveNics(`${name}-nics`, { ...common, part: "widen" }, { parent });
  return {
    widened: [widened],
    tighten: (confirmed) => {
      new PveNics(
        `${name}-nics-rest`,
        { ...common, part: "tighten", former: widened.kept },
        { parent, dependsOn: [widened, ...confirmed] },
      );
    },
  };
}
