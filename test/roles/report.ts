import type { Seen } from "./bench";
import { changes } from "./changes";

const seconds = (length: number) => `${length.toFixed(1)} s`;

export function line({ change, from, to, settled, pause, lost, failures }: Seen, number: number): string {
  const verdict = failures.length === 0 ? "ok  " : "FAIL";
  const told = failures.map((one) => `\n     ${one}`).join("");
  return `${verdict} ${number} ${change.kind}: ${from} -> ${to}, settled after ${seconds(settled)}, writes paused for ${seconds(pause)}, ${lost.length} lost${told}`;
}

const median = (list: readonly number[]) =>
  [...list].sort((one, other) => one - other)[Math.floor(list.length / 2)] ?? 0;

/** What the page says. */
export function table(seen: readonly Seen[], facts: readonly string[], seed: string): string {
  const rows = changes.flatMap(({ kind, what }) => {
    const own = seen.filter(({ change }) => change.kind === kind);
    if (own.length === 0) return [];
    const of = (key: "settled" | "pause") => own.map((one) => one[key]);
    const span = (list: readonly number[]) => `${seconds(median(list))} (${seconds(Math.max(...list))})`;
    const moved = own.filter(({ from, to }) => from !== to).length;
    const lost = own.reduce((sum, one) => sum + one.lost.length, 0);
    return [[what, `${own.length}`, `${moved}`, span(of("settled")), span(of("pause")), `${lost}`]];
  });
  const head = [
    "what happens to the master",
    "times",
    "moved",
    "all settled after",
    "writes paused for",
    "acknowledged writes lost",
  ];
  const failures = seen.flatMap(({ change, failures: own }, i) =>
    own.map((one) => `- ${i + 1}, ${change.kind}: ${one}`),
  );
  const well = seen.filter(({ failures: own }) => own.length === 0).length;
  return [
    `Made by \`npm run test:roles\` (seed ${seed}) with ${facts.join(", ")}, 2 CPUs. ${well} of ${seen.length} changes as promised.`,
    [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n"),
    ...(failures.length > 0 ? [failures.join("\n")] : []),
  ].join("\n\n");
}
