import { authMismatch, authTooLong, authWithV3 } from "./authentication";
import {
  nopreemptWithMaster,
  nopreemptWithWeight,
  preemptDelayWithMaster,
  preemptDelayWithWeight,
} from "./preemption";
import { equalPriorities, priority255, stickyPriorities, weightTooSmall } from "./priority";
import { advertIntMismatch, advertIntRange, ipv6WithV2, versionMismatch } from "./protocol";
import { virtualRouterIdMismatch, virtualRouterIdReused, vipListMismatch } from "./router";
import { Rule } from "./rule";
import { scriptWithoutUser } from "./scripts";
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
export * from "./preemption";
export * from "./priority";
export * from "./protocol";
export * from "./router";
export * from "./rule";
export * from "./scripts";
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
  nopreemptWithMaster,
  nopreemptWithWeight,
  preemptDelayWithMaster,
  preemptDelayWithWeight,
  advertIntRange,
  advertIntMismatch,
  versionMismatch,
  ipv6WithV2,
  authTooLong,
  authWithV3,
  authMismatch,
  scriptWithoutUser,
];
