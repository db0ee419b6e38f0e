import * as pulumi from "@pulumi/pulumi";

import { formatProblems, Parsed, Problem, UNKNOWN } from "../spec";
import { SpecError } from "./specError";
import { isPending, mapLeaves, pendingPaths, withoutSecrets } from "./values";

/**
 * Checks arguments at once as far as they are known, so that a mistake is told before anything is registered; what
 * is known only later is checked when it is. The result holds a placeholder for each secret, so that what derives
 * from it can be shown; it is plain, not an Output, when nothing but secrets is pending.
 */
export function prove<T>(
  name: string,
  args: unknown,
  parse: (input: unknown) => Parsed<T>,
): T | pulumi.Output<T> {
  refuse(name, parse(mapLeaves(args, (leaf) => (isPending(leaf) ? UNKNOWN : leaf))));
  const shown = withoutSecrets(args);
  return pendingPaths(shown).length === 0
    ? proven(name, parse(shown))
    : later(shown, (known) => proven(name, parse(known)));
}

/** The same with the real secrets, as a secret. */
export function proveSecrets<T>(
  name: string,
  args: unknown,
  parse: (input: unknown) => Parsed<T>,
): pulumi.Output<T> {
  return pulumi.secret(later(args, (known) => proven(name, parse(known)))) as pulumi.Output<T>;
}

/** Applies a function to a value that may be known only later, and stays plain when it is plain. */
export function derive<T, R>(value: T | pulumi.Output<T>, f: (value: T) => R): R | pulumi.Output<R> {
  return pulumi.Output.isInstance(value) ? later(value, (v) => f(v as T)) : f(value);
}

/** Throws what is wrong with a value, but for what only waits to be known. */
function refuse<T>(name: string, parsed: Parsed<T>): void {
  const found = "problems" in parsed ? parsed.problems : parsed.warnings;
  const problems = found.filter((p) => p.rule !== "not-yet-known");
  if (problems.some((p) => p.severity === "error")) {
    throw new SpecError(name, problems);
  }
  warn(name, problems);
}

/** The value; throws what is wrong with it. */
export function proven<T>(name: string, parsed: Parsed<T>): T {
  if ("problems" in parsed) {
    throw new SpecError(name, parsed.problems);
  }
  warn(name, parsed.warnings);
  return parsed.value;
}

/** Warnings that were given in this run: what is known at once is judged again when the rest is. */
const given = new Set<string>();

function warn(name: string, warnings: Problem[]): void {
  for (const warning of warnings) {
    const text = `${name}: ${formatProblems([warning]).replace(/^warning: /, "")}`;
    if (!given.has(text)) {
      given.add(text);
      void pulumi.log.warn(text);
    }
  }
}

/** A function of arguments once all inside them is known. Pulumi unwraps results too; these hold nothing to unwrap. */
function later<T>(args: unknown, f: (known: unknown) => T): pulumi.Output<T> {
  const known: pulumi.Output<unknown> = pulumi.output<object>(args as object);
  return known.apply<unknown>(f) as pulumi.Output<T>;
}
