import { parseAddress } from "../addresses";
import { endpointText } from "../tunnel/endpoint";
import { Endpoint, Network } from "../tunnel/model";
import { LEAST_MTU, OVERHEAD } from "../tunnel/mtu";
import { isKnown, wholly } from "../unknown";
import { sshHosts } from "./nodes";
import {
  insideFamilies,
  insideOf,
  JudgedTunnel,
  KnownNode,
  nodesOf,
  shown,
  TunnelFinding,
  tunnelRule,
} from "./tunnel-rule";

/** An address floats between the peers of one interface only by hand: AllowedIPs are exclusive. */
export const tunnelNodeCount = tunnelRule(
  {
    id: "tunnel-node-count",
    severity: "error",
    doc: "A tunnel has two nodes; of several peers of one WireGuard interface only one can have an address in its AllowedIPs, so a virtual address could not move between them.",
    fix: "list two nodes; three sites take one tunnel, with an interface of its own, for each pair of them",
  },
  ({ nodes }) =>
    isKnown(nodes) && nodes.length !== 2
      ? [{ path: "nodes", value: `(list of ${nodes.length})`, allowed: "a list of 2 nodes" }]
      : [],
);

/** Known endpoints that are there. */
function endpointsOf(tunnel: JudgedTunnel): { node: KnownNode; endpoint: Endpoint; path: string }[] {
  return nodesOf(tunnel).flatMap((node) => {
    const endpoint = wholly<Endpoint | undefined>(node.endpoint);
    return isKnown(endpoint) && endpoint !== undefined
      ? [{ node, endpoint, path: `nodes[${node.at}].endpoint` }]
      : [];
  });
}

/** Both wait for the other to begin. */
export const tunnelNoEndpoint = tunnelRule(
  {
    id: "tunnel-no-endpoint",
    severity: "error",
    doc: "At least one node has an endpoint; a node without one waits to be dialled, and two of them wait for ever.",
    fix: "give the endpoint of a node that is reached from outside, or forward a UDP port to it and give that",
  },
  ({ nodes }) => {
    const all = isKnown(nodes) ? nodes : [];
    return all.length > 0 &&
      all.every((node) => isKnown(node) && isKnown(node.endpoint) && node.endpoint === undefined)
      ? [{ path: "nodes[0].endpoint", value: "(missing)", allowed: "an endpoint of at least one node" }]
      : [];
  },
);

/** wg would send its own packets into itself. */
export const tunnelEndpointInside = tunnelRule(
  {
    id: "tunnel-endpoint-inside",
    severity: "error",
    doc: "An endpoint is reached without the tunnel: it is no address of the tunnel and in no network that is routed into it; else WireGuard's own packets go into the tunnel, too.",
    fix: "give the address by which the peer reaches this node outside of the tunnel, or leave that network out of subnets",
  },
  (tunnel) =>
    endpointsOf(tunnel).flatMap(({ endpoint, path }) => {
      const around = endpoint.family && insideOf(tunnel, endpoint.host);
      return around === undefined
        ? []
        : [
            {
              path,
              value: endpointText(endpoint),
              allowed: `an address outside of ${around.path} (${shown(around.network)})`,
            },
          ];
    }),
);

/** One of the two is not this node's. */
export const tunnelEndpointShared = tunnelRule(
  {
    id: "tunnel-endpoint-shared",
    severity: "error",
    doc: "Each node has an endpoint of its own; two nodes behind one address need two ports.",
    fix: "give the endpoint by which this node is reached, or leave it out",
  },
  (tunnel) =>
    endpointsOf(tunnel).flatMap(({ endpoint, path }, i, all) => {
      const first = all.slice(0, i).find((o) => endpointText(o.endpoint) === endpointText(endpoint));
      return first === undefined
        ? []
        : [{ path, value: endpointText(endpoint), allowed: `another one than ${first.path}'s` }];
    }),
);

