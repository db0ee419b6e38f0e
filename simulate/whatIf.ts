import type { Cluster } from "../spec/model";
import { hostPlan } from "../spec/host-plan";
import { type Fault, faultNames, faultsOf, strikesOf, witnessFaultNames } from "./faults";
import { type Figures, figuresOf, goesOn } from "./figures";
import type { SimulatedNode } from "./node";
import { type Run, type Span, calmAfter, simulate } from "./run";
import type { Bounds } from "./timing";

/** What a fault does to one virtual router, over all instants of the cycle at which it can strike. */
export interface Outcome {
  fault: string;
  text: string;
  router: string;
  /** Who holds before it. */
  before: string;
  /** Who holds in the end; more than one list where that depends on the instant. */
  after: string[][];
  /** Longest time for which nobody serves whom a client reaches, in seconds. */
  gap: Bounds;
  /** Nobody serves in the end: the gap is as long as the fault. */
  endsUnserved: boolean;
  /** Where the gap lasts as long as the fault: how much longer it is, in seconds. */
  gapAfterwards?: Bounds;
  moves: Bounds;
  /** Time in which two have the addresses, in seconds. */
  twoMasters: Bounds;
  /** Where two have them as long as the fault lasts: for how much longer, in seconds. */
  twoMastersAfterwards?: Bounds;
  /** Two have them in the end: that time is as long as the fault. */
  endsSplit: boolean;
  /** Seconds from a step of the fault to the next one, where it heals. */
  lasts?: number;
  /** Seconds from the first strike to the last change. */
  settled: Bounds;
  /** What is to be known beside the figures. */
  notes: string[];
}

export interface WhatIfOptions {
  /** Names of faults. @default all that the nodes can have */
  faults?: readonly string[];
  /** Node that holds first where priorities are equal. @default the first node */
  first?: string;
  /** Shares of the cycle at which a fault strikes, 0 to 1. @default both ends and seven between */
  phases?: readonly number[];
  /** As in `simulate`. */
  latency?: number;
}

/** Close to both ends: at an end itself the advert and the fault would be at one instant. */
const ends = [0.001, 0.999] as const;
const phases = [ends[0], ...Array.from({ length: 7 }, (_, place) => (place + 1) / 8), ends[1]];

/** systemd's RestartSec in what we install (templates/systemd/keepalived.conf.ejs). */
const RESTART_SECONDS = 1;

/** The machines of a cluster as `HaPair` sets them up. */
export function nodesOf(cluster: Cluster): SimulatedNode[] {
  return cluster.nodes.map(({ name }) => {
    const { instances, syncGroups, global } = hostPlan(cluster, name);
    return {
      name,
      instances,
      syncGroups: syncGroups.map((group) => group.instances),
      startupDelay: global.startupDelay,
      restartAfter: RESTART_SECONDS,
      ...(cluster.witness !== undefined && { witness: cluster.witness }),
    };
  });
}

/**
 * Who holds the addresses of each virtual router before anything happens; where nobody does, the holder of the first.
 *
 * @throws RangeError when nobody holds any
 */
function firstHolders(
  nodes: readonly SimulatedNode[],
  first: string | undefined = nodes[0]?.name,
): [string, ...string[]] {
  const run = simulate(nodes, { first, tail: 0 });
  const held = run.routers.map(({ spans }) => spans.at(-1)?.holders[0]);
  const holder = held.find((name) => name !== undefined);
  if (holder === undefined)
    throw new RangeError("nobody holds the addresses, so nothing can be taken from anybody");
  return held.map((name) => name ?? holder) as [string, ...string[]];
}

/** What each fault does: to each virtual router when it strikes the holder of its addresses. */
export function whatIf(nodes: readonly SimulatedNode[], options: WhatIfOptions = {}): Outcome[] {
  const holders = firstHolders(nodes, options.first);
  const found = [...new Set(holders)].flatMap((holder) =>
    chosen(faultsOf(nodes, holder), options.faults).flatMap((fault) =>
      outcomes(nodes, fault, options).filter((_outcome, router) => holders[router] === holder),
    ),
  );
  const order = [...new Set(found.map(({ fault }) => fault))];
  return order.flatMap((name) => found.filter(({ fault }) => fault === name));
}

/** One run of a fault, for a drawing. @param phase Share of the cycle, 0 to 1. @default 0.5 */
export function runOf(
  nodes: readonly SimulatedNode[],
  name: string,
  options: WhatIfOptions = {},
  phase = 0.5,
): Run {
  const [fault] = chosen(faultsOf(nodes, firstHolders(nodes, options.first)[0]), [name]);
  return runFault(nodes, fault!, options, phase);
}

