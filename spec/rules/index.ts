import { authMismatch, authOverIpv6, authTooLong, authWithV3 } from "./authentication";
import {
  checkLoop,
  scriptArgumentsUnquoted,
  scriptInsecurePath,
  scriptStopsKeepalived,
  scriptTimeout,
  scriptUntracked,
  weightClamped,
  weightOfOwner,
} from "./checks";
import { HostRule } from "./facts";
import { keywordTooNew, mailWithoutServer, notifyArgumentsUnquoted, routerIdTwice } from "./notify";
import {
  downTimerAdvertsMismatch,
  downTimerAdvertsOne,
  fastOverTunnel,
  fastWithoutRealtime,
  fastWithoutStartupDelay,
} from "./fast";
import {
  nopreemptAgainstWeight,
  nopreemptWithMaster,
  nopreemptWithWeight,
  preemptDelayWithMaster,
  preemptDelayWithNopreempt,
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
import {
  vipInTwoInstances,
  vipListMismatch,
  vipPrefixMismatch,
  virtualRouterIdMismatch,
  virtualRouterIdOnSegment,
  virtualRouterIdReused,
} from "./router";
import { Rule } from "./rule";
import { scriptSecurityMissing, scriptWithoutUser } from "./scripts";
import {
  bothMaster,
  equalPrioritiesUnchecked,
  stateAgainstPriority,
  strictDropsPackets,
  strictWithAuthentication,
  strictWithMaster,
  strictWithUnicast,
} from "./state";
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
  unicastPeerOwn,
  unicastPeersEmpty,
  unicastPeersMirror,
  unicastSrcIpForeign,
  unicastSrcIpMissing,
  unicastSrcIpOfOtherNode,
} from "./unicast";
import {
  interfaceLoopback,
  multicastGroupWithUnicast,
  multicastOnWireGuard,
  tooManyVips,
  unicastWithoutInterface,
  unicastWithoutPeers,
  vmacWithUnicast,
} from "./wire";

export * from "./authentication";
export * from "./checks";
export * from "./facts";
export * from "./notify";
export * from "./fast";
export * from "./preemption";
export * from "./priority";
export * from "./protocol";
export * from "./router";
export * from "./rule";
export * from "./scripts";
export * from "./state";
export * from "./tracking";
export * from "./ttl";
export * from "./unicast";
export * from "./versions";
export * from "./wire";

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
  vipPrefixMismatch,
  vipInTwoInstances,
  interfaceLoopback,
  multicastOnWireGuard,
  priority255,
  equalPriorities,
  stickyPriorities,
  bothMaster,
  stateAgainstPriority,
  weightTooSmall,
  weightClamped,
  weightTooSmallForLast,
  nopreemptWithMaster,
  nopreemptWithWeight,
  nopreemptAgainstWeight,
  preemptDelayWithMaster,
  preemptDelayWithNopreempt,
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
  scriptStopsKeepalived,
  checkLoop,
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

/** Rules over what only a keepalived.conf says of instances. */
export const FACT_RULES: readonly Rule[] = [
  virtualRouterIdOnSegment,
  tooManyVips,
  unicastWithoutPeers,
  unicastWithoutInterface,
  unicastPeerOwn,
  multicastGroupWithUnicast,
  vmacWithUnicast,
  equalPrioritiesUnchecked,
  weightOfOwner,
  strictWithUnicast,
  strictWithAuthentication,
  strictWithMaster,
  strictDropsPackets,
  authOverIpv6,
  notifyArgumentsUnquoted,
];

/** Rules over whole hosts. */
export const HOST_RULES: readonly HostRule[] = [
  scriptArgumentsUnquoted,
  scriptUntracked,
  scriptTimeout,
  scriptInsecurePath,
  scriptSecurityMissing,
  routerIdTwice,
  mailWithoutServer,
  keywordTooNew,
];
