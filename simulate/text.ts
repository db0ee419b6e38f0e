import type { Bounds } from "./timing";
import type { Outcome } from "./whatIf";

const untilMended = "until mended";
const whileItLasts = "while it lasts";

/** A table of outcomes, as a text of several lines without trailing newline. */
export function tableText(outcomes: readonly Outcome[]): string {
  const routers = new Set(outcomes.map(({ router }) => router));
  const rows = merged(outcomes).map((outcome) => [
    outcome.fault,
    ...(routers.size > 1 ? [outcome.router] : []),
    `${outcome.before || "nobody"} -> ${outcome.after.map((names) => names.join(" and ") || "nobody").join(" or ")}`,
    outcome.endsUnserved ? untilMended : timeText(outcome.gap, outcome.gapAfterwards),
    boundsText(outcome.moves, String),
    outcome.endsSplit ? untilMended : timeText(outcome.twoMasters, outcome.twoMastersAfterwards),
    outcome.notes.join("; "),
  ]);
  const head = [
    "fault",
    ...(routers.size > 1 ? ["router"] : []),
    "master",
    "nobody serves",
    "moves",
    "two masters",
    "",
  ];
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]!.length)),
  );
  return [
    ...[head, ...rows].map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join("  ")
        .trimEnd(),
    ),
    "",
    ...legend(rows.flat().some((cell) => cell.startsWith(whileItLasts))),
  ].join("\n");
}

/** What the columns are, in one sentence. */
function legend(hasLasting: boolean): string[] {
  return [
    "nobody serves: the longest time in which clients reach no holder; moves: how often the addresses change hands;",
    `two masters: the time in which two nodes have them; A..B: by when in the advert interval the fault strikes${hasLasting ? ";" : "."}`,
    ...(hasLasting
      ? [
          `${whileItLasts}: as long as the fault, here longer than every timer, and + what it goes on after it.`,
        ]
      : []),
  ];
}

/** The length of the fault itself is the fault's, not the pair's: it is not shown as a number. */
function timeText(bounds: Bounds, afterwards: Bounds | undefined): string {
  if (afterwards === undefined) return secondsText(bounds);
  return afterwards.max === 0 ? whileItLasts : `${whileItLasts} + ${secondsText(afterwards)}`;
}

/** Routers of a sync group share every outcome: they are one row. */
function merged(outcomes: readonly Outcome[]): Outcome[] {
  const rows = new Map<string, Outcome>();
  for (const outcome of outcomes) {
    const { router, ...rest } = outcome;
    const key = JSON.stringify(rest);
    const former = rows.get(key);
    rows.set(key, { ...outcome, router: former === undefined ? router : `${former.router}, ${router}` });
  }
  return [...rows.values()];
}

/** `2.61..3.61 s`, `0.61 s`, or `-` for nothing. */
function secondsText(bounds: Bounds): string {
  if (bounds.max === 0) return "-";
  return `${boundsText(bounds, (seconds) => seconds.toFixed(2))} s`;
}

function boundsText({ min, max }: Bounds, text: (value: number) => string): string {
  return text(min) === text(max) ? text(max) : `${text(min)}..${text(max)}`;
}
