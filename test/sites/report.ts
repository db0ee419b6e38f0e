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

export function rotationText({ stall, lost, asked, transfer }: Rotation): string {
  const ms = (length: number) => `${(length * 1000).toFixed(0)} ms`;
  const taken = `${(transfer.bytes / 1e6).toFixed(0)} MB in ${transfer.connections === 1 ? "one connection" : `${transfer.connections} connections`}`;
  return `longest stall ${ms(stall)}, ${lost} of ${asked} packets lost; of the transfer ${ms(transfer.stall)}, ${taken}`;
}

/** What the page says of the steps: the cells of each, and a line for each that is not as promised. */
export interface Said {
  cells: string[][];
  faults: string[];
  rotation?: string;
}

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
const rotationHead =
  "New keys for both ends by one `pulumi up`, under a ping each 20 ms and a transfer over TCP from LAN A through the address at gw-b:";

const faultHead = (name: string, what: string) => `- ${name}, ${what}: `;

export function saidOf(rows: readonly Row[], rotation?: Rotation): Said {
  return {
    cells: rows.map(cellsOf),
    faults: rows.flatMap(({ scenario, seen }) =>
      seen.failures.map((failure) => `${faultHead(scenario.name, seen.step.what)}${failure}`),
    ),
    rotation: rotation && `${rotationText(rotation)}.`,
  };
}

/** Reads what `table` wrote. */
export function readSaid(content: string): Said {
  const lines = content.split("\n");
  const isRow = (text: string) => text.startsWith("| ") && !text.startsWith("| ---");
  const cells = lines.filter(isRow).map((text) => text.slice(2, -2).split(" | "));
  const place = lines.indexOf(rotationHead);
  return {
    cells: cells.slice(1).map((row) => row.map((cell) => cell.trim())),
    faults: lines.filter((text) => text.startsWith("- ")),
    rotation: place < 0 ? undefined : lines[place + 1],
  };
}

/** What was said before, with all that is said now of the same scenarios in its place; in the order of `names`. */
export function merged(former: Said, now: Said, names: readonly string[]): Said {
  const renewed = new Set(now.cells.map(([name]) => name));
  const nameOf = (fault: string) => fault.slice(2, fault.indexOf(","));
  const kept = former.cells.filter(([name = ""]) => !renewed.has(name) && names.includes(name));
  const order = ([name = ""]: string[]) => names.indexOf(name);
  return {
    cells: [...kept, ...now.cells].sort((one, other) => order(one) - order(other)),
    faults: [
      ...former.faults.filter((fault) => kept.some(([name]) => name === nameOf(fault))),
      ...now.faults,
    ],
    rotation: now.rotation ?? former.rotation,
  };
}

/** What stands between the markers of docs/two-sites.md. */
export function table({ cells, faults, rotation }: Said, facts: readonly string[]): string {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...cells.map((row) => row[column]!.length)),
  );
  const text = (row: string[]) =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column]!)).join(" | ")} |`;
  const well = cells.filter(
    ([name = "", what = ""]) => !faults.some((fault) => fault.startsWith(faultHead(name, what))),
  ).length;
  const isWell = faults.length === 0;
  return [
    `Made by \`npm run test:sites\` with ${facts.join(", ")}. ${well} of ${cells.length} steps are as promised${isWell ? "." : ", but for:"}`,
    ...(isWell ? [] : [faults.join("\n")]),
    [text(head), `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`, ...cells.map(text)].join(
      "\n",
    ),
    ...(rotation === undefined ? [] : [`${rotationHead}\n${rotation}`]),
  ].join("\n\n");
}
