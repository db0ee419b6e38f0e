import { clientView, handOver } from "./handover";
import { holdersOf, lengthOf } from "./holders";
import { type Instant, type Timeline, probeInterval } from "./timeline";

/** What to draw of a timeline, and how. */
export interface DrawOptions {
  vip: string;
  virtualRouterId: number;
  /** Old and new holder; absent: the VIP was not to move. */
  moved?: { from: string; to: string };
  /** Seconds that the timers allow, shown beside what was measured. */
  bound?: number;
  /** Columns. 40 or more. @default 80 */
  width?: number;
  /** Whether to use colours. @default false */
  color?: boolean;
}

/** Width and colours that fit an output: 80 columns and none where it is not a terminal; NO_COLOR is respected. */
export function terminal(
  stream: { isTTY?: boolean; columns?: number },
  env: Record<string, string | undefined>,
): { width: number; color: boolean } {
  const isTerminal = stream.isTTY === true;
  return {
    width: isTerminal && stream.columns ? Math.max(40, stream.columns) : 80,
    color: isTerminal && !env.NO_COLOR && env.TERM !== "dumb",
  };
}

/** Seconds between two answers up to which the client counts as served: three questions. */
const answerDistance = 3 * probeInterval;

const colors = { green: 32, red: 31, yellow: 33, dim: 2 } as const;
type Color = keyof typeof colors;

/** One row's cells, each a character and perhaps its colour. */
type Cell = { character: string; color?: Color };

function paint(cells: Cell[], color: boolean): string {
  const text = (one: Cell[]) => one.map(({ character }) => character).join("");
  if (!color) return text(cells).trimEnd();
  let out = "";
  for (let start = 0, end = 0; start < cells.length; start = end) {
    const tint = cells[start]?.color;
    while (end < cells.length && cells[end]?.color === tint) end += 1;
    const run = text(cells.slice(start, end));
    out += tint ? `\u001b[${colors[tint]}m${run}\u001b[0m` : run;
  }
  return out.trimEnd();
}

/** A timeline as text: a row per host, the client's, the adverts', the marks, and the measured gap. */
export function draw(timeline: Timeline, options: DrawOptions): string {
  const { vip, virtualRouterId, moved, bound, color = false } = options;
  const label = Math.max(7, ...timeline.hosts.map((host) => host.length)) + 2;
  const columns = Math.max(40, options.width ?? 80) - label - 1;
  const step = (timeline.to - timeline.from) / columns;
  const columnOf = (at: Instant) =>
    Math.min(columns - 1, Math.max(0, Math.floor((at - timeline.from) / step)));
  const empty = (character = " "): Cell[] => Array.from({ length: columns }, () => ({ character }));
  const row = (name: string, cells: Cell[]) => `${name.padEnd(label)}${paint(cells, color)}`;

  const { spans, gaps, overlaps } = holdersOf(timeline, vip);
  const hostRow = (host: string) => {
    const cells = empty("·");
    for (const span of spans.filter(({ hosts }) => hosts.includes(host))) {
      const tint = span.hosts.length > 1 ? "yellow" : "green";
      // A span shorter than a column still shows; its end belongs to the column before.
      const last = Math.max(columnOf(span.from), columnOf(span.to - step / 2));
      for (let at = columnOf(span.from); at <= last; at += 1) cells[at] = { character: "█", color: tint };
    }
    return row(host, cells);
  };

  const questions = timeline.requests.some((request) => request.vip === vip);
  const clientRow = () => {
    const cells: Cell[] = empty("x").map((cell) => ({ ...cell, color: "red" }));
    const instants = timeline.answers.filter((answer) => answer.vip === vip).map(({ at }) => at);
    // Between two answers in a row nothing was lost, however many columns lie between them.
    for (const [index, at] of [timeline.from, ...instants].entries()) {
      const next = instants[index] ?? timeline.to;
      const isServed = next - at <= answerDistance;
      const [first, last] = isServed ? [columnOf(at), columnOf(next)] : [columnOf(next), columnOf(next)];
      for (let column = first; column <= last; column += 1) {
        if (isServed || index < instants.length) cells[column] = { character: "▪", color: "green" };
      }
    }
    return row("client", cells);
  };

  const advertRow = () => {
    const cells = empty();
    for (const advert of timeline.adverts.filter((one) => one.virtualRouterId === virtualRouterId)) {
      const isStop = advert.priority === 0;
      cells[columnOf(advert.at)] = { character: isStop ? "0" : "|", color: isStop ? "yellow" : "dim" };
    }
    return row("adverts", cells);
  };

  const passed = moved && handOver(timeline, { vip, virtualRouterId, ...moved });
  const events = [
    ...timeline.marks,
    ...(passed?.lastAdvert ? [{ at: passed.lastAdvert.at, label: `last advert of ${passed.from}` }] : []),
    ...(passed?.firstAdvert ? [{ at: passed.firstAdvert.at, label: `first advert of ${passed.to}` }] : []),
    ...(passed?.firstAnswer ? [{ at: passed.firstAnswer.at, label: `first answer of ${passed.to}` }] : []),
  ].sort((one, other) => one.at - other.at);
  const markRows = events.flatMap(({ at, label: words }) => {
    const text = `${(at - timeline.from).toFixed(3)} s ${words}`;
    const column = columnOf(at);
    const caret = `${" ".repeat(column)}^`;
    const indent = " ".repeat(label);
    if (column + 2 + text.length <= columns) return `${indent}${caret} ${text}`;
    if (text.length < column) return `${indent}${`${text} ^`.padStart(column + 1)}`;
    return [`${indent}${caret}`, `${indent}${text}`];
  });

  const sum = (list: { from: Instant; to: Instant }[]) => Math.max(0, ...list.map(lengthOf)).toFixed(3);
  const limit = bound === undefined ? "" : ` (at most ${bound.toFixed(3)} s by the timers)`;
  const client = questions ? clientView(timeline, vip) : undefined;
  const facts = [
    passed &&
      `from last advert to first answer ${passed.gap === undefined ? "not seen" : `${passed.gap.toFixed(3)} s`}${limit}`,
    `longest time without holder ${sum(gaps)} s, with two ${sum(overlaps)} s`,
    client &&
      `client: ${client.asked} asked, ${client.lost} lost, longest silence ${lengthOf(client.silence).toFixed(3)} s`,
  ].filter((line) => typeof line === "string");

  return [
    axis(timeline, label, columns),
    ...timeline.hosts.map(hostRow),
    ...(questions ? [clientRow()] : []),
    advertRow(),
    ...markRows,
    ...facts,
    "",
  ].join("\n");
}

/** Seconds since the start, at round distances. */
function axis(timeline: Timeline, label: number, columns: number): string {
  const length = timeline.to - timeline.from;
  const steps = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 60, 120, 300, 600, 1800, 3600];
  const step = steps.find((one) => (one / length) * columns >= 8) ?? length;
  let line = "";
  for (let at = 0; at <= length; at += step) {
    const text = step < 1 ? at.toFixed(1) : at.toFixed(0);
    const column = Math.floor((at / length) * columns);
    if (column + text.length <= columns) line = line.padEnd(column) + text;
  }
  return `${"seconds".padEnd(label)}${line}`;
}
