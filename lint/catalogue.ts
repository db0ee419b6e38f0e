import { HOST_RULES, Problem, rangeText, RuleInfo } from "../spec";
import { FIXABLE } from "./fix";
import { CONF_RULES } from "./lint";
import { HIDING } from "./members";
import { NOTES } from "./notes";
import { inConfWords } from "./words";

/** A rule as lint tells it. */
export interface ListedRule {
  rule: string;
  /** The parser's notes have either. */
  severity: Problem["severity"] | "error or warning";
  why: string;
  fix: string;
  /** Whether `--fix` puts it right. */
  fixable: boolean;
  /** Versions of keepalived in which it does harm; absent: all. */
  versions?: string;
}

/** A rule in the words of a keepalived.conf, with what it weighs there. */
export function listed(rule: RuleInfo): ListedRule {
  const { id, severity, doc, fix, bites } = { ...rule, ...rule.foreign };
  return {
    rule: id,
    severity,
    why: inConfWords(doc),
    fix: inConfWords(fix),
    fixable: FIXABLE.includes(id),
    ...(bites === undefined ? {} : { versions: rangeText(bites) }),
  };
}

/** Every rule that a keepalived.conf can break, by its id. */
export function catalogue(): ListedRule[] {
  const notes = Object.entries(NOTES)
    .filter(([kind]) => !HIDING.includes(kind))
    .map(([rule, { doc, fix }]): ListedRule => ({
      rule,
      severity: "error or warning",
      why: doc,
      fix,
      fixable: FIXABLE.includes(rule),
    }));
  // What a cluster wants is no word of keepalived's.
  const rules = [...CONF_RULES, ...HOST_RULES].filter(({ id }) => !id.includes("sticky"));
  return [...rules.map(listed), ...notes].sort((a, b) => a.rule.localeCompare(b.rule));
}

/** The catalogue as a person reads it. */
export function catalogueText(): string {
  return catalogue()
    .map(({ rule, severity, why, fix, fixable, versions }) =>
      [
        `${rule} (${severity}${fixable ? ", --fix" : ""})`,
        `  ${why}`,
        ...(versions === undefined ? [] : [`  keepalived: ${versions}`]),
        `  fix: ${fix}`,
      ].join("\n"),
    )
    .join("\n");
}
