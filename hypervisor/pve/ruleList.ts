import type { NicNeeds } from "../needs";

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
export const ownedBy = (cluster: string) => `vrrp-agent:${cluster}`;

/** The rules that VRRP needs: in from each peer, and out where the guest may not send what nothing lets out. */
export function vrrpRules(cluster: string, nics: NicNeeds[], sendsFreely: boolean): GuestRule[] {
  const comment = ownedBy(cluster);
  const rule = { action: "ACCEPT" as const, proto: "vrrp", comment };
  const traffic = nics.flatMap(({ vrrp }) => vrrp);
  const rules = traffic.flatMap(({ source, peers, group }) =>
    peers.flatMap((peer): GuestRule[] => {
      const own = source === undefined ? {} : { source };
      const here = group ?? source;
      const incoming = { ...rule, type: "in" as const, source: peer, ...(here && { dest: here }) };
      const outgoing = { ...rule, type: "out" as const, ...own, dest: group ?? peer };
      return sendsFreely ? [incoming] : [incoming, outgoing];
    }),
  );
  return distinct(rules);
}

/** The addresses of `ipfilter-netN`: a guest whose NIC has that set sends, and says by ARP, only what comes from them. */
export function filteredAddresses(needs: NicNeeds | undefined, nic: string[]): string[] {
  return [...new Set([...nic, ...(needs?.addresses ?? [])])];
}

function distinct(rules: GuestRule[]): GuestRule[] {
  return [...new Map(rules.map((rule) => [JSON.stringify(rule), rule])).values()];
}
