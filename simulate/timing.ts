/**
 * How long VRRP's timers let a virtual address be without holder. The formulas are RFC 3768 section 6.1 (version 2)
 * and RFC 5798 section 6.1 (version 3) as keepalived computes them: `VRRP_TIMER_SKEW_CALC` and `VRRP_MS_DOWN_TIMER`
 * in its include/vrrp.h, rounding of advert_int in `vrrp_complete_instance`. All results are seconds.
 *
 * They hold the timers alone. What a machine adds (scheduling, adding an address, gratuitous ARP) is for the caller
 * to allow for.
 */
import type { VrrpVersion, Witness } from "../spec/model";
import { witnessHandOver, witnessTakeover } from "./votes";

/** What decides the timers of one instance on one node. An `InstanceConfig` is one. */
export interface VrrpTiming {
  version: VrrpVersion;
  /** Seconds between two adverts; the same on all nodes of a virtual router. Above 0. */
  advertInt: number;
  /** Effective priority of the node that waits. 1 to 255. */
  priority: number;
  /** Adverts that must be missed (keepalived's `down_timer_adverts`). 1 to 100. @default 3, as both RFCs fix it */
  downTimerAdverts?: number;
}

/** The shortest and the longest time that something takes, in seconds. */
export interface Bounds {
  min: number;
  max: number;
}

/** What decides when a `vrrp_script` counts as failed. A `TrackScript` is one. */
export interface CheckTiming {
  /** Seconds between two runs. */
  interval: number;
  /** Seconds after which a run counts as failed; the program then ends at once on SIGTERM. */
  timeout: number;
  /** Failures in a row that make the check fail. 1 or more. */
  fall: number;
  /** 0: a failure means FAULT. Otherwise it lowers the priority. */
  weight: number;
}

/** How a failing check on the holder moves the addresses. */
export interface CheckTakeover {
  /** From the moment that what is checked breaks, to keepalived counting the check as failed. */
  detection: Bounds;
  /** From then until the next node holds the addresses. */
  handOver: Bounds;
  /** How long nobody holds the addresses: 0 where the old holder serves until it hears the new one. */
  withoutHolder: Bounds;
}

/** keepalived counts in microseconds; so do we, and no rounding error reaches a bound. */
const second = 1_000_000;
const centisecond = 10_000;
const seconds = (microseconds: number): number => microseconds / second;
const exactly = (microseconds: number): Bounds => ({
  min: seconds(microseconds),
  max: seconds(microseconds),
});

/** Steps and longest value of advert_int, in microseconds: whole seconds in an octet, or centiseconds in 12 bits. */
const advertSteps = {
  2: { step: second, longest: 255 * second },
  3: { step: centisecond, longest: 4095 * centisecond },
} as const;

function advertMicroseconds({ version, advertInt }: Pick<VrrpTiming, "version" | "advertInt">): number {
  const { step, longest } = advertSteps[version];
  const rounded = Math.round(Math.round(advertInt * second) / step) * step;
  return Math.min(Math.max(rounded, step), longest);
}

function skewMicroseconds(timing: VrrpTiming): number {
  const unit = timing.version === 3 ? advertMicroseconds(timing) : second;
  return Math.floor(((256 - timing.priority) * unit) / 256);
}

function downMicroseconds(timing: VrrpTiming): number {
  return (timing.downTimerAdverts ?? 3) * advertMicroseconds(timing) + skewMicroseconds(timing);
}

/** The timers of an instance in microseconds, as keepalived counts them: what the simulation runs on. */
export function microseconds(timing: VrrpTiming): { advert: number; skew: number; down: number } {
  return {
    advert: advertMicroseconds(timing),
    skew: skewMicroseconds(timing),
    down: downMicroseconds(timing),
  };
}

/**
 * Seconds between two adverts as they are sent: version 2 rounds to whole seconds (1 to 255), version 3 to
 * hundredths (0.01 to 40.95).
 */
export function advertInterval(timing: Pick<VrrpTiming, "version" | "advertInt">): number {
  return seconds(advertMicroseconds(timing));
}

/**
 * Seconds by which a node of this priority lets a better one go first: (256 - priority) / 256, of a second in
 * version 2, of the advert interval in version 3.
 */
export function skewTime(timing: VrrpTiming): number {
  return seconds(skewMicroseconds(timing));
}

/** Seconds without an advert after which a backup takes the addresses: the missed adverts plus the skew. */
export function masterDownInterval(timing: VrrpTiming): number {
  return seconds(downMicroseconds(timing));
}

/**
 * Time from the moment the holder falls silent (power, cable, kill) to the takeover by a backup with this timing.
 * Its last advert came up to one interval before. From that last advert on the wire it is `masterDownInterval`
 * whatever the phase, which makes it the better thing to measure.
 */
