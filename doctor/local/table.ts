import { CAUSES } from "../causes";
import { LOCAL_RULES, SYMPTOM_RULES } from "./rules";
import type { Rule, SymptomRule } from "./rule";

/**
 * Rules as host/lib/diagnose.sh reads them, a line each word of a rule; the rest of a line is one text:
 *
 *     vrrp-causes 1
 *     cause CAUSE DOC
 *     rule ID
 *     finds CAUSE CONFIDENCE REPAIR WHERE    or: shows SYMPTOM
 *     when PATTERN, unless PATTERN, says TEXT
 *     also PATTERN, then: tells TEXT
 *     not CAUSE BECAUSE
 *     explains CAUSE
 *     summary TEXT, command TEXT, action WORDS
 *     end
 */
export function causesTable(
  rules: readonly Rule[] = LOCAL_RULES,
  symptoms: readonly SymptomRule[] = SYMPTOM_RULES,
): string {
  const causes = [...new Set(rules.map(({ cause }) => cause))];
  return [
    "vrrp-causes 1",
    ...causes.map((cause) => `cause ${cause} ${CAUSES[cause].doc}`),
    ...rules.flatMap((rule) => [
      `rule ${rule.id}`,
      `finds ${rule.cause} ${rule.confidence} ${rule.fix.repair} ${rule.at ?? "$node"}`,
      ...seenLines(rule),
      ...(rule.ruledOut ?? []).map(({ cause, because }) => `not ${cause} ${because}`),
      ...(rule.explains ?? []).map((cause) => `explains ${cause}`),
      `summary ${rule.fix.summary}`,
      ...(rule.fix.commands ?? []).map((command) => `command ${command}`),
      ...(rule.fix.action === undefined ? [] : [`action ${rule.fix.action.join(" ")}`]),
    ]),
    ...symptoms.flatMap((rule) => [`rule ${rule.id}`, `shows ${rule.symptom}`, ...seenLines(rule)]),
    "end",
    "",
  ].join("\n");
}

function seenLines({ when, unless = [], says, also = [] }: Rule | SymptomRule): string[] {
  return [
    ...when.map((pattern) => `when ${pattern}`),
    ...unless.map((pattern) => `unless ${pattern}`),
    ...says.map((text) => `says ${text}`),
    ...also.flatMap(([pattern, text]) => [`also ${pattern}`, `tells ${text}`]),
  ];
}
