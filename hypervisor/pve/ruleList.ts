import type { NicNeeds } from "../needs";
import { commentOf } from "./change";
import { rulesFor } from "./rules";

/** A rule of a guest's firewall, with every property that decides. */
export interface GuestRule {
  type: "in" | "out";
  action: "ACCEPT";
  proto: string;
  source?: string;
  dest?: string;
  dport?: string;
  comment: string;
}

/** By this comment a rule is known as ours. */
export const ownedBy = (cluster: string) => commentOf({ cluster });

/** The rules that VRRP needs: in from each peer, and out where the guest may not send what nothing lets out. */
export function vrrpRules(cluster: string, nics: NicNeeds[], sendsFreely: boolean): GuestRule[] {
  const rules = rulesFor(nics.flatMap(({ vrrp }) => vrrp))
    .filter(({ type }) => type === "in" || !sendsFreely)
    .map(({ type, source, dest }): GuestRule => ({
      type,
      action: "ACCEPT",
      proto: "vrrp",
      ...(source !== undefined && { source }),
      ...(dest !== undefined && { dest }),
      comment: ownedBy(cluster),
    }));
  return distinct(rules);
}

/** The addresses of `ipfilter-netN`: a guest whose NIC has that set sends, and says by ARP, only what comes from them. */
export function filteredAddresses(needs: NicNeeds | undefined, nic: string[]): string[] {
  return [...new Set([...nic, ...(needs?.addresses ?? [])])];
}

function distinct(rules: GuestRule[]): GuestRule[] {
  return [...new Map(rules.map((rule) => [JSON.stringify(rule), rule])).values()];
}
