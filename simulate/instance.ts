import type { Clock, Timer } from "./clock";
import type { Group } from "./group";
import type { Advert, SimulatedInstance } from "./node";
import { compareAddresses } from "./addresses";
import { microseconds } from "./timing";

export type State = "INIT" | "BACKUP" | "MASTER" | "FAULT";

/** Priority of the owner of the addresses: it waits for nobody and knows no weights. */
const OWNER = 255;

/** What an instance needs of the daemon that runs it. */
export interface Surroundings {
  clock: Clock;
  /** Instant until which the daemon takes nothing. */
  delayedUntil: number;
  /** Whether it listens before that instant. */
  listensEarly: boolean;
  /** Place of the node among all. */
  rank: number;
  send(instance: Instance, priority: number): void;
  /** Its state, or whether it has the addresses, is another. */
  changed(instance: Instance): void;
}

/**
 * The state machine of one instance as keepalived has it (vrrp_scheduler.c, vrrp.c, vrrp_track.c of 2.2.7 and 2.4.3),
 * which is RFC 3768's and RFC 5798's with a FAULT state, with weights, and with its own order of things:
 *
 * - It always starts in BACKUP, `state MASTER` or not, and waits for its down timer.
 * - A backup that hears a lower priority does not take over at once: it lets its timer run out.
 * - Whatever a master hears, it starts its advert interval anew; a lower priority it answers at once.
 * - In version 3 the down timer follows the interval that the master says.
 */
export class Instance {
  state: State = "INIT";
  /** The state that it would have without its sync group. */
  want: "BACKUP" | "MASTER" | "FAULT" = "BACKUP";
  /** Whether the addresses are on the interface. */
  hasAddresses = false;
  group?: Group;
  /** Reasons to be in FAULT. */
  faults = 0;
  /** Checks that put it in FAULT when they fail, and have not run yet. */
  checksInit = 0;
  /** Priority with all weights, and the same within 1 to 254. */
  total: number;
  effective: number;

  private readonly advertInt: number;
  private masterAdvertInt: number;
  private down = 0;
  private preemptAt?: number;
  private timer?: Timer;
  /** When the timer fires; keepalived moves it when a weight changes. */
  private due = 0;

  constructor(
    readonly config: SimulatedInstance,
    private readonly around: Surroundings,
    /** The virtual router that it belongs to, as it is shown. */
    readonly router: string,
  ) {
    this.total = config.priority;
    this.effective = config.priority;
    this.advertInt = microseconds(config).advert;
    this.masterAdvertInt = this.advertInt;
  }

  /** Where its adverts come from. */
  get source(): string | undefined {
    return this.config.multicast ? this.config.mcastSrcIp : this.config.unicastSrcIp;
  }

  get isOwner(): boolean {
    return this.config.priority === OWNER;
  }

  /** keepalived clears both with a warning where `state MASTER` is set, and the delay with `nopreempt`. */
  private get nopreempt(): boolean {
    return this.config.nopreempt && this.config.state !== "MASTER" && !this.isOwner;
  }

  private get preemptDelay(): number {
    const isVoid = this.nopreempt || this.config.state === "MASTER" || this.isOwner;
    return isVoid ? 0 : Math.round(this.config.preemptDelay * 1e6);
  }

  /** Begins, once faults, weights and the group are known. */
  start(): void {
    this.want = this.faults > 0 ? "FAULT" : this.isOwner ? "MASTER" : "BACKUP";
    const aim = this.group?.state ?? this.want;
    const isReady = this.faults === 0 && this.checksInit === 0 && (this.group?.membersInit ?? 0) === 0;
    if (isReady && aim === "MASTER" && this.want === "MASTER") {
      this.state = "BACKUP";
      this.down = 1;
    } else {
      this.down = this.downTime();
      this.state = isReady && aim !== "FAULT" ? "BACKUP" : "FAULT";
    }
    this.around.changed(this);
    this.arm();
  }

  /** Goes on with the state of the instance that a reload replaces. */
  resume(former: Instance): void {
    if (this.faults > 0 || former.state === "FAULT" || former.state === "INIT") return this.start();
    this.state = former.state;
    this.want = former.state;
    this.hasAddresses = former.hasAddresses;
    this.down = this.downTime();
    this.around.changed(this);
    if (this.state === "MASTER") this.setTimer(this.around.clock.now);
    else this.arm();
  }

  /** Does nothing more by itself; another instance goes on with its state. */
  release(): void {
    this.around.clock.cancel(this.timer);
  }

  /** Ends: with a goodbye when it is told to, in silence when it is killed. The addresses are the caller's to remove. */
  stop(goodbye: boolean): void {
    this.around.clock.cancel(this.timer);
    if (goodbye && this.state === "MASTER") {
      this.around.send(this, 0);
      this.hasAddresses = false;
    }
    this.state = "INIT";
    this.around.changed(this);
  }

  /** An advert for this virtual router has come in on its socket. */
  hear(advert: Advert): void {
    if (this.state === "FAULT" || this.state === "INIT") return;
    if (!this.around.listensEarly && this.around.clock.now < this.around.delayedUntil) return;
    const before = this.state;
    if (before === "BACKUP") this.hearAsBackup(advert);
    else if (this.hearAsMaster(advert)) this.leaveMaster(false);
    this.group?.follow(before, this);
    this.arm();
  }

  /** One more reason to be in FAULT. */
  fail(): void {
    if (this.faults++ > 0 && this.state !== "INIT") return;
    this.want = "FAULT";
    if (this.state === "MASTER") this.leaveMaster(true);
    else this.leaveFault();
    this.group?.memberFailed(this);
  }

