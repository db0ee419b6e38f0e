import { casesOf, kinds, roles, sampleOf, steps } from "../../faults/cases";
import { readOptions } from "../../faults/options";

describe("the list of cases", () => {
  test("is the same for the same seed, and another one for another", () => {
    expect(casesOf(7, 200)).toEqual(casesOf(7, 200));
    expect(casesOf(8, 200)).not.toEqual(casesOf(7, 200));
  });

  test("keeps a case's number when more cases are asked for", () => {
    expect(casesOf(7, 300).slice(0, 200)).toEqual(casesOf(7, 200));
  });

  test.each([1, 4, 99])("has every kind, step and host in its first 200 (seed %i)", (seed) => {
    const cases = casesOf(seed, 200);
    expect(new Set(cases.map(({ kind }) => kind))).toEqual(new Set(kinds));
    for (const kind of ["kill", "ssh-cut"] as const) {
      const struck = cases
        .filter((one) => one.kind === kind)
        .map(({ step, role, how }) => `${step} ${role} ${how}`);
      const all =
        new Set(cases.filter((one) => one.kind === kind).map(({ how }) => how)).size *
        steps.length *
        roles.length;
      expect(new Set(struck).size).toBe(all);
    }
  });

  test("changes the cluster and changes it back, so that a case starts where the one before it ended", () => {
    const cases = casesOf(4, 50);
    for (const { number, from, to } of cases) {
      expect(from).not.toBe(to);
      if (number % 2 === 0) expect(from).toBe("base");
      else expect({ from, to }).toEqual({ from: cases[number - 1]!.to, to: "base" });
    }
  });

  test("strikes from before the first command of a step to after its last", () => {
    const points = casesOf(4, 400).map(({ at }) => at);
    expect(Math.min(...points)).toBe(0);
    expect(Math.max(...points)).toBe(1);
  });
});

describe("the sample", () => {
  test("has every kind once, each case starting where the one before it ended", () => {
    const sample = sampleOf(4);
    expect(sample.map(({ kind }) => kind)).toEqual(kinds);
    for (const [index, { from }] of sample.entries()) expect(from).toBe(sample[index - 1]?.to ?? "base");
  });
});

describe("the command line", () => {
  test("asks for 200 cases of a fixed seed on two labs when it says nothing", () => {
    expect(readOptions([])).toEqual({ seed: 4, count: 200, sample: false, jobs: 2 });
  });

  test("says what is wrong with a value", () => {
    expect(() => readOptions(["--jobs", "0"])).toThrow("--jobs: 0, allowed is a whole number from 1");
    expect(() => readOptions(["--only", "rain"])).toThrow(/^--only: rain, allowed is one of ssh-cut, kill/);
    expect(() => readOptions(["--sed", "1"])).toThrow("--sed");
  });
});
