import * as pulumi from "@pulumi/pulumi";

import { needsOf, NicWords } from "../../hypervisor";
import { wantOf } from "../../hypervisor/pve";
import type { Cluster, Node } from "../../spec";
import type { HypervisorArgs, NodeArgs } from "../args";
import { derive } from "../proof";
import { connectionTo } from "../ssh";
import { accessTo, hasAccess } from "./access";
import type { GuestAsk } from "./model";
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
      guests.map((node) => askOf(known, node.name, ownWay.includes(node) ? node.name : HYPERVISOR)),
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

function askOf(cluster: Cluster, name: string, at: string): GuestAsk {
  const { firewall, promiscuous, macChanges, forgedTransmits } = cluster.hypervisor!;
  const node = cluster.nodes.find((one) => one.name === name)!;
  const { id, nic } = node.guest!;
  const { want, others } = nicOf(cluster, node, { firewall, promiscuous, macChanges, forgedTransmits }, nic);
  const notes = others.map(
    (dev) => `which NIC of the guest ${dev} is, nobody says: what is dropped there is for you to let through`,
  );
  return { node: name, id: id!, at, want: { ...want, notes: [...want.notes, ...notes] } };
}

function nicOf(cluster: Cluster, node: Node, words: NicWords, nic: string) {
  const all = needsOf(cluster, node.name);
  const none = { interface: node.interface, vrrp: [], addresses: [], virtualMac: false, also: [] };
  const needs = all.find((one) => one.interface === node.interface) ?? none;
  const others = all.filter((one) => one !== needs).map((one) => one.interface);
  return { want: wantOf(needs, words, nic), others };
}
