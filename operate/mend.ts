import { type Cause, type Symptom } from "../doctor/causes";
import type { Diagnosis, Finding, NodeFacts } from "../doctor/model";
import { type Held, repairPlan, type Step } from "../doctor/report";
import { type Host, NOT_REACHED } from "./host";

/** All nodes as they were seen, and what that means. */
export interface Look {
  nodes: NodeFacts[];
  diagnosis: Diagnosis;
}

export interface MendOptions {
  hosts: readonly Host[];
  cluster: string;
  /** The look that shows what is to be done. */
  first: Look;
  /** Looks at all hosts again. */
  look: () => Promise<Look>;
  /** Repairs of other causes are left. @default all */
  only?: readonly Cause[];
  /** Told of each step. */
  say: (line: string) => void;
  pause?: (milliseconds: number) => Promise<void>;
}

/** A repair that was tried. */
export interface Mended {
  node: string;
  cause: Cause;
  action: string[];
  /**
   * done: the cause is gone; failed: the agent could not; no-help: it is still there; undone: something else went wrong; cut:
   * the host was lost while it was at it, and may still be.
   */
  outcome: "done" | "failed" | "no-help" | "undone" | "cut";
  words: string;
}

export interface MendReport {
  repairs: Mended[];
  /** What could be repaired, and must not yet. */
  held: Held[];
  /** The last look. */
  last: Look;
}

/** Repairs at most: more would be no repair any more. */
const MOST = 20;
/** Seconds that one may take: a role has to be reached. */
const LIMIT = 240;
/** Seconds that the roles have to settle where no node says it. */
const SETTLE = 4;

/** How bad it is for whoever uses the addresses. */
const SEVERITY: Record<Symptom, number> = {
  degraded: 1,
  flapping: 2,
  "vip-unreachable": 3,
  "master-without-vip": 3,
  "dual-master": 3,
  "no-master": 4,
};

/**
 * Puts right what can be, one at a time, with a look after each; takes back one that has made it worse. Ends there, and where
 * a host may still be at it: the next one could let go of what this one is about to.
 */
export async function mend(options: MendOptions): Promise<MendReport> {
  const { first, only, say } = options;
  const report: MendReport = { repairs: [], held: [], last: first };
  const tried = new Set<string>();
  while (report.repairs.length < MOST) {
    const plan = repairPlan(report.last.diagnosis, report.last.nodes, only);
    report.held = plan.held;
    const step = plan.steps.find((one) => !tried.has(keyOf(one)));
    if (step === undefined) break;
    tried.add(keyOf(step));
    say(`${step.node}: ${step.finding.cause}: vrrp-agent repair ${options.cluster} ${step.action.join(" ")}`);
    const mended = await tryStep(step, report, options);
    report.repairs.push(mended);
    say(`${step.node}: ${mended.outcome}${mended.words === "" ? "" : `: ${mended.words}`}`);
    if (mended.outcome === "undone" || mended.outcome === "cut") break;
  }
  return report;
}

const keyOf = ({ node, action }: Step) => [node, ...action].join(" ");

