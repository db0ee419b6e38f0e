import { until } from "../../lab";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Case, strike } from "./case";
import { judge, type Report, type Verdict } from "./judge";
import { differencesOf } from "./snapshot";
import { sleep, type World } from "./world";

/** Milliseconds within which what was done shows. */
const SHOWS = 90_000;

/** What came of a case. */
export interface Outcome {
  case: Case;
  /** Undefined: the doctor was not asked, or gave no answer. */
  verdict?: Verdict;
  /** What it told, `CAUSE on NODE` each. */
  told: string[];
  /** Seconds of the look, as the user waits for it. */
  seconds?: number;
  /** The address moved and came back after `doctor --repair`; undefined: nothing to repair by itself. */
  repaired?: boolean;
  failures: string[];
  /** What the doctor said, for a failed case. */
  evidence: string[];
  /** The pair is not as it was: nothing more can be tried on it. */
  isBroken: boolean;
}

/** How the doctor is asked. */
export interface Asks {
  /** Not at all, where a fault is only made, seen and taken back. @default true */
  asks?: boolean;
  /** A directory for the facts of every node, where the answer is wrong. @default they are not kept */
  facts?: string;
}

/** Makes a fault, asks the doctor, lets it repair where it can, and has the pair as it was before. */
export async function runCase(world: World, one: Case, asks: Asks): Promise<Outcome> {
  const outcome: Outcome = { case: one, told: [], failures: [], evidence: [], isBroken: false };
  const attempt = async (what: string, act: () => Promise<unknown>) => {
    try {
      await act();
      return true;
    } catch (error) {
      outcome.failures.push(`${what}: ${(error as Error).message}`);
      return false;
    }
  };
  const isMade = await attempt("inject", async () => {
    await strike(world, one.inject);
    const { seen } = one;
    if (seen !== undefined) await until("the fault shows", SHOWS, () => seen(world));
  });
  if (isMade && asks.asks !== false) await attempt("doctor", () => ask(world, one, outcome, asks.facts));
  await attempt("restore", () => strike(world, one.restore));
  if (!(await attempt("heal", () => world.heal()))) outcome.isBroken = true;
  return outcome;
}

async function ask(world: World, one: Case, outcome: Outcome, directory?: string): Promise<void> {
  const before = await world.look();
  const { code, stdout, stderr, seconds } = await world.cli("doctor", "--json", ...(one.options ?? []));
  outcome.seconds = seconds;
  const report = read(stdout);
  if (report === undefined) {
    outcome.failures.push(`doctor gave no answer, exit status ${code}: ${stderr.trim().slice(-1500)}`);
    return;
  }
  outcome.told = report.findings.map(({ cause, node }) => `${cause} on ${node}`);
  outcome.verdict = judge(one, report);
  outcome.failures.push(...outcome.verdict.failures);
  outcome.evidence.push(JSON.stringify(report, undefined, 1));
  if (!outcome.verdict.isRightNode && directory !== undefined) await keepFacts(world, one, directory);
  const changes = differencesOf(before, await world.look());
  if (changes.length > 0) outcome.failures.push(`doctor has changed: ${changes.slice(0, 6).join("; ")}`);
  if (code !== (report.findings.length > 0 ? 1 : 0)) outcome.failures.push(`doctor ended with ${code}`);
  if (!outcome.verdict.isRight || one.faults.length === 0) return;
  const [first] = report.findings;
  const isAutomatic = first?.fix?.automatic ?? false;
  if (one.repair === "automatic" && !isAutomatic)
    outcome.failures.push("doctor does not repair it by itself");
  if (!isAutomatic && !first?.fix?.summary) outcome.failures.push("doctor does not say what is to be done");
  if (isAutomatic) await repair(world, outcome);
}

/** `doctor --repair` must end with a pair that is well, and that really fails over. */
async function repair(world: World, outcome: Outcome): Promise<void> {
  outcome.repaired = false;
  const { code, stdout, stderr } = await world.cli("doctor", "--repair", "--json");
  outcome.evidence.push(`doctor --repair: ${code}\n${stdout.slice(0, 6000)}\n${stderr}`);
  const failures: string[] = [];
  // What somebody goes on doing is not put right for long, and the doctor says so.
  if (code !== 0 && outcome.case.repair !== "automatic") return void (outcome.repaired = undefined);
  if (code !== 0) failures.push(`doctor --repair ended with ${code}: ${stderr.trim().slice(-800)}`);
  if (outcome.case.repair === "automatic" || code === 0) {
    await until("one node holds the address after the repair", 20_000, async () => {
      return (await world.holders()).length === 1 && (await world.answers());
    }).catch((error: Error) => failures.push(error.message));
    // A preferred node may still be about to take it.
    await sleep(1500);
    if (failures.length === 0) failures.push(...(await world.failover()));
  }
  outcome.repaired = failures.length === 0;
  outcome.failures.push(...failures);
}

/** What the doctor had to judge by, near enough: a second look at once after the first. */
async function keepFacts(world: World, { family, name }: Case, directory: string): Promise<void> {
  mkdirSync(directory, { recursive: true });
  await Promise.all(
    world.nodes
      .filter(({ isOn }) => isOn)
      .map(async (host) => {
        const { stdout } = await host.exec(`vrrp-agent examine ${world.kind.cluster}`, { check: false });
        const file = `${family} ${name}`.replace(/[^a-z0-9]+/gi, "-").slice(0, 80);
        writeFileSync(join(directory, `${file}.${host.name}`), stdout);
      }),
  );
}

function read(text: string): Report | undefined {
  try {
    const report = JSON.parse(text) as Report;
    return Array.isArray(report.findings) ? report : undefined;
  } catch {
    return undefined;
  }
}
