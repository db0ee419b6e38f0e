import { VirtualIpAddress } from "../model";
import { differingFromFirst, Finding, nodeRule, pairRule } from "./rule";

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
    .map((vip) => `${vip.address}/${vip.prefixLength}`)
    .sort()
    .join(", ");
}

/** keepalived up to 2.3.2 drops the advert; later ones only log, and the lists drift apart on a takeover. */
export const vipListMismatch = pairRule(
  {
    id: "vip-list-mismatch",
    severity: "error",
    doc: "All nodes of a virtual router have the same virtualIpAddresses; keepalived up to 2.3.2 drops adverts with other ones and both nodes become master, later ones lose addresses at a takeover.",
    fix: "give all nodes the same virtualIpAddresses",
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
