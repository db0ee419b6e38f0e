import type { Bounds } from "./timing";

/**
 * The round of docs/adr/0006 as the host runs it every second: what a node tells, asks of the witness, and whether it may
 * hold. Times are whole microseconds of the node's own clock, which never goes back.
 */

const second = 1_000_000;

/** Seconds between two rounds: the check's interval. */
export const ROUND = 1;

/** Rounds for which a peer must be silent until its vote is taken back. */
export const PATIENCE = 2;

/** The same for `yield`: its teller has just been silent itself, and the peer is to see it in a round of its own. */
export const YIELD_PATIENCE = 2 * PATIENCE;

/** What a node tells by an address that the kernel answers for; `yield` is a vote, too. */
export const Word = { Hold: "hold", Claim: "claim", Vote: "vote", Yield: "yield", Well: "well" } as const;
export type Word = (typeof Word)[keyof typeof Word];

/** The lengths that follow from `ttl`, in microseconds. */
export interface Terms {
  /** For which a vote is given: who gives it elsewhere has waited for it. */
  ttl: number;
  /** For which it is counted on. */
  counts: number;
  /** After which keepalived ends a round that goes on. */
  timeout: number;
  /** For which keepalived goes by a result: G. */
  acts: number;
  /** Life of a word that no round tells again. */
  word: number;
}

/** Seconds after which a round counts as failed: the check's timeout. @param ttl Seconds, 5 or more. */
export function roundTimeout(ttl: number): number {
  return ttl < 9 ? 1 : 2;
}

/**
 * Counted on is a second less than given, and a fiftieth: the kernel takes an address away up to a second late, and two
 * clocks may differ by 1 % each.
 *
 * @param ttl Seconds, 5 or more: under that one slow answer is a round without votes.
 */
export function termsOf(ttl: number): Terms {
  const timeout = roundTimeout(ttl) * second;
  const acts = ROUND * second + timeout;
  return {
    ttl: ttl * second,
    counts: Math.floor((ttl - ttl / 50 - 1) * second),
    timeout,
    acts,
    word: acts + second,
  };
}

/** Where a node stands. */
export type Stand =
  /** Its vote is nobody's: it waits, or cannot claim. */
  | "free"
  /** Its vote is its own. */
  | "claiming"
  /** It has stopped claiming; keepalived may not have taken the addresses away yet. */
  | "leaving"
  /** Its vote is the peer's. */
  | "voting"
  /** Likewise, and it counts on no vote of the peer, which may so claim at once. */
  | "yielding";

/** What a node remembers from round to round; a boot forgets it. */
export interface Votes {
  stand: Stand;
  /** Instant from which a free node may claim: nobody counts on its vote any more. */
  freeAt: number;
  /** Instant up to which the peer may claim because of this node's `yield`. */
  yieldedUntil: number;
  /** Rounds in a row in which the peer told neither `hold` nor `claim`. */
  silent: number;
  /** Instants up to which the other two votes are counted on. */
  peerUntil: number;
  witnessUntil: number;
  /** The witness has granted, and not refused since. */
  hasLease: boolean;
  /** What the last round said. */
  isGood: boolean;
}

/** What a round has seen before it decides. */
export interface Seen {
  /** Before the peer was asked, and now. */
  askedAt: number;
  now: number;
  /** Words that the peer's kernel answered for. */
  words: ReadonlySet<Word>;
  /** The interface is up, and no check with effect `fault` fails. */
  isFit: boolean;
  /** Fit, no other check fails, and not drained. */
  isWell: boolean;
  /** Some of the addresses are here. */
  hasAddresses: boolean;
  /** Of both names this node's is the first. */
  isFirst: boolean;
}

/** What a round has done outside, in this order. Whatever it does not get done, the next round does again. */
export type Step =
  /** Takes words away; what is given to others is over only then. */
  | { do: "withdraw"; words: Word[] }
  /** Asks the witness; one that does not answer in time gives `granted` undefined. */
  | { do: "take" | "renew" | "release" };

/** What a step came to; `now` is after it. */
export interface Reply {
  now: number;
  granted?: boolean;
}

