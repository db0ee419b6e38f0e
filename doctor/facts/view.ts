import type { Fact, NodeFacts } from "../model";
import { restOf } from "./parse";

/** The facts of one node, to be asked. */
export class NodeView {
  readonly node: string;
  readonly address: string;
  /** undefined: it answered. */
  readonly problem: string | undefined;
  readonly facts: readonly Fact[];
  private readonly byKind = new Map<string, Fact[]>();

  constructor(seen: NodeFacts) {
    this.node = seen.node;
    this.address = seen.address;
    this.problem = "problem" in seen ? seen.problem : undefined;
    this.facts = "problem" in seen ? [] : seen.facts;
    for (const fact of this.facts) {
      const kind = fact[0] ?? "";
      this.byKind.set(kind, [...(this.byKind.get(kind) ?? []), fact]);
    }
  }

  get isSeen(): boolean {
    return this.problem === undefined;
  }

  /** Facts of a kind that go on with these words. */
  all(kind: string, ...words: string[]): Fact[] {
    return (this.byKind.get(kind) ?? []).filter((fact) => words.every((word, i) => fact[i + 1] === word));
  }

  /** The first such fact. */
  one(kind: string, ...words: string[]): Fact | undefined {
    return this.all(kind, ...words)[0];
  }

  has(kind: string, ...words: string[]): boolean {
    return this.one(kind, ...words) !== undefined;
  }

  /** What follows these words, of each such fact. */
  rests(kind: string, ...words: string[]): string[] {
    return this.all(kind, ...words).map((fact) => restOf(fact, words.length + 1));
  }

  /** What follows these words; undefined: there is no such fact, or it says that nobody knows. */
  rest(kind: string, ...words: string[]): string | undefined {
    const [rest] = this.rests(kind, ...words);
    return rest === "-" ? undefined : rest;
  }
}

/** A word as a number; undefined: it is none. */
export function numberOf(word: string | undefined): number | undefined {
  return word !== undefined && /^-?\d+(\.\d+)?%?$/.test(word) ? Number.parseFloat(word) : undefined;
}
