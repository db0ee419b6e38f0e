/**
 * Interrupts applies in every way and judges what is left: see `npm run test:faults -- --seed S --count N --only KIND
 * --case K|K-L --sample --jobs J`. Ends with the line `N passed, N failed`; the exit status is the truth.
 */
import { ensureEngine } from "../../engine/setup";
import { prepareLab } from "../../lab";
import { casesOf, sampleOf } from "./cases";
import { readOptions } from "./options";
import { failure, line, table } from "./report";
import { recovery } from "./runCase";
import { runCases } from "./suite";
import { undoSeconds } from "./world";

async function main(): Promise<number> {
  const { seed, count, only, cases: range, sample, jobs } = readOptions(process.argv.slice(2));
  const log = (text: string) => console.error(text);
  await ensureEngine({ log });
  await prepareLab(log);
  const all = sample ? sampleOf(seed) : casesOf(seed, Math.max(count, (range?.[1] ?? 0) + 1));
  const cases = all.filter(
    ({ kind, number }) =>
      (only === undefined || kind === only) &&
      (range === undefined || (number >= range[0] && number <= range[1])),
  );
  console.log(
    `seed ${seed}, ${cases.length} cases, ${jobs} labs; undo after ${undoSeconds} s, consistent within ${recovery} s`,
  );
  const started = performance.now();
  const outcomes = await runCases(cases, jobs, (outcome) => {
    console.log(line(outcome));
    if (outcome.failures.length > 0)
      console.log(failure(outcome, `--seed ${seed}${sample ? " --sample" : ""}`));
  });
  console.log(`\n${table(outcomes)} (${((performance.now() - started) / 60_000).toFixed(1)} min)`);
  return outcomes.length === cases.length && outcomes.every(({ failures }) => failures.length === 0) ? 0 : 1;
}

main().then(
  (status) => process.exit(status),
  (error: unknown) => {
    console.error(error);
    process.exit(2);
  },
);
