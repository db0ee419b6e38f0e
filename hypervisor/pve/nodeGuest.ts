import type { Cluster } from "../../spec";
import { needsOf } from "../needs";
import { GuestWant, wantOf } from "./want";

/** What a node of a proved cluster asks of the guest that it is. */
export interface NodeGuest {
  /** VMID. */
  id: number;
  want: GuestWant;
}

/** The node's guest in Proxmox VE; the spec must name one. */
export function nodeGuest(cluster: Cluster, name: string): NodeGuest {
  const { firewall, promiscuous, macChanges, forgedTransmits } = cluster.hypervisor!;
  const node = cluster.nodes.find((one) => one.name === name)!;
  const { id, nic } = node.guest!;
  const all = needsOf(cluster, name);
  const none = { interface: node.interface, vrrp: [], addresses: [], virtualMac: false, also: [] };
  const needs = all.find((one) => one.interface === node.interface) ?? none;
  const want = wantOf(needs, { firewall, promiscuous, macChanges, forgedTransmits }, nic);
  const notes = all
    .filter((one) => one !== needs)
    .map(
      ({ interface: dev }) =>
        `which NIC of the guest ${dev} is, nobody says: what is dropped there is for you to let through`,
    );
  return { id: id!, want: { ...want, notes: [...want.notes, ...notes] } };
}