/** The faults of these names, or kinds. */
function chosen(faults: Fault[], names: readonly string[] | undefined): Fault[] {
  const isNamed = (fault: Fault, name: string) => fault.name === name || fault.kind === name;
  for (const name of names ?? []) {
    if (faults.some((fault) => isNamed(fault, name))) continue;
    throw new RangeError(
      witnessFaultNames.includes(name)
        ? `fault: '${name}' needs a witness; the nodes have none: add witness or choose another`
        : faultNames.includes(name)
          ? `fault: '${name}' needs a check; the nodes have none: add trackScripts or choose another`
          : `fault: '${name}'; allowed is one of ${[...new Set([...faultNames, ...faults.map((one) => one.name)])].join(", ")}`,
    );
  }
  return names === undefined ? faults : faults.filter((fault) => names.some((name) => isNamed(fault, name)));
}

function runFault(nodes: readonly SimulatedNode[], fault: Fault, options: WhatIfOptions, phase: number): Run {
  const { first = nodes[0]?.name, latency } = options;
  return simulate(nodes, { first, latency, strikes: strikesOf(nodes, fault, phase) });
}

function outcomes(nodes: readonly SimulatedNode[], fault: Fault, options: WhatIfOptions): Outcome[] {
  const runs = (options.phases ?? phases).map((phase) => runFault(nodes, fault, options, phase));
  const [some] = runs;
  return some!.routers.map(({ router }, place) => {
    const all = runs.map((run) => figuresOf(run.routers[place]!));
    const last = runs.map((run) => run.routers[place]!.spans.at(-1)!);
    const after = [...new Map(all.map((figures) => [figures.after.join(), figures.after])).values()];
    const gapAfterwards = afterwards(runs, place, ({ serving }) => serving.length === 0);
    const twoMastersAfterwards = afterwards(runs, place, ({ holders }) => holders.length > 1);
    const struck = runs.map((run) => run.strikes[0]?.at ?? 0);
    return {
      fault: fault.name,
      text: fault.text,
      router,
      before: all[0]!.before.join(" and "),
      after,
      gap: bounds(all.map(({ gap }) => gap)),
      endsUnserved: last.some(({ serving }) => serving.length === 0),
      ...(gapAfterwards !== undefined && { gapAfterwards }),
      moves: bounds(all.map(({ moves }) => moves)),
      twoMasters: bounds(all.map(({ twoMasters }) => twoMasters)),
      ...(twoMastersAfterwards !== undefined && { twoMastersAfterwards }),
      endsSplit: last.some(({ holders }) => holders.length > 1),
      ...(fault.steps.length > 1 && { lasts: calmAfter(nodes) }),
      settled: bounds(all.map(({ settled }, at) => Math.max(0, settled - struck[at]!))),
      notes: notesOf(fault, nodes, last, all),
    };
  });
}

/** For how long a state goes on after the step that mends the fault; undefined where it is over before that. */
function afterwards(
  runs: readonly Run[],
  router: number,
  holds: (span: Span) => boolean,
): Bounds | undefined {
  const more = runs.map(({ routers, strikes }) => {
    const mended = strikes.at(-1)?.at ?? 0;
    // One step alone mends nothing.
    return mended > (strikes[0]?.at ?? 0) ? goesOn(routers[router]!.spans, mended, holds) : undefined;
  });
  const seconds = more.filter((one) => one !== undefined);
  return seconds.length === 0 ? undefined : bounds(seconds);
}

function bounds(values: number[]): Bounds {
  return { min: Math.min(...values), max: Math.max(...values) };
}

/** What the figures alone do not say. */
function notesOf(fault: Fault, nodes: readonly SimulatedNode[], last: Span[], all: Figures[]): string[] {
  const notes: string[] = [];
  if (
    fault.kind === "check-fails" &&
    all.some(({ moves }) => moves === 0) &&
    last.some(({ holders }) => holders.length > 0)
  )
    notes.push("the check fails, and the addresses stay");
  const priorities = new Set(nodes.flatMap(({ instances }) => instances.map(({ priority }) => priority)));
  const isHealed = all.some(
    ({ twoMasters, after, races }) => twoMasters > 0 && after.length === 1 && races === 0,
  );
  if (last.some(({ holders, serving }) => holders.length > 0 && serving.length === 0))
    notes.push("who has the addresses is not reached");
  if (isHealed && priorities.size === 1)
    notes.push("both were master; of equal priorities the higher source address stays");
  if (all.some(({ races }) => races > 0))
    notes.push(
      "a race: two take them at once, and the higher source address stays; microseconds decide on real hosts",
    );
  return notes;
}
