import type { DrillReport, PhaseReport, PointReport } from "./report";
import { DrillKind, type Prediction, type Range } from "./model";

/** What is about to be done, and what it will cost. */
export function announcement(
  kind: DrillKind,
  { from, to }: { from: string; to: string },
  { gap, because }: Prediction,
): string[] {
  const done = {
    [DrillKind.Drain]: `${from} gives the addresses to ${to} while it serves (vrrp-agent drain)`,
    [DrillKind.Stop]: `keepalived is stopped on ${from}; ${to} takes over`,
    [DrillKind.Kill]: `all processes of keepalived are killed on ${from} (SIGKILL); ${to} takes over`,
  }[kind];
  const cost =
    gap.max === 0
      ? "predicted: nobody is without the addresses"
      : `predicted: nobody has the addresses for ${rangeText(gap)}, and what comes meanwhile is lost`;
  return [done, `${cost}: ${because}`];
}

const seconds = (milliseconds: number) => `${(milliseconds / 1000).toFixed(2)} s`;
const rangeText = ({ min, max }: Range) =>
  min === max ? seconds(max) : `${seconds(min)} to ${seconds(max)}`;

/** A drill in words: what was predicted beside what was. */
export function drillText(report: DrillReport): string {
  const { cluster, kind, phases, hooks, lacks, notes, problems, left, isInterrupted, milliseconds } = report;
  const lines = [
    `drill of ${cluster}: ${kind} of ${report.from}, ${(milliseconds / 1000).toFixed(1)} s`,
    ...phases.flatMap(phaseLines),
    ...lacks.map((why) => `not asked from here: ${why}`),
    ...(hooks.length === 0 ? [] : ["hooks"]),
    ...hooks.map(
      ({ node, kind: what, name, state, milliseconds: took, words }) =>
        `  ${node}: ${what === "role" ? `role ${state} reached` : `${name} ${state}`} after ${seconds(took)}${words ? `: ${words}` : ""}`,
    ),
    ...notes.map((note) => `note: ${note}`),
    ...(isInterrupted ? ["interrupted"] : []),
    ...problems.map((problem) => `problem: ${problem}`),
    ...phases.flatMap(({ worse }) => worse.map((what) => `worse than predicted: ${what}`)),
    ...(left.length === 0 ? ["everything is as it was"] : left.map((what) => `left to be done: ${what}`)),
    report.ok ? "as predicted" : "not as predicted",
  ];
  return lines.map((line) => `${line}\n`).join("");
}

interface Row {
  what: string;
  predicted: string;
  measured: string;
}

function phaseLines({ name, from, to, predicted, ...measured }: PhaseReport): string[] {
  const { gap, bounds, takeover } = predicted;
  const rows: Row[] = [
    ...(takeover === undefined
      ? []
      : [{ what: "taken over after", predicted: rangeText(takeover), measured: known(measured.takeover) }]),
    {
      what: "without holder",
      predicted: `${rangeText(gap)}, at most ${seconds(bounds.gap)}`,
      measured: known(measured.gap),
    },
    {
      what: "two holders",
      predicted: `at most ${seconds(bounds.twoMasters)}`,
      measured: known(measured.twoMasters),
    },
    ...measured.points.flatMap((point) => pointRows(point, predicted)),
    ...(measured.reached === undefined
      ? []
      : [{ what: "all done after", predicted: "", measured: seconds(measured.reached) }]),
  ];
  const [first, second] = [rows.map(({ what }) => what), rows.map(({ predicted: words }) => words)].map(
    (words) => Math.max(...words.map(({ length }) => length)) + 2,
  );
  const line = ({ what, predicted: words, measured: figure }: Row) =>
    `  ${what.padEnd(first!)}${words.padEnd(second!)}${figure}`;
  return [
    `${name === "move" ? "away" : "back"}: ${from} -> ${to}`,
    line({ what: "", predicted: "predicted", measured: "measured" }),
    ...rows.map(line),
  ];
}

const known = (milliseconds: number | undefined) =>
  milliseconds === undefined ? "not known" : seconds(milliseconds);

function pointRows(
  { address, probe, every, asked, lost, predictedLost, silence }: PointReport,
  { bounds }: Prediction,
): Row[] {
  const range = predictedLost.max === 0 ? "0" : `up to ${predictedLost.max}`;
  return [
    {
      what: `requests lost (${address}, ${probe} every ${every} ms)`,
      predicted: range,
      measured: `${lost} of ${asked}`,
    },
    {
      what: "longest without answer",
      predicted: `at most ${seconds(bounds.silence)}`,
      measured: seconds(silence),
    },
  ];
}
