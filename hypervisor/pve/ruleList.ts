import type { VrrpFlow } from "../../spec";

/** What a node of a pair needs of a firewall around it. */
export interface FirewallNeeds {
  /** Whose VRRP it sends and hears. */
  flows: Pick<VrrpFlow, "family" | "source" | "peers" | "multicast">[];
  /** Addresses that it sends from beside its NIC's own: the virtual ones, and its sources. */
  addresses: string[];
  /** Whether its virtual routers have a virtual MAC. */
  virtualMac: boolean;
}

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

/** The groups that VRRP is sent to. */
export const VRRP_GROUP = { 4: "224.0.0.18", 6: "ff02::12" } as const;

/** By this comment a rule is known as ours. */
export const ownedBy = (cluster: string) => `vrrp-agent:${cluster}`;

/** The rules that VRRP needs: in from each peer, and out where the guest may not send what nothing lets out. */
export function vrrpRules(cluster: string, needs: FirewallNeeds, sendsFreely: boolean): GuestRule[] {
  const comment = ownedBy(cluster);
  const rule = { action: "ACCEPT" as const, proto: "vrrp", comment };
  const rules = needs.flows.flatMap(({ family, source, peers, multicast }) =>
    peers.flatMap((peer): GuestRule[] => {
      const own = source === undefined ? {} : { source };
      const here = multicast ? VRRP_GROUP[family] : source;
      const incoming = { ...rule, type: "in" as const, source: peer, ...(here && { dest: here }) };
      const outgoing = { ...rule, type: "out" as const, ...own, dest: multicast ? VRRP_GROUP[family] : peer };
      return sendsFreely ? [incoming] : [incoming, outgoing];
    }),
  );
  return distinct(rules);
}

/** The addresses of `ipfilter-netN`: a guest whose NIC has that set sends, and says by ARP, only what comes from them. */
export function filteredAddresses(needs: FirewallNeeds, nic: string[]): string[] {
  const sources = needs.flows.flatMap(({ source }) => source ?? []);
  return [...new Set([...nic, ...sources, ...needs.addresses])];
}

function distinct(rules: GuestRule[]): GuestRule[] {
  return [...new Map(rules.map((rule) => [JSON.stringify(rule), rule])).values()];
}
