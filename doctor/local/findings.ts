import type { Cause } from "../causes";
import type { Fact, Finding, SymptomSeen } from "../model";
import { byFirstWord, evidenceOf, type Facts, firings } from "./match";
import { type Bindings, filled } from "./pattern";
import type { Rule, SymptomRule } from "./rule";

/** What rules find, in their order, but what only follows from another finding comes last. */
export function findingsOf(rules: readonly Rule[], facts: readonly Fact[], node: string): Finding[] {
  const lines = byFirstWord(facts);
  const found = new Map<string, Finding>();
  for (const rule of rules) {
    for (const bound of firings(rule, lines, startOf(lines, node))) {
      const finding = findingOf(rule, lines, bound);
      const key = [finding.cause, finding.node, finding.fix.summary].join("\n");
      const before = found.get(key);
      if (before === undefined) found.set(key, finding);
      else before.evidence = unique([...before.evidence, ...finding.evidence]);
    }
  }
  const all = [...found.values()];
  const explained = explainedIn(rules);
  const follows = ({ cause, node: of }: Finding) =>
    all.some((other) => other.node === of && explained.get(other.cause)?.has(cause));
  return [...all.filter((finding) => !follows(finding)), ...all.filter(follows)];
}

/** Symptoms, in the order of their rules. */
export function symptomsOf(
  rules: readonly SymptomRule[],
  facts: readonly Fact[],
  node: string,
): SymptomSeen[] {
  const lines = byFirstWord(facts);
  const seen = rules.flatMap((rule) =>
    firings(rule, lines, startOf(lines, node)).flatMap((bound) =>
      evidenceOf(rule, lines, bound).map(([text, way]) => ({
        symptom: rule.symptom,
        evidence: filled(text, way),
      })),
    ),
  );
  const firsts = new Map(seen.map((one) => [`${one.symptom}\n${one.evidence}`, one]));
  return [...firsts.values()].map(({ symptom, evidence }) => ({ symptom, node, evidence }));
}

/** Cause -> causes that on the same node only follow from it. */
export function explainedIn(rules: readonly Rule[]): ReadonlyMap<Cause, ReadonlySet<Cause>> {
  const explained = new Map<Cause, Set<Cause>>();
  for (const { cause, explains = [] } of rules) {
    explained.set(cause, new Set([...(explained.get(cause) ?? []), ...explains]));
  }
  return explained;
}

function startOf(facts: Facts, node: string): Bindings {
  return { node, cluster: facts.get("cluster")?.[0]?.[1] ?? "-" };
}

function findingOf(rule: Rule, facts: Facts, bound: Bindings): Finding {
  const fill = (text: string) => filled(text, bound);
  const { repair, summary, commands, action } = rule.fix;
  return {
    cause: rule.cause,
    node: fill(rule.at ?? "$node"),
    confidence: rule.confidence,
    evidence: unique(evidenceOf(rule, facts, bound).map(([text, way]) => filled(text, way))),
    ruledOut: (rule.ruledOut ?? []).map(({ cause, because }) => ({ cause, because: fill(because) })),
    fix: {
      repair,
      automatic: action !== undefined,
      summary: fill(summary),
      ...(commands && { commands: commands.map(fill) }),
      ...(action && { action: action.map(fill) }),
    },
  };
}

function unique(list: string[]): string[] {
  return [...new Set(list)];
}
