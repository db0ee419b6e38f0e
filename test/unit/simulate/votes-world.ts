import { Clock } from "../../../simulate/clock";
import * as protocol from "../../../simulate/votes";
import { type Outcome, type Reply, type Step, type Votes, Word } from "../../../simulate/votes";

/** Two nodes and a witness, message by message: what simulate/machine.ts leaves out, and what the promises must bear. */

const second = 1_000_000;

export type Round = typeof protocol.round;
export type Name = "a" | "b";
/** A way that messages take; a link that is cut has both of its ways cut. */
export type Way = `${Name | "w"}>${Name | "w"}`;
export const ways: readonly Way[] = ["a>b", "b>a", "a>w", "w>a", "b>w", "w>b"];

export interface Options {
  ttl: number;
  /** How much faster than true time a clock goes, in thousandths: -10 to 10. */
  rates?: Partial<Record<Name | "w", number>>;
  /** 0 to 1, anew at each call: all delays and losses. */
  dice: () => number;
  /** Longest time under way of a message there and back, as a share of what a round has for it. 0 to 1, above 1: too late. */
  delay: number;
  /** Share of messages that are lost. */
  loss: number;
  /** Share of steps at which a round is killed. */
  kills?: number;
  round?: Round;
}

/** Microseconds that keepalived needs to go by a result. */
const ACTS = 20_000;
/** Longest time by which the kernel is late with the end of an address. */
const KERNEL_LATE = second;

export class World {
  readonly clock = new Clock();
  readonly cut = new Set<Way>();
  readonly witness: Witness;
  readonly nodes: Record<Name, Node>;
  /** Where two held at one time: when. */
  twoAt?: number;
  /** Changes of who holds. */
  readonly log: { at: number; holders: string }[] = [];

  constructor(readonly options: Options) {
    this.witness = new Witness(this);
    this.nodes = { a: new Node(this, "a"), b: new Node(this, "b") };
  }

  get terms() {
    return protocol.termsOf(this.options.ttl);
  }

  run(seconds: number): void {
    this.clock.runUntil(this.clock.now + Math.round(seconds * second));
  }

  holders(): Name[] {
    return (["a", "b"] as const).filter((name) => this.nodes[name].holds);
  }

  /** Whether a message passes; a lost one is as one on a way that is cut. */
  passes(way: Way): boolean {
    return !this.cut.has(way) && this.options.dice() >= this.options.loss;
  }

  look(): void {
    const holders = this.holders();
    if (holders.length > 1) this.twoAt ??= this.clock.now / second;
    const text = holders.join("");
    if (this.log.at(-1)?.holders !== text) this.log.push({ at: this.clock.now / second, holders: text });
  }

  /** True time of a length on somebody's clock. */
  real(length: number, of: Name | "w"): number {
    return length / (1 + (this.options.rates?.[of] ?? 0) / 1000);
  }
}

/** An etcd with one key: it may be down, and comes back with what it knew. */
class Witness {
  isUp = true;
  private holder?: { name: Name; until: number };

  constructor(private readonly world: World) {}

  serve(name: Name, what: "take" | "renew" | "release"): boolean {
    const { now } = this.world.clock;
    // It notices up to half a second late that a lease has run out.
    const late = this.world.options.dice() * second * 0.5;
    if (this.holder !== undefined && now >= this.holder.until + late) this.holder = undefined;
    const isOwn = this.holder?.name === name;
    if (what === "release") {
      if (isOwn) this.holder = undefined;
      return true;
    }
    if (what === "renew" ? !isOwn : this.holder !== undefined && !isOwn) return false;
    this.holder = { name, until: now + this.world.real(this.world.terms.ttl, "w") };
    return true;
  }
}

class Node {
  /** keepalived runs; hangs; the machine is on. */
  isRunning = false;
  isHung = false;
  isOn = false;
  isFit = true;
  isWell = true;
  /** Instant up to which keepalived's addresses live; -Infinity: none. */
  private addressesUntil = -Infinity;
  private lifetime = 0;
  private words = new Map<Word, number>();
  private state?: Votes;
  /** Counts starts: what belongs to a former one is void. */
  private era = 0;
  private offset = 0;

  constructor(
    private readonly world: World,
    readonly name: Name,
  ) {}

  get holds(): boolean {
    return this.isOn && this.world.clock.now < this.addressesUntil;
  }

  private get peer(): Name {
    return this.name === "a" ? "b" : "a";
  }

  /** Own clock, in microseconds since the boot. */
  private get local(): number {
    return Math.floor((this.world.clock.now - this.offset) / this.world.real(1, this.name));
  }

  private after(length: number, act: () => void): void {
    const { era } = this;
    this.world.clock.at(this.world.clock.now + Math.max(0, Math.round(length)), () => {
      if (era === this.era) act();
    });
  }

  tells(): Word[] {
    return this.isOn
      ? [...this.words].filter(([, until]) => this.world.clock.now < until).map(([word]) => word)
      : [];
  }

  describe(): string {
    return `${this.name} ${this.state?.stand} tells ${this.tells().join("+")}`;
  }

  boot(): void {
    if (this.isOn) return;
    this.isOn = true;
    this.offset = this.world.clock.now;
    this.state = protocol.started(this.local, this.world.terms);
    this.start();
  }

  powerOff(): void {
    this.isOn = this.isRunning = this.isHung = false;
    this.era++;
    this.state = undefined;
    this.words.clear();
    this.addressesUntil = -Infinity;
    this.world.look();
  }

