import { escaped, px, short, text, tick, widthOf } from "../../simulate/drawing";
import { holderSpans } from "./holders";
import type { DrillRecord, PhaseRecord, PointRecord } from "./model";

/** Pixels. */
const width = 960;
const left = 150;
const right = 20;
const lane = 26;
const bar = lane - 4;
const plot = width - left - right;
const head = 92;

/** Milliseconds shown before the first phase and after the last one. */
const margin = 1000;

/** Told apart by brightness, too, and by the strokes over some of them. */
const looks = {
  holds: { colour: "#2e7d32", legend: "has the addresses" },
  some: { colour: "#ef6c00", legend: "some of them", strokes: "M4 0V8" },
  answered: { colour: "#b0c4de", legend: "answered" },
  lost: { colour: "#c62828", legend: "lost", strokes: "M0 8L8 0" },
  hook: { colour: "#6a1b9a", legend: "hook" },
  predicted: { colour: "#ffe082", legend: "taken over, as predicted", strokes: "M0 4H8" },
} as const;
type Look = keyof typeof looks;

interface Lane {
  name: string;
  bars: { from: number; to: number; look: Look; title: string }[];
}

/** A drill as a drawing: a lane for what each node has, for who asks, for hooks, and for what was predicted. */
export function drillSvg(record: DrillRecord): string {
  const window = windowOf(record);
  const zero = record.phases[0]?.struck ?? record.phases[0]?.began ?? window.from;
  const x = (at: number) => left + ((at - window.from) / (window.to - window.from)) * plot;
  const seconds = (at: number) => `${((at - zero) / 1000).toFixed(3)} s`;
  const lanes = [
    ...record.nodes.map(({ node }) => nodeLane(record, node, window)),
    ...record.points.map(pointLane),
    ...(record.hooks.length === 0 ? [] : [hookLane(record)]),
    predictedLane(record),
  ];
  const bottom = head + lanes.length * lane;
  const drawn = lanes.flatMap(({ bars }, place) =>
    bars
      .map((one) => ({ ...one, from: Math.max(one.from, window.from), to: Math.min(one.to, window.to) }))
      .filter(({ from, to }) => to >= from)
      .map(({ from, to, look, title }) => {
        const words = escaped(`${title}, ${seconds(from)} to ${seconds(to)}`);
        return `<rect x="${px(x(from))}" y="${head + place * lane}" width="${px(Math.max(x(to) - x(from), 1))}" height="${bar}" fill="${fill(look)}"><title>${words}</title></rect>`;
      }),
  );
  const names = lanes.map(({ name }, place) =>
    text(left - 8, head + place * lane + 16, short(name, left - 10), { anchor: "end", title: name }),
  );
  const height = bottom + 30;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    patterns(),
    legend(14),
    text(left, 46, title(record), { fill: "#000000", isBold: true }),
    ...drawn,
    ...record.phases.map((phase) => mark(phase, x, bottom)),
    ...names,
    ...ticks(window, zero, x, bottom),
    "</svg>",
  ]
    .filter((part) => part !== "")
    .map((part) => `${part}\n`)
    .join("");
}

function title({ cluster, kind, choice, began }: DrillRecord): string {
  const at = new Date(began).toISOString().replace(/\.\d+Z$/, "Z");
  return `${cluster}: ${kind} of ${choice.from}, ${choice.to} takes over; ${at}`;
}

function windowOf({ phases, began, ended }: DrillRecord): { from: number; to: number } {
  const first = phases[0]?.struck ?? phases[0]?.began ?? began;
  const last = phases.at(-1)?.ended ?? ended;
  return { from: Math.max(began, first - margin), to: Math.max(first + 1, Math.min(ended, last + margin)) };
}

function nodeLane(record: DrillRecord, node: string, window: { from: number; to: number }): Lane {
  const addresses = Object.keys(record.choice.home);
  const has = addresses.map((address) =>
    holderSpans(record.nodes, address, window).filter(({ nodes }) => nodes.includes(node)),
  );
  const edges = [...new Set(has.flat().flatMap(({ from, to }) => [from, to]))].sort((a, b) => a - b);
  const bars = edges.slice(1).flatMap((to, place): Lane["bars"] => {
    const from = edges[place]!;
    const here = addresses.filter((_address, at) =>
      has[at]!.some((span) => span.from <= from && span.to >= to),
    );
    if (here.length === 0) return [];
    const look = here.length === addresses.length ? "holds" : "some";
    return [{ from, to, look, title: `${node} has ${here.join(" ")}` }];
  });
  return { name: node, bars: joined(bars) };
}

