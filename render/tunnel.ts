import {
  Endpoint,
  endpointText,
  Family,
  LINK_LOCAL,
  Network,
  networkText,
  TunnelPeer,
  TunnelPlan,
} from "../spec";
import { NODE_NAME } from "../spec/names";
import { isKey } from "../spec/tunnel/keys";
import { firewallFiles } from "./agent";
import { plainFile, RenderedFile, secretFile, sorted } from "./file";
import { FirewallRule } from "./firewall";
import { fill } from "./template";
import { clusterName, word } from "./word";

const DIRECTORY = "/etc/wireguard";

/**
 * Seconds in which both hosts have seen a handshake: WireGuard repeats a lost one after 5 s (whitepaper, 6.4), so that six
 * tries fit in.
 */
const SETTLE = 30;

/** All files of one end of a tunnel, sorted by path. Its private key is in none of them. */
export function renderTunnel(plan: TunnelPlan): RenderedFile[] {
  if (plan.peers.length !== 1) {
    throw new Error(
      `peers is a list of ${plan.peers.length}: give one, for ${networkText(LINK_LOCAL)} can be in the AllowedIPs of one peer only`,
    );
  }
  const name = clusterName(plan.tunnel);
  const dev = interfaceName(plan.interface);
  const endpoints = `vrrp-endpoints-${name}`;
  const isDialledByName = plan.peers.some((peer) => peer.endpoint && peer.endpoint.family === undefined);
  const presharedKeys = plan.presharedKey === undefined ? [] : presharedKeyFiles(plan, dev);
  const values = {
    plan,
    name,
    dev,
    timer: isDialledByName ? `${endpoints}.timer` : undefined,
    keys: keyWords(plan, dev),
    allowed: plan.peers.map(allowedWords),
    presharedKeys,
    settle: SETTLE,
    w: word,
    k: key,
    net,
    endpoint,
  };
  const shown = (path: string, template: string) => plainFile(path, fill(`wireguard/${template}`, values));
  return sorted([
    shown(`${DIRECTORY}/${dev}.conf`, "interface.conf"),
    ...presharedKeys.map(({ file }) => secretFile(file, `${key(plan.presharedKey!, "presharedKey")}\n`)),
    shown(`/etc/vrrp-agent/${name}/node.conf`, "node.conf"),
    shown(`/etc/systemd/system/keepalived.service.d/vrrp-${name}.conf`, "keepalived.conf"),
    shown(`/etc/systemd/system/wg-quick@${dev}.service.d/vrrp-${name}.conf`, "wg-quick.conf"),
    ...(isDialledByName ? ["service", "timer"] : []).map((kind) =>
      shown(`/etc/systemd/system/${endpoints}.${kind}`, `endpoints.${kind}`),
    ),
    ...(plan.firewall
      ? firewallFiles(name, [...tunnelRules(plan), ...wordRules(plan), ...forwardRules(plan)])
      : []),
    ...sysctlFiles(name, dev, plan),
  ]);
}

/** Where each peer's preshared key is. */
function presharedKeyFiles({ peers }: TunnelPlan, dev: string) {
  return peers.map(({ name }) => ({ name, file: pskFile(dev, name) }));
}

function pskFile(dev: string, peer: string): string {
  return `${DIRECTORY}/${dev}.${nodeName(peer)}.psk`;
}

/** Arguments of the `wg set`s that give the interface its keys; the agent reads the same words. */
function keyWords({ peers, presharedKey }: TunnelPlan, dev: string): string[] {
  const ofPeers = peers.map(
    ({ name, publicKey }) => `peer ${key(publicKey, "publicKey")} preshared-key ${pskFile(dev, name)}`,
  );
  return [`private-key ${DIRECTORY}/${dev}.key`, ...(presharedKey === undefined ? [] : ofPeers)];
}

/** Arguments of the `wg set` that gives a peer its AllowedIPs, with those that are not in wg-quick's file. */
function allowedWords({ publicKey, allowedIps }: TunnelPeer): string {
  const networks = [...allowedIps, LINK_LOCAL].map((network) => net(network, "allowedIps"));
  return `peer ${key(publicKey, "publicKey")} allowed-ips ${networks.join(",")}`;
}

function net(network: Network, property: string): string {
  return word(networkText(network), property);
}

function sysctlFiles(name: string, dev: string, { forward }: TunnelPlan): RenderedFile[] {
  const families = forward.map(({ family }) => family);
  const text = fill("wireguard/sysctl.conf", { dev, families });
  return families.length === 0 ? [] : [plainFile(`/etc/sysctl.d/60-vrrp-${name}.conf`, text)];
}

/**
 * Rules that let the tunnel's UDP in, and out: from the peer's address alone where its endpoint is one, else, because nobody
 * knows where it comes from, from everybody over both families. WireGuard sends from the port that it listens on.
 */
