import { GuestSeen } from "./guest";
import { firewallOf, Net } from "./net";
import { isOn } from "./reads";

/**
 * Why nothing of PVE's firewall touches a NIC; undefined: it does. The node's own `enable` has no part in it: it is about what
 * the node itself sends and hears.
 */
export function whyNotInForce(seen: GuestSeen, net: Net): string | undefined {
  if (!firewallOf(net)) {
    return "the NIC's firewall flag is off";
  }
  if (!seen.firewall.clusterEnabled) {
    return "the firewall of the PVE cluster is off";
  }
  return isOn(seen.firewall.options["enable"], false) ? undefined : "the guest's own firewall is off";
}

/** The policy where no rule matches; PVE drops what comes in and lets out what goes out. */
export function policyOf(seen: GuestSeen, way: "in" | "out"): "ACCEPT" | "DROP" | "REJECT" {
  const policy = seen.firewall.options[`policy_${way}`];
  if (policy === "ACCEPT" || policy === "DROP" || policy === "REJECT") {
    return policy;
  }
  return way === "in" ? "DROP" : "ACCEPT";
}

/** Whether frames from another MAC than the NIC's are dropped, ARP too: PVE's default. */
export function macfilterOn(seen: GuestSeen): boolean {
  return isOn(seen.firewall.options["macfilter"], true);
}
