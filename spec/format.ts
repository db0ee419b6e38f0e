import { Problem } from "./model";

/**
 * Problems as the text of an error, errors first: what is where, what is allowed, and the fix on a line of its own.
 * Only a warning says what it is: whoever shows the text calls it an error already.
 */
export function formatProblems(problems: Problem[]): string {
  const rank = (problem: Problem) => (problem.severity === "error" ? 0 : 1);
  return [...problems]
    .sort((a, b) => rank(a) - rank(b))
    .map((p) =>
      [
        `${p.severity === "warning" ? "warning: " : ""}${p.path || "(the whole spec)"}: ${p.value} [${p.rule}]`,
        ...(p.fix.includes(p.allowed) ? [] : [`  allowed: ${p.allowed}`]),
        `  fix: ${p.fix}`,
      ].join("\n"),
    )
    .join("\n");
}
