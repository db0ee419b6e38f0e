import {
  advertInterval,
  type Bounds,
  skewTime,
  takeoverAfterGracefulStop,
  takeoverAfterSilence,
  type VrrpTiming,
} from "../../simulate/timing";
import { witnessHandOver } from "../../simulate/votes";
import type { Seen } from "../observation";
import { type Choice, DrillKind, type Prediction, type Range } from "./model";
import { instancesOf, priorityOf } from "./ready";

/** Milliseconds that a machine adds to a timer: scheduling, setting an address, telling the neighbours. */
const MACHINE = 250;
/** Milliseconds between two looks of `vrrp-agent holding`; on a host whose sleep knows whole seconds only. */
const LOOK = { usual: 50, coarse: 1000 };
/** Within which what a killed keepalived has left is removed: by systemd at once, else by a look every 2 s. */
const CLEANUP = { usual: 1000, coarse: 3000 };

const milliseconds = ({ min, max }: Bounds): Range => ({
  min: Math.round(min * 1000),
  max: Math.round(max * 1000),
});

export interface Question {
  kind: DrillKind;
  choice: Pick<Choice, "from" | "to" | "home">;
  seen: readonly Seen[];
  /** Milliseconds between two requests of the third point. */
  every: number;
}

/** What VRRP's timers say of a node's losing its addresses to another one. */
export function predict({ kind, choice, seen, every }: Question): Prediction {
  const addresses = Object.keys(choice.home).filter((address) => choice.home[address] === choice.from);
  const from = seen.find(({ node }) => node === choice.from)!;
  const to = seen.find(({ node }) => node === choice.to)!;
  const timings = timingsOf(to, addresses);
  const look = seen.some(isCoarse) ? LOOK.coarse : LOOK.usual;
  const votes = from.status.lease === null ? 0 : Math.round(witnessHandOver(from.status.lease).max * 1000);
  const isBrief = kind === DrillKind.Drain && !from.status.drainIsFault && votes === 0;
  // Who gets the votes has been in FAULT, and waits as if nobody had said anything.
  const waited = widest(votes > 0 ? DrillKind.Kill : kind, timings);
  const gap = isBrief ? { min: 0, max: 0 } : { min: waited.min, max: waited.max + votes };
  const leaves = kind === DrillKind.Kill ? (isCoarse(from) ? CLEANUP.coarse : CLEANUP.usual) : MACHINE;
  return {
    ...(kind !== DrillKind.Drain && { takeover: gap }),
    gap,
    bounds: {
      gap: gap.max + MACHINE + 2 * look,
      silence: gap.max + MACHINE + 2 * every,
      twoMasters: leaves + 2 * look,
    },
    because: because(kind, { from, to, timings, isBrief, votes }),
  };
}

const isCoarse = ({ facts }: Seen) => facts?.init === "procd";

/** Timers of the instances whose addresses move, at the node that takes over; a priority that is not known is none. */
function timingsOf(node: Seen, addresses: readonly string[]): (VrrpTiming | undefined)[] {
  return instancesOf(node, addresses).map((instance) =>
    instance.timing === null ? undefined : { ...instance.timing, priority: priorityOf(instance) ?? 1 },
  );
}

/** Of several virtual routers the slowest. Without a word of the timers: of the defaults. */
function widest(kind: DrillKind, timings: readonly (VrrpTiming | undefined)[]): Range {
  const all = timings.map((timing) => {
    const known = timing ?? UNKNOWN;
    return kind === DrillKind.Kill ? takeoverAfterSilence(known) : takeoverAfterGracefulStop(known);
  });
  return milliseconds({
    min: Math.max(...all.map(({ min }) => min)),
    max: Math.max(...all.map(({ max }) => max)),
  });
}

/** keepalived's defaults, and the longest skew. */
const UNKNOWN: VrrpTiming = { version: 2, advertInt: 1, priority: 1 };

function because(
  kind: DrillKind,
  {
    from,
    to,
    timings,
    isBrief,
    votes,
  }: { from: Seen; to: Seen; timings: readonly (VrrpTiming | undefined)[]; isBrief: boolean; votes: number },
): string {
  const known = timings.filter((timing) => timing !== undefined);
  const slowest = known.sort(
    (one, other) => takeoverAfterSilence(other).max - takeoverAfterSilence(one).max,
  )[0];
  const lease = votes === 0 ? "" : `, and up to ${votes} ms until ${to.node} has two votes`;
  if (isBrief) return `${to.node} takes the addresses while ${from.node} serves`;
  if (slowest === undefined)
    return `the agent of ${to.node} does not tell its timers, so keepalived's defaults are taken${lease}`;
  const skew = `its skew of ${Math.round(skewTime(slowest) * 1000)} ms (priority ${slowest.priority})`;
  if (kind !== DrillKind.Kill && votes === 0)
    return `${from.node} says that it lets go, and ${to.node} waits ${skew}`;
  const missed = `${slowest.downTimerAdverts ?? 3} adverts of ${Math.round(advertInterval(slowest) * 1000)} ms`;
  return `${to.node} misses ${missed} and waits ${skew}${lease}; the last advert was up to one interval before`;
}

/** What it is for the client of a gap: requests that are lost, of one each `every` milliseconds. */
export function lostIn({ min, max }: Range, every: number): Range {
  return { min: Math.floor(min / every), max: Math.ceil(max / every) };
}
