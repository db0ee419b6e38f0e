import { isSeen, observe, type Seen } from "../observation";
import { switchOver } from "../switchover";
import type { DrillHost } from "./host";
import { type Choice, DrillKind, type PhaseRecord, type Prediction } from "./model";
import { takenAt } from "./holders";
import { isHome, look } from "./restore";
import type { Watching } from "./watching";

/** What the addresses are moved by. */
export interface MoveOptions {
  cluster: string;
  kind: DrillKind;
  hosts: ReadonlyMap<string, DrillHost>;
  choice: Choice;
  /** How everything was before. */
  before: readonly Seen[];
  prediction: Prediction;
  watching: Watching;
  signal?: AbortSignal;
  say: (line: string) => void;
  pause: (milliseconds: number) => Promise<void>;
  /** Seconds that a role may take. */
  patience: number;
}

/** Ended by whoever runs it. */
export class Interrupted extends Error {}

/** Milliseconds beyond the prediction after which nobody is waited for any more. */
const LATE = 15_000;
/** Milliseconds within which a former holder has let go. */
const LET_GO = 5000;
/** Milliseconds within which what starts services has started a keepalived that was killed. */
const RESTART = 30_000;

/** What came of the strike. */
export interface Moved {
  phase: PhaseRecord;
  problems: string[];
  notes: string[];
}

/** Strikes, and waits until the next node is what it is to be. Never fails: what went wrong is told. */
export async function move(options: MoveOptions): Promise<Moved> {
  const { choice, prediction } = options;
  const began = Date.now();
  const phase: PhaseRecord = {
    name: "move",
    from: choice.from,
    to: choice.to,
    began,
    ended: began,
    prediction,
  };
  const moved: Moved = { phase, problems: [], notes: [] };
  try {
    await pass(options, moved);
  } catch (error) {
    if (!(error instanceof Interrupted)) moved.problems.push((error as Error).message);
  }
  if (phase.ended === began) phase.ended = Date.now();
  return moved;
}

async function pass(options: MoveOptions, { phase, problems, notes }: Moved): Promise<void> {
  const { kind, choice, prediction, watching, signal, say } = options;
  const { from, to } = choice;
  const problem = kind === DrillKind.Drain ? await giveAway(options) : await strike(options, phase);
  unlessOver(signal);
  if (problem !== undefined) {
    problems.push(problem);
    return;
  }
  const moving = Object.keys(choice.home).filter((address) => choice.home[address] === from);
  const since = phase.struck ?? phase.began;
  const hasTaken = () => takenAt(watching.records, to, moving, since) !== undefined;
  const patience = prediction.bounds.gap + LATE;
  const isTaken = await watching.until(hasTaken, patience, signal);
  unlessOver(signal);
  if (isTaken) {
    // Else a time in which two have them would end with the phase.
    await watching.until(() => !moving.some((one) => watching.holds(from).includes(one)), LET_GO, signal);
    say(`${to} has the addresses`);
    // Who is preferred takes them back as soon as it runs: what its peer had to do for so short is not waited for.
    if (kind === DrillKind.Drain || keeps(options)) {
      phase.reached = await rolesReached(options);
      if (phase.reached === undefined)
        problems.push(`the roles were not reached within ${options.patience} s; see vrrp-agent status`);
    }
  } else {
    problems.push(`${to} has not taken the addresses over within ${Math.round(patience / 1000)} s`);
  }
  phase.ended = Date.now();
  if (kind === DrillKind.Kill) notes.push(await daemonBack(options, phase));
}

function unlessOver(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw new Interrupted();
}

const keeps = ({ before, choice }: MoveOptions) =>
  before.some(({ node, status }) => node === choice.to && status.keeps);

async function giveAway({
  cluster,
  hosts,
  choice,
  say,
  pause,
  patience,
}: MoveOptions): Promise<string | undefined> {
  const { problem } = await switchOver({
    hosts: [...hosts.values()],
    cluster,
    to: choice.to,
    force: false,
    patience,
    say,
    pause,
  });
  return problem;
}

async function strike(
  { kind, hosts, choice, watching, say }: MoveOptions,
  phase: PhaseRecord,
): Promise<string | undefined> {
  const { from } = choice;
  say(kind === DrillKind.Kill ? `keepalived is killed on ${from}` : `keepalived is stopped on ${from}`);
  const sent = Date.now();
  const { code, stdout, stderr } = await hosts.get(from)!.strike(kind === DrillKind.Kill ? "kill" : "stop");
  if (code !== 0) return `keepalived of ${from} was not ended: ${stderr.trim() || `status ${code}`}`;
  const uptime = Number.parseFloat(stdout);
  phase.struck = (Number.isFinite(uptime) ? watching.instantOf(from, uptime * 1000) : undefined) ?? sent;
  return undefined;
}

/** When every node's role was reached, or undefined: not in time. */
async function rolesReached(options: MoveOptions): Promise<number | undefined> {
  const { patience, pause, kind, choice } = options;
  for (const end = Date.now() + patience * 1000; ; await pause(300)) {
    const seen = (await look(options)).filter(isSeen);
    const isStruck = (node: string) => kind !== DrillKind.Drain && node === choice.from;
    const behind = seen.filter(
      ({ node, status: { role } }) => role !== null && role.wanted !== role.reached && !isStruck(node),
    );
    if (behind.length === 0 && !isHome(choice, seen)) return Date.now();
    if (Date.now() > end || isHome(choice, seen)) return undefined;
  }
}

/** What started services does after a kill, in words. */
async function daemonBack(
  { cluster, hosts, choice, pause }: MoveOptions,
  { struck, began }: PhaseRecord,
): Promise<string> {
  const { from } = choice;
  for (const end = Date.now() + RESTART; ; await pause(300)) {
    const seen = await observe(hosts.get(from)!, cluster);
    if (isSeen(seen) && seen.running) {
      const took = ((Date.now() - (struck ?? began)) / 1000).toFixed(1);
      return `keepalived ran again on ${from} within ${took} s of the kill, started by what starts services there`;
    }
    if (Date.now() > end) return `nothing has started keepalived on ${from} again within ${RESTART / 1000} s`;
  }
}
