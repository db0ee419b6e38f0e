import ipaddr from "ipaddr.js";
import { aliasPattern, parseCidr } from "./address";
import type { FirewallFile, SetEntry } from "./firewallFile";
import { type Rule, macros, protocols } from "./firewallRule";
import { type Kind, macOf, readNic } from "./nic";
import type { Store } from "./store";

/**
 * The rules of nft for the lab's switch that drop what pve-firewall's iptables and ebtables drop at a guest's NIC, by
 * generate_tap_rules_direction, ruleset_create_vm_chain and generate_tap_layer2filter of pve-firewall.
 *
 * In force for a NIC whose own flag is on, of a guest whose firewall is on, while the cluster's is; whether a node's is
 * makes no difference to its guests. Connections are tracked first, as PVE tracks them: a frame of one that the other
 * end has answered passes whatever any rule says, its MAC and source too. This kernel cannot track bridged connections, so
 * sets stand in: protocol, addresses and ports that a station has sent in the last 600 seconds; what goes the other way is
 * an answer. Protocols without ports, VRRP's among them, have an answer as soon as both have sent to each other.
 *
 * Not done: related connections, invalid ones, smurfs, TCP flags, security groups, logging, NFQUEUE, exceptions of sets
 * that rules name, VLANs; REJECT drops.
 */

/** A guest's NICs: net0 and so on, and the port of the switch that each is plugged into. */
export interface PluggedGuest {
  id: number;
  ports: Record<string, string>;
}

const header = `table bridge pve {
  set ports4 { type ipv4_addr . ipv4_addr . inet_proto . inet_service . inet_service; flags dynamic,timeout; timeout 600s; size 65535; }
  set ports6 { type ipv6_addr . ipv6_addr . inet_proto . inet_service . inet_service; flags dynamic,timeout; timeout 600s; size 65535; }
  set plain4 { type ipv4_addr . ipv4_addr . inet_proto; flags dynamic,timeout; timeout 600s; size 65535; }
  set plain6 { type ipv6_addr . ipv6_addr . inet_proto; flags dynamic,timeout; timeout 600s; size 65535; }
  chain forward { type filter hook forward priority 10; policy accept; }
}
flush table bridge pve
`;

const withPorts = "meta l4proto { tcp, udp }";
const others = "meta l4proto != { tcp, udp }";
const families = [
  ["ip", "4"],
  ["ip6", "6"],
] as const;

const remember = families.flatMap(([ip, version]) => [
  `ether type ${ip} ${withPorts} update @ports${version} { ${ip} saddr . ${ip} daddr . meta l4proto . th sport . th dport }`,
  `ether type ${ip} ${others} update @plain${version} { ${ip} saddr . ${ip} daddr . meta l4proto }`,
]);

const answers = families.flatMap(([ip, version]) => [
  `ether type ${ip} ${withPorts} ${ip} daddr . ${ip} saddr . meta l4proto . th dport . th sport @ports${version} goto answer`,
  `ether type ${ip} ${others} ${ip} daddr . ${ip} saddr . meta l4proto @plain${version} goto answer`,
]);

const dhcp = {
  out: ["ether type ip udp sport 68 udp dport 67", "ether type ip6 udp sport 546 udp dport 547"],
  in: ["ether type ip udp sport 67 udp dport 68", "ether type ip6 udp sport 547 udp dport 546"],
};

const neighbours = (types: string[]) => `icmpv6 type { ${types.join(", ")} } return`;
const critical = [
  "icmp type destination-unreachable icmp code 4 return",
  "icmp type time-exceeded return",
  "icmpv6 type { destination-unreachable, time-exceeded, packet-too-big } return",
];

/** Names that iptables and nft have in common are kept. */
const icmpTypes: Record<string, string> = { any: "0-255", ping: "echo-request", pong: "echo-reply" };

export function switchFilter(store: Store, plugged: readonly PluggedGuest[]): string {
  const cluster = store.clusterFirewall();
  const chains: [name: string, rules: string[]][] = [];
  const [outs, ins]: [string[], string[]] = [[], []];
  for (const { id, ports } of plugged) {
    const place = store.find(id);
    const file = store.guestFirewall(id);
    if (!place || Number(cluster.options.get("enable") ?? 0) === 0 || file.options.get("enable") !== 1)
      continue;
    if (store.hostFirewall(place.node).options.get("nftables") === 1) continue;
    const { main } = store.loadGuest(place);
    for (const [nic, port] of Object.entries(ports)) {
      const text = main.values.get(nic);
      const its = text === undefined ? undefined : readNic(place.kind, text);
      if (its?.firewall !== "1") continue;
      const guest: Guest = {
        nic,
        kind: place.kind,
        mac: macOf(place.kind, its),
        ip: [its.ip, its.ip6],
        file,
        cluster,
      };
      chains.push([`out-${id}-${nic}`, outgoing(guest)], [`in-${id}-${nic}`, incoming(guest)]);
      chains.push([`from-${id}-${nic}`, sources(guest)]);
      outs.push(`iifname "${port}" jump out-${id}-${nic}`);
      ins.push(`oifname "${port}" jump in-${id}-${nic}`);
    }
  }
  // `from` is named after the chain that jumps to it.
  const named = chains.map(([name, rules]): [string, string[]] => [
    name,
    rules.map((rule) => rule.replace("jump from", `jump ${name.replace(/^out/, "from")}`)),
  ]);
  const forward = outs.length === 0 ? remember : [...answers, ...outs, ...remember, ...ins];
  const all: [string, string[]][] = [["answer", [...remember, "accept"]], ...named, ["forward", forward]];
  const body = all.map(
    ([name, rules]) => `  chain ${name} {\n${rules.map((rule) => `    ${rule}\n`).join("")}  }\n`,
  );
  return `${header}table bridge pve {\n${body.join("")}}\n`;
}

