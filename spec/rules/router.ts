import { VirtualIpAddress } from "../model";
import { inNetwork } from "../addresses";
import { differingFromFirst, Finding, nodeRule, pairRule, segmentRule } from "./rule";

/** Nodes with different ids are different routers: both hold the addresses. */
export const virtualRouterIdMismatch = pairRule(
  {
    id: "virtual-router-id-mismatch",
    severity: "error",
    doc: "All nodes of a virtual router have one virtualRouterId; with two ids they do not hear each other and both hold the addresses.",
    fix: "set the same virtualRouterId on all nodes",
  },
  ["virtualRouterId"],
  (members) => differingFromFirst(members, "virtualRouterId", (i) => `${i.virtualRouterId}`),
);

function listText(vips: VirtualIpAddress[]): string {
  return vips
    .map((vip) => vip.address)
    .sort()
    .join(", ");
}

/** Adverts carry no prefix lengths, so keepalived does not see it; the host that takes over does. */
export const vipPrefixMismatch = pairRule(
  {
    id: "vip-prefix-mismatch",
    severity: "error",
    doc: "A virtual address has one prefix length on all nodes; else what the holder reaches over it changes with a takeover.",
    fix: "give the address the same prefix length on all nodes",
    foreign: { severity: "warning" },
  },
  ["virtualIpAddresses"],
  ([first, ...others]) =>
    others.flatMap(({ at, instance }) =>
      instance.virtualIpAddresses.flatMap((vip, i): Finding[] => {
        const same = first?.instance.virtualIpAddresses.find(({ address }) => address === vip.address);
        return same === undefined || same.prefixLength === vip.prefixLength
          ? []
          : [
              {
                at,
                property: `virtualIpAddresses[${i}]`,
                value: `${vip.address}/${vip.prefixLength}`,
                allowed: `${vip.address}/${same.prefixLength}, as on ${first?.node}`,
              },
            ];
      }),
    ),
);

/** Whichever of the two lets go of the address takes it away from the other, too. */
export const vipInTwoInstances = nodeRule(
  {
    id: "vip-in-two-instances",
    severity: "error",
    doc: "A virtual address belongs to one instance of a node; where two have it, the one that becomes backup removes it from the one that is master.",
    fix: "leave the address in one instance",
  },
  ["virtualIpAddresses", "interface"],
  (members) =>
    members.flatMap(({ at, instance }) =>
      instance.virtualIpAddresses.flatMap((vip, i): Finding[] => {
        const dev = vip.dev ?? instance.interface;
        const isTaken = members.some(
          (other) =>
            other.at < at &&
            other.instance.virtualIpAddresses.some(
              ({ address, dev: otherDev }) =>
                address === vip.address && (otherDev ?? other.instance.interface) === dev,
            ),
        );
        return isTaken
          ? [
              {
                at,
                property: `virtualIpAddresses[${i}]`,
                value: vip.address,
                allowed: "an address that no other instance of this node has",
              },
            ]
          : [];
      }),
    ),
);

/** keepalived up to 2.3.2 drops the advert; later ones only log, and the lists drift apart on a takeover. */
export const vipListMismatch = pairRule(
  {
    id: "vip-list-mismatch",
    severity: "error",
    doc: "All nodes of a virtual router have the same virtualIpAddresses; keepalived up to 2.3.2 drops adverts with other ones and both nodes become master, later ones lose addresses at a takeover.",
    fix: "give all nodes the same virtualIpAddresses",
    bites: { before: "2.3.3" },
    outside: "warning",
  },
  ["virtualIpAddresses"],
  (members) => differingFromFirst(members, "virtualIpAddresses", (i) => listText(i.virtualIpAddresses)),
);

/** What keepalived holds for one virtual router: family, id, interface, transport; unicast: also source and peers. */
export const virtualRouterIdReused = nodeRule(
  {
    id: "virtual-router-id-reused",
    severity: "error",
    doc: "A node uses a virtualRouterId once per interface and family; keepalived refuses the second instance or mixes the two up.",
    fix: "give each virtual router on the interface an id of its own",
  },
  ["family", "interface", "virtualRouterId", "multicast", "unicastSrcIp", "unicastPeers"],
  (members) =>
    members.flatMap(({ at, instance }): Finding[] => {
      const same = members.find(
        (other) =>
          other.at < at &&
          other.instance.family === instance.family &&
          other.instance.interface === instance.interface &&
          other.instance.virtualRouterId === instance.virtualRouterId &&
          other.instance.multicast === instance.multicast &&
          (instance.multicast ||
            (other.instance.unicastSrcIp === instance.unicastSrcIp &&
              other.instance.unicastPeers.some((peer) => instance.unicastPeers.includes(peer)))),
      );
      return same === undefined
        ? []
        : [
            {
              at,
              property: "virtualRouterId",
              value: `${instance.virtualRouterId}`,
              allowed: `one that no other instance on ${instance.interface} of this node has`,
            },
          ];
    }),
);

/** Whether two lists of addresses look like those of one network; an address alone counts for a /24 or a /64 then. */
export function areNeighbours(ours: VirtualIpAddress[], theirs: VirtualIpAddress[]): boolean {
  const usual = ({ family, prefixLength }: VirtualIpAddress) =>
    family === 4 ? (prefixLength === 32 ? 24 : prefixLength) : prefixLength === 128 ? 64 : prefixLength;
  return ours.some((vip) =>
    theirs.some(
      (other) =>
        inNetwork(other.address, vip.address, usual(vip)) ||
        inNetwork(vip.address, other.address, usual(other)),
    ),
  );
}

/** Both routers hear each other's adverts: dropped with a log line a second, or followed (from 2.3.3 on). */
export const virtualRouterIdOnSegment = segmentRule(
  {
    id: "virtual-router-id-on-segment",
    severity: "error",
    doc: "Multicast virtual routers on one network have ids of their own; with one id each hears the other's adverts: keepalived from 2.3.3 on takes them for its master's, and none serves its own addresses.",
    fix: "give each virtual router of the network an id of its own",
    bites: { from: "2.3.3" },
    outside: "warning",
    foreign: {
      fix: "give each virtual router of the network a virtual_router_id of its own, or use unicast_peer",
    },
  },
  ["family", "multicast", "virtualRouterId", "virtualIpAddresses"],
  (members) =>
    members.flatMap(({ at, instance, router, facts, node }): Finding[] => {
      const other = members.find(
        (m) =>
          m.at < at &&
          m.router !== router &&
          m.node !== node &&
          m.instance.multicast &&
          instance.multicast &&
          m.instance.family === instance.family &&
          m.instance.virtualRouterId === instance.virtualRouterId &&
          m.facts?.mcastDstIp === facts?.mcastDstIp &&
          areNeighbours(m.instance.virtualIpAddresses, instance.virtualIpAddresses),
      );
      return other === undefined
        ? []
        : [
            {
              at,
              property: "virtualRouterId",
              value: `${instance.virtualRouterId}`,
              allowed: `another one than that of the virtual router on ${other.node}`,
            },
          ];
    }),
);