  /** One reason less; or, while checks had yet to run, the last of them has. */
  recover(leavingInit = false): void {
    const { group } = this;
    if (leavingInit) {
      if (this.faults > 0) return;
    } else if (--this.faults > 0) {
      return;
    } else if (this.checksInit > 0) {
      if (group !== undefined) {
        group.membersFailed--;
        group.state = "INIT";
      }
      this.want = "BACKUP";
      return;
    }
    if (!(this.want === "MASTER" && this.isOwner)) this.want = "BACKUP";
    this.masterAdvertInt = this.advertInt;
    this.down = this.downTime();
    if (group !== undefined) {
      if (leavingInit ? group.membersFailed > 0 : --group.membersFailed > 0 || group.membersInit > 0) return;
    }
    const { want } = this;
    if (want === "MASTER" && group?.canBeMaster(this) === false) this.want = "BACKUP";
    this.leaveFault();
    this.arm();
    this.want = want;
    if (this.hasState("MASTER")) group?.toMaster(this);
    else group?.toBackup(this);
  }

  /** A weight has come or gone. */
  addWeight(weight: number): void {
    this.total += weight;
    this.applyWeights();
  }

  /** Makes the priority what all weights make it. */
  applyWeights(): void {
    const effective = Math.min(Math.max(this.total, 1), OWNER - 1);
    if (this.isOwner || this.effective === effective) return;
    this.effective = effective;
    const former = this.down;
    this.down = this.downTime();
    // Where the timer has run for a while, keepalived moves its end by the difference.
    if (this.state === "BACKUP") this.setTimer(this.due + this.down - former);
  }

  /** Takes the addresses, unless the sync group does not follow yet. */
  goToMaster(): void {
    if (this.group?.canBeMaster(this) === false) {
      this.want = "MASTER";
      return;
    }
    this.state = "MASTER";
    this.arm();
    this.transmit();
  }

  leaveMaster(goodbye: boolean): void {
    if (this.want === "BACKUP") this.preemptAt = undefined;
    else this.around.send(this, 0);
    if (goodbye) this.around.send(this, 0);
    this.hasAddresses = false;
    this.state = this.want;
    this.around.changed(this);
    this.down = this.downTime();
    this.arm();
  }

  leaveFault(): void {
    if (this.want === "MASTER") {
      this.goToMaster();
    } else {
      if (this.want === "FAULT" && this.state === "MASTER") {
        this.around.send(this, 0);
        this.hasAddresses = false;
      }
      this.state = this.want;
      this.around.changed(this);
      if (this.state === "BACKUP") this.preemptAt = undefined;
    }
    this.masterAdvertInt = this.advertInt;
    this.down = this.downTime();
    this.arm();
  }

  /** Starts the down timer anew, full. */
  waitOn(): void {
    this.down = this.downTime();
    this.arm();
  }

  private hearAsBackup(advert: Advert): void {
    if (advert.priority === 0) {
      this.down = this.timers().skew;
      return;
    }
    const { now } = this.around.clock;
    const isHeld = this.preemptDelay > 0 && (this.preemptAt === undefined || this.preemptAt > now);
    if (!this.nopreempt && advert.priority < this.effective && !isHeld) {
      // Not a master for us: what is left of the timer goes on.
      this.down = Math.max(0, this.due - now);
      return;
    }
    if (this.config.version === 3) this.masterAdvertInt = advert.advertInt;
    this.down = this.downTime();
    if (advert.priority >= this.effective) this.preemptAt = undefined;
    else if (this.preemptDelay > 0) this.preemptAt ??= now + this.preemptDelay;
    // A member of a group that wanted to be master does not want to any more.
    this.want = "BACKUP";
  }

  /** Whether it gives way. */
  private hearAsMaster(advert: Advert): boolean {
    if (advert.priority === 0) {
      this.around.send(this, this.effective);
      return false;
    }
    const order =
      advert.priority - this.effective ||
      compareAddresses(advert.source, this.source) ||
      advert.rank - this.around.rank;
    if (order < 0) this.around.send(this, this.effective);
    if (order < 0) return false;
    if (this.config.version === 3) this.masterAdvertInt = advert.advertInt;
    this.down = this.downTime();
    this.want = "BACKUP";
    this.state = "BACKUP";
    return true;
  }

  /** An advert that it cannot accept: it still starts a master's interval anew. */
  refuse(): void {
    if (this.state === "MASTER") this.arm();
    else if (this.state === "BACKUP") this.down = Math.max(0, this.due - this.around.clock.now);
  }

  private expire(): void {
    const before = this.state;
    if (before === "BACKUP") {
      this.want = "MASTER";
      this.goToMaster();
    } else if (before === "MASTER") {
      this.transmit();
    }
    this.group?.follow(before, this);
    this.arm();
  }

  private transmit(): void {
    this.around.send(this, this.effective);
    if (this.hasAddresses) return;
    this.hasAddresses = true;
    this.around.changed(this);
  }

  private timers() {
    const { version, downTimerAdverts } = this.config;
    const advertInt = this.masterAdvertInt / 1e6;
    return microseconds({ version, advertInt, downTimerAdverts, priority: this.effective });
  }

  private downTime(): number {
    return this.timers().down;
  }

  /** Starts the timer that belongs to the state. */
  private arm(): void {
    const { clock, delayedUntil } = this.around;
    if (this.state === "MASTER") this.setTimer(clock.now + this.advertInt);
    else if (this.state === "BACKUP") this.setTimer(Math.max(clock.now, delayedUntil) + this.down);
    else clock.cancel(this.timer);
  }

  private setTimer(at: number): void {
    const { clock } = this.around;
    clock.cancel(this.timer);
    this.due = at;
    this.timer = clock.at(at, () => this.expire());
  }

  /** The state after calls that may have changed it. */
  private hasState(state: State): boolean {
    return this.state === state;
  }
}