/** How a round ends: the state is written down first, then the words are told, then the check exits. */
export interface Outcome {
  state: Votes;
  result: "hold" | "fault";
  tells: ReadonlySet<Word>;
  /** Whole seconds for which the addresses may stay if no round follows; 0 without `hold`. */
  lifetime: number;
}

/** Who starts knows nothing of what it promised before. */
export function started(now: number, { ttl }: Terms): Votes {
  return free({ silent: 0, isGood: false }, now + ttl, now + ttl);
}

/** What keepalived's end makes of the state, once the addresses are gone; the lease goes back, `yield` is told. */
export function resigned(state: Votes): Votes {
  const isAsking = state.stand === "claiming" || state.stand === "leaving";
  return isAsking ? { ...forgetful(state), silent: 0, stand: "yielding" } : state;
}

/** One round. A generator, for it goes on by what comes back; it may be ended after any step. */
export function* round(state: Votes, seen: Seen, terms: Terms): Generator<Step, Outcome, Reply> {
  const { words, askedAt } = seen;
  const isClaimed = words.has(Word.Hold) || words.has(Word.Claim);
  let next: Votes = { ...state, silent: isClaimed ? 0 : state.silent + 1 };
  let { now } = seen;
  const hear = () => {
    if (words.has(Word.Vote) || words.has(Word.Yield))
      next.peerUntil = Math.max(next.peerUntil, askedAt + terms.counts);
  };
  const given = [Word.Vote, Word.Yield];

  // Of the witness it makes no difference whether a round that may end the claim has asked it.
  const ask = function* (): Generator<Step, void, Reply> {
    hear();
    const sentAt = now;
    const reply = yield { do: next.hasLease ? "renew" : "take" };
    ({ now } = reply);
    if (reply.granted === true) next = { ...next, hasLease: true, witnessUntil: sentAt + terms.counts };
    else if (reply.granted === false) next = { ...next, hasLease: false, witnessUntil: -Infinity };
  };

  if (state.stand === "claiming") {
    yield* ask();
    if (stops(next, { ...seen, now }, terms)) next.stand = "leaving";
  } else if (state.stand !== "leaving" && isClaimed) {
    if (state.stand === "yielding") next.yieldedUntil = now + terms.ttl;
    next.stand = "voting";
  } else if (isYielded(state, seen) && mayClaim(seen)) {
    ({ now } = yield { do: "withdraw", words: given });
    // Who yielded may have its vote again a ttl after it was asked, and then count on ours while that was there.
    next =
      now - askedAt < terms.ttl
        ? { ...next, stand: "claiming" }
        : free(next, now + terms.ttl, now + terms.ttl);
  } else if (next.silent >= patienceOf(state.stand)) {
    ({ now } = yield { do: "withdraw", words: given });
    next = free(next, now + terms.ttl, state.stand === "yielding" ? now + terms.ttl : next.yieldedUntil);
  } else if (state.stand === "free" && now >= state.freeAt && mayClaim(seen)) {
    next.stand = "claiming";
  }

  if (next.stand === "leaving" && hasLeft(next, seen)) {
    if (next.hasLease) ({ now } = yield { do: "release" });
    next = { ...forgetful(next), silent: 0, stand: isClaimed ? "voting" : "yielding" };
  }
  if (next.stand === "claiming" && state.stand !== "claiming") yield* ask();
  next.isGood = next.stand === "claiming" && hasTwo(next, now, terms);
  return {
    state: next,
    result: next.isGood ? "hold" : "fault",
    tells: new Set(tells(next, seen, now)),
    lifetime: next.isGood ? Math.floor((until(next) - now) / second) : 0,
  };
}

/** Silent rounds after which a vote is taken back; where none is given, there are never enough. */
function patienceOf(stand: Stand): number {
  return {
    voting: PATIENCE,
    yielding: YIELD_PATIENCE,
    free: Infinity,
    claiming: Infinity,
    leaving: Infinity,
  }[stand];
}

const until = ({ peerUntil, witnessUntil }: Votes) => Math.max(peerUntil, witnessUntil);

function hasTwo(state: Votes, now: number, { acts }: Terms): boolean {
  return until(state) - now >= acts;
}

