import { dead, decide, type Decision } from "./decide";
import { gapOf, Holding } from "./gap";
import type { Ended, Host } from "./host";
import { held, holdsAll, isSeen, type Observation, observe, type Seen } from "./observation";

/** What to move, where, and how to wait. */
export interface SwitchoverOptions {
  hosts: readonly Host[];
  cluster: string;
  /** Node that is to have the addresses. */
  to: string;
  force: boolean;
  /** Seconds that a target may take to become well, and its role to be reached. @default 120 */
  patience?: number;
  /** Told of each step. */
  say: (line: string) => void;
  pause?: (milliseconds: number) => Promise<void>;
}

/** An action of a role that has ended while the addresses moved. */
export interface ActionReport {
  node: string;
  name: string;
  /** Of its event: done, retry, failed, given-up, quiesced, not-ready. */
  state: string;
  milliseconds: number;
  words?: string;
}

/** How a switchover has ended. */
export interface SwitchoverReport {
  ok: boolean;
  to: string;
  /** Nodes that had the addresses before. */
  from: string[];
  moved: boolean;
  /** Milliseconds without holder, by what the nodes themselves have on their interfaces; absent where that is not known. */
  gapMs?: number;
  /** Seconds from the first step to the last. */
  seconds: number;
  actions: ActionReport[];
  notes: string[];
  problem?: string;
}

/** Seconds that a drain may take: what the actions need to get ready is bounded on the host. */
const DRAIN = 900;
/** Seconds beyond a hand-over that a drain waits for a target that is still drained itself. */
const TARGET_FOLLOWS = 30;
/** Seconds within which a former holder has let go of everything. */
const LET_GO = 15;

class Failed extends Error {}

/** Moves the addresses of a cluster to a node, make-before-break, and looks that they are there. */
export async function switchOver(options: SwitchoverOptions): Promise<SwitchoverReport> {
  return await new Switchover(options).run();
}

class Switchover {
  private readonly patience: number;
  private readonly pause: (milliseconds: number) => Promise<void>;
  private readonly began = Date.now();
  private readonly report: SwitchoverReport;
  private seen: Observation[] = [];
  /** Nodes that were not drained before. */
  private readonly drainedHere = new Set<string>();

  constructor(private readonly options: SwitchoverOptions) {
    this.patience = options.patience ?? 120;
    this.pause = options.pause ?? ((ms) => new Promise((resolve) => setTimeout(resolve, ms)));
    const { to } = options;
    this.report = { ok: false, to, from: [], moved: false, seconds: 0, actions: [], notes: [] };
  }

  async run(): Promise<SwitchoverReport> {
    try {
      await this.look();
      await this.revive();
      const decision = await this.settled();
      if (decision.kind === "move") await this.move(decision);
      else await this.stay();
      this.report.ok = true;
    } catch (error) {
      if (!(error instanceof Failed)) throw error;
      this.report.problem = error.message;
    }
    this.report.seconds = (Date.now() - this.began) / 1000;
    return this.report;
  }

  private async look(): Promise<void> {
    const { hosts, cluster } = this.options;
    this.seen = await Promise.all(hosts.map((host) => observe(host, cluster)));
  }

  private hostOf(node: string): Host {
    const at = this.seen.findIndex((one) => one.node === node);
    return this.options.hosts[at]!;
  }

  private note(text: string): void {
    this.report.notes.push(text);
    this.options.say(text);
  }

  /**
   * Starts a keepalived that is dead, wherever it is: a target must run, and a peer is what makes a pair of it. Drained, for a
   * preferred one would take the addresses before anything is ready.
   */
  private async revive(): Promise<void> {
    for (const { node, status } of dead(this.seen)) {
      if (!status.drained && held(this.seenOf(node)!).length === 0) await this.holdBack(node);
      const { code, stdout, stderr } = await this.hostOf(node).startKeepalived();
      this.note(
        code === 0
          ? `keepalived did not run on ${node} and was started`
          : `keepalived does not run on ${node} and does not start: ${(stderr || stdout).trim()}`,
      );
    }
    if (dead(this.seen).length > 0) await this.look();
  }