interface Guest {
  nic: string;
  kind: Kind;
  mac: string;
  /** Addresses of a container. */
  ip: (string | undefined)[];
  file: FirewallFile;
  cluster: FirewallFile;
}

const isOn = (file: FirewallFile, option: string, byDefault: boolean) =>
  (file.options.get(option) ?? (byDefault ? 1 : 0)) === 1;

/** What the guest sends: DHCP, then MAC and source, then neighbours, rules and policy. */
function outgoing(guest: Guest): string[] {
  const { file, mac, nic, cluster } = guest;
  const lines: string[] = [];
  const layer2 = Number(cluster.options.get("ebtables") ?? 1) === 1;
  const macfilter = isOn(file, "macfilter", true);
  if (layer2 && macfilter) lines.push(`ether type != { ip, ip6 } ether saddr != ${mac} drop`);
  const arp = arpSources(guest);
  if (layer2 && arp.length > 0) lines.push(`ether type arp arp saddr ip != { ${arp.join(", ")} } drop`);
  lines.push("ether type != { ip, ip6 } return");
  // The real default is to let DHCP through, whatever its documentation says.
  if (isOn(file, "dhcp", true)) lines.push(...dhcp.out.map((match) => `${match} return`));
  if (macfilter) lines.push(`ether saddr != ${mac} drop`);
  const radv = isOn(file, "radv", false);
  if (!radv) lines.push("icmpv6 type nd-router-advert drop");
  if (isOn(file, "ipfilter", false) || file.ipsets.has(`ipfilter-${nic}`)) lines.push("jump from");
  if (isOn(file, "ndp", true)) {
    const types = ["nd-router-solicit", "nd-neighbor-solicit", "nd-neighbor-advert"];
    lines.push(neighbours(radv ? [...types, "nd-router-advert"] : types));
  }
  lines.push(...rulesOf(guest, "out"), ...policy(file.options.get("policy_out") ?? "ACCEPT"));
  return lines;
}

/** What is sent to the guest. Only IP is filtered. */
function incoming(guest: Guest): string[] {
  const { file } = guest;
  const types = ["nd-router-solicit", "nd-router-advert", "nd-neighbor-solicit", "nd-neighbor-advert"];
  return [
    "ether type != { ip, ip6 } return",
    ...(isOn(file, "dhcp", true) ? dhcp.in.map((match) => `${match} return`) : []),
    ...(isOn(file, "ndp", true) ? [neighbours(types)] : []),
    ...rulesOf(guest, "in"),
    ...policy(file.options.get("policy_in") ?? "DROP"),
  ];
}

function policy(word: string | number): string[] {
  if (word === "ACCEPT") return ["return"];
  // Multicast and broadcast are dropped before what ICMP needs is let through.
  return ["ip daddr 224.0.0.0/4 drop", "ip6 daddr ff00::/8 drop", ...critical, "drop"];
}

/** IPv4 addresses of the NIC's own set that ARP may speak for, exceptions counted as members, as the real one does. */
function arpSources({ file, nic, kind, ip: [ip] }: Guest): string[] {
  const own = (file.ipsets.get(`ipfilter-${nic}`) ?? [])
    .filter(({ cidr }) => !aliasPattern.test(cidr) && parseCidr(cidr).version === 4)
    .map(({ cidr }) => cidr);
  const container = kind === "lxc" && isOn(file, "ipfilter", false) && ip !== undefined && /^\d/.test(ip);
  return disjoint(container ? [...own, ip.replace(/\/.*/, "")] : own);
}

