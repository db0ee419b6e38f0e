import type { Cause } from "../causes";
import type { Fact, Finding, SymptomSeen } from "../model";
import { explainedIn, findingsOf, symptomsOf } from "./findings";
import { LOCAL_RULES, SYMPTOM_RULES } from "./rules";

export { LOCAL_RULES, SYMPTOM_RULES } from "./rules";
export type { Pattern } from "./pattern";
export type { Rule, SymptomRule } from "./rule";
export { causesTable } from "./table";

const OF_ALL = LOCAL_RULES.filter(({ alone }) => alone !== true);

/** What one node's facts alone tell where the other nodes are asked, too; what only follows from another finding comes last. */
export function localFindings(facts: readonly Fact[], node: string): Finding[] {
  return findingsOf(OF_ALL, facts, node);
}

/** What one node's facts tell where nobody else can be asked: with guesses about the others. */
export function loneFindings(facts: readonly Fact[], node: string): Finding[] {
  return findingsOf(LOCAL_RULES, facts, node);
}

/** What is to be seen of one node by itself. */
export function localSymptoms(facts: readonly Fact[], node: string): SymptomSeen[] {
  return symptomsOf(SYMPTOM_RULES, facts, node);
}

/** Cause -> causes of which a finding on the same node only follows from it. */
export const LOCAL_EXPLAINS: ReadonlyMap<Cause, ReadonlySet<Cause>> = explainedIn(LOCAL_RULES);
