import { writeFileSync } from "node:fs";
import { faultTexts } from "../../simulate/faults";
import { timelineSvg } from "../../simulate/svg";
import { tableText } from "../../simulate/text";
import { nodesOf, type Outcome, runOf, whatIf } from "../../simulate/whatIf";
import { formatProblems } from "../../spec";
import { readOptions } from "../options";
import { readSpecFile } from "../specFile";
import { ExitCode, type Streams, UsageError, type Verb } from "../verb";

const options = {
  spec: { type: "string" },
  fault: { type: "string", multiple: true },
  first: { type: "string" },
  svg: { type: "string" },
  json: { type: "boolean" },
} as const;

const help = `usage: pulumi-keepalived simulate --spec FILE [--fault NAME]... [--first NODE] [--svg FILE] [--json]

Says who becomes master under each fault, how often that moves, for how long nobody serves and for how long two have
the addresses; least and most over all instants of the advert interval at which the fault can strike. The timers alone:
a real host adds milliseconds.

  --spec FILE    arguments of HaPair in YAML or JSON, connection may be left out (examples/lan-pair/gw.yaml); or a
                 Pulumi.STACK.yaml, of which PROJECT:cluster and PROJECT:authPass are read, as pulumi up does; what is
                 encrypted counts as right. PROJECT is that of the Pulumi.yaml beside it, else whichever is there
  --fault NAME   this fault only; may be given several times
  --first NODE   who holds first where priorities are equal (the first node)
  --svg FILE     draw the timelines, of strikes in the middle of the interval
  --json         the outcomes as JSON: [{fault, router, ...}]; of a wrong spec {problems: [{rule, path, ...}]}

Faults; of those that heal, each step comes after the former one has settled:
${listed(faultTexts)}

Exit status: 0; 1 the spec has problems, a fault of one node leaves the addresses without master, or a check that fails
moves nothing; 2 it could not run.
`;

/** A line a fault: its name and what happens. */
function listed(faults: typeof faultTexts): string {
  const width = Math.max(...faults.map(({ name }) => name.length)) + 2;
  return faults.map(({ name, text }) => `    ${name.padEnd(width)}${text}`).join("\n");
}

function run(args: string[], { out, err }: Streams): ExitCode {
  const { spec, fault, first, svg, json } = readOptions({ args, options }).values;
  if (spec === undefined)
    throw new UsageError("--spec: (missing); give the file of a cluster, or see --help");
  const read = readSpecFile(spec);
  if ("problems" in read) {
    err(`${formatProblems(read.problems)}\n`);
    if (json === true) out(`${JSON.stringify({ problems: read.problems }, undefined, 2)}\n`);
    return ExitCode.Problem;
  }
  if (read.warnings.length > 0) err(`${formatProblems(read.warnings)}\n`);
  const nodes = nodesOf(read.cluster);
  const outcomes = usable(() => whatIf(nodes, { faults: fault, first }));
  if (svg !== undefined) {
    const drawn = new Map(outcomes.map((outcome) => [outcome.fault, outcome.text]));
    const panels = [...drawn].map(([name, text]) => ({
      title: `${name}: ${text}`,
      run: runOf(nodes, name, { first }),
    }));
    writeText(svg, timelineSvg(panels));
  }
  out(json === true ? `${JSON.stringify(outcomes, undefined, 2)}\n` : `${tableText(outcomes)}\n`);
  return outcomes.some(isProblem) ? ExitCode.Problem : ExitCode.Well;
}

/** Nobody has the addresses although another node is well, or who should not keeps them. */
function isProblem({ fault, after, moves }: Outcome): boolean {
  if (fault.startsWith("check-fails-everywhere")) return false;
  return after.some((names) => names.length === 0) || (fault.startsWith("check-fails") && moves.min === 0);
}

function usable<T>(compute: () => T): T {
  try {
    return compute();
  } catch (error) {
    if (error instanceof RangeError) throw new UsageError(error.message);
    throw error;
  }
}

function writeText(path: string, text: string): void {
  try {
    writeFileSync(path, text);
  } catch (error) {
    throw new UsageError(`--svg: ${(error as Error).message}; give a file that can be written`);
  }
}

/** `simulate`: what-if, from a spec file. */
export const simulate: Verb = {
  summary: "who becomes master under each fault, and for how long nobody is",
  help,
  run,
};
