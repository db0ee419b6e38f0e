import { whyNotInForce } from "./force";
import { GuestSeen } from "./guest";
import { firewallOf, Net } from "./net";
import { GuestWant } from "./want";

/** What the ports of a guest's NIC on the node's bridges must be, beyond what they are by themselves; absent: as they are. */
export interface BridgePortFlags {
  /** MACs are learned from what the guest sends. */
  learning?: true;
  /** What is for unknown MACs, and multicast, reaches the guest. */
  flood?: true;
  mcastFlood?: true;
  /** As if a multicast router were behind the port: multicast reaches the guest though it was not asked for. */
  mcastRouter?: 2;
}

/**
 * Linux bridges learn, flood and never snoop 224.0.0.x, so a pair needs none of this but in three cases: a virtual MAC on a
 * bridge that does not learn; the word `promiscuous`; and IPv6 multicast behind the guest's firewall, which lets no MLD query
 * in: the guest answers none, and a bridge that snoops forgets its membership of ff02::12.
 */
export function bridgePortOf(seen: GuestSeen, net: Net, want: GuestWant): BridgePortFlags {
  // Open vSwitch's own ports have none of these flags; a port on the firewall's bridge has.
  if (seen.bridges[want.nic]?.type === "OVSBridge" && !firewallOf(net)) {
    return {};
  }
  const isLearning = seen.bridges[want.nic]?.learning ?? true;
  const multicast6 = want.vrrp.some(({ family, group }) => family === 6 && group !== undefined);
  return {
    ...((want.virtualMac || want.promiscuous) && !isLearning && { learning: true }),
    ...(want.promiscuous && { flood: true, mcastFlood: true }),
    ...(multicast6 && whyNotInForce(seen, net) === undefined && { mcastRouter: 2 }),
  };
}

/** Whether a NIC of which this is wanted may have needed flags at any time. */
export function mayNeedHook({ promiscuous, virtualMac, vrrp }: GuestWant): boolean {
  return promiscuous || virtualMac || vrrp.some(({ family, group }) => family === 6 && group !== undefined);
}