export function takeoverAfterSilence(timing: VrrpTiming): Bounds {
  const down = downMicroseconds(timing);
  return { min: seconds(down - advertMicroseconds(timing)), max: seconds(down) };
}

/**
 * Time from a graceful stop of the holder to the takeover by a backup with this timing: the holder says priority 0,
 * and the backup waits its skew only. Nobody holds the addresses meanwhile. The same holds for a holder in FAULT
 * that can still send.
 */
export function takeoverAfterGracefulStop(timing: VrrpTiming): Bounds {
  return exactly(skewMicroseconds(timing));
}

/**
 * Time until a check counts as failed after what it checks broke: `fall` runs, the first up to one interval away,
 * each failing at once or only at its timeout.
 */
export function checkDetection({ interval, timeout, fall }: Omit<CheckTiming, "weight">): Bounds {
  // A run that outlasts the interval holds the next one up to the next multiple of it.
  const period = Math.max(1, Math.ceil(timeout / interval)) * interval;
  return { min: (fall - 1) * interval, max: interval + (fall - 1) * period + timeout };
}

/**
 * How a check that fails on the holder moves the addresses to a backup with this timing. With weight 0 the holder
 * goes to FAULT and says priority 0. With a weight the holder's priority falls below the backup's, which then
 * ignores its adverts until the down timer ends, while the holder goes on serving.
 */
export function takeoverAfterFailingCheck(timing: VrrpTiming, check: CheckTiming): CheckTakeover {
  const detection = checkDetection(check);
  if (check.weight === 0) {
    const handOver = takeoverAfterGracefulStop(timing);
    return { detection, handOver, withoutHolder: handOver };
  }
  return { detection, handOver: takeoverAfterSilence(timing), withoutHolder: { min: 0, max: 0 } };
}

/**
 * Time from the moment a node with a higher priority than the holder's enters BACKUP (started, repaired, plugged in)
 * to its taking the addresses back. The holder serves until it hears the first advert of the new one.
 *
 * @param preemptDelay Seconds of `preempt_delay`, which run from the first advert heard. @default 0
 */
export function takeBackAfterRecovery(timing: VrrpTiming, preemptDelay = 0): Bounds {
  const down = downMicroseconds(timing);
  if (preemptDelay === 0) return exactly(down);
  // Until the delay is over every advert restarts the down timer; the phase of the adverts decides which is the last.
  const advert = advertMicroseconds(timing);
  const delay = Math.round(preemptDelay * second);
  return { min: seconds(down + Math.max(0, delay - advert)), max: seconds(down + delay + advert) };
}

/** Packets that a BFD session takes to come up, one more than its three ways. */
const BFD_PACKETS = 4;

/**
 * Whole seconds from keepalived's start until roles no longer change by themselves: `settleSeconds`, the startup delay, and
 * what the slowest BFD session takes to come up; with a lease as witness what it takes to get two votes. `settle` in
 * node.conf.
 */
export function settleAfterStart(
  instances: readonly (VrrpTiming & { bfd: readonly { idleTx: number }[] })[],
  startupDelay: number,
  witness?: Witness,
): number {
  const idle = Math.max(0, ...instances.flatMap(({ bfd }) => bfd.map(({ idleTx }) => idleTx)));
  const votes = witness?.kind === "lease" ? witnessTakeover(witness.ttl).max : 0;
  return settleSeconds(instances) + Math.ceil(startupDelay + (BFD_PACKETS * idle) / 1000 + votes);
}

/**
 * Whole seconds after which a node's role no longer changes by itself: the down timer of the slowest instance plus a
 * second, rounded up.
 */
export function settleSeconds(instances: readonly VrrpTiming[]): number {
  if (instances.length === 0)
    throw new RangeError("instances: is empty; settleSeconds needs at least one instance");
  return Math.ceil(seconds(Math.max(...instances.map(downMicroseconds)) + second));
}

/**
 * Whole seconds within which a healthy peer of any priority takes the addresses from a host that says a lower one: the
 * down timer with the longest skew, `preempt_delay` where the peers have one, with a lease as witness the rounds that
 * hand its votes over, and a second, rounded up. `hand-over` in node.conf.
 */
export function handOverSeconds(
  instances: readonly (VrrpTiming & { preemptDelay: number })[],
  witness?: Witness,
): number {
  if (instances.length === 0)
    throw new RangeError("instances: is empty; handOverSeconds needs at least one instance");
  const slowest = instances.map(
    ({ preemptDelay, ...timing }) => takeBackAfterRecovery({ ...timing, priority: 1 }, preemptDelay).max,
  );
  const votes = witness?.kind === "lease" ? witnessHandOver(witness.ttl).max : 0;
  return Math.ceil(Math.max(...slowest) + votes + 1);
}
