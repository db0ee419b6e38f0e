import { reservedInNetwork } from "../addresses";
import { Family } from "../model";
import { Network } from "../tunnel/model";
import { holds, isAlone, networkText, overlap } from "../tunnel/network";
import { isKnown, wholly } from "../unknown";
import {
  addressesOf,
  asRouted,
  JudgedTunnel,
  KnownNode,
  nodesOf,
  PlacedNetwork,
  shown,
  subnetsOf,
  TunnelFinding,
  tunnelRule,
  vipsOf,
} from "./tunnel-rule";

/** wg moves an address that two peers have to the second one, and a route leads one way. */
export const tunnelOverlap = tunnelRule(
  {
    id: "tunnel-overlap",
    severity: "error",
    doc: "What one node carries into the tunnel (its addresses, the networks behind it) overlaps with nothing that the other carries, nor with a virtual address; a packet to an address in both goes one way only, and on one of the nodes it is the wrong one.",
    fix: "choose networks that have no address in common",
  },
  (tunnel) => [...betweenNodes(tunnel), ...withinNodes(tunnel), ...vipsInSubnets(tunnel)],
);

type Carried = PlacedNetwork & { at: number; kind: "address" | "subnet"; written: Network };

function carriedBy(node: KnownNode): Carried[] {
  return [
    ...addressesOf(node).map((a) => ({
      ...asRouted(a),
      at: node.at,
      kind: "address" as const,
      written: a.network,
    })),
    ...subnetsOf(node).map((s) => ({ ...s, at: node.at, kind: "subnet" as const, written: s.network })),
  ];
}

function betweenNodes(tunnel: JudgedTunnel): TunnelFinding[] {
  const carried = nodesOf(tunnel).flatMap(carriedBy);
  return carried.flatMap((item, i) => {
    const other = carried.slice(0, i).find((o) => o.at !== item.at && overlap(o.network, item.network));
    return other === undefined
      ? []
      : [
          {
            path: item.path,
            value: shown(item.written),
            allowed: `nothing that overlaps with ${other.path} (${shown(other.written)})`,
            fix: overlapFix(item, other),
          },
        ];
  });
}

function overlapFix(a: Carried, b: Carried): string {
  if (a.kind !== b.kind) {
    return "choose addresses for the tunnel that are in no network behind a node";
  }
  return a.kind === "address"
    ? "give each node an address of its own"
    : "renumber one of the two networks, or name only those parts of it that are behind this node alone";
}

function withinNodes(tunnel: JudgedTunnel): TunnelFinding[] {
  return nodesOf(tunnel).flatMap((node) => {
    const carried = carriedBy(node);
    return carried.flatMap((item, i) => {
      const other = carried.slice(0, i).find((o) => networkText(o.network) === networkText(item.network));
      return other === undefined
        ? []
        : [
            {
              path: item.path,
              value: shown(item.written),
              allowed: `another one than ${other.path}'s`,
              fix: "remove it",
            },
          ];
    });
  });
}

/** Of those in the tunnel's network: of the others tunnel-vip-outside says it. */
function vipsInSubnets(tunnel: JudgedTunnel): TunnelFinding[] {
  const nodes = nodesOf(tunnel);
  if (!isKnown(tunnel.nodes) || nodes.length < tunnel.nodes.length || !nodes.every(allAddresses)) {
    return [];
  }
  const elsewhere = new Set(tunnelVipOutside(tunnel).map(({ path }) => path));
  const subnets = nodes.flatMap(subnetsOf);
  return vipsOf(tunnel).flatMap(({ path, network: vip }) => {
    const subnet = subnets.find(({ network }) => overlap(network, vip));
    return subnet === undefined || elsewhere.has(path)
      ? []
      : [
          {
            path,
            value: vip.address,
            allowed: `an address outside of ${subnet.path} (${shown(subnet.network)})`,
            fix: "choose a virtual address that is in no network behind a node: the others find it there only",
          },
        ];
  });
}

