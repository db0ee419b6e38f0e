import { z } from "zod";
import { field, flag, seconds, whole } from "./fields";

/** keepalived reads it into 32 bits without a sign. */
const MAX_UNSIGNED = 4294967295;

/** Words of a `vrrp_instance` for which keepalived has a default. */
export const instanceOptions = () => ({
  /** FAULT while the address that VRRP is sent from is not on the interface. @default false */
  trackSrcIp: flag().optional(),
  /** TTL (IPv6: hop limit) of the adverts to the peers, 1 to 255. @default 255, IPv6: the kernel's, mostly 64 */
  unicastTtl: whole(1, 255).optional(),
  /** Adverts that arrive with a lower TTL are dropped, 1 to 255; 255: nothing that was routed. @default none are */
  minTtl: whole(1, 255).optional(),
  /** Adverts that must be missed before a backup takes over, 1 to 100. @default 3, as both RFCs fix it */
  downTimerAdverts: whole(1, 100).optional(),
});

/** How the kernel schedules keepalived's VRRP process, and its BFD process where there is one. */
export const realtimeSchema = field(
  z.strictObject({
    /** Priority among real-time processes (SCHED_RR), 1 to 99. */
    priority: whole(1, 99),
    /** Numbers of the CPUs that it may run on, 0 to 1023. @default all */
    cpuAffinity: field(
      z.array(whole(0, 1023)).min(1).max(1024),
      "a list of 1 or more CPU numbers",
    ).optional(),
    /** Microseconds that it may compute without waiting before the kernel kills it, 2 to 4294967295. @default 500000 */
    rlimitRttime: whole(2, MAX_UNSIGNED).optional(),
    /** Keep its memory from being swapped out. @default false */
    noSwap: flag().optional(),
  }),
  "real-time scheduling: priority and optionally cpuAffinity, rlimitRttime, noSwap",
);

/** Words of `global_defs`: they are for everything that a host's keepalived does. */
export const globalOptions = () => ({
  /** Seconds after keepalived's start for which it takes no address from a silent network, 0 to 60; 0: none. */
  startupDelay: seconds(0, 60).optional(),
  /** Seconds between two gratuitous ARP messages on one interface, 0.001 to 1. @default no pause */
  garpInterval: seconds(0.001, 1).optional(),
  /** The same of unsolicited neighbour advertisements, for IPv6. @default no pause */
  gnaInterval: seconds(0.001, 1).optional(),
  /** Real-time scheduling. @default none */
  realtime: realtimeSchema.optional(),
});

export type RealtimeInput = z.infer<typeof realtimeSchema>;
