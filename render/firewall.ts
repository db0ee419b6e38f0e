import { familyOf } from "../spec/addresses";
import { Bfd, Family, OpenPort, VrrpFlow } from "../spec";
import { word } from "./word";

/** The match part of one rule. The agent adds the verdict and the comment that it knows its rules by. */
export interface FirewallRule {
  /** nft4, nft6: nftables expressions; ipt4, ipt6: arguments of iptables and ip6tables. */
  tool: "nft4" | "nft6" | "ipt4" | "ipt6";
  hook: "input" | "output" | "forward";
  match: string;
}

/** VRRP's groups: the only destinations of multicast adverts. */
const GROUP: Record<Family, string> = { 4: "224.0.0.18", 6: "ff02::12" };

/** Where keepalived chooses the source of IPv6 adverts to the group, it takes the interface's link-local address. */
const LINK_LOCAL = "fe80::/10";

interface Ends {
  source?: string;
  destination?: string;
}

/** Rules that admit VRRP (IP protocol 112) from the peers, and to them, and nothing else. */
export function firewallRules(flows: VrrpFlow[]): FirewallRule[] {
  return once(
    flows.flatMap((flow) => [
      ...incoming(flow).flatMap((ends) => bothTools("input", flow, ends)),
      ...outgoing(flow).flatMap((ends) => bothTools("output", flow, ends)),
    ]),
  );
}

/** Without repeats: instances of one host share peers and sessions. */
function once(rules: FirewallRule[]): FirewallRule[] {
  return [...new Map(rules.map((rule) => [`${rule.tool} ${rule.hook} ${rule.match}`, rule])).values()];
}

/** Matches every packet of a family, in tables of any. */
const ANYBODY: Record<Family, string> = { 4: "ip version 4", 6: "ip6 version 6" };

/** Rules that let in ports of the host: from an address or a network, or from everybody over both families. */
export function portRules(ports: OpenPort[]): FirewallRule[] {
  return ports.flatMap(({ protocol, port, from }) =>
    (from === undefined ? ([4, 6] as const) : [from.family]).flatMap((family) => {
      const source = from && word(from.text, "openPorts.from");
      const nft = source === undefined ? ANYBODY[family] : `${family === 4 ? "ip" : "ip6"} saddr ${source}`;
      const ipt = source === undefined ? "" : `-s ${source} `;
      const hook = "input";
      return [
        { tool: `nft${family}` as const, hook, match: `${nft} ${protocol} dport ${port}` },
        { tool: `ipt${family}` as const, hook, match: `${ipt}-p ${protocol} --dport ${port}` },
      ] satisfies FirewallRule[];
    }),
  );
}

/** Ports of BFD, RFC 5881, and over several hops, RFC 5883. */
const BFD_PORT = { direct: 3784, multihop: 4784 };

/** Rules that admit BFD from the neighbours and to them. Both ends send to the port from one of their own choice. */
export function bfdRules(sessions: Bfd[]): FirewallRule[] {
  const rules = sessions.flatMap(({ neighborIp, sourceIp, multihop }): FirewallRule[] => {
    const family = familyOf(neighborIp);
    const [neighbor, source] = [
      word(neighborIp, "bfd.neighborIp"),
      sourceIp && word(sourceIp, "bfd.sourceIp"),
    ];
    const port = multihop ? BFD_PORT.multihop : BFD_PORT.direct;
    const ends = { input: [neighbor, source], output: [source, neighbor] };
    return (["input", "output"] as const).flatMap((hook) => {
      const [from, to] = ends[hook];
      const ip = family === 4 ? "ip" : "ip6";
      const nft = [from && `${ip} saddr ${from}`, to && `${ip} daddr ${to}`, `udp dport ${port}`];
      const ipt = [from && `-s ${from}`, to && `-d ${to}`, `-p udp --dport ${port}`];
      return [
        { tool: `nft${family}` as const, hook, match: nft.filter(Boolean).join(" ") },
        { tool: `ipt${family}` as const, hook, match: ipt.filter(Boolean).join(" ") },
      ];
    });
  });
  return once(rules);
}

function incoming({ family, source, peers, multicast }: VrrpFlow): Ends[] {
  if (!multicast) {
    return peers.map((peer) => ({ source: peer, destination: source }));
  }
  const senders = family === 6 && peers.length === 0 ? [LINK_LOCAL] : peers;
  return senders.map((sender) => ({ source: sender, destination: GROUP[family] }));
}

function outgoing({ family, source, peers, multicast }: VrrpFlow): Ends[] {
  if (!multicast) {
    return peers.map((peer) => ({ source, destination: peer }));
  }
  return [{ source: source ?? (family === 6 ? LINK_LOCAL : undefined), destination: GROUP[family] }];
}

/** The same rule for nftables and for iptables. */
function bothTools(hook: FirewallRule["hook"], flow: VrrpFlow, ends: Ends): FirewallRule[] {
  const { family } = flow;
  const dev = interfaceMatch(flow.interface);
  const ip = family === 4 ? "ip" : "ip6";
  const nft = [`${hook === "input" ? "iifname" : "oifname"} "${dev}"`];
  const ipt = [`${hook === "input" ? "-i" : "-o"} ${dev}`];
  if (ends.source !== undefined) {
    const source = word(ends.source, "source");
    nft.push(`${ip} saddr ${source}`);
    ipt.push(`-s ${source}`);
  }
  if (ends.destination !== undefined) {
    const destination = word(ends.destination, "peers");
    nft.push(`${ip} daddr ${destination}`);
    ipt.push(`-d ${destination}`);
  }
  return [
    { tool: `nft${family}`, hook, match: [...nft, "meta l4proto 112"].join(" ") },
    { tool: `ipt${family}`, hook, match: [...ipt, "-p 112"].join(" ") },
  ];
}

/** A name at whose end nft (`*`) and iptables (`+`) read a wildcard would open more than this interface. */
function interfaceMatch(dev: string): string {
  if (/[*+]$/.test(dev)) {
    throw new Error(
      `interface is '${dev}', whose last character is a wildcard for nft or iptables: rename the interface, or manage its firewall yourself`,
    );
  }
  return word(dev, "interface");
}
