import { familyOf } from "../addresses";
import type { InstanceFacts } from "./facts";
import { differingFromFirst, factRule, Finding, instanceRule, pairRule } from "./rule";

/** Without unicast_src_ip keepalived takes the interface's first address, which a second address or the VIP can change. */
export const unicastSrcIpMissing = instanceRule(
  {
    id: "unicast-src-ip-missing",
    severity: "error",
    doc: "A unicast instance states the address that it sends from; else that is the interface's first address, which another address can change, and peers and firewalls no longer know it.",
    fix: "set unicastSrcIp to the node's own address on the interface, or multicast: true",
    foreign: {
      severity: "warning",
      fix: "state unicast_src_ip, the address by which the peers list this node",
    },
  },
  ["multicast", "unicastSrcIp"],
  ({ instance }) =>
    instance.multicast || instance.unicastSrcIp !== undefined
      ? []
      : [
          {
            property: "unicastSrcIp",
            value: "(missing)",
            allowed: "the node's own address on the interface",
          },
        ],
);

/** keepalived cannot bind to an address that the node does not have, and the instance goes to FAULT. */
export const unicastSrcIpForeign = instanceRule(
  {
    id: "unicast-src-ip-foreign",
    severity: "error",
    doc: "unicastSrcIp is an address of the node itself: not a virtual address, not a peer's, and one that the node has.",
    fix: "set unicastSrcIp to the node's own, permanent address on the interface",
  },
  ["unicastSrcIp", "unicastPeers", "virtualIpAddresses"],
  ({ instance, addresses, facts }) => {
    const { unicastSrcIp: source, unicastPeers, virtualIpAddresses } = instance;
    if (source === undefined) {
      return [];
    }
    const found = (why: string) => [
      { property: "unicastSrcIp", value: `${source} (${why})`, allowed: "the node's own address" },
    ];
    if (virtualIpAddresses.some((vip) => vip.address === source)) {
      return found("a virtual address");
    }
    // In a keepalived.conf it is the list that is wrong: the next rule says so.
    if (facts === undefined && unicastPeers.includes(source)) {
      return found("also in unicastPeers");
    }
    return addresses === undefined || addresses.includes(source) ? [] : found("not on the node");
  },
);

/** keepalived sends to itself, too, and otherwise goes on. */
export const unicastPeerOwn = factRule(
  {
    id: "unicast-peer-own",
    severity: "warning",
    doc: "unicastPeers lists the other nodes and not the node itself, which would send each advert to itself, too.",
    fix: "remove it from unicast_peer",
  },
  ["unicastSrcIp", "unicastPeers"],
  [],
  ({ instance: { unicastSrcIp, unicastPeers } }) =>
    unicastPeers.flatMap((peer, i) =>
      peer === unicastSrcIp
        ? [
            {
              property: `unicastPeers[${i}]`,
              value: `${peer} (the node's own unicastSrcIp)`,
              allowed: "addresses of other nodes",
            },
          ]
        : [],
    ),
);

/** Two nodes that send from one address, or from the address by which the other is administered. */
export const unicastSrcIpOfOtherNode = pairRule(
  {
    id: "unicast-src-ip-of-other-node",
    severity: "error",
    doc: "The address that a node sends VRRP from belongs to no other node of the virtual router.",
    fix: "set it to the node's own address on the interface",
  },
  ["multicast", "unicastSrcIp", "mcastSrcIp"],
  (members) => {
    const source = ({ instance }: (typeof members)[number]) =>
      instance.multicast ? instance.mcastSrcIp : instance.unicastSrcIp;
    return members.flatMap((member): Finding[] => {
      const own = source(member);
      const owner = members.find(
        (other) =>
          own !== undefined &&
          other !== member &&
          ((source(other) === own && other.at < member.at) ||
            (other.sshHost === own && member.sshHost !== own)),
      );
      return own === undefined || owner === undefined
        ? []
        : [
            {
              at: member.at,
              property: member.instance.multicast ? "mcastSrcIp" : "unicastSrcIp",
              value: `${own} (${owner.node}'s)`,
              allowed: `an address of ${member.node}`,
            },
          ];
    });
  },
);

/** Whether an instance without peers is meant to be in FAULT. */
function isFaultWanted(facts: InstanceFacts | undefined): boolean {
  return facts !== undefined && facts.faultsWithoutPeers !== false;
}

