import { Cluster, Family, InstanceConfig, Member, membersOf } from "../spec";
import { connectionStatePlan } from "../spec/connection-state";

/** The groups that VRRP's adverts go to where no peer is named. */
export const VRRP_GROUP: Record<Family, string> = { 4: "224.0.0.18", 6: "ff02::12" };

/** Protocol 112 of one family between a node and its peers. */
export interface VrrpTraffic {
  family: Family;
  /** Address that this node's adverts come from; absent where keepalived chooses it. */
  source?: string;
  /** Addresses that the peers' adverts come from; none where keepalived chooses them. */
  peers: string[];
  /** Where adverts go in place of the peers: the VRRP group. */
  group?: string;
}

/**
 * What a cluster needs of the network behind one interface of a node, whoever filters there: its adverts in and out, and the
 * addresses that it sends from. What services on the virtual addresses need is for those who run them.
 */
export interface NicNeeds {
  /** The guest's name of it: `eth0`. */
  interface: string;
  vrrp: VrrpTraffic[];
  /** Sources of adverts and virtual addresses: each may be what this node sends from. */
  addresses: string[];
  /** Adverts and answers for the virtual addresses come from a MAC of the virtual router, not from the NIC's. */
  virtualMac: boolean;
  /** Further traffic between the nodes, in words: it is not opened. */
  also: string[];
}

/** What the instances of one node need, by interface. */
export function needsOfInstances(
  instances: readonly { instance: InstanceConfig; peers: readonly string[]; virtualMac: boolean }[],
): NicNeeds[] {
  const nics = new Map<string, NicNeeds>();
  const at = (name: string) => {
    const nic = nics.get(name) ?? { interface: name, vrrp: [], addresses: [], virtualMac: false, also: [] };
    nics.set(name, nic);
    return nic;
  };
  for (const { instance, peers, virtualMac } of instances) {
    const nic = at(instance.interface);
    const { family, multicast } = instance;
    const source = multicast ? instance.mcastSrcIp : instance.unicastSrcIp;
    nic.virtualMac ||= virtualMac;
    add(nic.vrrp, {
      family,
      ...(source !== undefined && { source }),
      peers: [...peers],
      ...(multicast && { group: VRRP_GROUP[family] }),
    });
    add(nic.addresses, ...(source === undefined ? [] : [source]));
    for (const { dev, address } of instance.virtualIpAddresses) {
      add(at(dev ?? instance.interface).addresses, address);
    }
  }
  return [...nics.values()];
}

/** Adds what is not there yet: routers of one interface mostly have the same peers. */
function add<T>(list: T[], ...values: T[]): void {
  for (const value of values) {
    if (!list.some((other) => JSON.stringify(other) === JSON.stringify(value))) {
      list.push(value);
    }
  }
}

/** What one node of a proved cluster needs, by interface. Our own instances send from the NIC's MAC. */
export function needsOf(cluster: Cluster, nodeName: string): NicNeeds[] {
  const routers = membersOf(cluster);
  const nics = needsOfInstances(
    routers.flatMap((members) =>
      members
        .filter(({ node }) => node === nodeName)
        .map(({ instance }) => ({ instance, peers: peersOf(members, nodeName), virtualMac: false })),
    ),
  );
  const state = connectionStatePlan(cluster, nodeName);
  return nics.map((nic) =>
    state?.interface === nic.interface
      ? {
          ...nic,
          also: [`connection states: UDP port ${state.port} from ${state.peer} to ${state.address}`],
        }
      : nic,
  );
}

function peersOf(members: readonly Member[], nodeName: string): string[] {
  return members.flatMap(({ node, instance }) => {
    const source = instance.multicast ? instance.mcastSrcIp : instance.unicastSrcIp;
    return node === nodeName || source === undefined ? [] : [source];
  });
}
