import { type Host, type Image, Lab, Stack, until } from "../../../lab";
import {
  type Expectation,
  type Instant,
  type Timeline,
  type Watch,
  between,
  draw,
  judge,
  now,
  preemptionOverlap,
} from "../../../lab/watch";
import { watchLab } from "../../../lab/watchLab";
import { type VrrpTiming, masterDownInterval, takeoverAfterGracefulStop } from "../../../simulate/timing";
import type { VrrpVersion } from "../../../spec/model";
import { configure, nodeOf } from "./cluster";

/** Seconds that a shared machine may add to a timer. */
export const slack = 0.25;

const virtualRouterId = 51;
/** Seconds looked at after an event has settled. */
const tail = 0.3;
/** Seconds within which an answer counts as one of now: those for several addresses are read side by side. */
export const fresh = 0.5;

/** What the cluster of a test is; the rest as in cluster.ts. */
export interface PairOptions {
  version: VrrpVersion;
  advertInt: number;
  /** Virtual addresses, without prefix length. */
  vips: readonly string[];
  /** More words of the spec. */
  cluster?: Record<string, unknown>;
  secrets?: Record<string, string>;
  /** What the disks of both hosts hold at first, gw-a's first. */
  images?: readonly [Image, Image];
  /** What is done to the hosts before the first apply. */
  prepare?: (lab: Lab) => Promise<unknown>;
  /** Size of each disk. @default the lab's */
  diskMegabytes?: number;
}

/** What an event must look like, of every virtual address alike. */
export type EventExpectation = Omit<Expectation, "vip" | "virtualRouterId">;

/** What was seen of an event. */
export interface Seen {
  /** What was not as expected, one sentence each. */
  failures: string[];
  timeline: Timeline;
  /** When it was made to happen. */
  struck: Instant;
}

/** Two real hosts that `pulumi up` has made a pair of, gw-a preferred, and everything that watches them. */
export class WatchedPair {
  private constructor(
    readonly lab: Lab,
    readonly stack: Stack,
    readonly watch: Watch,
    private readonly options: PairOptions,
  ) {}

  static async start(options: PairOptions): Promise<WatchedPair> {
    const { images: [image, other] = [], diskMegabytes } = options;
    const lab = await Lab.start({
      hosts: [
        { name: "gw-a", image, diskMegabytes },
        { name: "gw-b", image: other, diskMegabytes },
      ],
    });
    let stack: Stack | undefined;
    try {
      await options.prepare?.(lab);
      stack = await Stack.create({ client: lab.client });
      const watch = await watchLab(lab, options.vips);
      const pair = new WatchedPair(lab, stack, watch, options);
      await pair.apply();
      return pair;
    } catch (error) {
      stack?.remove();
      await lab.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    await this.watch.stop();
    this.stack.remove();
    await this.lab.stop();
  }

  get a(): Host {
    return this.lab.host("gw-a");
  }

  get b(): Host {
    return this.lab.host("gw-b");
  }

  /** Seconds by the timers from a holder's last advert to the takeover by a host of this priority. */
  afterSilence(priority = 90): number {
    return masterDownInterval(this.timing(priority));
  }

  /** The same where the holder says that it stops. */
  afterGoodbye(priority = 90): number {
    return takeoverAfterGracefulStop(this.timing(priority)).max;
  }

  /** What is expected when the addresses move within `bound` seconds by the timers, and nobody is cut apart. */
  moves(before: string, after: string, bound: number): EventExpectation {
    return { before, after, withoutHolder: bound + slack, gap: bound + slack };
  }

  /** What is expected when a host takes over while the other still serves. */
  preempts(before: string, after: string): EventExpectation {
    const brief = { withoutHolder: preemptionOverlap, twoHolders: preemptionOverlap };
    return { before, after, ...brief, silence: slack };
  }

  /** What is expected when the addresses stay where they are. */
  stays(host: string): EventExpectation {
    return { before: host, after: host, silence: slack };
  }

  /** Runs `pulumi up` with changes of the spec; what it said. */
  async apply(changes: Record<string, unknown> = {}): Promise<string> {
    await this.configure(changes);
    const { stdout, stderr } = await this.stack.up();
    return stdout + stderr;
  }

  /** Gives the stack its spec with changes. */
  async configure(changes: Record<string, unknown> = {}): Promise<void> {
    const { version, advertInt, vips, cluster, secrets } = this.options;
    const nodes = this.lab.hosts.map((host) => ({
      ...nodeOf(host),
      ...(vips.some((vip) => vip.includes(":")) && { unicastSrcIp6: host.address6 }),
    }));
    const virtualIpAddresses = vips.map((vip) => `${vip}/${vip.includes(":") ? 64 : 24}`);
    const spec = { version, advertInt, virtualIpAddresses, ...cluster, ...changes };
    await configure(this.stack, this.lab, nodes, spec, secrets);
  }

  /** Waits until no host has a change that is not confirmed yet. */
  async atRest(): Promise<void> {
    await until("no change is pending", 60_000, async () => {
      const found = await Promise.all(
        this.lab.hosts.map((host) => host.exec("ls /var/lib/vrrp-agent/gw/pending", { check: false })),
      );
      return found.every(({ code }) => code !== 0);
    });
  }

  /** Waits until one host alone holds every address and answers the client. */
  async settled(host: string): Promise<void> {
    await until(`${host} alone holds ${this.options.vips.join()} and answers`, 30_000, () =>
      this.options.vips.every((vip) => {
        const answer = this.watch.lastAnswer(vip);
        const isFresh = answer?.host === host && now() - answer.at < fresh;
        return isFresh && this.watch.holders(vip).join() === host;
      }),
    );
  }

  /** Waits until a host answers the client for every address, whoever else holds it. */
  async answeredBy(host: string): Promise<void> {
    await until(`${host} answers`, 30_000, () =>
      this.options.vips.every((vip) => this.watch.lastAnswer(vip)?.host === host),
    );
  }

  /** Waits until the client has been answered `seconds` after now. */
  async answeredFor(seconds: number): Promise<void> {
    const end = now() + seconds;
    await until("the client is answered", 10_000 + seconds * 1000, () =>
      this.options.vips.every((vip) => (this.watch.lastAnswer(vip)?.at ?? 0) > end),
    );
  }

  /** Lets something happen, and judges it from before it to after the pair has settled. */
  async event(label: string, strike: () => Promise<unknown>, expected: EventExpectation): Promise<Seen> {
    await this.settled(expected.before);
    const from = now();
    // An advert of the holder is to be seen before it is struck.
    await this.answeredFor(this.options.advertInt + 0.2);
    const struck = this.watch.mark(label);
    await strike();
    return { ...(await this.seen(label, from, expected)), struck };
  }

  /** Judges, for every address, what has happened since an instant, after the pair has settled. */
  async seen(label: string, from: Instant, expected: EventExpectation): Promise<Seen> {
    await this.settled(expected.after);
    const to = now() + tail;
    await this.answeredFor(tail);
    const timeline = between(await this.watch.timeline(), from, to);
    const failures = this.options.vips.flatMap((vip) => {
      const query = { vip, virtualRouterId };
      const own = judge(timeline, { ...query, ...expected }).failures;
      const moved = { from: expected.before, to: expected.after };
      if (own.length > 0) console.error(`${label}\n${draw(timeline, { ...query, moved })}`);
      return own;
    });
    return { failures, timeline, struck: from };
  }

  private timing(priority: number): VrrpTiming {
    const { version, advertInt } = this.options;
    return { version, advertInt, priority };
  }
}