/** An address with a network says that its neighbours are in that network. */
export const tunnelAddressNetwork = tunnelRule(
  {
    id: "tunnel-address-network",
    severity: "error",
    doc: "A node's tunnel address whose prefix length names a network has an address of its peer in that network, and the two have a family in common; an address of its own (/32, /128) needs no network.",
    fix: "give both nodes addresses of one network with one prefix length, as '10.99.0.1/24' and '10.99.0.2/24'",
  },
  (tunnel) => {
    const [a, b, ...more] = nodesOf(tunnel);
    if (a === undefined || b === undefined || more.length > 0) {
      return [];
    }
    const [ofA, ofB] = [allAddresses(a), allAddresses(b)];
    if (ofA === undefined || ofB === undefined) {
      return [];
    }
    if (!ofA.some(({ network: { family } }) => ofB.some(({ network }) => network.family === family))) {
      const [families, own] = [ofA, ofB].map((list) => list.map(({ network }) => `IPv${network.family}`));
      return [
        {
          path: `nodes[${b.at}].addresses`,
          value: `only ${own![0]}`,
          allowed: `an ${families![0]} address, as nodes[${a.at}] has`,
        },
      ];
    }
    const found = withoutNeighbour(ofB, ofA, a);
    const told = new Set<Family>(found.map(({ family }) => family));
    return [...found, ...withoutNeighbour(ofA, ofB, b).filter(({ family }) => !told.has(family))].map(
      ({ finding }) => finding,
    );
  },
);

/** A node's addresses, where all of them are known. */
function allAddresses(node: KnownNode): PlacedNetwork[] | undefined {
  const all = wholly<Network[]>(node.addresses);
  return isKnown(all) && all.length > 0 ? addressesOf(node) : undefined;
}

/** Addresses in whose network the peer has none. */
function withoutNeighbour(
  own: PlacedNetwork[],
  ofPeer: PlacedNetwork[],
  peer: KnownNode,
): { family: Family; finding: TunnelFinding }[] {
  return own
    .filter(
      ({ network }) =>
        !isAlone(network) && !ofPeer.some(({ network: other }) => holds(network, other.address)),
    )
    .map(({ path, network }) => {
      const near = ofPeer.find(({ network: other }) => other.family === network.family);
      return {
        family: network.family,
        finding: {
          path,
          value: networkText(network),
          allowed:
            near === undefined
              ? `a network in which nodes[${peer.at}] has an address, too`
              : `an address and prefix length whose network holds ${near.path} (${near.network.address})`,
        },
      };
    });
}

/** What is not in the tunnel's network is found by nobody behind the nodes. */
export const tunnelVipOutside = tunnelRule(
  {
    id: "tunnel-vip-outside",
    severity: "error",
    doc: "A virtual address is one for hosts in the network of both nodes' tunnel addresses, so that whoever reaches the tunnel reaches it, and each node admits it from the other (AllowedIPs).",
    fix: "choose an address of the tunnel's network",
  },
  (tunnel) => {
    const nodes = nodesOf(tunnel);
    return vipsOf(tunnel).flatMap(({ path, network: vip }) =>
      nodes
        .flatMap((node): TunnelFinding[] => {
          const all = allAddresses(node);
          const why = all && outside(vip, all, node.at);
          return why === undefined ? [] : [{ path, value: vip.address, ...why }];
        })
        .slice(0, 1),
    );
  },
);

function outside(
  vip: Network,
  addresses: PlacedNetwork[],
  at: number,
): { allowed: string; fix?: string } | undefined {
  const same = addresses.filter(({ network }) => network.family === vip.family);
  if (same.length === 0) {
    return {
      allowed: `a family that nodes[${at}] has inside the tunnel`,
      fix: `give nodes[${at}].addresses an IPv${vip.family} address, or leave the virtual address out`,
    };
  }
  // Addresses of their own make no network: each AllowedIP gets a route then.
  const networks = same.filter(({ network }) => !isAlone(network));
  const around = networks.find(({ network }) => holds(network, vip.address));
  if (around === undefined) {
    return networks.length === 0
      ? undefined
      : {
          allowed: `an address in the network of ${networks[0]!.path} (${networkText(networks[0]!.network)})`,
        };
  }
  const reserved = reservedInNetwork({ ...around.network, address: vip.address });
  return (
    reserved && {
      allowed: `an address for hosts: this is the ${reserved} address of ${around.path}'s network`,
    }
  );
}

/** The node itself holds it, and so does who is master. */
export const tunnelVipIsAddress = tunnelRule(
  {
    id: "tunnel-vip-is-address",
    severity: "error",
    doc: "A virtual address is no node's own tunnel address; the node would have it always, and lose it with the address.",
    fix: "choose an address that no node has",
  },
  (tunnel) => {
    const own = nodesOf(tunnel).flatMap(addressesOf);
    return vipsOf(tunnel).flatMap(({ path, network: vip }) => {
      const owner = own.find(({ network }) => network.address === vip.address);
      return owner === undefined
        ? []
        : [{ path, value: vip.address, allowed: `another one than ${owner.path}'s` }];
    });
  },
);
