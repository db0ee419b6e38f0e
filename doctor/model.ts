import type { Cause, Repair, Symptom } from "./causes";

/** Something wrong, where, and how that is known. */
export interface Finding {
  cause: Cause;
  /** The node on which it is to be put right; between nodes: the one that is not heard, or that differs from what was applied. */
  node: string;
  confidence: Confidence;
  /** What was seen, a sentence each. */
  evidence: string[];
  /** What else it could have been, and why it is not. */
  ruledOut: { cause: Cause; because: string }[];
  fix: Fix;
}

export const Confidence = {
  /** Nothing else makes what was seen. */
  Certain: "certain",
  /** Something else is hardly possible. */
  Likely: "likely",
  /** One of several. */
  Possible: "possible",
} as const;
export type Confidence = (typeof Confidence)[keyof typeof Confidence];

export interface Fix {
  repair: Repair;
  /** Whether `doctor --repair` does it. */
  automatic: boolean;
  /** What is to be done, where and by whom. */
  summary: string;
  /** For a person, in order. */
  commands?: string[];
  /** What `vrrp-agent repair CLUSTER` is given on the node. */
  action?: string[];
  /** Lines of a diff of the spec, where it is to change. */
  specChange?: string[];
}

/** What is to be seen, apart from its cause. */
export interface SymptomSeen {
  symptom: Symptom;
  /** Where it is one node's. */
  node?: string;
  evidence: string;
}

/** One more look that would tell the findings apart. */
export interface Ask {
  /** Words after `vrrp-agent examine CLUSTER`. */
  options: string[];
  /** Told before it is done. */
  why: string;
}

/** What was not looked at beside the nodes, and why. */
export interface Unread {
  node: string;
  words: string;
}

export interface Diagnosis {
  symptoms: SymptomSeen[];
  /** Most likely first, causes before what they bring about. */
  findings: Finding[];
  /** Where one more look would help. */
  ask?: Ask;
  /** What the findings go without. */
  unread?: readonly Unread[];
}

/** What was seen of a node: its facts, or why there are none. */
export type NodeFacts =
  { node: string; address: string; facts: Fact[] } | { node: string; address: string; problem: string };

/** A line of `vrrp-agent examine` in words; what is the rest of its line is one word. */
export type Fact = readonly string[];
