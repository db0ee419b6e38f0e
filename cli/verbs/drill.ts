import { writeFileSync } from "node:fs";
import { createInterface } from "node:readline/promises";
import {
  FORSAKEN,
  drill as exercise,
  drillHostAt,
  DrillKind,
  drillSvg,
  drillText,
  Ledger,
  type Probe,
  readProbe,
  reportOf,
} from "../../operate/drill";
import { findHosts, hostsHelp } from "../hosts";
import { readOptions } from "../options";
import { untilSignalled } from "../signals";
import { ExitCode, type Streams, UsageError, type Verb } from "../verb";

const options = {
  to: { type: "string" },
  kind: { type: "string" },
  probe: { type: "string" },
  every: { type: "string" },
  back: { type: "boolean" },
  stay: { type: "boolean" },
  yes: { type: "boolean" },
  stack: { type: "string" },
  spec: { type: "string" },
  cluster: { type: "string" },
  svg: { type: "string" },
  json: { type: "boolean" },
} as const;

const help = `usage: pulumi-keepalived drill (--stack NAME | --spec FILE) [--cluster NAME] [--to NODE] [--kind drain|stop|kill]
                             [--probe tcp:PORT|http:URL|ping] [--every MS] [--back | --stay] [--yes] [--svg FILE] [--json]

Exercises a live cluster: its holder loses the addresses, every node tells what it has meanwhile, this machine asks for the
addresses again and again, and what that cost is shown beside what VRRP's timers had predicted. Then everything is brought
back: addresses, drains, keepalived, whatever fails, on Ctrl-C, too; a second Ctrl-C says what is left and ends at once.
Refused where the cluster is not well.

${hostsHelp}
  --to NODE      who is to take over (who would)
  --kind KIND    drain: the holder gives the addresses away while it serves, as switchover does (drain)
                 stop: keepalived is stopped there, and says goodbye
                 kill: all its processes are killed; what starts services there starts it again
  --probe PROBE  how this machine asks for the addresses: tcp:PORT (a connection of its own for each request),
                 http:URL, ping (tcp to the port of SSH, or ping)
  --every MS     milliseconds between two requests: 20 to 1000 (50)
  --back         the addresses are brought back (so it is)
  --stay         they stay where they were brought; who would take them back stays drained
  --yes          does not ask before a stop or a kill; needed where nobody can be asked
  --svg FILE     draw it: what each node had, what was answered, hooks, and the prediction
  --json         {ok, cluster, kind, from, to, phases: [{name, predicted, gap, twoMasters, reached, points, worse}], hooks,
                 notes, problems, left, ...}, times in milliseconds; where it was refused {ok, refused: [...]}

Exit status: 0 within the prediction and everything is as it was; 1 refused, worse than predicted, or something is left to be
done; 2 it could not run.
`;

async function run(args: string[], streams: Streams): Promise<ExitCode> {
  const { values } = readOptions({ args, options });
  const { to, stay = false, back = false, json = false, yes = false, svg, ...rest } = values;
  const { kind, probe, every, ...from } = rest;
  if (back && stay) throw new UsageError("--back, --stay: both are given; choose one");
  const chosen = kindOf(kind);
  const interval = everyOf(every);
  const given = probe === undefined ? undefined : probeOf(probe);
  if (svg !== undefined) touch(svg);
  const hosts = await findHosts(from);
  const ledger = new Ledger();
  const say = (line: string) => streams.err(`${line}\n`);
  const outcome = await untilSignalled(
    (signal) =>
      exercise({
        hosts: hosts.map(drillHostAt),
        cluster: hosts[0]!.cluster,
        kind: chosen,
        to,
        stay,
        every: interval,
        probes: given === undefined ? usualProbes(hosts[0]!.connection.port) : [given],
        say,
        confirm: () => confirmed(chosen, yes, signal),
        signal,
        ledger,
      }),
    () => giveUp(ledger, streams),
  );
  if ("refused" in outcome) return refused(outcome, json, streams);
  const report = reportOf(outcome.record);
  if (svg !== undefined) writeDrawing(svg, drillSvg(outcome.record), streams);
  streams.out(json ? `${JSON.stringify(report, undefined, 2)}\n` : drillText(report));
  return report.ok ? ExitCode.Well : ExitCode.Problem;
}

function kindOf(kind = DrillKind.Drain as string): DrillKind {
  const found = Object.values(DrillKind).find((one) => one === kind);
  if (found === undefined)
    throw new UsageError(`--kind: ${kind}; give ${Object.values(DrillKind).join(", ")}`);
  return found;
}

function everyOf(every = "50"): number {
  if (!/^\d{1,4}$/.test(every) || Number(every) < 20 || Number(every) > 1000)
    throw new UsageError(`--every: ${every}; give whole milliseconds, 20 to 1000`);
  return Number(every);
}

function probeOf(text: string): Probe {
  const probe = readProbe(text);
  if (probe === undefined)
    throw new UsageError(`--probe: ${text}; give tcp:PORT, http:URL (http:http://192.0.2.1/) or ping`);
  return probe;
}

/** What any host is likely to answer. */
const usualProbes = (port: number): Probe[] => [{ kind: "tcp", port }, { kind: "ping" }];

async function confirmed(kind: DrillKind, yes: boolean, signal: AbortSignal): Promise<boolean> {
  if (kind === DrillKind.Drain || yes) return true;
  if (!process.stdin.isTTY || !process.stderr.isTTY)
    throw new UsageError(
      `--kind ${kind}: costs what is said above, and nobody can be asked here; give --yes`,
    );
  // As no terminal: else it would take Ctrl-C for itself.
  const asked = createInterface({ input: process.stdin, output: process.stderr, terminal: false });
  try {
    return /^y(es)?$/i.test((await asked.question("do it? [y/N] ", { signal })).trim());
  } catch (error) {
    if ((error as Error).name !== "AbortError") throw error;
    return false;
  } finally {
    asked.close();
  }
}

function refused(
  { refused: why, isUnfit }: { refused: string[]; isUnfit: boolean },
  json: boolean,
  { out, err }: Streams,
): ExitCode {
  if (json) out(`${JSON.stringify({ ok: false, refused: why }, undefined, 2)}\n`);
  for (const one of why) err(`pulumi-keepalived drill: refused: ${one}\n`);
  if (isUnfit)
    err("nothing was done; see what is wrong: pulumi-keepalived doctor (the same options), then try again\n");
  return ExitCode.Problem;
}

/** Before anything is done for it. */
function touch(path: string): void {
  try {
    writeFileSync(path, "", { flag: "a" });
  } catch (error) {
    throw new UsageError(`--svg: ${(error as Error).message}; give a file that can be written`);
  }
}

/** A drawing that cannot be written is no reason to lose what was measured. */
function writeDrawing(path: string, text: string, { err }: Streams): void {
  try {
    writeFileSync(path, text);
  } catch (error) {
    err(`--svg: ${(error as Error).message}; give a file that can be written\n`);
  }
}

function giveUp(ledger: Ledger, { err }: Streams): never {
  const left = ledger.left.length === 0 ? ["nothing"] : ledger.left;
  err(left.map((line) => `left to be done: ${line}\n`).join(""));
  if (ledger.left.length > 0) err(`the hosts do it by themselves within ${FORSAKEN / 60} minutes\n`);
  process.exit(ExitCode.Problem);
}

/** `drill`: a failover on purpose, measured. */
export const drill: Verb = { summary: "a failover on purpose, measured against the prediction", help, run };