/** Sources that the NIC's set allows: the narrowest network that holds one decides. */
function sources(guest: Guest): string[] {
  const { file, nic, mac, kind, ip } = guest;
  const implicit: SetEntry[] = [{ cidr: linkLocal(mac) }, { cidr: "fe80::/10", nomatch: 1 }];
  const container = ip.filter(
    (one) => one !== undefined && kind === "lxc" && /^[0-9a-f:.]+(\/\d+)?$/.test(one),
  );
  const entries = [
    ...(file.ipsets.get(`ipfilter-${nic}`) ?? []).filter(({ errors }) => !errors),
    ...implicit,
    ...container.map((one) => ({ cidr: (one ?? "").replace(/\/.*/, "") })),
  ].flatMap((entry) => {
    const cidr = resolve(entry.cidr, guest);
    return cidr === undefined
      ? []
      : [{ ...parseCidr(cidr), nomatch: "nomatch" in entry && entry.nomatch === 1 }];
  });
  const length = ({ text, version }: { text: string; version: 4 | 6 }) =>
    Number(text.split("/")[1] ?? (version === 4 ? 32 : 128));
  const rules = entries
    .sort((a, b) => length(b) - length(a))
    .map(
      ({ text, version, nomatch }) =>
        `${version === 4 ? "ip" : "ip6"} saddr ${text} ${nomatch ? "drop" : "return"}`,
    );
  return [...rules, "drop"];
}

/** The address that EUI-64 makes of a MAC. */
export function linkLocal(mac: string): string {
  const [first = "0", second, third, fourth, fifth, sixth] = mac.toLowerCase().split(":");
  const flipped = (parseInt(first, 16) ^ 2).toString(16).padStart(2, "0");
  return `fe80::${flipped}${second}:${third}ff:fe${fourth}:${fifth}${sixth}`;
}

function resolve(word: string, { file, cluster }: Pick<Guest, "file" | "cluster">): string | undefined {
  const [, scope, name] = aliasPattern.exec(word) ?? [];
  if (name === undefined) return word;
  const own = scope === "dc/" ? undefined : file.aliases.get(name.toLowerCase());
  return (own ?? cluster.aliases.get(name.toLowerCase()))?.cidr;
}

/** Without what another holds already: a set of nft takes no network twice. */
function disjoint(cidrs: string[]): string[] {
  const unique = [...new Set(cidrs)];
  const isIn = (inner: string, outer: string) => {
    if (inner === outer || inner.includes("-") || outer.includes("-") || !outer.includes("/")) return false;
    const [network, length] = ipaddr.parseCIDR(outer);
    const [address = "", own] = inner.split("/");
    const its = ipaddr.parse(address);
    return its.kind() === network.kind() && Number(own ?? 128) >= length && its.match(network, length);
  };
  return unique.filter((inner) => !unique.some((outer) => isIn(inner, outer)));
}

function rulesOf(guest: Guest, direction: "in" | "out"): string[] {
  const ours = guest.file.rules.filter(
    ({ type, enable, errors, iface }) =>
      type === direction && enable && !errors && (!iface || iface === guest.nic),
  );
  return ours.flatMap((rule) => {
    const verdict = rule.action === "ACCEPT" ? "return" : "drop";
    return expand(rule).flatMap((one) => matches(one, guest).map((match) => `${match} ${verdict}`.trim()));
  });
}

const expand = (rule: Rule): Rule[] =>
  rule.macro ? (macros[rule.macro] ?? []).map((its) => ({ ...rule, ...its })) : [rule];

/** One match for each version of IP that the rule can be about. */
function matches(rule: Rule, guest: Guest): string[] {
  return ([4, 6] as const).flatMap((version) => {
    const icmp = rule.proto === "icmp" ? 4 : /icmp/.test(rule.proto ?? "") ? 6 : undefined;
    if ((rule.ipversion ?? icmp ?? version) !== version) return [];
    const ip = version === 4 ? "ip" : "ip6";
    const words = [`ether type ${ip}`];
    for (const [property, field] of [
      ["source", "saddr"],
      ["dest", "daddr"],
    ] as const) {
      const value = rule[property];
      if (!value) continue;
      const addresses = addressesOf(value, version, guest);
      if (addresses.length === 0) return [];
      words.push(`${ip} ${field} { ${addresses.join(", ")} }`);
    }
    if (rule.proto) words.push(`meta l4proto ${protocols[rule.proto] ?? rule.proto}`);
    const type = rule["icmp-type"];
    if (type) words.push(`${version === 4 ? "icmp" : "icmpv6"} type ${icmpTypes[type] ?? type}`);
    if (rule.sport) words.push(`th sport { ${rule.sport.replace(/:/g, "-")} }`);
    if (rule.dport) words.push(`th dport { ${rule.dport.replace(/:/g, "-")} }`);
    return [words.join(" ")];
  });
}

/** Addresses of one version that a rule's source or destination names. */
function addressesOf(value: string, version: 4 | 6, guest: Guest): string[] {
  const [, scope, name] = /^\+(guest\/|dc\/)?(\S+)$/.exec(value) ?? [];
  if (name !== undefined) {
    const own = scope === "dc/" ? undefined : guest.file.ipsets.get(name);
    const entries = (own ?? guest.cluster.ipsets.get(name) ?? []).filter(
      ({ errors, nomatch }) => !errors && !nomatch,
    );
    const found = entries.flatMap(({ cidr }) => resolve(cidr, guest) ?? []);
    return disjoint(found.filter((cidr) => parseCidr(cidr).version === version));
  }
  const found = value.split(",").flatMap((one) => resolve(one, guest) ?? []);
  return disjoint(found.filter((one) => parseCidr(one.split("-")[0] ?? "").version === version));
}
