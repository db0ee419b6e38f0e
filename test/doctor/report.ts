import { CAUSES } from "../../doctor/causes";
import type { Case } from "./case";
import type { Outcome } from "./runCase";

/** Share of the cases of which the first finding must be right. */
const LEAST = 0.97;

const seconds = (value: number | undefined) => (value === undefined ? "?" : value.toFixed(1));

/** The words that say what a case is. */
export const describeCase = ({ family, name, world }: Case) => `${family}: ${name} (${world})`;

/** The line of a case as it ends. */
export function line(outcome: Outcome, number: number): string {
  const { case: one, told, repaired, failures } = outcome;
  const words = [
    `told ${told.join(", ") || "nothing"}`,
    `look ${seconds(outcome.seconds)} s`,
    ...(repaired === undefined ? [] : [repaired ? "repaired, failed over and back" : "not repaired"]),
  ];
  const verdict = `${String(number).padStart(4)} ${failures.length === 0 ? "ok  " : "FAIL"} ${describeCase(one)}`;
  return `${verdict}: ${words.join("; ")}`;
}

/** What is told of a failed case. */
export function failure({ failures, evidence }: Outcome, number: number): string {
  return [
    ...failures.map((what) => `     - ${what}`),
    `     repeat: npm run test:doctor -- --case ${number}`,
    ...evidence.map((text) => text.replace(/^/gm, "        ")),
  ].join("\n");
}

/** What all outcomes are worth. */
export interface Totals {
  /** Cases with something wrong. */
  faults: number;
  right: number;
  rightNode: number;
  healthy: number;
  falsePositives: number;
  /** Cases that the doctor must repair by itself. */
  automatic: number;
  repaired: number;
  passed: number;
  failed: number;
  isGood: boolean;
}

export function totalsOf(outcomes: readonly Outcome[]): Totals {
  const faulty = outcomes.filter(({ case: one }) => one.faults.length > 0);
  const healthy = outcomes.filter(({ case: one }) => one.faults.length === 0);
  const right = faulty.filter(({ verdict }) => verdict?.isRight);
  const rightNode = right.filter(({ verdict }) => verdict?.isRightNode);
  const falsePositives = healthy.filter(({ verdict }) => !verdict?.isRight).length;
  const automatic = faulty.filter(({ case: one }) => one.repair === "automatic");
  const repaired = automatic.filter((one) => one.repaired).length;
  const failed = outcomes.filter(({ failures }) => failures.length > 0).length;
  return {
    faults: faulty.length,
    right: right.length,
    rightNode: rightNode.length,
    healthy: healthy.length,
    falsePositives,
    automatic: automatic.length,
    repaired,
    passed: outcomes.length - failed,
    failed,
    isGood:
      right.length >= LEAST * faulty.length &&
      rightNode.length === right.length &&
      falsePositives === 0 &&
      repaired === automatic.length,
  };
}

const percent = (part: number, whole: number) =>
  whole === 0 ? "-" : `${((100 * part) / whole).toFixed(1)} %`;

/** The totals, and as the last line how many passed. */
export function summary(outcomes: readonly Outcome[]): string {
  const t = totalsOf(outcomes);
  const looks = outcomes.flatMap((one) => one.seconds ?? []).sort((one, other) => one - other);
  return [
    `right cause first: ${t.right} of ${t.faults} (${percent(t.right, t.faults)}); right node: ${t.rightNode} of these`,
    `healthy: ${t.healthy}, of which ${t.falsePositives} with a finding`,
    `repaired and tried by a failover: ${t.repaired} of ${t.automatic}`,
    `a look took ${seconds(looks[Math.floor(looks.length / 2)])} s (median), ${seconds(looks.at(-1))} s at most`,
    `${t.passed} passed, ${t.failed} failed`,
  ].join("\n");
}

/** The table of docs/doctor.md. */
export function table(outcomes: readonly Outcome[], { isRecord }: { isRecord: boolean }): string {
  const t = totalsOf(outcomes);
  const looks = outcomes.flatMap((one) => one.seconds ?? []).sort((one, other) => one - other);
  const families = [...Object.keys(CAUSES), "pair", "healthy"];
  const sorted = [...outcomes].sort(
    ({ case: one }, { case: other }) => families.indexOf(one.family) - families.indexOf(other.family),
  );
  const rows = sorted.map(({ case: one, told, verdict, repaired, failures, seconds: took }) => {
    const expected = one.faults.map(
      ({ cause, nodes }) => `${cause}${nodes.length === 1 ? ` on ${nodes[0]}` : ""}`,
    );
    const answer =
      verdict === undefined
        ? "no answer"
        : told.slice(0, Math.max(2, one.faults.length)).join(", ") || "nothing";
    const rating = failures.length === 0 ? "yes" : verdict?.isRightNode ? "answer yes, rest no" : "**no**";
    const repair =
      repaired === undefined
        ? one.faults.length === 0
          ? "-"
          : "told"
        : repaired
          ? "repaired"
          : "**not repaired**";
    return [
      one.family,
      one.name,
      one.world,
      expected.join(", ") || "nothing",
      answer,
      seconds(took),
      repair,
      rating,
    ];
  });
  const head = ["cause", "way", "world", "expected", "answer (first ones)", "s", "repair", "as expected"];
  return [
    `Made by \`npm run test:doctor\`${isRecord ? ", of each case the last one of several runs, with mends between them" : ""}: ${t.faults} pairs with faults and ${t.healthy} without. The first finding was right in ${t.right} (${percent(t.right, t.faults)}), with the right node in ${t.rightNode} of these; ${t.falsePositives} findings where nothing is wrong; ${t.repaired} of ${t.automatic} repaired by \`--repair\` and then tried by a failover and back. A look took ${seconds(looks[Math.floor(looks.length / 2)])} s (median), ${seconds(looks.at(-1))} s at most, on 2 CPUs with other labs beside it.`,
    [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n"),
  ].join("\n\n");
}
