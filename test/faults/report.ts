import { describe, kinds } from "./cases";
import type { Outcome } from "./runCase";

const tenths = (seconds: number | undefined) => (seconds === undefined ? "?" : seconds.toFixed(1));

/** The line of a case as it ends. */
export function line(outcome: Outcome): string {
  const { case: one, host, where, generation, consistentAfter, gap, overlap, took, failures } = outcome;
  const what = `${String(one.number).padStart(4)} ${failures.length === 0 ? "ok  " : "FAIL"} ${describe(one)}`;
  const seen = [
    `${host}${where && ` before ${where}`}`,
    generation ?? "neither",
    `consistent after ${tenths(consistentAfter)} s`,
    `gap ${gap.toFixed(2)} s`,
    `overlap ${overlap.toFixed(3)} s`,
    `took ${tenths(took)} s`,
  ];
  return `${what}: ${seen.join(", ")}`;
}

/** What is told of a failed case: what is wrong, how to repeat it, what was seen. `list` are the options of its list. */
export function failure({ case: one, failures, evidence }: Outcome, list: string): string {
  const indented = evidence.map((text) => text.replace(/^/gm, "        "));
  return [
    ...failures.map((what) => `     - ${what}`),
    `     repeat: npm run test:faults -- ${list} --case ${one.number}`,
    ...indented,
  ].join("\n");
}

/** The table at the end, a line per kind, and the verdict. */
export function table(outcomes: readonly Outcome[]): string {
  const rows = kinds.flatMap((kind) => {
    const ofKind = outcomes.filter((outcome) => outcome.case.kind === kind);
    if (ofKind.length === 0) return [];
    const count = (wanted: (outcome: Outcome) => boolean) => String(ofKind.filter(wanted).length);
    const most = (of: (outcome: Outcome) => number) => Math.max(...ofKind.map(of));
    return [
      [
        kind,
        String(ofKind.length),
        count(({ failures }) => failures.length === 0),
        count(({ generation }) => generation === "old"),
        count(({ generation }) => generation === "new"),
        tenths(most(({ consistentAfter }) => consistentAfter ?? Infinity)),
        most(({ gap }) => gap).toFixed(2),
        most(({ overlap }) => overlap).toFixed(3),
      ],
    ];
  });
  const head = ["kind", "cases", "passed", "old", "new", "consistent s", "gap s", "overlap s"];
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]!.length)));
  const text = [head, ...rows].map((row) =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join("  "),
  );
  const failed = outcomes.filter(({ failures }) => failures.length > 0).length;
  return [...text, `${outcomes.length - failed} passed, ${failed} failed`].join("\n");
}
