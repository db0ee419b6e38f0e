import type { LeaseWitness } from "../spec/model";
import { WITNESS_CHECK } from "../spec/names";
import { type Check, Tracked } from "./check";
import type { Clock, Timer } from "./clock";
import type { Instance } from "./instance";
import * as protocol from "./votes";
import { type Reply, type Seen, type Terms, type Votes, Word, termsOf } from "./votes";

/** A check with weight 0 that looks every second; it takes no time here. */
abstract class Gate extends Tracked implements Check {
  readonly name = WITNESS_CHECK;
  passes: boolean | undefined;
  private timer?: Timer;

  constructor(clock: Clock, instances: readonly Instance[]) {
    super(clock, 0, instances, () => this.look());
  }

  start(former?: Check): void {
    this.passes = former?.passes;
    this.begin(this.passes);
    this.timer = this.clock.at(this.clock.now, () => this.run());
  }

  stop(): void {
    this.clock.cancel(this.timer);
  }

  truthChanged(): void {
    // The next round sees it.
  }

  /** Whether the node may hold. */
  protected abstract look(): boolean;

  private run(): void {
    this.timer = this.clock.at(this.clock.now + protocol.ROUND * 1e6, () => this.run());
    const before = this.passes;
    this.passes = this.isWell();
    if (before !== this.passes) this.tell(this.passes, before === undefined);
  }
}

/** The key in etcd: whose vote of the third place it is. */
export class Witness {
  private vote?: { node: string; until: number };

  constructor(private readonly clock: Clock) {}

  serve(node: string, request: "take" | "renew" | "release", ttl: number): boolean {
    const { now } = this.clock;
    if (this.vote !== undefined && now >= this.vote.until) this.vote = undefined;
    const isOwn = this.vote?.node === node;
    if (request === "release") {
      if (isOwn) this.vote = undefined;
      return true;
    }
    if (request === "renew" ? !isOwn : this.vote !== undefined && !isOwn) return false;
    this.vote = { node, until: now + ttl };
    return true;
  }
}

/** What a node's rounds need to know of it, of its peer and of the witness. */
export interface VoterSurroundings {
  clock: Clock;
  name: string;
  /** The peer's name, and what of its words comes back; nothing where the two do not reach each other. */
  peer: string;
  hear(): readonly Word[];
  /** The witness, where it is reached. */
  witness(): Witness | undefined;
  look(): Pick<Seen, "isFit" | "isWell" | "hasAddresses">;
}

/** What a node has of the votes, whether its keepalived runs or not: state and words in /run, until it is off. */
export class Voter {
  private readonly terms: Terms;
  private state: Votes;
  private words = new Map<Word, number>();
  /** When the kernel takes the addresses away that no round lends any more. */
  lentUntil = 0;

  constructor(
    { ttl }: LeaseWitness,
    private readonly around: VoterSurroundings,
  ) {
    this.terms = termsOf(ttl);
    this.state = protocol.started(around.clock.now, this.terms);
  }

  /** What its kernel answers for. */
  tells(): Word[] {
    return [...this.words].filter(([, until]) => this.around.clock.now < until).map(([word]) => word);
  }

  /** One round, which takes no time: whether the node may hold. */
  round(): boolean {
    const { clock, name, peer } = this.around;
    const { now } = clock;
    const seen = {
      ...this.around.look(),
      askedAt: now,
      now,
      words: new Set(this.around.hear()),
      isFirst: name < peer,
    };
    const steps = protocol.round(this.state, seen, this.terms);
    let step = steps.next();
    while (!step.done) {
      const reply: Reply = { now };
      if (step.value.do === "withdraw") for (const word of step.value.words) this.words.delete(word);
      else reply.granted = this.ask(step.value.do);
      step = steps.next(reply);
    }
    const { state, tells, result, lifetime } = step.value;
    this.state = state;
    this.words = new Map([...tells].map((word) => [word, now + this.terms.word]));
    this.lentUntil = now + lifetime * 1e6;
    return result === "hold";
  }

  /** keepalived has ended, and its addresses are gone. */
  resign(): void {
    const former = this.state;
    this.state = protocol.resigned(former);
    if (this.state === former) return;
    if (former.hasLease) this.ask("release");
    this.words = new Map([[Word.Yield, Infinity]]);
  }

  private ask(request: "take" | "renew" | "release"): boolean | undefined {
    return this.around.witness()?.serve(this.around.name, request, this.terms.ttl);
  }
}

/** A witness of kind `lease`. */
export class LeaseGate extends Gate {
  constructor(
    clock: Clock,
    instances: readonly Instance[],
    private readonly voter: Voter,
  ) {
    super(clock, instances);
  }

  protected look(): boolean {
    return this.voter.round();
  }
}

/** A witness of kind `ping`: two looks in a row at which neither a peer nor the target answers, and two at which one does. */
export class PingGate extends Gate {
  private row = 0;

  constructor(
    clock: Clock,
    instances: readonly Instance[],
    /** Whether a peer or the target answers. */
    private readonly answers: () => boolean,
  ) {
    super(clock, instances);
  }

  protected look(): boolean {
    const answers = this.answers();
    // A first look has nothing before it.
    const before = this.passes ?? answers;
    this.row = answers === before ? 0 : this.row + 1;
    if (this.row < protocol.PATIENCE) return before;
    this.row = 0;
    return answers;
  }
}