  start(): void {
    if (!this.isOn || this.isRunning) return;
    this.isRunning = true;
    this.isHung = false;
    // It takes away what another one has left.
    this.letGo();
    this.era++;
    this.beginRound();
  }

  /** In order: `cleanup` follows. */
  stop(): void {
    if (!this.isOn || !this.isRunning) return;
    this.isRunning = this.isHung = false;
    this.era++;
    this.letGo();
    const hadLease = this.state!.hasLease;
    this.state = protocol.resigned(this.state!);
    if (this.state.stand !== "yielding") return;
    if (hadLease && this.world.passes(`${this.name}>w`) && this.world.witness.isUp)
      this.world.witness.serve(this.name, "release");
    this.words.clear();
    this.words.set(Word.Yield, Infinity);
  }

  /** Nothing follows: addresses and words stay until their end. */
  kill(): void {
    if (!this.isRunning) return;
    this.isRunning = this.isHung = false;
    this.era++;
    this.outlive();
  }

  /** keepalived hangs; what it has started goes on, without its timeout. */
  hang(): void {
    if (!this.isRunning || this.isHung) return;
    this.isHung = true;
    this.outlive();
  }

  resume(): void {
    if (!this.isHung) return;
    this.isHung = false;
    this.era++;
    if (this.world.clock.now >= this.addressesUntil) this.letGo();
    this.beginRound();
  }

  private outlive(): void {
    if (!this.holds) return;
    const late = this.world.options.dice() * KERNEL_LATE;
    this.addressesUntil = Math.min(this.addressesUntil, this.lifetime + late);
    const { era } = this;
    this.world.clock.at(Math.ceil(this.addressesUntil), () => era === this.era && this.world.look());
  }

  private letGo(): void {
    this.addressesUntil = -Infinity;
    this.world.look();
  }

  private beginRound(): void {
    const { dice, delay } = this.world.options;
    const { terms } = this.world;
    const begun = this.world.clock.now;
    const interval = this.world.real(protocol.ROUND * second, this.name);
    const timeout = this.world.real(terms.timeout, this.name);
    let isOver = false;
    const end = (outcome?: Outcome) => {
      if (isOver || this.isHung) return;
      isOver = true;
      this.after(dice() * ACTS, () => this.goBy(outcome));
      const runs = Math.max(1, Math.ceil((this.world.clock.now - begun) / interval));
      this.after(begun + runs * interval - this.world.clock.now, () => !this.isHung && this.beginRound());
    };
    this.after(timeout, () => end());

    const isKilled = () => dice() < (this.world.options.kills ?? 0);
    // Half of the time is the peer's, half the witness's.
    const share = timeout / 2;
    const way = () => dice() * delay * share * 0.5;
    const askedAt = this.local;
    const heard = new Set<Word>();
    const [there, back] = [way(), way()];
    this.after(there, () => {
      const told = this.world.nodes[this.peer].tells();
      // Each word is a request of its own.
      for (const word of told)
        if (this.world.passes(`${this.name}>${this.peer}`) && this.world.passes(`${this.peer}>${this.name}`))
          heard.add(word);
    });
    const turn = this.world.options.round ?? protocol.round;
    this.after(there + back, () => {
      if (isOver) return;
      const running = turn(
        this.state!,
        {
          askedAt,
          now: this.local,
          words: heard,
          isFit: this.isFit,
          isWell: this.isFit && this.isWell,
          hasAddresses: this.holds,
          isFirst: this.name === "a",
        },
        terms,
      );
      const go = (reply?: Reply) => {
        if (isOver) return;
        const { done, value } = reply === undefined ? running.next() : running.next(reply);
        if (isKilled()) return end();
        if (done) return this.finish(value, isKilled, end);
        this.carryOut(value, way, share, go);
      };
      go();
    });
  }

  private carryOut(step: Step, way: () => number, share: number, go: (reply: Reply) => void): void {
    const now = () => this.local;
    if (step.do === "withdraw") {
      for (const word of step.words) this.words.delete(word);
      return go({ now: now() });
    }
    const { witness } = this.world;
    const [there, back] = [way(), way()];
    let answer: boolean | undefined;
    const { do: what } = step;
    // It is on its way even when the round is killed. TCP has asked for it before: a way that is cut for good lets none through.
    this.world.clock.at(Math.round(this.world.clock.now + there), () => {
      const back: Way = `w>${this.name}`;
      if (!witness.isUp || this.world.cut.has(back) || !this.world.passes(`${this.name}>w`)) return;
      const granted = witness.serve(this.name, what);
      if (this.world.passes(back)) answer = granted;
    });
    const isSure = there + back < share;
    this.after(isSure ? there + back : share * 0.99, () => go({ now: now(), granted: answer }));
  }

  private finish(outcome: Outcome, isKilled: () => boolean, end: (outcome?: Outcome) => void): void {
    this.state = outcome.state;
    if (isKilled()) return end();
    const { now } = this.world.clock;
    this.words = new Map(
      [...outcome.tells].map((word) => [word, now + this.world.real(this.world.terms.word, this.name)]),
    );
    if (isKilled()) return end();
    if (outcome.lifetime > 0) this.lifetime = now + this.world.real(outcome.lifetime * second, this.name);
    if (this.isHung && this.holds) {
      this.addressesUntil = Infinity;
      this.outlive();
    }
    end(outcome);
  }

  private goBy(outcome?: Outcome): void {
    if (this.isHung) return;
    if (outcome?.result === "hold") this.addressesUntil = Infinity;
    else this.addressesUntil = -Infinity;
    this.world.look();
  }
}
