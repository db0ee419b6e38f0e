import { lint } from "../../../lint";
import { fixture, fixturesIn } from "./files";

it.each(fixturesIn("valid"))("finds no error in %s, which keepalived runs", (path) => {
  const { findings, nodes } = lint(fixture(path));
  expect(nodes.length).toBeGreaterThan(0);
  expect(findings.filter(({ severity }) => severity === "error")).toEqual([]);
});

it("has thirty of them at least", () => {
  expect(fixturesIn("valid").length).toBeGreaterThanOrEqual(30);
});