export function tunnelRules({ listenPort, peers }: Pick<TunnelPlan, "listenPort" | "peers">): FirewallRule[] {
  const rules = peers.flatMap(({ endpoint: at }) => {
    const families = at?.family === undefined ? ([4, 6] as const) : [at.family];
    return families.flatMap((family) => {
      const address = at?.family === undefined ? undefined : word(at.host, "endpoint");
      return [
        ...bothTools("input", family, address, `dport ${listenPort}`),
        ...bothTools("output", family, address, `sport ${listenPort}`),
      ];
    });
  });
  return rules;
}

function bothTools(
  hook: FirewallRule["hook"],
  family: Family,
  peer: string | undefined,
  port: string,
): FirewallRule[] {
  const ip = family === 4 ? "ip" : "ip6";
  const [nftEnd, iptEnd] = hook === "input" ? ["saddr", "-s"] : ["daddr", "-d"];
  const nft = peer === undefined ? `${ip} version ${family}` : `${ip} ${nftEnd} ${peer}`;
  const ipt = peer === undefined ? "" : `${iptEnd} ${peer} `;
  return [
    { tool: `nft${family}`, hook, match: `${nft} udp ${port}` },
    { tool: `ipt${family}`, hook, match: `${ipt}-p udp --${port}` },
  ];
}

/**
 * Rules that let the two hosts ask each other how a change stands: echo requests to and from link-local addresses on that
 * interface. The answers are established traffic.
 */
export function wordRules({ interface: dev }: { interface: string }): FirewallRule[] {
  const network = networkText(LINK_LOCAL);
  const ends = [
    { hook: "input", nft: "iifname", nftAt: "saddr", ipt: "-i", iptAt: "-s" },
    { hook: "output", nft: "oifname", nftAt: "daddr", ipt: "-o", iptAt: "-d" },
  ] as const;
  return ends.flatMap(({ hook, nft, nftAt, ipt, iptAt }): FirewallRule[] => [
    {
      tool: "nft6",
      hook,
      match: `${nft} "${word(dev, "interface")}" ip6 ${nftAt} ${network} icmpv6 type echo-request`,
    },
    {
      tool: "ipt6",
      hook,
      match: `${ipt} ${word(dev, "interface")} ${iptAt} ${network} -p icmpv6 --icmpv6-type echo-request`,
    },
  ]);
}

/**
 * Rules that let through what the host forwards between the tunnel and its networks. What is at the other end is said by
 * AllowedIPs: nothing else comes out of the tunnel, or goes in.
 */
export function forwardRules({ interface: dev, forward }: Pick<TunnelPlan, "interface" | "forward">) {
  return forward.flatMap(({ family, network }): FirewallRule[] => {
    const at = network && word(networkText(network), "subnets");
    const ip = family === 4 ? "ip" : "ip6";
    const ends = [
      { nft: "iifname", ipt: "-i", nftAt: "daddr", iptAt: "-d" },
      { nft: "oifname", ipt: "-o", nftAt: "saddr", iptAt: "-s" },
    ];
    const hook = "forward";
    return ends.flatMap(({ nft, ipt, nftAt, iptAt }) => [
      {
        tool: `nft${family}` as const,
        hook,
        match: `${nft} "${interfaceName(dev)}" ${at === undefined ? `${ip} version ${family}` : `${ip} ${nftAt} ${at}`}`,
      },
      {
        tool: `ipt${family}` as const,
        hook,
        match: `${ipt} ${interfaceName(dev)}${at === undefined ? "" : ` ${iptAt} ${at}`}`,
      },
    ]);
  });
}

/** Part of paths, of a unit's name and of a sysctl key. */
function interfaceName(value: string): string {
  if (!/^[A-Za-z0-9][A-Za-z0-9_-]{0,14}$/.test(value)) {
    throw new Error(
      `interface is ${JSON.stringify(value)}, which cannot be part of a file's name: give 1 to 15 letters, digits, '_' and '-'`,
    );
  }
  return value;
}

function nodeName(value: string): string {
  if (!NODE_NAME.test(value)) {
    throw new Error(
      `peers.name is ${JSON.stringify(value)}, which cannot be part of a file's name: give 1 to 63 letters, digits, '.', '_' and '-'`,
    );
  }
  return value;
}

/** A key, of which an error shows nothing. */
function key(value: string, property: string): string {
  if (!isKey(value)) {
    throw new Error(`${property} is no key: give base64 of 32 bytes, 44 characters`);
  }
  return value;
}

/** The host first: brackets around it are ours. */
function endpoint(at: Endpoint): string {
  word(at.host, "endpoint");
  return endpointText(at);
}
