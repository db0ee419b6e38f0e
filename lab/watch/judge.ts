import { type ClientView, type HandOver, clientView, handOver } from "./handover";
import { type Span, holdersOf, lengthOf } from "./holders";
import type { Timeline } from "./timeline";

/**
 * Seconds for which two hosts may hold an address in a preemption. VRRP makes before it breaks: the new master sends
 * its advert and sets the address, and the old one removes its own when it has read that advert. Which comes first is
 * up to the scheduler: of 35 preemptions with keepalived 2.2.7 on two cores both held in 24, for 0.03 to 4.5 ms, and
 * nobody in 11, for up to 3.4 ms; with four busy loops beside it up to 33 ms and 12 ms. Three times the worst.
 */
export const preemptionOverlap = 0.1;

/** What an event must look like. Times are seconds. */
export interface Expectation {
  vip: string;
  virtualRouterId: number;
  /** Who holds the VIP at the timeline's start. */
  before: string;
  /** Who holds it at the end. The same as `before`: it must not have moved at all. */
  after: string;
  /** Hosts in the order in which they hold it. @default before, then after */
  way?: readonly string[];
  /** Longest time in which nobody may hold it. @default 0 */
  withoutHolder?: number;
  /** Longest time in which two may hold it: `preemptionOverlap`, or more where the hosts are cut apart. @default 0 */
  twoHolders?: number;
  /** Longest time from the old holder's last advert to the new one's first answer. @default not judged */
  gap?: number;
  /** Longest time for which the client may be without answer. @default not judged */
  silence?: number;
}

/** What was measured and what of it is wrong. */
export interface Verdict {
  /** One sentence each; empty: all is as expected. */
  failures: string[];
  /** Seconds; the longest of each. */
  withoutHolder: number;
  twoHolders: number;
  /** Hosts in the order in which they held. */
  sequence: string[];
  /** Present when the VIP is to move. */
  handOver?: HandOver;
  /** Present when a client asked. */
  client?: ClientView;
}

const longest = (spans: Span[]): number => Math.max(0, ...spans.map(lengthOf));
const text = (seconds: number): string => `${seconds.toFixed(3)} s`;
const names = (hosts: readonly string[] | undefined): string => hosts?.join(" and ") || "nobody";

/** Judges a timeline that holds one event. */
export function judge(timeline: Timeline, expected: Expectation): Verdict {
  const { vip, before, after } = expected;
  const { spans, overlaps, gaps, sequence } = holdersOf(timeline, vip);
  const moves = before !== after;
  const asked = timeline.requests.some((request) => request.vip === vip);
  const verdict: Verdict = {
    failures: blindness(timeline),
    withoutHolder: longest(gaps),
    twoHolders: longest(overlaps),
    sequence,
    handOver: moves ? handOver(timeline, { ...expected, from: before, to: after }) : undefined,
    client: asked ? clientView(timeline, vip) : undefined,
  };
  const fail = (message: string) => verdict.failures.push(`${vip}: ${message}`);
  const atMost = (what: string, measured: number | undefined, bound: number | undefined) => {
    if (bound === undefined) return;
    if (measured === undefined) fail(`${what} was not seen; at most ${text(bound)} are allowed`);
    else if (measured > bound) fail(`${what} took ${text(measured)}; at most ${text(bound)} are allowed`);
  };
  const edges = [
    ["at the start", spans[0]?.hosts, before],
    ["at the end", spans.at(-1)?.hosts, after],
  ] as const;
  for (const [when, hosts, host] of edges) {
    if (hosts?.join() !== host) fail(`${names(hosts)} held it ${when}; it must be ${host} alone`);
  }
  // A host that loses the address and takes it again is in the sequence once more only if another held it between.
  const way = expected.way ?? (moves ? [before, after] : [before]);
  if (sequence.join() !== way.join())
    fail(`the holders were ${sequence.join(", ")}; must be ${way.join(", ")}`);
  atMost("time without holder", verdict.withoutHolder, expected.withoutHolder ?? 0);
  atMost("time with two holders", verdict.twoHolders, expected.twoHolders ?? 0);
  atMost("from the last advert to the first answer", verdict.handOver?.gap, moves ? expected.gap : undefined);
  const silence = verdict.client && lengthOf(verdict.client.silence);
  atMost("the client's time without answer", silence, expected.silence);
  return verdict;
}

/** What a timeline cannot prove because somebody did not look: a dead recorder must never look like a quiet net. */
function blindness(timeline: Timeline): string[] {
  const failures: string[] = [];
  if (!(timeline.to > timeline.from))
    failures.push(`the timeline is ${text(timeline.to - timeline.from)} long`);
  if (timeline.recorders.length === 0) failures.push("nobody watched");
  for (const { recorder, from, to, failures: own } of timeline.recorders) {
    failures.push(...own.map((failure) => `recorder ${recorder}: ${failure}`));
    if (from > timeline.from) failures.push(`recorder ${recorder}: saw nothing of the start`);
    if (to < timeline.to)
      failures.push(`recorder ${recorder}: saw nothing of the last ${text(timeline.to - to)}`);
  }
  if (timeline.adverts.length === 0)
    failures.push("no advert was seen: the capture is blind, or nobody runs VRRP");
  const questions = new Set(timeline.requests.map(({ vip }) => vip));
  for (const vip of questions) {
    const isAnswered = timeline.answers.some((answer) => answer.vip === vip);
    if (!isAnswered) failures.push(`${vip}: no answer was seen at all`);
  }
  return failures;
}
