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

const colours: Record<Role | "nobody" | "several", string> = {
  MASTER: "#2e7d32",
  BACKUP: "#b0c4de",
  FAULT: "#c62828",
  STOPPED: "#9e9e9e",
  OFF: "#e0e0e0",
  nobody: "#c62828",
  several: "#ef6c00",
};

/** A drawing of runs: a lane a node with its role, and one with who serves. */
export function timelineSvg(panels: readonly Panel[]): string {
  const parts: string[] = [];
  let y = 10;
  for (const { title, run } of panels) {
    for (const router of run.routers) {
      const { text, height } = panel(`${title}: ${router.router}`, run, router, y);
      parts.push(text);
      y += height + 20;
    }
  }
  parts.push(legend(y));
  const height = y + 30;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
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
      ...joined(spans, ({ roles }) => roles[node] ?? "STOPPED").map((bar) =>
        rect(x(bar.from), x(bar.to), y, colours[bar.value], `${node} ${bar.value} ${timesText(bar)}`),
      ),
      ...joined(spans, ({ holders, roles }) =>
        holders.includes(node) && roles[node] !== "MASTER" ? "leftover" : "",
      )
        .filter(({ value }) => value !== "")
        .map((bar) => rect(x(bar.from), x(bar.to), y, colours.several, `${node} still has the addresses`)),
    ];
  });
  const served = joined(spans, ({ serving }) => serving.join(" and ") || "nobody").flatMap((bar) => {
    const y = lanes + run.nodes.length * lane;
    const many = bar.value.includes(" and ");
    const colour = bar.value === "nobody" ? colours.nobody : many ? colours.several : "#ffffff";
    const wide = x(bar.to) - x(bar.from) > bar.value.length * 7;
    return [
      rect(x(bar.from), x(bar.to), y, colour, `${bar.value} ${timesText(bar)}`),
      ...(wide
        ? [
            text(
              (x(bar.from) + x(bar.to)) / 2,
              y + 16,
              bar.value,
              "middle",
              colour === "#ffffff" ? "#222222" : "#ffffff",
            ),
          ]
        : []),
    ];
  });
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

function legend(y: number): string {
  const entries = Object.entries({
    MASTER: colours.MASTER,
    BACKUP: colours.BACKUP,
    "FAULT, or nobody serves": colours.FAULT,
    STOPPED: colours.STOPPED,
    OFF: colours.OFF,
    "two, or left behind": colours.several,
  });
  let x = left;
  return entries
    .map(([words, colour]) => {
      const entry = `<rect x="${x}" y="${y}" width="12" height="12" fill="${colour}"/>${text(x + 16, y + 11, words)}`;
      x += 40 + words.length * 6.5;
      return entry;
    })
    .join("\n");
}

function rect(from: number, to: number, y: number, fill: string, title: string): string {
  const size = Math.max(to - from, 0.5);
  return `<rect x="${px(from)}" y="${y}" width="${px(size)}" height="${lane - 4}" fill="${fill}"><title>${escaped(title)}</title></rect>`;
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
