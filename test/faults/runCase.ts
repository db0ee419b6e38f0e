import type { ChildProcess } from "node:child_process";
import type { Host, Result } from "../../lab";
import { draw, type Watch } from "../../lab/watch";
import type { FaultCase, Role, Step } from "./cases";
import { allVips, type ChangeName, changes } from "./changes";
import { running, runningOf } from "./daemon";
import { Armed } from "./host";
import { endsAfter, type Interruption, interruptionOf, lasting, type Target } from "./interruptions";
import { type Expected, judgeStates, judgeTimeline, type Verdict } from "./judge";
import { undoSeconds, type World } from "./world";

/**
 * Seconds within which the hosts must be at one generation and at rest: after the fault, or after it has ended where
 * the host could do nothing while it lasted. The undo time, one more try of the undo, and the daemon's own start.
 */
export const recovery = undoSeconds + 30;

/** Seconds for which pulumi may be at work without a step on any host before it counts as hanging. */
const idle = 20;

/** What came of a case. */
export interface Outcome {
  case: FaultCase;
  /** Name of the host that was struck. */
  host: string;
  /** The command before which it was struck. */
  where: string;
  generation?: "old" | "new";
  /** Seconds from the fault until the hosts were at one generation and at rest. */
  consistentAfter?: number;
  /** Seconds; the longest time that an address was without holder. */
  gap: number;
  /** Seconds; the longest time that two held one. */
  overlap: number;
  /** Seconds that the case took. */
  took: number;
  /** One sentence each; empty: passed. */
  failures: string[];
  /** What was seen, for whoever looks into a failure. */
  evidence: string[];
}

const now = () => performance.now() / 1000;
const sleep = (count: number) => new Promise((resolve) => setTimeout(resolve, count * 1000));