  /** Waits while time may mend what stands in the way. */
  private async settled(): Promise<Decision> {
    const { to, force } = this.options;
    const end = Date.now() + this.patience * 1000;
    for (let told = ""; ;) {
      const decision = decide(this.seen, to, force);
      if (decision.kind === "refused") throw new Failed(decision.why);
      if (decision.kind !== "wait") return decision;
      if (Date.now() > end) throw new Failed(decision.why);
      if (decision.why !== told) this.options.say(`waiting: ${decision.why}`);
      told = decision.why;
      await this.pause(1000);
      await this.look();
    }
  }

  private async move(decision: Extract<Decision, { kind: "move" }>): Promise<void> {
    const { target, holders, others, isBlind } = decision;
    this.report.from = holders;
    const watched = this.watch([target.node, ...holders]);
    try {
      if (isBlind) await this.promoteBlind(target);
      else await this.giveAway(target, holders, others);
      await this.arrived(target.node);
      this.report.moved = true;
      await this.settle(target);
      await this.roleReached(target.node);
    } finally {
      const holdings = await watched.end();
      const [to = [], ...from] = holdings.map((one) => one.changes);
      this.report.gapMs = this.report.moved ? gapOf(to, from) : undefined;
      await this.readEvents(holdings);
    }
  }

  private seenOf(node: string): Seen | undefined {
    return this.seen.filter(isSeen).find((one) => one.node === node);
  }

  private async holdBack(node: string): Promise<void> {
    const { code } = await this.hostOf(node).agent(["drain", this.options.cluster], DRAIN);
    if (code === 0) this.drainedHere.add(node);
  }

  /** It has everything; who was started beside it may come back as what it was. */
  private async stay(): Promise<void> {
    const { to } = this.options;
    const target = this.seenOf(to)!;
    this.report.notes.push(`${to} has all addresses already`);
    if (this.drainedHere.delete(to)) await this.undrain(to);
    await this.settle(target);
  }

  private async giveAway(target: Seen, holders: string[], others: string[]): Promise<void> {
    const { force, cluster } = this.options;
    const mustFollow = target.status.drained;
    const drain = async (node: string) => {
      this.options.say(`${node} gives the addresses away`);
      const words = ["drain", cluster, "--wait", String(mustFollow ? TARGET_FOLLOWS : 0)];
      const ended = await this.hostOf(node).agent([...words, ...(force ? ["--force"] : [])], DRAIN);
      if (ended.code !== 0) throw new Failed(`${node} keeps the addresses: ${wordsOf(ended)}`);
      this.drainedHere.add(node);
      drained.push(node);
    };
    const drained: string[] = [];
    try {
      // Else one of them might take what the target is to have.
      for (const node of others.filter((one) => !this.isDrained(one))) await drain(node);
      for (const node of holders) {
        let isOver = false;
        const gone = drain(node).finally(() => (isOver = true));
        // Drained as well it would not take over; before the holder is ready it would take over too early.
        if (mustFollow) {
          await Promise.race([gone, this.drainedAt(node, () => isOver)]);
          await this.undrain(target.node);
          this.drainedHere.delete(target.node);
        }
        await gone;
      }
    } catch (error) {
      if (mustFollow) await this.drainAgain(target.node);
      for (const node of drained) await this.undrain(node);
      throw error;
    }
  }

  private isDrained(node: string): boolean {
    return this.seen.some((one) => isSeen(one) && one.node === node && one.status.drained);
  }

  /** Until a host that is being drained has got ready and says so, or its drain has ended otherwise. */
  private async drainedAt(node: string, isOver: () => boolean): Promise<void> {
    for (const end = Date.now() + DRAIN * 1000; !isOver() && Date.now() < end; await this.pause(300)) {
      const now = await observe(this.hostOf(node), this.options.cluster);
      if (isSeen(now) && now.status.drained) return;
    }
  }

  private async undrain(node: string): Promise<void> {
    const ended = await this.hostOf(node).agent(["undrain", this.options.cluster], DRAIN);
    if (ended.code !== 0) this.note(`${node} is still drained: ${wordsOf(ended)}`);
  }

  /** It held nothing and was drained before. */
  private async drainAgain(node: string): Promise<void> {
    const now = await observe(this.hostOf(node), this.options.cluster);
    if (!isSeen(now) || now.status.drained || held(now).length > 0) return;
    await this.hostOf(node).agent(["drain", this.options.cluster], DRAIN);
  }

