import { holdersOf, preemptionOverlap, type Timeline } from "../../lab/watch";
import { lengthOf } from "../../lab/watch/holders";
import type { HostState } from "./state";

/** What the hosts may be at. */
export interface Expected {
  /** Addresses that exactly one host must hold when the hosts are at this generation; none of the others is held. */
  generations: { generation?: string; name: "old" | "new"; vips: readonly string[] }[];
  /** A step may still wait for what the fault keeps from it. */
  mayBeBusy?: boolean;
  /** Every address that may ever be held. */
  allVips: readonly string[];
}

/** The hosts as one. */
export interface Verdict {
  /** One sentence each; empty: all hosts are at one generation, at rest, and every address has its one holder. */
  problems: string[];
  outcome?: "old" | "new";
  generation?: string;
}

/** Judges all hosts of a cluster at one moment. A generation that is not known yet stands for any that is not. */
export function judgeStates(states: ReadonlyMap<string, HostState>, expected: Expected): Verdict {
  const problems = [...states].flatMap(([host, { unrest, busy }]) => [
    ...unrest.map((what) => `${host}: ${what}`),
    ...(expected.mayBeBusy ? [] : busy.map((process) => `${host}: a step still runs: ${process}`)),
  ]);
  const generations = new Set([...states.values()].map(({ generation }) => generation));
  const [generation] = generations;
  if (generations.size !== 1 || generation === undefined) {
    const each = [...states].map(([host, state]) => `${host} at ${state.generation.slice(0, 12)}`);
    return { problems: [...problems, `not one generation: ${each.join(", ")}`] };
  }
  const found =
    expected.generations.find((one) => one.generation === generation) ??
    expected.generations.find((one) => one.generation === undefined);
  if (found === undefined) {
    return {
      problems: [...problems, `generation ${generation.slice(0, 12)} is neither the old nor the new one`],
    };
  }
  const running = generation === "0" ? "inactive" : "active";
  for (const [host, { keepalived }] of states) {
    if (keepalived !== running) problems.push(`${host}: keepalived is ${keepalived}, must be ${running}`);
  }
  for (const vip of expected.allVips) {
    const holders = [...states].filter(([, { addresses }]) => addresses.includes(vip)).map(([host]) => host);
    const wanted = found.vips.includes(vip) ? 1 : 0;
    if (holders.length !== wanted) {
      problems.push(`${vip} is held by ${holders.join(" and ") || "nobody"}, must be held by ${wanted}`);
    }
  }
  return { problems, outcome: found.name, generation };
}

/** What a timeline shows of every moment. */
export interface WatchVerdict {
  problems: string[];
  /** Seconds; the longest time that an address was without holder, after it had one. */
  gap: number;
  /** Seconds; the longest time in which two held an address. */
  overlap: number;
}

/**
 * No two hosts hold an address at any moment, but for the hand-over itself (lab/watch says how long that takes). Gaps
 * count for the addresses that both generations have.
 */
export function judgeTimeline(
  timeline: Timeline,
  vips: readonly string[],
  kept: readonly string[],
): WatchVerdict {
  const problems = timeline.recorders.flatMap(({ recorder, failures }) =>
    failures.map((failure) => `recorder ${recorder}: ${failure}`),
  );
  let gap = 0;
  let overlap = 0;
  for (const vip of vips) {
    const { overlaps, gaps } = holdersOf(timeline, vip);
    for (const span of overlaps) {
      overlap = Math.max(overlap, lengthOf(span));
      if (lengthOf(span) <= preemptionOverlap) continue;
      problems.push(
        `${vip}: ${span.hosts.join(" and ")} held it for ${lengthOf(span).toFixed(3)} s, from ${at(timeline, span.from)}`,
      );
    }
    for (const span of gaps) {
      const isBetween = span.from > timeline.from && span.to < timeline.to;
      if (isBetween && kept.includes(vip)) gap = Math.max(gap, lengthOf(span));
    }
  }
  return { problems, gap, overlap };
}

/** Says when something was by what was done last before it. */
function at(timeline: Timeline, instant: number): string {
  const mark = timeline.marks.filter((one) => one.at <= instant).at(-1);
  return mark === undefined
    ? `${(instant - timeline.from).toFixed(1)} s after the start`
    : `${(instant - mark.at).toFixed(1)} s after '${mark.label}'`;
}
