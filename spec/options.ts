import { GlobalOptions, InstanceOptions, Realtime } from "./model";
import { RealtimeInput } from "./schema/options";
import { Draft, isKnown, Partially, UNKNOWN, Unknown } from "./unknown";

/**
 * Seconds of startup delay where a backup takes over within a second. A neighbour that has just come up is asked for by
 * ARP once a second: a node that hears nothing for less than that cannot know that nobody is there.
 */
const STARTUP_DELAY = 2;

/**
 * Microseconds of computing. keepalived's own 10000 have the kernel kill it where it is busy for 10 ms, and with it go
 * the addresses; half a second still ends what runs in circles.
 */
const RLIMIT_RTTIME = 500_000;

/** Whether a backup of any priority takes over within a second of the last advert. */
export function isSubSecond({
  advertInt,
  downTimerAdverts = 3,
}: { advertInt: number } & InstanceOptions): boolean {
  return (downTimerAdverts + 1) * advertInt < 1;
}

/** The words of an instance that a cluster or an instance states, and nothing else of it. */
export function instanceOptions(from: Partially<InstanceOptions>): Partially<InstanceOptions> {
  return {
    trackSrcIp: from.trackSrcIp,
    unicastTtl: from.unicastTtl,
    minTtl: from.minTtl,
    downTimerAdverts: from.downTimerAdverts,
  };
}

/** What a spec says of global_defs. */
export interface GlobalInput {
  startupDelay?: number | Unknown;
  garpInterval?: number | Unknown;
  gnaInterval?: number | Unknown;
  realtime?: Draft<RealtimeInput | undefined>;
}

/** Puts the defaults in place; `startupDelay`: what is chosen where the spec says nothing. */
export function globalOptions(input: GlobalInput, startupDelay: number | Unknown): Draft<GlobalOptions> {
  const { realtime } = input;
  const asksRealtime = isKnown(realtime) && realtime !== undefined;
  const choosesDelay = input.startupDelay === undefined && startupDelay !== 0;
  return {
    startupDelay: input.startupDelay ?? startupDelay,
    garpInterval: input.garpInterval,
    gnaInterval: input.gnaInterval,
    realtime: asksRealtime ? realtimeWithDefaults(realtime) : realtime,
    chosen: [
      ...(choosesDelay ? (["startupDelay"] as const) : []),
      ...(asksRealtime && realtime.rlimitRttime === undefined ? (["rlimitRttime"] as const) : []),
    ],
  };
}

/** What HaPair chooses. */
export function chosenStartupDelay(from: {
  advertInt: number | Unknown;
  downTimerAdverts?: number | Unknown;
}): number | Unknown {
  const { advertInt, downTimerAdverts } = from;
  if (!isKnown(advertInt) || !isKnown(downTimerAdverts)) {
    return UNKNOWN;
  }
  return isSubSecond({ advertInt, downTimerAdverts }) ? STARTUP_DELAY : 0;
}

function realtimeWithDefaults(input: Exclude<Draft<RealtimeInput>, Unknown>): Draft<Realtime> {
  return {
    priority: input.priority,
    cpuAffinity: input.cpuAffinity,
    rlimitRttime: input.rlimitRttime ?? RLIMIT_RTTIME,
    noSwap: input.noSwap ?? false,
  };
}

/** What a rule is told of real-time scheduling. */
export function realtimePriority(
  realtime: Draft<{ priority: number } | undefined>,
): number | Unknown | undefined {
  return isKnown(realtime) ? realtime?.priority : UNKNOWN;
}