/** keepalived falls back to multicast on an empty list unless unicast_fault_no_peer is set (2.2.5). */
export const unicastPeersEmpty = instanceRule(
  {
    id: "unicast-peers-empty",
    severity: "error",
    doc: "A unicast instance names its peers; keepalived sends to the multicast group when the list is empty.",
    fix: "list the other nodes' unicastSrcIp in unicastPeers, or set multicast: true",
    foreign: { fix: "list the other nodes' addresses in unicast_peer, or remove the block" },
  },
  ["multicast", "unicastPeers"],
  ({ instance, facts }) =>
    instance.multicast || instance.unicastPeers.length > 0 || isFaultWanted(facts)
      ? []
      : [{ property: "unicastPeers", value: "(empty list)", allowed: "at least one address" }],
);

/** A node sends to its peers only: one that is not listed hears nothing. */
export const unicastPeersMirror = pairRule(
  {
    id: "unicast-peers-mirror",
    severity: "error",
    doc: "Every node lists the unicastSrcIp of every other node in unicastPeers; a node that is not listed gets no advert and becomes master, too.",
    fix: "list the unicastSrcIp of all other nodes, and nothing else",
  },
  ["multicast", "unicastSrcIp", "unicastPeers"],
  (members) =>
    members.flatMap(({ at, instance, facts }) => {
      const isOut = instance.unicastPeers.length === 0 && isFaultWanted(facts);
      const missing = members.filter(
        (other) =>
          other.at !== at &&
          !isOut &&
          // One source on two nodes is what is wrong then.
          other.instance.unicastSrcIp !== instance.unicastSrcIp &&
          !instance.multicast &&
          !other.instance.multicast &&
          other.instance.unicastSrcIp !== undefined &&
          !instance.unicastPeers.includes(other.instance.unicastSrcIp),
      );
      return missing.map((other) => ({
        at,
        property: "unicastPeers",
        value: instance.unicastPeers.join(", ") || "(empty list)",
        allowed: `a list with ${other.instance.unicastSrcIp}, the unicastSrcIp of ${other.node}`,
      }));
    }),
);

/** A unicast advert to a multicast instance is dropped, and the other way round. */
export const transportMismatch = pairRule(
  {
    id: "transport-mismatch",
    severity: "error",
    doc: "All nodes of a virtual router send the same way; unicast and multicast instances do not hear each other.",
    fix: "set multicast to the same value on all nodes",
    foreign: { fix: "give all nodes a unicast_peer block, or none" },
  },
  ["multicast"],
  (members) =>
    // A keepalived.conf has a block or has none.
    members.every(({ facts }) => facts !== undefined)
      ? differingFromFirst(members, "unicastPeers", (i) => (i.multicast ? "none" : "a list of peers"))
      : differingFromFirst(members, "multicast", (i) => `${i.multicast}`),
);

/** An instance has one family: that of its virtual addresses. */
export const addressFamily = instanceRule(
  {
    id: "address-family",
    severity: "error",
    doc: "All addresses of an instance are of one family; keepalived keeps IPv4 and IPv6 in separate instances.",
    fix: "make one instance for IPv4 and one for IPv6",
    foreign: {
      doc: "All addresses of an instance are of one family, that of the first address in it; keepalived leaves the others out.",
      fix: "make one instance for IPv4 and one for IPv6 and tie them in a vrrp_sync_group, or put the other family's addresses into virtual_ipaddress_excluded",
    },
  },
  ["virtualIpAddresses", "unicastSrcIp", "unicastPeers"],
  ({ instance }) => {
    const family = instance.virtualIpAddresses[0]?.family;
    if (family === undefined) {
      return [];
    }
    const allowed = `IPv${family}, as the first virtual address`;
    const source = instance.unicastSrcIp === undefined ? [] : [instance.unicastSrcIp];
    const found = (property: string, address: string) =>
      familyOf(address) === family ? [] : [{ property, value: address, allowed }];
    return [
      ...instance.virtualIpAddresses.flatMap((vip, i) => found(`virtualIpAddresses[${i}]`, vip.address)),
      ...source.flatMap((address) => found("unicastSrcIp", address)),
      ...instance.unicastPeers.flatMap((address, i) => found(`unicastPeers[${i}]`, address)),
    ];
  },
);