/** Whether a node stops claiming. */
function stops(state: Votes, { words, isFit, isWell, isFirst, now }: Seen, terms: Terms): boolean {
  if (!isFit || (!isWell && words.has(Word.Well))) return true;
  if (hasTwo(state, now, terms)) return false;
  return words.has(Word.Hold) || (words.has(Word.Claim) && !isFirst);
}

/** Whether nothing of a claim is left: keepalived has gone by a bad round, or nobody waits for this node any more. */
function hasLeft(state: Votes, { hasAddresses, now }: Seen): boolean {
  return (!state.isGood && !hasAddresses) || now >= until(state);
}

/** Two that yield to each other would both claim: who has yielded itself takes the long way. */
function isYielded({ stand, yieldedUntil }: Votes, { words, now }: Seen): boolean {
  return words.has(Word.Yield) && (stand === "free" || stand === "voting") && now >= yieldedUntil;
}

function mayClaim({ isFit, isWell, words }: Seen): boolean {
  return isFit && (isWell || !words.has(Word.Well));
}

/** Votes that were counted on count for this claim only. */
function forgetful(state: Pick<Votes, "silent" | "isGood" | "freeAt" | "yieldedUntil">): Votes {
  const { silent, freeAt, yieldedUntil } = state;
  return {
    stand: "free",
    freeAt,
    yieldedUntil,
    silent,
    peerUntil: -Infinity,
    witnessUntil: -Infinity,
    hasLease: false,
    isGood: false,
  };
}

function free(state: Pick<Votes, "silent" | "isGood">, freeAt: number, yieldedUntil: number): Votes {
  return forgetful({ ...state, freeAt, yieldedUntil });
}

function tells({ stand, isGood, yieldedUntil }: Votes, { isWell }: Seen, now: number): Word[] {
  const word = {
    free: [],
    leaving: [],
    claiming: [isGood ? Word.Hold : Word.Claim],
    voting: [Word.Vote],
    yielding: [Word.Yield],
  }[stand];
  // A holder gives way to who tells it: so only who could claim at once does.
  const isReady = stand === "claiming" || (stand !== "yielding" && now >= yieldedUntil);
  return isWell && isReady ? [...word, Word.Well] : word;
}

/** Seconds from the start of a round to the next, all that it waits for being late. */
function longestPeriod(ttl: number): number {
  return Math.ceil(roundTimeout(ttl) / ROUND) * ROUND;
}

/** Seconds that an etcd may take to notice that a lease has run out. */
const WITNESS_LAG = 1;

/**
 * Seconds from the moment the holder falls silent (power, all its links) to its peer having two votes; keepalived's down
 * timer comes on top. Two rounds without a word, `ttl`, and the round that claims. Where only keepalived on the holder
 * hangs or is killed, its words live on for up to `termsOf(ttl).word`, which comes on top, too.
 *
 * @param ttl Seconds, 5 or more
 */
export function witnessTakeover(ttl: number): Bounds {
  const period = longestPeriod(ttl);
  const timeout = roundTimeout(ttl);
  // Two rounds after the one that still heard it, and their end; at most a round until `ttl` is noticed to be over, and its end.
  return {
    min: 0.99 * ((PATIENCE - 1) * ROUND + ttl),
    max: PATIENCE * period + timeout + 1.01 * ttl + period + timeout,
  };
}

/**
 * Seconds from the moment a holder is to give way (drained, a check fails, keepalived stopped) to its well peer having two
 * votes; keepalived's down timer comes on top. The round that says so, the one that finds the addresses gone, and the
 * peer's.
 *
 * @param ttl Seconds, 5 or more
 */
export function witnessHandOver(ttl: number): Bounds {
  return { min: ROUND, max: 3 * (longestPeriod(ttl) + roundTimeout(ttl)) };
}

/**
 * Seconds within which one node has two votes, whatever went before, once two of the three reach each other, lose no
 * message, and each of their nodes is fit and runs: `witnessTakeover`, the rounds in which a former claim ends and two
 * claims meet, and what an etcd lags behind.
 *
 * @param ttl Seconds, 5 or more
 */
export function witnessSettled(ttl: number): number {
  return (
    witnessTakeover(ttl).max + (YIELD_PATIENCE + 2) * (longestPeriod(ttl) + roundTimeout(ttl)) + WITNESS_LAG
  );
}
