import * as fc from "fast-check";
import { seedOf } from "./seed";

test("a property that fails tells the seed that all have, unless FC_SEED says that each takes its own", () => {
  const { failed, seed } = fc.check(fc.property(fc.nat(), () => false));
  expect(failed).toBe(true);
  expect(seed).toBe(seedOf(process.env["FC_SEED"]) ?? seed);
});

test.each([
  [undefined, 1],
  ["", 1],
  ["-7", -7],
  ["random", undefined],
])("FC_SEED=%s gives the seed %s", (said, seed) => {
  expect(seedOf(said)).toBe(seed);
});

test("FC_SEED that is no whole number is refused", () => {
  expect(() => seedOf("often")).toThrow("FC_SEED=often: give a whole number, or random");
});