/** Runs one case: the interrupted apply, the judgement, the next apply, and the one after it. */
export async function runCase(
  world: World,
  one: FaultCase,
  calls: ReadonlyMap<Role, ReadonlyMap<Step, number>>,
): Promise<Outcome> {
  const run = new Run(world, one, calls);
  const started = now();
  try {
    await run.play();
  } catch (error) {
    run.outcome.failures.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
  try {
    await run.end();
  } catch (error) {
    run.outcome.failures.push(`clearing away: ${(error as Error).message}`);
  }
  run.outcome.took = now() - started;
  return run.outcome;
}

class Run {
  readonly outcome: Outcome;
  private readonly interruption: Interruption;
  private watch: Watch | undefined;
  private armed: Armed | undefined;
  private target: Target | undefined;
  private child: ChildProcess | undefined;
  private wasKilled = false;

  constructor(
    private readonly world: World,
    private readonly one: FaultCase,
    private readonly calls: ReadonlyMap<Role, ReadonlyMap<Step, number>>,
  ) {
    this.interruption = interruptionOf(one);
    this.outcome = {
      case: one,
      host: "?",
      where: "",
      gap: 0,
      overlap: 0,
      took: 0,
      failures: [],
      evidence: [],
    };
  }

  async play(): Promise<void> {
    const { world, one, interruption, outcome } = this;
    await world.be(one.from);
    const holder = await world.holder();
    const host = world.lab.hosts.find((each) => (each === holder) === (one.role === "holder"))!;
    const peer = world.lab.hosts.find((each) => each !== host)!;
    outcome.host = host.name;
    this.target = { world, host, peer, how: one.how, pulumi: () => this.child };
    if (interruption.isFirstApply) await world.stack.destroy();
    const before = await world.states();
    const generation = [...before.values()][0]!.generation;
    const expected: Expected = {
      allVips,
      generations: [
        { name: "old", generation, vips: interruption.isFirstApply ? [] : changes[one.from].vips },
        { name: "new", vips: changes[one.to].vips },
      ],
    };
    // A run of a timer that has just been ended may still be there.
    const start = await this.await(now() + recovery, expected);
    if (start.problems.length > 0)
      throw new Error(`the hosts were not at rest before: ${start.problems.join("; ")}`);
    this.watch = await world.watch();
    world.spec = undefined;
    await world.configure(one.to, interruption.spec);
    await interruption.prepare?.(this.target);

    const struckAt = await this.interrupt(host);
    const verdict = await this.judge(struckAt, expected);
    outcome.generation = verdict.outcome;
    if (verdict.problems.length > 0) {
      await this.keepEvidence(verdict);
      return;
    }
    await this.next(verdict, expected);
  }

  /** Starts the apply and strikes. Returns when it struck. */
  private async interrupt(host: Host): Promise<number> {
    const { one, interruption, outcome } = this;
    const target = this.target!;
    if (one.step === "agent") this.world.program.renewAgent();
    if (interruption.strike === undefined) {
      const at = now();
      this.watch!.mark("apply started");
      await this.up("the interrupted up");
      const missed = await interruption.missed?.(target);
      if (missed !== undefined) outcome.failures.push(`the fault did not happen: ${missed}`);
      return at;
    }
    const known = this.calls.get(one.role)?.get(one.step) ?? 0;
    const call = one.at === 0 ? 0 : one.at === 1 ? Infinity : Math.max(1, Math.round(one.at * known));
    this.armed = await Armed.arm(host, one.step, call);
    const up = this.up("the interrupted up");
    const struck = await Promise.race([this.armed.struck, up.then(() => undefined)]);
    if (struck === undefined)
      throw new Error(`the fault did not happen: ${one.step} was not reached on ${host.name}`);
    outcome.where = `${struck.where} (call ${call} of ${known})`;
    this.watch!.mark(`${one.kind} on ${host.name}`);
    const at = now();
    await interruption.strike(target, struck);
    await this.armed.release();
    const end = endsAfter(one);
    if (end !== undefined) {
      await sleep(end);
      await interruption.lift?.(target);
      this.watch!.mark("the fault has ended");
    }
    if (interruption.isLasting?.(one.how)) {
      await sleep(lasting);
      // What must be right must be so while the fault lasts.
      const verdict = await this.await(at + recovery, undefined);
      if (verdict.problems.length > 0) {
        outcome.failures.push(...verdict.problems.map((problem) => `while the fault lasts: ${problem}`));
        await this.keepEvidence(verdict);
      }
      await interruption.lift?.(target);
      this.watch!.mark("the fault has ended");
    }
    await this.endPulumi(up);
    return at;
  }

  /**
   * Waits until the interrupted pulumi has ended. One that waits for a connection that is dead, while no step runs on
   * any host, is ended as an operator does.
   */
  private async endPulumi(up: Promise<unknown>): Promise<void> {
    const isDone = (seconds: number) => Promise.race([up.then(() => true), sleep(seconds).then(() => false)]);
    if (await isDone(idle)) return;
    for (let quiet = 0; quiet < 2;) {
      if (await isDone(idle / 4)) return;
      const states = await this.world.states();
      quiet = [...states.values()].some(({ busy }) => busy.length > 0) ? 0 : quiet + 1;
    }
    this.outcome.evidence.push("pulumi was interrupted, as it did not end by itself");
    for (let tries = 0; tries < 3; tries++) {
      this.child?.kill("SIGINT");
      if (await isDone(5)) return;
    }
    this.child?.kill("SIGKILL");
    await up;
  }

  /** Judges the hosts once pulumi has ended. */
  private async judge(struckAt: number, expected: Expected): Promise<Verdict> {
    const { world, interruption, outcome } = this;
    if (this.wasKilled) await world.stack.pulumi(["cancel", "--yes"], { check: false });
    const verdict = await this.await(now() + recovery, expected);
    outcome.consistentAfter = now() - struckAt;
    outcome.failures.push(...verdict.problems);
    if (verdict.problems.length === 0 && verdict.generation !== "0") {
      await this.judgeDaemons("after the fault", verdict.outcome === "old" ? this.one.from : this.one.to);
    }
    await this.armed?.disarm();
    for (const host of world.lab.hosts) {
      const problem = await world.sshProblem(host);
      if (problem !== undefined) outcome.failures.push(`${host.name}: ${problem}`);
    }
    if (outcome.failures.length > 0) await this.keepEvidence(verdict);
    await interruption.lift?.(this.target!);
    return verdict;
  }

  /** Waits until nothing is wrong with the hosts, or it is too late. */
  private async await(end: number, expected: Expected | undefined): Promise<Verdict> {
    for (;;) {
      const states = await this.world.states();
      const anything = { mayBeBusy: true, allVips: [], generations: [{ name: "old" as const, vips: [] }] };
      const verdict = judgeStates(states, expected ?? anything);
      if (verdict.problems.length === 0 || now() > end) return verdict;
      await sleep(0.7);
    }
  }

  /** Whether the daemons run with the files that are there. */
  private async judgeDaemons(when: string, name: ChangeName): Promise<void> {
    for (const [index, host] of this.world.lab.hosts.entries()) {
      const [is, wanted] = [await running(host), runningOf(changes[name], index)].map((one) =>
        JSON.stringify(one),
      );
      if (is !== wanted)
        this.outcome.failures.push(`${when}: ${host.name}'s keepalived runs with ${is}, not ${wanted}`);
    }
  }

  /** The next apply takes the hosts to the new generation, and the one after has nothing to do. */
  private async next(verdict: Verdict, expected: Expected): Promise<void> {
    const { world, one, outcome } = this;
    this.watch!.mark("the next up");
    const next = await this.up("the next up");
    if (next.code !== 0) outcome.failures.push(`the next pulumi up ended with ${next.code}`);
    const [old] = expected.generations;
    const settled = { ...expected, generations: [{ name: "new" as const, vips: changes[one.to].vips }] };
    const after = await this.await(now() + recovery, settled);
    outcome.failures.push(...after.problems.map((problem) => `after the next up: ${problem}`));
    if (after.problems.length === 0) await this.judgeDaemons("after the next up", one.to);
    if (after.generation === old?.generation)
      outcome.failures.push("after the next up: the hosts are at the old generation");
    if (verdict.outcome === "new" && verdict.generation !== after.generation) {
      outcome.failures.push("after the fault: the hosts were at neither the old nor the new generation");
    }
    this.watch!.mark("the up after it");
    const last = await this.up("the up after it", ["--expect-no-changes"]);
    if (last.code !== 0) outcome.failures.push("the pulumi up after the next one was not unchanged");
    await this.stopWatch();
    if (outcome.failures.length > 0) await this.keepEvidence(after);
    else if (this.interruption.spec === undefined) world.spec = one.to;
  }

  /** Ends the watch and judges what it saw. */
  private async stopWatch(): Promise<void> {
    const { watch, outcome } = this;
    if (watch === undefined) return;
    this.watch = undefined;
    const timeline = await watch.stop();
    const { problems, gap, overlap } = judgeTimeline(timeline, allVips, this.kept);
    Object.assign(outcome, { gap, overlap });
    outcome.failures.push(...problems);
    if (problems.length > 0) {
      const query = { vip: allVips[0]!, virtualRouterId: changes[this.one.to].virtualRouterId };
      outcome.evidence.push(draw(timeline, query));
    }
  }

  /** The addresses that both generations have. */
  private get kept(): string[] {
    const { from, to } = this.one;
    return this.interruption.isFirstApply
      ? []
      : changes[from].vips.filter((vip) => changes[to].vips.includes(vip));
  }

  private async up(what: string, args: string[] = []): Promise<Result> {
    const start = now();
    const result = await this.world.stack.up(args, {
      check: false,
      timeout: 300_000,
      onStart: (child) => (this.child = child),
    });
    this.wasKilled = result.code === 137;
    const said = `${result.stdout}\n${result.stderr}`
      .split("\n")
      .filter((line) => !/^@ updating|^ [~+-]/.test(line));
    this.outcome.evidence.push(
      `${what}: exit status ${result.code} after ${(now() - start).toFixed(1)} s\n${said.join("\n").trim().slice(-3000)}`,
    );
    return result;
  }

  /** What the hosts say, when something is wrong. */
  private async keepEvidence(verdict: Verdict): Promise<void> {
    const words =
      "date; vrrp-agent status; vrrp-agent generations; ls -la /var/lib/vrrp-agent/gw /run/vrrp-agent /run/vrrp-agent/gw; " +
      "cat /var/lib/vrrp-agent/gw/pending; ip -o -4 address show dev eth0; " +
      "journalctl --no-pager --quiet -o short-precise -n 25 -u 'vrrp-agent-undo-*'; " +
      "journalctl --no-pager --quiet -o short-precise -n 25 -u keepalived; df -k / /run | tail -n 2";
    this.outcome.evidence.push(`judged: ${verdict.problems.join("; ") || "nothing wrong"}`);
    for (const host of this.world.lab.hosts) {
      if (!host.isOn) continue;
      const { stdout, stderr } = await host.exec(words, { check: false, timeout: 20_000 });
      this.outcome.evidence.push(`${host.name}:\n${stdout}${stderr}`);
    }
  }

  /** Leaves nothing of the case behind. */
  async end(): Promise<void> {
    await this.armed?.disarm();
    if (this.target !== undefined) await this.interruption.lift?.(this.target);
    await this.stopWatch();
  }
}
