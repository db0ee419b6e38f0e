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
  served: { colour: "#ffffff", words: "#222222" },
};

/** A drawing of runs: a lane a node with its role, and one with who serves. */
export function timelineSvg(panels: readonly Panel[]): string {
  const parts: string[] = [];
  let y = 40;
  for (const { title, run } of panels) {
    for (const router of run.routers) {
      const { text, height } = panel(`${title} (${router.router})`, run, router, y);
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

function panel(title: string, run: Run, { spans }: RouterRun, top: number): { text: string; height: number } {
  const x = (at: number) => left + ((at - run.from) / (run.to - run.from)) * plot;
  const strikes = run.strikes.filter(({ at }) => at >= run.from && at <= run.to);
  const head = 20 + strikes.length * label;
  const lanes = top + head + 4;
  const bottom = lanes + (run.nodes.length + 1) * lane;
  const rows = run.nodes.flatMap((node, place) => {
    const y = lanes + place * lane;
    return [
      text(left - 8, y + 16, short(node), "end"),
      ...joined(spans, ({ roles }) => roles[node] ?? "STOPPED").flatMap(({ value, ...bar }) =>
        worded(x, bar, y, value, value, `${node} ${value}`),
      ),
      ...joined(spans, ({ holders, roles }) => holders.includes(node) && roles[node] !== "MASTER")
        .filter(({ value }) => value)
        .flatMap((bar) => worded(x, bar, y, "several", "", `${node} still has the addresses`)),
    ];
  });
  const served = joined(spans, ({ serving }) => serving.join(" and ") || "nobody").flatMap(
    ({ value, ...bar }) => {
      const look = value === "nobody" ? "nobody" : value.includes(" and ") ? "several" : "served";
      return worded(x, bar, lanes + run.nodes.length * lane, look, value, value);
    },
  );
  const marks = strikes.flatMap(({ at, do: kind, node, check }, place) => {
    const y = top + 18 + (place + 1) * label;
    const words = [kind, node, ...(check === undefined ? [] : [check])].join(" ");
    const isLate = x(at) > width - 200;
    return [
      `<line x1="${px(x(at))}" y1="${y - 10}" x2="${px(x(at))}" y2="${bottom}" stroke="#222222" stroke-dasharray="3 2"/>`,
      text(x(at) + (isLate ? -4 : 4), y, words, isLate ? "end" : "start"),
    ];
  });
  const step = tick(run.to - run.from);
  const ticks: string[] = [];
  for (let at = Math.ceil(run.from / step) * step; at <= run.to; at += step)
    ticks.push(text(x(at), bottom + 14, `${Number(at.toFixed(3))} s`, "middle", "#666666"));
  return {
    text: [
      text(left, top + 12, title, "start", "#000000", ' font-weight="bold"'),
      ...rows,
      text(left - 8, lanes + run.nodes.length * lane + 16, "served by", "end"),
      ...served,
      ...marks,
      ...ticks,
    ].join("\n"),
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

/** Seconds between two ticks: at most twelve of them, a round number. */
function tick(length: number): number {
  const least = length / 12;
  const power = 10 ** Math.floor(Math.log10(least));
  return power * ([1, 2, 5].find((factor) => factor * power >= least) ?? 10);
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
      x += 44 + words.length * 6.5;
      return [entry];
    })
    .join("\n");
}

/** A bar, with words in it where they fit. */
function worded(
  x: (at: number) => number,
  { from, to }: Pick<Span, "from" | "to">,
  y: number,
  look: Look,
  words: string,
  title: string,
): string[] {
  const [start, end] = [x(from), x(to)];
  const bar = `<rect x="${px(start)}" y="${y}" width="${px(Math.max(end - start, 0.5))}" height="${lane - 4}" fill="${fill(look)}"><title>${escaped(`${title} ${timesText({ from, to })}`)}</title></rect>`;
  const fits = words !== "" && end - start > words.length * 7.5;
  return [bar, ...(fits ? [text((start + end) / 2, y + 16, words, "middle", looks[look].words)] : [])];
}

function text(x: number, y: number, words: string, anchor = "start", fill = "#222222", more = ""): string {
  return `<text x="${px(x)}" y="${y}" text-anchor="${anchor}" fill="${fill}"${more}>${escaped(words)}</text>`;
}

/** A name that fits beside its lane. */
function short(name: string): string {
  return name.length > 16 ? `${name.slice(0, 15)}\u2026` : name;
}

const px = (value: number) => Number(value.toFixed(2));

function timesText({ from, to }: { from: number; to: number }): string {
  return `${from.toFixed(3)} s to ${to.toFixed(3)} s`;
}

function escaped(words: string): string {
  return words.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
