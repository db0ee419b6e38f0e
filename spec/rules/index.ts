import { authMismatch, authTooLong, authWithV3 } from "./authentication";
import {
  downTimerAdvertsMismatch,
  downTimerAdvertsOne,
  fastOverTunnel,
  fastWithoutRealtime,
  fastWithoutStartupDelay,
} from "./fast";
import {
  nopreemptWithMaster,
  nopreemptWithWeight,
  preemptDelayWithMaster,
  preemptDelayWhenSticky,
  preemptDelayWithWeight,
  stickyWithoutUplinkCheck,
  stickyWithSlowCheck,
} from "./preemption";
import {
  equalPriorities,
  priority255,
  stickyPriorities,
  weightTooSmall,
  weightTooSmallForLast,
} from "./priority";
import { advertIntMismatch, advertIntRange, ipv6WithV2, versionMismatch } from "./protocol";
import { virtualRouterIdMismatch, virtualRouterIdReused, vipListMismatch } from "./router";
import { Rule } from "./rule";
import { scriptWithoutUser } from "./scripts";
import {
  bfdFamily,
  bfdInCluster,
  bfdMultihopWithoutHops,
  bfdTooFast,
  bfdTwice,
  trackInterfaceTwice,
  trackSrcIpWithoutSource,
} from "./tracking";
import { minTtlTooHigh, ttlWithMulticast } from "./ttl";
import {
  addressFamily,
  transportMismatch,
  unicastPeersEmpty,
  unicastPeersMirror,
  unicastSrcIpForeign,
  unicastSrcIpMissing,
  unicastSrcIpOfOtherNode,
} from "./unicast";

export * from "./authentication";
export * from "./fast";
export * from "./preemption";
export * from "./priority";
export * from "./protocol";
export * from "./router";
export * from "./rule";
export * from "./scripts";
export * from "./tracking";
export * from "./ttl";
export * from "./unicast";

/** Every rule over instances, by topic. */
export const RULES: readonly Rule[] = [
  unicastSrcIpMissing,
  unicastSrcIpForeign,
  unicastSrcIpOfOtherNode,
  unicastPeersEmpty,
  unicastPeersMirror,
  transportMismatch,
  addressFamily,
  virtualRouterIdMismatch,
  virtualRouterIdReused,
  vipListMismatch,
  priority255,
  equalPriorities,
  stickyPriorities,
  weightTooSmall,
  weightTooSmallForLast,
  nopreemptWithMaster,
  nopreemptWithWeight,
  preemptDelayWithMaster,
  preemptDelayWithWeight,
  preemptDelayWhenSticky,
  stickyWithoutUplinkCheck,
  stickyWithSlowCheck,
  advertIntRange,
  advertIntMismatch,
  versionMismatch,
  ipv6WithV2,
  authTooLong,
  authWithV3,
  authMismatch,
  scriptWithoutUser,
  ttlWithMulticast,
  minTtlTooHigh,
  downTimerAdvertsMismatch,
  downTimerAdvertsOne,
  fastWithoutRealtime,
  fastOverTunnel,
  fastWithoutStartupDelay,
  trackSrcIpWithoutSource,
  trackInterfaceTwice,
  bfdInCluster,
  bfdFamily,
  bfdTwice,
  bfdMultihopWithoutHops,
  bfdTooFast,
];
