import { preemptionOverlap } from "../../lab/watch";
import { lengthOf } from "../../lab/watch/holders";
import { type Asked, type Rotation, type StepSeen, lans } from "./bench";
import type { Scenario } from "./scenarios";

/** What was seen of one step of a scenario. */
export interface Row {
  scenario: Scenario;
  seen: StepSeen;
}

const namesOf = (hosts: readonly string[]) => hosts.join("+") || "nobody";

/** Names in a row, in what is said of a step. */
const longestWay = 7;

/** `gw-a -> nobody -> gw-b`; what is shorter than a takeover from one who serves is left out. */
export function holdersText({ before, spans }: Pick<StepSeen, "before" | "spans">): string {
  const last = spans.length - 1;
  const stays = spans.filter((span, i) => i === last || lengthOf(span) > preemptionOverlap);
  const names = [before, ...stays.map(({ hosts }) => hosts)].map(namesOf);
  const way = names.filter((name, i) => name !== names[i - 1]);
  return (way.length > longestWay ? [...way.slice(0, longestWay - 2), "...", way.at(-1)] : way).join(" -> ");
}

const seconds = (length: number) => `${length.toFixed(3)} s`;

/** Whether the table says of two holders that they could not know of each other. */
function overlapText({ step, overlap }: StepSeen): string {
  if (overlap === 0) return "0 s";
  const why = step.apart === true ? " (apart)" : step.heals === true ? " (healing)" : "";
  return `${seconds(overlap)}${why}`;
}

const askedText = ({ silence, by }: Asked) => `${seconds(silence)}, ${by ?? "nobody"}`;

const backText = ({ step, takers }: StepSeen) =>
  step.returns === true ? (takers.length > 0 ? "yes" : "no") : "-";

function cellsOf({ scenario, seen }: Row): string[] {
  const { step, gap } = seen;
  return [
    scenario.name,
    step.what,
    holdersText(seen),
    gap === 0 ? "0 s" : seconds(gap),
    step.bound === undefined ? "-" : step.bound === 0 ? "0 s" : seconds(step.bound),
    overlapText(seen),
    ...lans.map((lan) => askedText(seen.asked[lan])),
    backText(seen),
  ];
}

export function line(row: Row): string {
  const [name, what, ...cells] = cellsOf(row);
  const { failures } = row.seen;
  const verdict = failures.length === 0 ? "ok  " : "FAIL";
  return `${verdict} ${name}, ${what}: ${cells.join(" | ")}${failures.map((one) => `\n     ${one}`).join("")}`;
}

export function rotationText({ stall, lost, asked }: Rotation): string {
  return `longest stall ${(stall * 1000).toFixed(0)} ms, ${lost} of ${asked} packets lost`;
}

/** What stands between the markers of docs/two-sites.md. */
export function table(rows: readonly Row[], facts: readonly string[], rotation?: Rotation): string {
  const head = [
    "scenario",
    "what happens",
    "who holds, one after the other",
    "nobody holds",
    "at most",
    "two hold",
    "LAN A: longest silence, then answered by",
    "LAN B",
    "moves back",
  ];
  const cells = rows.map(cellsOf);
  const widths = head.map((title, column) =>
    Math.max(title.length, ...cells.map((row) => row[column]!.length)),
  );
  const text = (row: string[]) =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column]!)).join(" | ")} |`;
  const well = rows.filter(({ seen }) => seen.failures.length === 0).length;
  const wrong = rows.flatMap(({ scenario, seen }) =>
    seen.failures.map((failure) => `- ${scenario.name}, ${seen.step.what}: ${failure}`),
  );
  return [
    `Made by \`npm run test:sites\` with ${facts.join(", ")}. ${well} of ${rows.length} steps are as promised${wrong.length > 0 ? ", but for:" : "."}`,
    ...(wrong.length > 0 ? [wrong.join("\n")] : []),
    [text(head), `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`, ...cells.map(text)].join(
      "\n",
    ),
    ...(rotation === undefined
      ? []
      : [
          `New keys for both ends by one \`pulumi up\`, under a ping each 20 ms from LAN A through the address at gw-b:\n${rotationText(rotation)}.`,
        ]),
  ].join("\n\n");
}

/** A page with a text in place of what stands between `<!-- NAME -->` and `<!-- /NAME -->`. */
export function withSection(page: string, name: string, content: string): string {
  const [open, close] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const [from, to] = [page.indexOf(open), page.indexOf(close)];
  if (from < 0 || to < from)
    throw new Error(`the page has no '${open}' with a '${close}' after it; put them back`);
  return `${page.slice(0, from)}${open}\n\n${content}\n\n${page.slice(to)}`;
}
