import { familyOf } from "../addresses";
import { instanceRule } from "./rule";

/** keepalived clears it without a word. */
export const trackSrcIpWithoutSource = instanceRule(
  {
    id: "track-src-ip-without-source",
    severity: "warning",
    doc: "trackSrcIp has a source address to track; keepalived ignores it without one.",
    fix: "set unicastSrcIp, or mcastSrcIp with multicast",
  },
  ["trackSrcIp", "multicast", "unicastSrcIp", "mcastSrcIp"],
  ({ instance: { trackSrcIp, multicast, unicastSrcIp, mcastSrcIp } }) =>
    trackSrcIp && (multicast ? mcastSrcIp : unicastSrcIp) === undefined
      ? [{ property: "trackSrcIp", value: "true", allowed: "false without a source address" }]
      : [],
);

/** keepalived refuses the instance's own interface, which it tracks by itself, and an interface twice. */
export const trackInterfaceTwice = instanceRule(
  {
    id: "track-interface-twice",
    severity: "error",
    doc: "trackInterfaces names each interface once, and not the instance's own; keepalived tracks that one by itself, without a weight.",
    fix: "remove it",
    foreign: {
      doc: "trackInterfaces names each interface once, and not the instance's own; keepalived leaves such a line out: it follows its own interface without a weight, and with dont_track_primary not at all.",
      fix: "remove it; where the own interface is to be followed, remove dont_track_primary",
    },
  },
  ["interface", "trackInterfaces"],
  ({ instance, facts }) =>
    instance.trackInterfaces.flatMap(({ interface: name, weight }, i, all) => {
      const isOwn = name === instance.interface;
      // What the line asks for is done all the same.
      const isHarmless = isOwn && weight === 0 && facts !== undefined && facts.ignoresInterface !== true;
      return isOwn || all.findIndex((other) => other.interface === name) < i
        ? [
            {
              property: `trackInterfaces[${i}].interface`,
              value: name,
              allowed: isOwn ? "another one than the instance's own" : "each interface once",
              ...(isHarmless && { severity: "warning" as const }),
            },
          ]
        : [];
    }),
);

/** BFD sets FAULT or a weight; no part of keepalived lets it end the wait for adverts. */
export const bfdInCluster = instanceRule(
  {
    id: "bfd-in-cluster",
    severity: "error",
    doc: "BFD watches a router outside the cluster; between its nodes it does not speed a takeover up, for it never ends the wait for adverts, and a peer that dies would put the survivor into FAULT.",
    fix: "name the upstream router; for faster takeovers set advertInt: 0.03 and realtime",
    foreign: {
      fix: "name the upstream router; for faster takeovers set advert_int 0.03 and vrrp_rt_priority",
    },
  },
  ["bfd", "unicastSrcIp", "mcastSrcIp", "unicastPeers", "virtualIpAddresses"],
  ({ instance }) => {
    const { unicastSrcIp, mcastSrcIp, unicastPeers, virtualIpAddresses } = instance;
    const own = [unicastSrcIp, mcastSrcIp, ...unicastPeers, ...virtualIpAddresses.map((vip) => vip.address)];
    return instance.bfd.flatMap(({ neighborIp }, i) =>
      own.includes(neighborIp)
        ? [{ property: `bfd[${i}].neighborIp`, value: neighborIp, allowed: "no address of the cluster" }]
        : [],
    );
  },
);

/** keepalived disables such a session, and what tracks it is refused. */
export const bfdFamily = instanceRule(
  {
    id: "bfd-family",
    severity: "error",
    doc: "sourceIp and neighborIp of a BFD session are of one family; keepalived disables one of two.",
    fix: "give an address of the neighbour's family, or remove sourceIp",
  },
  ["bfd"],
  ({ instance }) =>
    instance.bfd.flatMap(({ sourceIp, neighborIp }, i) =>
      sourceIp !== undefined && familyOf(sourceIp) !== familyOf(neighborIp)
        ? [
            {
              property: `bfd[${i}].sourceIp`,
              value: sourceIp,
              allowed: `an IPv${familyOf(neighborIp)} address, as ${neighborIp}`,
            },
          ]
        : [],
    ),
);

/** keepalived ignores the second session between two addresses. */
export const bfdTwice = instanceRule(
  {
    id: "bfd-twice",
    severity: "error",
    doc: "Two BFD sessions differ in neighborIp or sourceIp; keepalived ignores the second one.",
    fix: "remove it",
  },
  ["bfd"],
  ({ instance }) => {
    const ends = instance.bfd.map((s) => `${s.sourceIp ?? ""} ${s.neighborIp} ${s.multihop}`);
    return ends.flatMap((text, i) =>
      ends.indexOf(text) < i
        ? [
            {
              property: `bfd[${i}].neighborIp`,
              value: instance.bfd[i]!.neighborIp,
              allowed: `another one than bfd[${ends.indexOf(text)}]'s`,
            },
          ]
        : [],
    );
  },
);

/** A packet that was routed arrives with less than TTL 255, and keepalived drops it. */
export const bfdMultihopWithoutHops = instanceRule(
  {
    id: "bfd-multihop-without-hops",
    severity: "error",
    doc: "A BFD session with multihop says in maxHops how many routers are between; with 0 keepalived drops every packet that was routed.",
    fix: "set maxHops to the number of routers on the way, or remove multihop",
  },
  ["bfd"],
  ({ instance }) =>
    instance.bfd.flatMap(({ multihop, maxHops }, i) =>
      multihop && maxHops === 0
        ? [{ property: `bfd[${i}].maxHops`, value: "0", allowed: "1 to 254 with multihop" }]
        : [],
    ),
);

/** Below it a pause of the scheduler or of the router ends the session. */
const SHORTEST_DETECTION = 100;

/** With weight 0 both nodes are in FAULT while the router does not answer. */
export const bfdTooFast = instanceRule(
  {
    id: "bfd-too-fast",
    severity: "warning",
    doc: "Without realtime a BFD session is lost after 100 ms or more; else a busy CPU of either end takes it down.",
    fix: "set minRx and minTx to 100 or more, or realtime: { priority: 50 }",
    foreign: {
      fix: "set min_rx and min_tx to 100 or more, or bfd_rt_priority and vrrp_rt_priority in global_defs",
    },
  },
  ["bfd"],
  ({ instance, realtime }) =>
    instance.bfd.flatMap(({ minRx, multiplier }, i) =>
      realtime === undefined && minRx * multiplier < SHORTEST_DETECTION
        ? [
            {
              property: `bfd[${i}].minRx`,
              value: `${minRx}`,
              allowed: `${Math.ceil(SHORTEST_DETECTION / multiplier)} or more with multiplier ${multiplier}`,
            },
          ]
        : [],
    ),
);
