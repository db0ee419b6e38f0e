import { canonical, compareAddresses, familyOf, inNetwork } from "../../spec/addresses";
import { Family } from "../../spec";
import { VrrpTraffic } from "../needs";
import { FirewallSeen, PveRule } from "./guest";

/** Protocol 112 one way, as a rule of PVE. */
export interface RuleWant {
  type: "in" | "out";
  family: Family;
  source?: string;
  dest?: string;
}

/** The name of protocol 112 in the /etc/protocols of a PVE node, and in the list of PVE's web interface. */
const VRRP = "vrrp";

/** What of a NIC's traffic one rule each lets through. */
export function rulesFor(traffic: readonly VrrpTraffic[]): RuleWant[] {
  return traffic.flatMap(({ family, source, peers, group }): RuleWant[] => {
    const own = source === undefined ? {} : { source };
    if (group === undefined) {
      return peers.flatMap((peer): RuleWant[] => [
        { type: "in", family, source: peer, ...(source !== undefined && { dest: source }) },
        { type: "out", family, ...own, dest: peer },
      ]);
    }
    const froms: { source?: string }[] = peers.length > 0 ? peers.map((peer) => ({ source: peer })) : [{}];
    return [
      ...froms.map((from): RuleWant => ({ type: "in", family, ...from, dest: group })),
      { type: "out", family, ...own, dest: group },
    ];
  });
}

/** The parameters of `create .../firewall/rules`. PVE makes a rule without `enable` one that does nothing. */
export function ruleParams(want: RuleWant, nic: string, comment: string): Record<string, string> {
  const { type, source, dest } = want;
  return {
    type,
    action: "ACCEPT",
    enable: "1",
    iface: nic,
    proto: VRRP,
    ...(source !== undefined && { source }),
    ...(dest !== undefined && { dest }),
    comment,
  };
}

/** For people: `IN ACCEPT vrrp 192.0.2.2 -> 192.0.2.1`. */
export function ruleText({ type, source = "any", dest = "any" }: RuleWant): string {
  return `${type.toUpperCase()} ACCEPT vrrp ${source} -> ${dest}`;
}

/** Whether a rule is the one that ruleParams makes, on or off, wherever it stands. */
export function isRule(rule: PveRule, want: RuleWant, nic: string): boolean {
  return (
    rule.type === want.type &&
    rule.action === "ACCEPT" &&
    rule.iface === nic &&
    isVrrp(rule.proto) &&
    same(rule.source, want.source) &&
    same(rule.dest, want.dest) &&
    !rule.macro &&
    !rule.sport &&
    !rule.dport
  );
}

function same(a: string | undefined, b: string | undefined): boolean {
  return a === undefined || b === undefined ? a === b : canonical(a) === canonical(b);
}

function isVrrp(proto: string | undefined): boolean {
  return proto !== undefined && /^(vrrp|112)$/i.test(proto);
}

/** Names and number of protocol 0: to iptables that is every protocol, to nftables itself alone. */
function maybeEvery(proto: string | undefined): boolean {
  return proto !== undefined && /^(ip|hopopt|0+)$/i.test(proto);
}

type Match = "all" | "some" | "none";

/**
 * Whether the rules let this traffic through as they stand, read as PVE reads them: the first that matches decides, then the
 * policy. Which addresses an alias or an ipset has is not known, nor what is in a security group that may not be read: it may
 * drop.
 */
export function isLetThrough(
  { rules, groups = {} }: Pick<FirewallSeen, "rules" | "groups">,
  want: RuleWant,
  nic: string,
  policy: "ACCEPT" | "DROP" | "REJECT",
): boolean {
  const decisions = rules.map((rule): Decision => {
    if (!rule.enable || (rule.iface && rule.iface !== nic)) {
      return undefined;
    }
    return rule.type === "group" ? groupDecision(groups[rule.action], want) : decisionOf(rule, want);
  });
  return decisions.find((one) => one !== undefined) ?? policy === "ACCEPT";
}

/** What a rule does with all that is wanted; undefined: the next one decides. */
type Decision = boolean | undefined;

function groupDecision(rules: readonly PveRule[] | undefined, want: RuleWant): Decision {
  return rules === undefined
    ? false
    : rules
        .map((rule) => (rule.enable ? decisionOf(rule, want) : undefined))
        .find((one) => one !== undefined);
}

function decisionOf(rule: PveRule, want: RuleWant): Decision {
  const match = rule.type === want.type ? matchOf(rule, want) : "none";
  const isAccept = rule.action === "ACCEPT";
  return match === "none" || (match === "some" && isAccept) ? undefined : isAccept;
}

function matchOf(rule: PveRule, want: RuleWant): Match {
  // Every macro names protocols of its own, and ports are of others.
  const isOther = rule.proto && !isVrrp(rule.proto) && !maybeEvery(rule.proto);
  if (rule.macro || rule.sport || rule.dport || rule["icmp-type"] || isOther) {
    return "none";
  }
  const matches: Match[] = [
    maybeEvery(rule.proto) ? "some" : "all",
    addressMatch(rule.source, want.source, want.family),
    addressMatch(rule.dest, want.dest, want.family),
  ];
  return matches.includes("none") ? "none" : matches.every((one) => one === "all") ? "all" : "some";
}

function addressMatch(spec: string | undefined, address: string | undefined, family: Family): Match {
  if (!spec) {
    return "all";
  }
  const parts = spec.split(",");
  const literal = parts.every((part) => /^[0-9a-f:.]+([-/][0-9a-f:.]+)?$/i.test(part) && /[.:]/.test(part));
  if (!literal) {
    return "some";
  }
  if (familyOf(spec) !== family) {
    return "none";
  }
  if (address === undefined) {
    return "some";
  }
  return parts.some((part) => holds(part, address)) ? "all" : "none";
}

/** Whether an address, a network or a range of PVE's has this address. */
function holds(spec: string, address: string): boolean {
  const [first = "", last] = spec.split("-");
  if (last !== undefined) {
    return compareAddresses(first, address) <= 0 && compareAddresses(address, last) <= 0;
  }
  const [network = "", prefix] = spec.split("/");
  return inNetwork(
    address,
    network,
    prefix === undefined ? (familyOf(address) === 4 ? 32 : 128) : Number(prefix),
  );
}