async function tryStep(step: Step, report: MendReport, options: MendOptions): Promise<Mended> {
  const { cluster, look } = options;
  const { node, action, finding } = step;
  const mended = { node, action, cause: finding.cause };
  const host = options.hosts[report.last.nodes.findIndex((one) => one.node === node)];
  if (host === undefined)
    return { ...mended, outcome: "failed", words: `${node} is no node that was looked at` };
  const { code, stdout, stderr } = await host.agent(["repair", cluster, ...action], LIMIT);
  const before = report.last;
  if (code === NOT_REACHED) {
    report.last = await look();
    const advice = `it may still be at it there: wait, and see vrrp-agent diagnose ${cluster}`;
    return { ...mended, outcome: "cut", words: `${lastLine(stderr || stdout)}; ${advice}` };
  }
  if (code !== 0) return await afterFailure(mended, lastLine(stderr || stdout), report, options);
  await settled(report.last.nodes, options);
  report.last = await look();
  // What a change of roles shows for a moment is gone at a second look.
  if (isWorse(before.diagnosis, report.last.diagnosis, finding) || remains(report.last.diagnosis, finding)) {
    await settled(report.last.nodes, options);
    report.last = await look();
  }
  const worse = isWorse(before.diagnosis, report.last.diagnosis, finding);
  if (worse === undefined && !remains(report.last.diagnosis, finding))
    return { ...mended, outcome: "done", words: lastLine(stdout) };
  const undone = await takeBack(host, cluster, action, lastLine(stdout));
  await settled(report.last.nodes, options);
  report.last = await look();
  return worse === undefined
    ? { ...mended, outcome: "no-help", words: `${finding.cause} is still there; ${undone}` }
    : { ...mended, outcome: "undone", words: `${worse}; ${undone}` };
}

/** The agent itself takes back what it could not finish. Where it is worse all the same, nothing is tried after it. */
async function afterFailure(
  mended: Omit<Mended, "outcome" | "words">,
  words: string,
  report: MendReport,
  options: MendOptions,
): Promise<Mended> {
  const before = report.last.diagnosis;
  const worse = () => worseSymptom(before, report.last.diagnosis);
  report.last = await options.look();
  if (worse() !== undefined) {
    await settled(report.last.nodes, options);
    report.last = await options.look();
  }
  const now = worse();
  return now === undefined
    ? { ...mended, outcome: "failed", words }
    : { ...mended, outcome: "undone", words: `${words}; ${now}` };
}

/** In words. */
async function takeBack(host: Host, cluster: string, action: string[], done: string): Promise<string> {
  if (done.startsWith("nothing to do")) return done;
  const { code, stderr } = await host.agent(["repair", cluster, "--undo", ...action], LIMIT);
  return code === 0 ? "taken back" : `not taken back: ${lastLine(stderr)}`;
}

const same = (one: Finding, other: Finding) => one.cause === other.cause && one.node === other.node;

const remains = ({ findings }: Diagnosis, finding: Finding) => findings.some((one) => same(one, finding));

/**
 * What is worse now. What comes to light when its cover is gone is no worse by itself: a dead daemon hides what its config
 * lacks. It is where the addresses are served worse, or where the cause is still there and another one with it.
 */
function isWorse(before: Diagnosis, after: Diagnosis, finding: Finding): string | undefined {
  const symptom = worseSymptom(before, after);
  if (symptom !== undefined) return symptom;
  const fresh = after.findings.find((one) => !before.findings.some((known) => same(known, one)));
  return fresh !== undefined && remains(after, finding)
    ? `now there is also ${fresh.cause} on ${fresh.node}`
    : undefined;
}

function worseSymptom(before: Diagnosis, after: Diagnosis): string | undefined {
  const worst = ({ symptoms }: Diagnosis) => Math.max(0, ...symptoms.map(({ symptom }) => SEVERITY[symptom]));
  if (worst(after) <= worst(before) || worst(after) <= SEVERITY.degraded) return undefined;
  const symptom = after.symptoms.find((one) => SEVERITY[one.symptom] === worst(after))!;
  return `now there is ${symptom.symptom}: ${symptom.evidence}`;
}

async function settled(nodes: readonly NodeFacts[], { pause }: MendOptions): Promise<void> {
  const seconds = nodes.flatMap((one) =>
    "facts" in one
      ? one.facts.flatMap(([key, what, value]) =>
          key === "want" && what === "settle" ? [Number(value) || 0] : [],
        )
      : [],
  );
  const wait = pause ?? ((ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)));
  await wait(1000 * Math.max(0, ...(seconds.length > 0 ? seconds : [SETTLE])));
}

function lastLine(text: string): string {
  const line = text.trim().split("\n").at(-1) ?? "";
  return line.replace(/^vrrp-agent: \S+: repair: /, "");
}
