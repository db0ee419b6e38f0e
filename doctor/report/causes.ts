import { CAUSES, type CauseInfo, type Repair, SYMPTOMS } from "../causes";

const WHO: Record<Repair, string> = { automatic: "the doctor", spec: "the spec", human: "somebody" };

/** The table of causes of docs/doctor.md. */
export function causesText(): string {
  return [
    row("cause", "what is wrong", "put right by"),
    row("---", "---", "---"),
    ...Object.entries(CAUSES).map(([id, { doc, repair }]: [string, CauseInfo]) =>
      row(`\`${id}\``, doc, repair.map((who) => WHO[who]).join(", or ")),
    ),
  ].join("\n");
}

/** What is to be seen, whatever its cause, as a list. */
export function symptomsText(): string {
  return Object.entries(SYMPTOMS)
    .map(([id, doc]) => `- \`${id}\`: ${doc}`)
    .join("\n");
}

const row = (...cells: string[]) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
