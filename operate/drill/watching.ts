import { Holding } from "../gap";
import type { Host } from "../host";
import type { NodeRecord } from "./model";

/** Seconds for which a node is watched at most. */
const LONGEST = 3600;
/** Milliseconds within which each node has told what it has. */
const FIRST = 30_000;

/** What every node has, as it tells it (`vrrp-agent holding`). */
export class Watching {
  private readonly over = new AbortController();
  private readonly watches: { node: string; holding: Holding; broken?: string; ended: Promise<void> }[];
  private onLine: (() => void)[] = [];

  constructor(nodes: readonly { node: string; host: Host }[]) {
    this.watches = nodes.map(({ node, host }) => {
      const watch = { node, holding: new Holding(), ended: Promise.resolve() } as Watching["watches"][number];
      const broken = (why: string) => {
        if (!this.over.signal.aborted) watch.broken = why;
        this.wake();
      };
      watch.ended = host
        .holding(LONGEST, this.over.signal, (line) => {
          watch.holding.add(line, Date.now());
          this.wake();
        })
        .then(
          () => broken("it ended"),
          (error: Error) => broken(error.message.split("\n")[0]!),
        );
      return watch;
    });
  }

  /** Until every node has told what it has; false: one does not. */
  async begun(): Promise<boolean> {
    const told = () => this.watches.every(({ holding }) => holding.epoch !== undefined);
    const failed = () => this.watches.some(({ broken }) => broken !== undefined);
    await this.until(() => told() || failed(), FIRST);
    return told() && !failed();
  }

  /** Waits for something that the nodes tell, so many milliseconds; whether it came. */
  async until(holds: () => boolean, limit: number, signal?: AbortSignal): Promise<boolean> {
    const end = Date.now() + limit;
    while (!holds()) {
      const left = end - Date.now();
      if (left <= 0 || signal?.aborted === true) return false;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Math.min(left, 200));
        this.onLine.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
    return true;
  }

  /** What a node has now. */
  holds(node: string): readonly string[] {
    return this.of(node)?.holding.changes.at(-1)?.addresses ?? [];
  }

  /** An instant of a node's uptime by the clock here, in milliseconds. */
  instantOf(node: string, uptime: number): number | undefined {
    const offset = this.of(node)?.holding.offset;
    return offset === undefined || !Number.isFinite(offset) ? undefined : uptime + offset;
  }

  /** Of each node: seconds since 1970 by its own clock when it began to look. */
  epochOf(node: string): number | undefined {
    return this.of(node)?.holding.epoch;
  }

  /** When a node's first line came, by the clock here. */
  firstOf(node: string): number | undefined {
    return this.of(node)?.holding.changes[0]?.at;
  }

  get records(): NodeRecord[] {
    return this.watches.map(({ node, holding, broken }) => ({
      node,
      changes: holding.changes,
      ...(broken !== undefined && { broken }),
    }));
  }

  async end(): Promise<void> {
    this.over.abort();
    await Promise.all(this.watches.map(({ ended }) => ended));
  }

  private of(node: string) {
    return this.watches.find((one) => one.node === node);
  }

  private wake(): void {
    const waiting = this.onLine;
    this.onLine = [];
    for (const one of waiting) one();
  }
}
