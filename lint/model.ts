import { Position } from "../conf";
import { Problem } from "../spec";

/** One thing that is wrong in a file. Never shows a password. */
export interface LintFinding {
  /** Id of the rule of spec/rules, or the kind of the parser's note. */
  rule: string;
  severity: Problem["severity"];
  file: string;
  /** From 1. */
  line: number;
  /** From 1. */
  column: number;
  /** Characters of the place; 0: a place between two. */
  length: number;
  /** Name of the node: its router_id where that is its own, else the file that its configuration begins with. */
  node: string;
  /** What is there and what is allowed. */
  message: string;
  /** The rule's sentence: what must hold, and what happens where it does not. */
  why: string;
  fix: string;
  /** Versions of keepalived in which it does harm; absent: all. */
  versions?: string;
}

/** What is in a file and cannot be judged. */
export interface LintNote {
  file: string;
  line: number;
  column: number;
  message: string;
}

export interface LintOptions {
  /** Version of keepalived that runs the files; absent: whatever any version does wrong is told. */
  version?: string;
}

export interface LintResult {
  /** By file, line and column. */
  findings: LintFinding[];
  /** Includes that were not given, conditions that only the host can decide: rules over what they hide were not run. */
  notes: LintNote[];
  /** The nodes that were found: their names, and the file that each begins with. */
  nodes: { name: string; file: string }[];
}

/** What is left, and what `--fix` has put right. */
export interface FixedResult extends LintResult {
  /** With the places of the files as they were before; absent: nobody asked for it. */
  fixed?: LintFinding[];
}

/** Places of what rules name: `priority`, `trackScripts[0].weight`. */
export type Places = Record<string, Position>;
