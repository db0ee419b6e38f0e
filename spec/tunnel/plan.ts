import { formatProblems } from "../format";
import { proveTunnel } from "../rules/tunnel";
import { Forwarded, Network, Tunnel, TunnelNode, TunnelPeer, TunnelPlan } from "./model";
import { alone, LINK_LOCAL } from "./network";

/** Everything that one host of a tunnel needs to be told, once the hosts have told their public keys. */
export function tunnelPlan(tunnel: Tunnel, nodeName: string, publicKeys: Record<string, string>): TunnelPlan {
  const node = tunnel.nodes.find((n) => n.name === nodeName);
  if (node === undefined) {
    const names = tunnel.nodes.map((n) => n.name).join(", ");
    throw new Error(`tunnel ${tunnel.name} has no node '${nodeName}': give one of ${names}`);
  }
  const problems = proveTunnel({ ...tunnel, publicKeys }).filter(({ severity }) => severity === "error");
  if (problems.length > 0) {
    throw new Error(`tunnel ${tunnel.name}:\n${formatProblems(problems)}`);
  }
  return {
    tunnel: tunnel.name,
    node: node.name,
    interface: tunnel.interface,
    addresses: node.addresses,
    linkLocal: linkLocalOf(tunnel, node),
    listenPort: node.listenPort,
    mtu: tunnel.mtu,
    keyNumber: node.keyNumber,
    keepalive: node.keepalive,
    peers: tunnel.nodes
      .filter((peer) => peer.name !== nodeName)
      .map((peer) => peerOf(tunnel, peer, publicKeys[peer.name]!)),
    presharedKey: tunnel.presharedKey,
    wanInterface: node.wanInterface,
    forward: forwardedBy(tunnel, node),
    firewall: tunnel.firewall,
    undoAfter: tunnel.undoAfter,
  };
}

/** fe80::1 and fe80::2, by the names of the two nodes, so that their order in the spec does not matter. */
function linkLocalOf({ nodes }: Tunnel, node: TunnelNode): Network {
  const before = nodes.filter(({ name }) => name < node.name);
  return { ...LINK_LOCAL, address: `fe80::${before.length + 1}` };
}

/** Both ends admit a virtual address from the other: whichever holds it sends from it. */
function peerOf(tunnel: Tunnel, peer: TunnelNode, publicKey: string): TunnelPeer {
  return {
    name: peer.name,
    publicKey,
    endpoint: peer.endpoint,
    allowedIps: [...peer.addresses.map(alone), ...tunnel.virtualIpAddresses, ...peer.subnets],
    addresses: peer.addresses.map(({ address }) => address),
  };
}

function forwardedBy({ forward, nodes }: Tunnel, node: TunnelNode): Forwarded[] {
  if (forward === "subnets") {
    return node.subnets.map((network) => ({ family: network.family, network }));
  }
  const all = nodes.flatMap(({ addresses, subnets }) => [...addresses, ...subnets]);
  const families = new Set(forward === "all" ? all.map(({ family }) => family) : []);
  return [...families].sort().map((family) => ({ family }));
}
