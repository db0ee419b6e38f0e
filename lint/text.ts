import { LintFinding, LintResult } from "./model";

function findingText({
  file,
  line,
  column,
  severity,
  rule,
  message,
  why,
  fix,
  versions,
}: LintFinding): string {
  return [
    `${file}:${line}:${column}: ${severity}: ${message} [${rule}]`,
    `  ${why}`,
    ...(versions === undefined ? [] : [`  keepalived: ${versions}`]),
    `  fix: ${fix}`,
  ].join("\n");
}

function count(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? "" : "s"}`;
}

/** Findings as a person reads them, in the form that editors jump to. */
export function lintText({ findings, nodes }: LintResult): string {
  const errors = findings.filter(({ severity }) => severity === "error").length;
  return [
    ...findings.map(findingText),
    `${count(nodes.length, "node")}: ${count(errors, "error")}, ${count(findings.length - errors, "warning")}`,
  ].join("\n");
}
