import { escaped, px, short, text, tick, widthOf } from "./drawing";
import type { Role, RouterRun, Run, Span } from "./run";

/** One run to draw, under its title. */
export interface Panel {
  title: string;
  run: Run;
}

/** Pixels. */
const width = 960;
const left = 120;
const right = 20;
const lane = 26;
const label = 14;
const plot = width - left - right;

/** What a bar stands for. */
type Look = Role | "nobody" | "several" | "served";

/** Without colour told apart by brightness and by the strokes over some of them. */
const looks: Record<Look, { colour: string; words: string; legend?: string; strokes?: string }> = {
  MASTER: { colour: "#2e7d32", words: "#ffffff", legend: "MASTER" },
  BACKUP: { colour: "#b0c4de", words: "#222222", legend: "BACKUP" },
  FAULT: { colour: "#c62828", words: "#ffffff", legend: "FAULT", strokes: "M0 8L8 0" },
  STOPPED: { colour: "#9e9e9e", words: "#222222", legend: "STOPPED" },
  OFF: { colour: "#e0e0e0", words: "#222222", legend: "OFF", strokes: "M0 4H8" },
  nobody: { colour: "#111111", words: "#ffffff", legend: "nobody serves" },
  several: { colour: "#ef6c00", words: "#111111", legend: "two, or left behind", strokes: "M4 0V8" },
  served: { colour: "#f4f4f4", words: "#222222" },
};

/** A drawing of runs: a lane a node with its role, and one with who serves. */
export function timelineSvg(panels: readonly Panel[]): string {
  const parts: string[] = [];
  let y = 40;
  for (const { title, run } of panels) {
    for (const routers of alike(run.routers)) {
      const names = routers.map(({ router }) => router).join(", ");
      const { text, height } = panel(`${title} (${names})`, run, routers[0]!, y);
      parts.push(text);
      y += height + 20;
    }
  }
  const height = y;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    patterns(),
    legend(14),
    ...parts,
    "</svg>",
    "",
  ].join("\n");
}

/** Routers of which the same is to be drawn: as a rule one of each family. */
function alike(routers: readonly RouterRun[]): RouterRun[][] {
  const bySpans = new Map<string, RouterRun[]>();
  for (const router of routers) {
    const key = JSON.stringify(router.spans);
    bySpans.set(key, [...(bySpans.get(key) ?? []), router]);
  }
  return [...bySpans.values()];
}

function panel(title: string, run: Run, { spans }: RouterRun, top: number): { text: string; height: number } {
  const x = (at: number) => left + ((at - run.from) / (run.to - run.from)) * plot;
  const strikes = run.strikes.filter(({ at }) => at >= run.from && at <= run.to);
  const head = 20 + strikes.length * label;
  const lanes = top + head + 4;
  const bottom = lanes + (run.nodes.length + 1) * lane;
  const struck = strikes.map(({ at }) => x(at));
  const drawn = (bar: Pick<Span, "from" | "to">, y: number, look: Look, words: string, title: string) =>
    worded(
      { start: x(bar.from), end: x(bar.to), y, look, words, title: `${title} ${timesText(bar)}` },
      struck,
    );
  const rows = run.nodes.flatMap((node, place) => {
    const y = lanes + place * lane;
    return [
      ...joined(spans, ({ roles }) => roles[node] ?? "STOPPED").map(({ value, ...bar }) =>
        drawn(bar, y, value, value, `${node} ${value}`),
      ),
      ...joined(spans, ({ holders, roles }) => holders.includes(node) && roles[node] !== "MASTER")
        .filter(({ value }) => value)
        .map((bar) => drawn(bar, y, "several", "", `${node} still has the addresses`)),
    ];
  });
  const served = joined(spans, ({ serving }) => serving.join(" and ") || "nobody").map(
    ({ value, ...bar }) => {
      const look = value === "nobody" ? "nobody" : value.includes(" and ") ? "several" : "served";
      return drawn(bar, lanes + run.nodes.length * lane, look, value, value);
    },
  );
  const names = [...run.nodes, "served by"].map((name, place) =>
    text(left - 8, lanes + place * lane + 16, short(name, left - 10), { anchor: "end", title: name }),
  );
  const marks = strikes.map(({ at, do: kind, node, check }, place) => {
    const y = top + 18 + (place + 1) * label;
    const words = [kind, node, ...(check === undefined ? [] : [check])].join(" ");
    const isLate = x(at) + 4 + widthOf(words) > width;
    return {
      line: `<line x1="${px(x(at))}" y1="${y - 10}" x2="${px(x(at))}" y2="${bottom}" stroke="#222222" stroke-dasharray="3 2"/>`,
      words: text(x(at) + (isLate ? -4 : 4), y, words, { anchor: isLate ? "end" : "start", halo: "#ffffff" }),
    };
  });
  const step = tick(run.to - run.from);
  const ticks: string[] = [];
  for (let at = Math.ceil(run.from / step) * step; at <= run.to; at += step) {
    const words = `${Number(at.toFixed(3))} s`;
    const middle = Math.min(x(at), width - widthOf(words) / 2 - 2);
    ticks.push(text(middle, bottom + 14, words, { anchor: "middle", fill: "#666666" }));
  }
  // Words last: a line through them could not be told from a letter.
  return {
    text: [
      text(left, top + 12, title, { fill: "#000000", isBold: true }),
      ...[...rows, ...served].map(({ bar }) => bar),
      ...marks.map(({ line }) => line),
      ...names,
      ...[...rows, ...served].map(({ words }) => words),
      ...marks.map(({ words }) => words),
      ...ticks,
    ]
      .filter((part) => part !== "")
      .join("\n"),
    height: bottom + 18 - top,
  };
}

