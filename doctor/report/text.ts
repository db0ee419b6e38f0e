import { CAUSES, SYMPTOMS } from "../causes";
import type { Diagnosis, Finding, NodeFacts, SymptomSeen } from "../model";
import { figuresOf } from "./figures";
import { type NodeReport, reportOf } from "./json";
import { type Paint, paintOf, wrapped } from "./words";

/** How a report is printed. */
export interface TextOptions {
  cluster: string;
  /** For a terminal that shows colours. @default false */
  colours?: boolean;
  /** Characters of a line. @default 100 */
  width?: number;
}

/** A diagnosis for whoever is called at night: what is to be seen, then why, most likely first, and what to do about it. */
export function diagnosisText(
  diagnosis: Diagnosis,
  nodes: readonly NodeFacts[],
  { cluster, colours = false, width = 100 }: TextOptions,
): string {
  const report = reportOf(diagnosis, nodes);
  const paint = paintOf(colours);
  const print = new Printer(width);
  if (report.healthy) {
    print.line(`${cluster}: ${paint.good("healthy")}`);
    print.line(`  ${[...report.nodes.map(stateText), ...seenText(nodes)].join(", ")}`);
  } else {
    for (const seen of report.symptoms) print.block(`${cluster}: `, symptomText(seen, paint));
    if (report.symptoms.length === 0)
      print.line(`${cluster}: ${paint.bad(report.findings.length === 0 ? "not all was seen" : "not well")}`);
    print.line(`  ${report.nodes.map(stateText).join(", ")}`);
    report.findings.forEach((finding, place) => printFinding(print, paint, finding, place + 1));
    if (report.findings.length === 0)
      print.block(
        "  ",
        "no cause was found; what the look lacked is below, and --window 20 looks for longer",
      );
  }
  printUnseen(print, paint, report.nodes);
  return print.text;
}

function symptomText({ symptom, node, evidence }: SymptomSeen, { bad }: Paint): string {
  return `${bad(symptom)}${node === undefined ? "" : ` on ${node}`}: ${SYMPTOMS[symptom]}${evidence ? ` (${evidence})` : ""}`;
}

function stateText({ node, states, problem }: NodeReport): string {
  if (problem !== undefined) return `${node} not seen`;
  return `${node} ${states.join("/") || "unknown"}`;
}

function seenText(nodes: readonly NodeFacts[]): string[] {
  const { adverts, probesSent, probesPassed } = figuresOf(nodes);
  return [
    `${adverts} adverts seen`,
    ...(probesSent > 0 ? [`${Math.min(probesPassed, probesSent)} of ${probesSent} probes passed`] : []),
  ];
}

function printFinding(print: Printer, paint: Paint, finding: Finding, place: number): void {
  const { cause, node, confidence, evidence, ruledOut, fix } = finding;
  print.line("");
  print.block(`${place}. `, `${paint.strong(`${cause} on ${node}`)} (${confidence}): ${CAUSES[cause].doc}`);
  for (const one of evidence) print.block("   saw  ", one);
  for (const one of ruledOut) print.block("   not  ", `${one.cause}: ${one.because}`);
  print.block(`   ${paint.strong("do")}   `, `${fix.automatic ? "--repair does it: " : ""}${fix.summary}`);
  for (const line of fix.specChange ?? []) print.line(`        ${changed(line, paint)}`);
  const where = fix.automatic || fix.repair === "human" ? `on ${node}: ` : "";
  for (const command of fix.commands ?? []) print.line(`        ${where}${paint.command(command)}`);
}

function changed(line: string, { good, bad }: Paint): string {
  return line.startsWith("+") ? good(line) : line.startsWith("-") ? bad(line) : line;
}

function printUnseen(print: Printer, paint: Paint, nodes: readonly NodeReport[]): void {
  const lines = nodes.flatMap(({ node, lacks, problem }) => [
    ...(problem === undefined ? [] : [`${node}: ${problem}`]),
    ...lacks.map((lack) => `${node}: ${lack}`),
  ]);
  if (lines.length === 0) return;
  print.line("");
  print.line(paint.faint("what the look lacked"));
  for (const line of lines) print.block("   ", line);
}

/** Lines that are not too long. */
class Printer {
  private readonly lines: string[] = [];

  constructor(private readonly width: number) {}

  line(text: string): void {
    this.lines.push(text.trimEnd());
  }

  /** A text of several lines behind a head. */
  block(head: string, text: string): void {
    this.lines.push(...wrapped(head, text, this.width));
  }

  get text(): string {
    return this.lines.map((line) => `${line}\n`).join("");
  }
}
