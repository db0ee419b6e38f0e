import { describe as textOf, sampleOf } from "../../faults/cases";
import { defaultSeed } from "../../faults/options";
import { failure } from "../../faults/report";
import type { Outcome } from "../../faults/runCase";
import { runCases } from "../../faults/suite";

// One of each kind; `npm run test:faults` has hundreds.
const cases = sampleOf(defaultSeed);

describe("an apply that is interrupted leaves all hosts at the old or all at the new generation, one holder, and a way in:", () => {
  let outcomes: Outcome[];

  beforeAll(async () => {
    outcomes = await runCases(cases, 2, () => undefined);
    // Minutes where nothing else runs; more beside the other tests.
  }, 1_800_000);

  test.each(cases.map((one) => [textOf(one), one.number] as const))("%s", (_what, number) => {
    const outcome = outcomes.find((one) => one.case.number === number)!;
    if (outcome.failures.length > 0) throw new Error(failure(outcome, `--seed ${defaultSeed} --sample`));
  });
});