/** Bars that touch and say the same, as one. */
function joined(bars: Lane["bars"]): Lane["bars"] {
  const whole: Lane["bars"] = [];
  for (const one of bars) {
    const last = whole.at(-1);
    if (last?.to === one.from && last.title === one.title) last.to = one.to;
    else whole.push({ ...one });
  }
  return whole;
}

/** Requests in a row that have ended alike are one bar. */
function pointLane({ address, probe, every, requests }: PointRecord): Lane {
  const bars: Lane["bars"] = [];
  for (const { at, took } of requests) {
    const look = took === undefined ? "lost" : "answered";
    const last = bars.at(-1);
    if (last?.look === look) last.to = at + every;
    else bars.push({ from: at, to: at + every, look, title: `${address} (${probe}) ${look}` });
  }
  return { name: `asked: ${address}`, bars };
}

function hookLane({ hooks }: DrillRecord): Lane {
  const bars = hooks.map(({ node, kind, name, state, milliseconds, at }) => ({
    from: at - milliseconds,
    to: at,
    look: "hook" as const,
    title: `${node}: ${kind === "role" ? `role ${state}` : `${name} ${state}`} (to a second)`,
  }));
  return { name: "hooks", bars };
}

function predictedLane({ phases }: DrillRecord): Lane {
  const bars = phases.flatMap(({ struck, prediction }) =>
    struck === undefined || prediction.takeover === undefined
      ? []
      : [
          {
            from: struck + prediction.takeover.min,
            to: struck + prediction.takeover.max,
            look: "predicted" as const,
            title: prediction.because,
          },
        ],
  );
  return { name: "predicted", bars };
}

/** The line at which a phase begins, and what was predicted of it. */
function mark(
  { name, from, to, struck, began, prediction }: PhaseRecord,
  x: (at: number) => number,
  bottom: number,
): string {
  const at = x(struck ?? began);
  const cost = prediction.gap.max === 0 ? "no gap" : `gap up to ${(prediction.gap.max / 1000).toFixed(2)} s`;
  const words = `${name === "move" ? "away" : "back"}: ${from} to ${to}, predicted: ${cost}`;
  const isLate = at + 4 + widthOf(words) > width;
  const y = name === "move" ? 64 : 80;
  return [
    `<line x1="${px(at)}" y1="${y - 10}" x2="${px(at)}" y2="${bottom}" stroke="#222222" stroke-dasharray="3 2"/>`,
    text(at + (isLate ? -4 : 4), y, words, { anchor: isLate ? "end" : "start", halo: "#ffffff" }),
  ].join("\n");
}

function ticks(
  { from, to }: { from: number; to: number },
  zero: number,
  x: (at: number) => number,
  bottom: number,
): string[] {
  const step = tick((to - from) / 1000) * 1000;
  const drawn: string[] = [];
  for (let at = Math.ceil((from - zero) / step) * step; at <= to - zero; at += step) {
    const words = `${Number((at / 1000).toFixed(3))} s`;
    const middle = Math.min(x(at + zero), width - widthOf(words) / 2 - 2);
    drawn.push(text(middle, bottom + 14, words, { anchor: "middle", fill: "#666666" }));
  }
  return drawn;
}

function patterns(): string {
  const all = Object.entries(looks).flatMap(([name, look]) =>
    "strokes" in look
      ? [
          `<pattern id="${name}" width="8" height="8" patternUnits="userSpaceOnUse"><rect width="8" height="8" fill="${look.colour}"/><path d="${look.strokes}" stroke="#111111" stroke-opacity="0.35"/></pattern>`,
        ]
      : [],
  );
  return `<defs>${all.join("")}</defs>`;
}

function fill(look: Look): string {
  return "strokes" in looks[look] ? `url(#${look})` : looks[look].colour;
}

function legend(y: number): string {
  let x = left;
  return Object.entries(looks)
    .map(([look, { legend: words }]) => {
      const entry = `<rect x="${x}" y="${y}" width="16" height="12" fill="${fill(look as Look)}"/>${text(x + 20, y + 11, words)}`;
      x += 40 + widthOf(words);
      return entry;
    })
    .join("\n");
}
