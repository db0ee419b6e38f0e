import { canonical } from "../../spec/addresses";
import { whyNotInForce, macfilterOn, policyOf } from "./force";
import { GuestSeen } from "./guest";
import { covers, ipfilterApplies, ipfilterName } from "./ipfilter";
import { Net } from "./net";
import { isLetThrough, RuleWant, rulesFor } from "./rules";
import { GuestWant } from "./want";

/** What PVE's firewall would drop of what a NIC has to be let do. */
export interface Lack {
  /** No filter touches the NIC, and why; then it lacks nothing. */
  unfiltered?: string;
  rules: RuleWant[];
  macfilter: boolean;
  ipfilter?: { name: string; addresses: string[] };
}

/** The judgement that the plan and the policies share. `net` is the NIC as it will be. */
export function lackOf(seen: GuestSeen, net: Net, want: GuestWant, comment = ""): Lack {
  const unfiltered = whyNotInForce(seen, net);
  if (unfiltered !== undefined) {
    return { unfiltered, rules: [], macfilter: false };
  }
  const name = ipfilterName(want.nic);
  const entries = seen.firewall.ipsets[name]?.entries ?? [];
  const missing = ipfilterApplies(seen, want.nic, comment)
    ? [...new Set(want.addresses.map(canonical))].filter((address) => !covers(entries, address))
    : [];
  return {
    rules: rulesFor(want.vrrp).filter(
      (rule) => !isLetThrough(seen.firewall, rule, want.nic, policyOf(seen, rule.type)),
    ),
    macfilter: want.macfilter === false && macfilterOn(seen),
    ...(missing.length > 0 && { ipfilter: { name, addresses: missing } }),
  };
}
