import { heldBy, holderSpans, takenAt } from "./holders";
import {
  type DrillKind,
  DrillKind as Kind,
  type DrillRecord,
  type HookRecord,
  type PhaseRecord,
  type Prediction,
  type Range,
} from "./model";
import { lostIn } from "./predict";
import { answeredIn } from "./requests";

/** What one address of the third point cost in a phase. Milliseconds. */
export interface PointReport {
  address: string;
  probe: string;
  every: number;
  asked: number;
  lost: number;
  /** What the gap that is predicted costs whoever asks so often. */
  predictedLost: Range;
  silence: number;
}

/** One way, as it was predicted and as it was. Milliseconds. */
export interface PhaseReport {
  name: PhaseRecord["name"];
  from: string;
  to: string;
  predicted: Prediction;
  /** From the strike to the next node's having the addresses. */
  takeover?: number;
  /** For which nobody had an address; absent: the nodes were not watched wholly. */
  gap?: number;
  /** For which several had one. */
  twoMasters?: number;
  /** From the beginning to the role's being reached wholly. */
  reached?: number;
  points: PointReport[];
  /** What is worse than predicted, a sentence each. */
  worse: string[];
}

/** How a drill went. Milliseconds. */
export interface DrillReport {
  /** Within the prediction, and everything as it was. */
  ok: boolean;
  cluster: string;
  kind: DrillKind;
  from: string;
  to: string;
  addresses: string[];
  /** ISO 8601. */
  at: string;
  milliseconds: number;
  phases: PhaseReport[];
  hooks: (Omit<HookRecord, "at"> & { at: string })[];
  /** Why nothing was asked from here. */
  lacks: string[];
  notes: string[];
  problems: string[];
  isInterrupted: boolean;
  /** What is not as it was, and how that is put right; empty: everything is. */
  left: string[];
}

/** What was seen, in figures, and held against the prediction. */
export function reportOf(record: DrillRecord): DrillReport {
  const { cluster, kind, choice, began, ended, hooks, lacks, notes, left, isInterrupted } = record;
  const phases = record.phases.map((phase) => phaseReport(record, phase));
  const broken = record.nodes.flatMap(({ node, broken: why }) =>
    why === undefined ? [] : [`${node} was not watched to the end: ${why}`],
  );
  const problems = [...record.problems, ...broken];
  return {
    ok:
      problems.length === 0 &&
      left.length === 0 &&
      !isInterrupted &&
      phases.length > 0 &&
      phases.every(({ worse }) => worse.length === 0),
    cluster,
    kind,
    from: choice.from,
    to: choice.to,
    addresses: Object.keys(choice.home),
    at: new Date(began).toISOString(),
    milliseconds: Math.round(ended - began),
    phases,
    hooks: hooks.map((hook) => ({ ...hook, at: new Date(hook.at).toISOString() })),
    lacks: [...lacks],
    notes: [...notes],
    problems,
    isInterrupted,
    left: [...left],
  };
}

function phaseReport({ kind, choice, nodes, points }: DrillRecord, phase: PhaseRecord): PhaseReport {
  const { name, from, to, began, ended, struck, reached, prediction } = phase;
  const window = { from: struck ?? began, to: ended };
  const moving = Object.keys(choice.home).filter((address) => choice.home[address] === choice.from);
  const isSeen = nodes.every(({ changes, broken }) => changes.length > 0 && broken === undefined);
  const figures = moving.map((address) => heldBy(holderSpans(nodes, address, window)));
  const taken = struck === undefined ? undefined : takenAt(nodes, to, moving, struck);
  const asked = points.map(({ address, probe, every, requests }) => ({
    address,
    probe,
    every,
    predictedLost: lostIn(prediction.gap, every),
    ...withoutStart(answeredIn(requests, window)),
  }));
  const report: PhaseReport = {
    name,
    from,
    to,
    predicted: prediction,
    ...(taken !== undefined && { takeover: Math.round(taken - struck!) }),
    ...(isSeen && {
      gap: Math.max(0, ...figures.map(({ gap }) => gap)),
      twoMasters: Math.max(0, ...figures.map(({ several }) => several)),
    }),
    ...(reached !== undefined && { reached: Math.round(reached - window.from) }),
    points: asked,
    worse: [],
  };
  return { ...report, worse: worseThan(report, name === "move" ? kind : Kind.Drain) };
}

function withoutStart({ asked, lost, silence }: ReturnType<typeof answeredIn>) {
  return { asked, lost, silence };
}

/** What is worse than was predicted. */
function worseThan(
  { predicted: { gap: wanted, bounds }, gap = 0, twoMasters = 0, points }: PhaseReport,
  kind: DrillKind,
): string[] {
  const worse: string[] = [];
  if (gap > bounds.gap)
    worse.push(`nobody had an address for ${gap} ms, where at most ${bounds.gap} were predicted`);
  if (twoMasters > bounds.twoMasters)
    worse.push(`two had an address for ${twoMasters} ms, where at most ${bounds.twoMasters} were predicted`);
  for (const { address, lost, silence } of points) {
    if (kind === Kind.Drain && wanted.max === 0 && lost > 0)
      worse.push(`${lost} requests to ${address} were lost, where none was predicted`);
    if (silence > bounds.silence)
      worse.push(
        `${address} did not answer for ${silence} ms, where at most ${bounds.silence} were predicted`,
      );
  }
  return worse;
}
