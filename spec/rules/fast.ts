import { isSubSecond } from "../options";
import { differingFromFirst, instanceRule, pairRule } from "./rule";
import { tunnelKind } from "./tunnel-names";

/** Seconds without adverts from which on every pause of the scheduler counts. */
const NEEDS_REALTIME = 0.3;

/** Each node waits for its own number of adverts, so that how many may be lost depends on who waits. */
export const downTimerAdvertsMismatch = pairRule(
  {
    id: "down-timer-adverts-mismatch",
    severity: "error",
    doc: "All nodes of a virtual router have one downTimerAdverts; a node that waits for fewer takes over sooner when adverts are lost.",
    fix: "set the same downTimerAdverts on all nodes",
    foreign: { severity: "warning" },
  },
  ["downTimerAdverts"],
  (members) => differingFromFirst(members, "downTimerAdverts", (i) => `${i.downTimerAdverts ?? 3}`),
);

/** What is left then is the skew: less than one interval. */
export const downTimerAdvertsOne = instanceRule(
  {
    id: "down-timer-adverts-one",
    severity: "warning",
    doc: "downTimerAdverts is 2 or more; with 1 a single advert that is lost or late moves the addresses.",
    fix: "set downTimerAdverts: 3 and a shorter advertInt",
  },
  ["downTimerAdverts"],
  ({ instance }) =>
    instance.downTimerAdverts === 1
      ? [{ property: "downTimerAdverts", value: "1", allowed: "2 to 100" }]
      : [],
);

/** A master that the kernel does not let run for that long has lost the addresses. */
export const fastWithoutRealtime = instanceRule(
  {
    id: "fast-without-realtime",
    severity: "warning",
    doc: "Where a backup takes over within 0.3 s, keepalived is scheduled in real time; else a busy CPU keeps a healthy master from its adverts for long enough to lose the addresses.",
    fix: "set realtime: { priority: 50 }, or an advertInt of 0.1 or more",
    foreign: { fix: "state vrrp_rt_priority 50 in global_defs, or an advert_int of 0.1 or more" },
  },
  ["advertInt", "downTimerAdverts"],
  ({ instance: { advertInt, downTimerAdverts = 3 }, realtime }) =>
    advertInt * downTimerAdverts < NEEDS_REALTIME - 1e-9 && realtime === undefined
      ? [{ property: "advertInt", value: `${advertInt}`, allowed: "0.1 or more without realtime" }]
      : [],
);

/** A tunnel's delay is that of the way under it, and WireGuard repeats a handshake that was lost after 5 s only. */
export const fastOverTunnel = instanceRule(
  {
    id: "fast-over-tunnel",
    severity: "warning",
    doc: "Over a tunnel a backup waits for a second or more; what is under it delays and loses packets in bursts, and WireGuard repeats a lost handshake only after 5 s.",
    fix: "set advertInt: 1, or send VRRP over an interface that is no tunnel",
  },
  ["interface", "advertInt", "downTimerAdverts"],
  ({ instance }) =>
    tunnelKind(instance.interface) !== undefined && isSubSecond(instance)
      ? [
          {
            property: "advertInt",
            value: `${instance.advertInt}`,
            allowed: `an interval whose takeover lasts a second or more over ${instance.interface}`,
          },
        ]
      : [],
);

/** The kernel asks for a neighbour's MAC once a second, and queues adverts to it meanwhile. */
export const fastWithoutStartupDelay = instanceRule(
  {
    id: "fast-without-startup-delay",
    severity: "warning",
    doc: "Where a backup takes over within a second, startupDelay has a node that starts wait for its neighbours; ARP asks for one that has just come up once a second, and until it answers no advert arrives.",
    fix: "set startupDelay: 2",
    foreign: { fix: "state vrrp_startup_delay 2 in global_defs" },
  },
  ["advertInt", "downTimerAdverts"],
  ({ instance, startupDelay }) =>
    isSubSecond(instance) && (startupDelay === undefined || startupDelay === 0)
      ? [
          {
            property: "startupDelay",
            value: `${startupDelay ?? "(missing)"}`,
            allowed: "1 or more, in seconds",
          },
        ]
      : [],
);