/** The NAT forgets the way back, and nobody can dial. */
export const tunnelKeepaliveBehindNat = tunnelRule(
  {
    id: "tunnel-keepalive-behind-nat",
    severity: "error",
    doc: "A node without an endpoint sends keepalives; when its NAT has forgotten the tunnel, nobody reaches it until it sends by itself.",
    fix: "leave keepalive out (25), or give the node's endpoint",
  },
  (tunnel) =>
    nodesOf(tunnel).flatMap(({ at, endpoint, keepalive }) =>
      endpoint === undefined && keepalive === 0
        ? [{ path: `nodes[${at}].keepalive`, value: "0", allowed: "1 to 65535 seconds without an endpoint" }]
        : [],
    ),
);

/** Linux takes IPv6 off such an interface. */
export const tunnelMtuIpv6 = tunnelRule(
  {
    id: "tunnel-mtu-ipv6",
    severity: "error",
    doc: "A tunnel with IPv6 inside has an MTU of 1280 or more (RFC 8200, 5); below it the kernel takes IPv6 off the interface.",
    fix: "give an mtu of 1280 or more, or leave it out (underlayMtu - 80)",
  },
  (tunnel) => {
    const six = insideFamilies(tunnel).get(6);
    const { mtu } = tunnel;
    return six === undefined || !isKnown(mtu) || mtu >= LEAST_MTU[6]
      ? []
      : [
          {
            path: "mtu",
            value: `${mtu}`,
            allowed: `${LEAST_MTU[6]} or more, with ${six.path} (${shown(six.network)})`,
          },
        ];
  },
);

/** Full packets are cut in two on the way, or lost where that is not allowed. */
export const tunnelMtuTooLarge = tunnelRule(
  {
    id: "tunnel-mtu-too-large",
    severity: "warning",
    doc: "The MTU inside a tunnel leaves room for what WireGuard puts around a packet, 60 bytes over IPv4 and 80 over IPv6; else each full packet is sent in two fragments, and lost where fragments are dropped.",
    fix: "leave mtu out, or state the underlayMtu that the way really has",
  },
  (tunnel) => {
    const { mtu, underlayMtu } = tunnel;
    // Of a name nobody knows here which family it has.
    const family = endpointsOf(tunnel).some(({ endpoint }) => endpoint.family === 6) ? 6 : 4;
    if (!isKnown(mtu) || !isKnown(underlayMtu) || mtu <= underlayMtu - OVERHEAD[family]) {
      return [];
    }
    return [
      {
        path: "mtu",
        value: `${mtu}`,
        allowed: `at most ${underlayMtu - OVERHEAD[family]} over IPv${family} with an underlayMtu of ${underlayMtu}`,
      },
    ];
  },
);

/** What changes the tunnel then hangs on it. */
export const tunnelSshInside = tunnelRule(
  {
    id: "tunnel-ssh-inside",
    severity: "warning",
    doc: "A node is reached over SSH without the tunnel; else there is no way to it before the first apply, and a change that breaks the tunnel cuts off its own repair.",
    fix: "connect to an address of the node outside of the tunnel, or through a proxy at its site",
  },
  (tunnel) => {
    const vips = wholly<Network[]>(tunnel.virtualIpAddresses);
    if (!isKnown(vips)) {
      return [];
    }
    return sshHosts(tunnel.nodes).flatMap(({ path, text, first }): TunnelFinding[] => {
      const address = parseAddress(text)?.text;
      // Of a virtual address vip-is-ssh-address says more.
      const isJudged = address !== undefined && !vips.some((vip) => vip.address === address);
      const around = isJudged ? insideOf(tunnel, address) : undefined;
      // What a proxy connects to may well be in the network behind the node: the proxy is there, too.
      const isFromSite = !first && around?.path.includes(".subnets[");
      return around === undefined || isFromSite
        ? []
        : [
            {
              path,
              value: text,
              allowed: `an address outside of ${around.path} (${shown(around.network)}), unless this machine is at that site`,
            },
          ];
    });
  },
);
