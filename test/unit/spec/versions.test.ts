import { compareVersions, isIn, parseVersion, rangeText } from "../../../spec";

it.each(["2.2.7", "v2.2.7", "2.2"])("%s is a version", (text) => {
  expect(parseVersion(text)).toBeDefined();
});

it.each(["2", "two", "2.2.7-1", "2.2.7.1", ""])("%j is none", (text) => {
  expect(parseVersion(text)).toBeUndefined();
});

it("orders by numbers, not by characters", () => {
  expect(compareVersions("2.0.11", "2.0.9")).toBeGreaterThan(0);
  expect(compareVersions("v2.2", "2.2.0")).toBe(0);
  expect(compareVersions("1.4.5", "2.0.0")).toBeLessThan(0);
});

it("a range holds its first version and not the one that ends it", () => {
  const range = { from: "2.0.6", before: "2.3.3" };
  expect(["2.0.5", "2.0.6", "2.3.2", "2.3.3"].map((version) => isIn(version, range))).toEqual([
    false,
    true,
    true,
    false,
  ]);
  expect(rangeText(range)).toBe("from 2.0.6 and before 2.3.3");
});

it("of several ranges one is enough", () => {
  const ranges = [{ before: "2.2.5" }, { from: "2.4.0" }];
  expect(["2.2.4", "2.2.5", "2.3.9", "2.4.0"].map((version) => isIn(version, ranges))).toEqual([
    true,
    false,
    false,
    true,
  ]);
  expect(rangeText(ranges)).toBe("before 2.2.5 and from 2.4.0 on");
});
