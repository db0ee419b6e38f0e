import { formatProblems, Problem } from "../../../spec";

const problem: Problem = {
  rule: "bounds",
  severity: "warning",
  path: "nodes[1].priority",
  value: "0",
  allowed: "a whole number from 1 to 255",
  fix: "raise it",
};

it("writes errors before warnings, each with path, value, rule, bound and fix", () => {
  expect(formatProblems([problem, { ...problem, severity: "error", path: "" }])).toBe(
    [
      "(the whole spec): 0 [bounds]",
      "  allowed: a whole number from 1 to 255",
      "  fix: raise it",
      "warning: nodes[1].priority: 0 [bounds]",
      "  allowed: a whole number from 1 to 255",
      "  fix: raise it",
    ].join("\n"),
  );
});

it("does not say the bound twice where the fix says it", () => {
  expect(formatProblems([{ ...problem, fix: `give ${problem.allowed}` }])).not.toContain("allowed:");
});
