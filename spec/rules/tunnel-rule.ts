import { Family, Problem } from "../model";
import { Network, TunnelDraft, TunnelNodeDraft } from "../tunnel/model";
import { alone, holds, isAlone, networkText } from "../tunnel/network";
import { Draft, isKnown, Unknown, wholly } from "../unknown";
import { RuleInfo } from "./rule";

/** A tunnel as the rules see it: with the keys that the hosts have told, when they have. */
export interface JudgedTunnel extends TunnelDraft {
  /** Node -> its public key; undefined: nobody has asked yet. */
  publicKeys?: Record<string, string | Unknown>;
}

/** What a rule over a tunnel found. */
export interface TunnelFinding {
  path: string;
  value: string;
  allowed: string;
  /** Where the rule's own does not fit. */
  fix?: string;
}

/** A rule over both ends of a tunnel. What it needs and cannot know, it does not judge. */
export interface TunnelRule extends RuleInfo {
  (tunnel: JudgedTunnel): TunnelFinding[];
}

export function tunnelRule(info: RuleInfo, judge: (tunnel: JudgedTunnel) => TunnelFinding[]): TunnelRule {
  return Object.assign((tunnel: JudgedTunnel) => judge(tunnel), info);
}

/** What a rule finds, as problems. */
export function problemsOf(rule: TunnelRule, tunnel: JudgedTunnel): Problem[] {
  return rule(tunnel).map(({ path, value, allowed, fix }) => ({
    rule: rule.id,
    severity: rule.severity,
    path,
    value,
    allowed,
    fix: fix ?? rule.fix,
  }));
}

export type KnownNode = TunnelNodeDraft & { at: number };

/** The nodes that are known, with their places. */
export function nodesOf(tunnel: JudgedTunnel): KnownNode[] {
  const nodes = isKnown(tunnel.nodes) ? tunnel.nodes : [];
  return nodes.flatMap((node, at) => (isKnown(node) ? [{ ...node, at }] : []));
}

/** A network with the place where it is written. */
export interface PlacedNetwork {
  path: string;
  network: Network;
}

export function placed(list: Draft<Network[]>, path: string): PlacedNetwork[] {
  return (isKnown(list) ? list : []).flatMap((item, i) => {
    const network = wholly<Network>(item);
    return isKnown(network) ? [{ path: `${path}[${i}]`, network }] : [];
  });
}

export function addressesOf(node: KnownNode): PlacedNetwork[] {
  return placed(node.addresses, `nodes[${node.at}].addresses`);
}

export function subnetsOf(node: KnownNode): PlacedNetwork[] {
  return placed(node.subnets, `nodes[${node.at}].subnets`);
}

export function vipsOf(tunnel: JudgedTunnel): PlacedNetwork[] {
  return placed(tunnel.virtualIpAddresses, "virtualIpAddresses");
}

/** What of the tunnel itself holds an address: a network of a node's addresses, a virtual address, a network behind a node. */
export function insideOf(tunnel: JudgedTunnel, address: string): PlacedNetwork | undefined {
  const nodes = nodesOf(tunnel);
  return [...nodes.flatMap(addressesOf), ...vipsOf(tunnel), ...nodes.flatMap(subnetsOf)].find(({ network }) =>
    holds(network, address),
  );
}

/** Families of which something is known to be inside the tunnel, each with the first that has it. */
export function insideFamilies(tunnel: JudgedTunnel): Map<Family, PlacedNetwork> {
  const nodes = nodesOf(tunnel);
  const all = [...nodes.flatMap(addressesOf), ...nodes.flatMap(subnetsOf), ...vipsOf(tunnel)];
  return new Map(all.reverse().map((item) => [item.network.family, item]));
}

/** A network as a problem shows it: an address of its own without its prefix length. */
export function shown(network: Network): string {
  return isAlone(network) ? network.address : networkText(network);
}

/** The address of a node as its peer routes it. */
export function asRouted({ path, network }: PlacedNetwork): PlacedNetwork {
  return { path, network: alone(network) };
}
