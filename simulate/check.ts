import type { TrackProcess, TrackScript } from "../spec/model";
import type { Clock, Timer } from "./clock";
import type { Instance } from "./instance";

/** A script or a process that instances of one daemon track. */
export interface Check {
  readonly name: string;
  /** 0: a failure means FAULT. */
  readonly weight: number;
  /** Begins, or goes on after a reload. `isTold` has keepalived know the result of the former one. */
  start(former?: Check): void;
  stop(): void;
  /** What is tested is another now. */
  truthChanged(): void;
  /** How keepalived counts it: undefined before the first run. */
  readonly passes: boolean | undefined;
}

/** What a check does to the instances that track it. */
export abstract class Tracked {
  constructor(
    protected readonly clock: Clock,
    readonly weight: number,
    protected readonly instances: readonly Instance[],
    /** Whether what is tested is well. */
    protected readonly isWell: () => boolean,
  ) {}

  /** What a result that is known at the start makes of the instances, before they start. */
  protected begin(passes: boolean | undefined): void {
    for (const instance of this.instances) {
      if (this.weight !== 0) instance.total += passes === undefined ? 0 : this.share(passes);
      else if (passes === undefined) instance.checksInit++;
      else if (!passes) instance.faults++;
    }
  }

  /** A positive weight counts while it passes, a negative one while it fails. */
  private share(passes: boolean): number {
    return passes === this.weight > 0 ? this.weight : 0;
  }

  /** A first result, or another one. */
  protected tell(passes: boolean, isFirst: boolean): void {
    for (const instance of this.instances) {
      if (this.weight !== 0) {
        instance.addWeight(this.share(passes) - (isFirst ? 0 : this.share(!passes)));
        continue;
      }
      const { group } = instance;
      const leavesInit = isFirst && --instance.checksInit === 0;
      if (leavesInit && group !== undefined) group.membersInit--;
      if (!passes) instance.fail();
      else if (instance.checksInit === 0 && (group?.membersInit ?? 0) === 0) instance.recover(leavesInit);
    }
  }
}

/** A `vrrp_script`: it runs at the daemon's start and every interval, and takes no time here. */
export class Script extends Tracked implements Check {
  readonly name: string;
  /** keepalived's count: 0 to rise - 1 fails, rise to rise + fall - 1 passes. */
  private count: number;
  private known = false;
  private timer?: Timer;

  constructor(
    private readonly config: Pick<TrackScript, "name" | "interval" | "rise" | "fall" | "weight">,
    clock: Clock,
    instances: readonly Instance[],
    isWell: () => boolean,
  ) {
    super(clock, config.weight, instances, isWell);
    this.name = config.name;
    // One success is enough at first.
    this.count = config.rise - 1;
  }

  get passes(): boolean | undefined {
    return this.known ? this.count >= this.config.rise : undefined;
  }

  start(former?: Check): void {
    if (former instanceof Script && former.known) {
      this.known = true;
      this.count = former.count;
    }
    this.begin(this.passes);
    this.timer = this.clock.at(this.clock.now, () => this.run());
  }

  stop(): void {
    this.clock.cancel(this.timer);
  }

  truthChanged(): void {
    // The next run sees it.
  }

  private run(): void {
    const { rise, fall, interval } = this.config;
    this.timer = this.clock.at(this.clock.now + Math.round(interval * 1e6), () => this.run());
    const isFirst = !this.known;
    const before = this.count >= rise;
    if (this.isWell()) {
      this.count = this.count < rise - 1 ? this.count + 1 : rise + fall - 1;
    } else {
      this.count = this.count > rise ? this.count - 1 : 0;
    }
    const after = this.count >= rise;
    // A first success that is not yet enough cannot be: it starts one below.
    this.known = true;
    if (isFirst || before !== after) this.tell(after, isFirst);
  }
}

/** A `vrrp_track_process`: the kernel tells keepalived at once. */
export class Process extends Tracked implements Check {
  readonly name: string;
  passes: boolean | undefined;

  constructor(
    config: Pick<TrackProcess, "name" | "weight">,
    clock: Clock,
    instances: readonly Instance[],
    isWell: () => boolean,
  ) {
    super(clock, config.weight, instances, isWell);
    this.name = config.name;
  }

  start(): void {
    this.passes = this.isWell();
    this.begin(this.passes);
  }

  stop(): void {
    this.passes = undefined;
  }

  truthChanged(): void {
    const now = this.isWell();
    if (this.passes === undefined || this.passes === now) return;
    this.passes = now;
    this.tell(now, false);
  }
}