  private async promoteBlind(target: Seen): Promise<void> {
    this.note("nobody who was reached had the addresses: what their holder runs was not asked to get ready");
    const ended = await this.hostOf(target.node).agent(["promote", this.options.cluster, "--force"], DRAIN);
    if (ended.code !== 0) throw new Failed(`${target.node} did not get the addresses: ${wordsOf(ended)}`);
  }

  /** The target has everything, and nobody else anything. */
  private async arrived(to: string): Promise<void> {
    for (const end = Date.now() + LET_GO * 1000; ; await this.pause(500)) {
      await this.look();
      const seen = this.seen.filter(isSeen);
      const target = seen.find(({ node }) => node === to);
      const others = seen.filter((one) => one.node !== to && held(one).length > 0);
      if (target !== undefined && holdsAll(target) && others.length === 0) return;
      if (Date.now() <= end) continue;
      const where = [
        ...others.map(({ node }) => node),
        ...(target && holdsAll(target) ? [] : ["not all of it"]),
      ];
      throw new Failed(`${to} should have all addresses, and it is: ${where.join(", ")}; see status`);
    }
  }

  /** Ends the drains, where the addresses stay without them. */
  private async settle({ node: to, status }: Seen): Promise<void> {
    for (const node of this.drainedHere) {
      if (node === to) continue;
      if (status.keeps) await this.undrain(node);
      else
        this.note(
          `${node} stays drained, for it would take the addresses back: vrrp-agent undrain there, or switchover --to ${node}`,
        );
    }
  }

  private async roleReached(to: string): Promise<void> {
    const end = Date.now() + this.patience * 1000;
    for (;;) {
      const target = this.seen.filter(isSeen).find(({ node }) => node === to);
      const role = target?.status.role;
      if (role === null || (role?.wanted === "master" && role.reached === "master")) return;
      if (Date.now() > end) {
        const open = role?.actions
          .filter(({ state }) => state !== "done")
          .map(({ name, words }) => `${name} (${words})`);
        throw new Failed(
          `${to} has the addresses, and has not become master wholly within ${this.patience} s: ${open?.join(", ")}; see vrrp-agent status there`,
        );
      }
      await this.pause(500);
      await this.look();
    }
  }

  /** Looks on at what some nodes hold, the target first. */
  private watch(nodes: readonly string[]): { end: () => Promise<Holding[]> } {
    const over = new AbortController();
    const watches = nodes.map((node) => {
      const holding = new Holding();
      const lines = (line: string) => holding.add(line, Date.now());
      const ended = this.hostOf(node)
        .holding(DRAIN, over.signal, lines)
        .catch(() => undefined);
      return { holding, ended };
    });
    const end = async () => {
      over.abort();
      await Promise.all(watches.map(({ ended }) => ended));
      return watches.map(({ holding }) => holding);
    };
    return { end };
  }

  private async readEvents(holdings: readonly Holding[]): Promise<void> {
    const nodes = [this.options.to, ...this.report.from];
    for (const [at, node] of nodes.entries()) {
      const since = holdings[at]?.epoch;
      if (since === undefined) continue;
      const { code, stdout } = await this.hostOf(node).agent(
        ["events", this.options.cluster, String(since)],
        60,
      );
      if (code === 0) this.report.actions.push(...actionsOf(node, stdout));
    }
  }
}

function wordsOf({ stdout, stderr }: Ended): string {
  return (stderr.trim() || stdout.trim()).replace(/^vrrp-agent: [^:]*: [^:]*: /, "");
}

interface Event {
  kind: string;
  name: string;
  state: string;
  ms?: number;
  words?: string;
}

/** Of events.jsonl; a line that is cut off is none. */
export function actionsOf(node: string, lines: string): ActionReport[] {
  const events = lines.split("\n").flatMap((line): Event[] => {
    try {
      return [JSON.parse(line) as Event];
    } catch {
      return [];
    }
  });
  return events
    .filter(({ kind }) => kind === "ACTION")
    .map(({ name, state, ms = 0, words }) => ({
      node,
      name,
      state,
      milliseconds: ms,
      ...(words && { words }),
    }));
}
