import type { Bounds } from "./timing";
import type { Outcome } from "./whatIf";

const untilMended = "until mended";

/** A table of outcomes, as a text of several lines without trailing newline. */
export function tableText(outcomes: readonly Outcome[]): string {
  const routers = new Set(outcomes.map(({ router }) => router));
  const rows = merged(outcomes).map((outcome) => [
    outcome.fault,
    ...(routers.size > 1 ? [outcome.router] : []),
    `${outcome.before || "nobody"} -> ${outcome.after.map((names) => names.join(" and ") || "nobody").join(" or ")}`,
    outcome.endsUnserved ? untilMended : secondsText(outcome.gap),
    boundsText(outcome.moves, String),
    outcome.endsSplit ? untilMended : secondsText(outcome.twoMasters),
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
  const lasts = outcomes.find((outcome) => outcome.lasts !== undefined)?.lasts;
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
    ...(lasts === undefined ? [] : [`From one step of a fault to the next: ${lasts} s.`]),
  ].join("\n");
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