/** Neighbouring spans of which something is the same, as one. */
function joined<T>(spans: readonly Span[], of: (span: Span) => T): { from: number; to: number; value: T }[] {
  const bars: { from: number; to: number; value: T }[] = [];
  for (const span of spans) {
    const value = of(span);
    const last = bars.at(-1);
    if (last?.value === value) last.to = span.to;
    else bars.push({ from: span.from, to: span.to, value });
  }
  return bars;
}

/** The strokes over bars, by name. */
function patterns(): string {
  const all = Object.entries(looks).flatMap(([name, { colour, words, strokes }]) =>
    strokes === undefined
      ? []
      : [
          `<pattern id="${name}" width="8" height="8" patternUnits="userSpaceOnUse"><rect width="8" height="8" fill="${colour}"/><path d="${strokes}" stroke="${words}" stroke-opacity="0.35"/></pattern>`,
        ],
  );
  return `<defs>${all.join("")}</defs>`;
}

function fill(look: Look): string {
  return looks[look].strokes === undefined ? looks[look].colour : `url(#${look})`;
}

function legend(y: number): string {
  let x = left;
  return Object.entries(looks)
    .flatMap(([look, { legend: words }]) => {
      if (words === undefined) return [];
      const entry = `<rect x="${x}" y="${y}" width="16" height="12" fill="${fill(look as Look)}"/>${text(x + 20, y + 11, words)}`;
      x += 40 + widthOf(words);
      return [entry];
    })
    .join("\n");
}

interface Bar {
  start: number;
  end: number;
  y: number;
  look: Look;
  words: string;
  title: string;
}

/** A bar, and its words where they fit: beside the lines of strikes, else over one. */
function worded(
  { start, end, y, look, words, title }: Bar,
  struck: number[],
): { bar: string; words: string } {
  const cuts = [start, ...struck.filter((at) => at > start && at < end).sort((a, b) => a - b), end];
  const pieces = cuts.slice(1).map((to, place) => ({ from: cuts[place]!, to }));
  const widest = pieces.reduce((a, b) => (b.to - b.from > a.to - a.from ? b : a));
  const room = widthOf(words) + 8;
  const place = [widest, { from: start, to: end }].find(({ from, to }) => to - from >= room);
  const edge = look === "served" ? ' stroke="#9e9e9e"' : "";
  return {
    bar: `<rect x="${px(start)}" y="${y}" width="${px(Math.max(end - start, 0.5))}" height="${lane - 4}" fill="${fill(look)}"${edge}><title>${escaped(title)}</title></rect>`,
    words:
      words === "" || place === undefined
        ? ""
        : text((place.from + place.to) / 2, y + 16, words, {
            anchor: "middle",
            fill: looks[look].words,
            halo: looks[look].colour,
          }),
  };
}

function timesText({ from, to }: { from: number; to: number }): string {
  return `${from.toFixed(3)} s to ${to.toFixed(3)} s`;
}
