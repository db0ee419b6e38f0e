import type { Fact } from "../model";
import { type Bindings, matched, type Pattern, wordsOf } from "./pattern";
import type { Rule, SymptomRule } from "./rule";

/** Facts by their first word, in the order in which they came. */
export type Facts = ReadonlyMap<string, readonly (readonly string[])[]>;

const TEXTS = ["text", "applied-text"];

/** As the lines have them: a fact's last word can hold blanks. Texts of files are no lines of words. */
export function byFirstWord(facts: readonly Fact[]): Facts {
  const lines = new Map<string, (readonly string[])[]>();
  for (const fact of facts) {
    const words = fact.join(" ").split(" ");
    const [first = ""] = words;
    if (first === "" || first.startsWith("|") || TEXTS.includes(first)) continue;
    lines.set(first, [...(lines.get(first) ?? []), words]);
  }
  return lines;
}

/** Every way in which a pattern matches. */
export function waysOf(pattern: Pattern, facts: Facts, bound: Bindings): Bindings[] {
  const words = wordsOf(pattern);
  const ways = (facts.get(words[0]!.test) ?? []).map((line) => matched(words, line, bound));
  return ways.filter((way) => way !== undefined);
}

/** Each way in which a rule fires, in the order of its patterns and of the facts. */
export function firings(rule: Rule | SymptomRule, facts: Facts, start: Bindings): Bindings[] {
  const ways = rule.when.reduce<Bindings[]>(
    (before, pattern) => before.flatMap((bound) => waysOf(pattern, facts, bound)),
    [start],
  );
  return ways.filter(
    (bound) => !(rule.unless ?? []).some((pattern) => waysOf(pattern, facts, bound).length > 0),
  );
}

/** What is seen where a rule fires. */
export function evidenceOf(
  { says, also = [] }: Rule | SymptomRule,
  facts: Facts,
  bound: Bindings,
): [string, Bindings][] {
  return [
    ...says.map((text): [string, Bindings] => [text, bound]),
    ...also.flatMap(([pattern, text]) =>
      waysOf(pattern, facts, bound).map((way): [string, Bindings] => [text, way]),
    ),
  ];
}
