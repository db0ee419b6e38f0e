/**
 * Makes every fault that the doctor must know, on real hosts, and judges what it tells: see `npm run test:doctor --
 * [--only CAUSE|pair|healthy]... [--case N|N-M] [--world NAME]... [--jobs J] [--sample] [--no-docs] [--no-doctor] [--list]
 * [--record FILE [--left]] [--facts DIRECTORY]`. A whole run writes the table of docs/doctor.md. Ends with the line `N passed, N failed`; the exit status is the truth.
 */
import { join } from "node:path";
import { ensureEngine } from "../../engine/setup";
import { prepareLab } from "../../lab";
import { writeSection } from "../writeSection";
import { cases, sample } from "./cases";
import { readOptions } from "./options";
import { Record } from "./record";
import { describeCase, failure, line, summary, table, totalsOf } from "./report";
import { runCases } from "./suite";

const page = join(__dirname, "../../docs/doctor.md");

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  const numbered = cases.map((one, number) => ({ one, number }));
  const numberOf = new Map(numbered.map(({ one, number }) => [one, number]));
  const { only, cases: range, worlds } = options;
  const record = new Record(options.record);
  const passed = new Set(
    record
      .of(cases)
      .filter(({ failures }) => failures.length === 0)
      .map((seen) => seen.case),
  );
  const chosen = numbered
    .filter(({ one }) => !options.sample || sample.includes(one))
    .filter(({ one }) => only === undefined || only.includes(one.family))
    .filter(({ one }) => worlds === undefined || worlds.includes(one.world))
    .filter(({ number }) => range === undefined || (number >= range[0] && number <= range[1]))
    .filter(({ one }) => !options.left || !passed.has(one))
    .map(({ one }) => one);
  if (options.list) {
    for (const one of chosen) console.log(`${String(numberOf.get(one)).padStart(4)} ${describeCase(one)}`);
    return 0;
  }
  const log = (text: string) => console.error(text);
  await ensureEngine({ log });
  await prepareLab(log);
  const started = Date.now();
  await runCases(chosen, { ...options, log }, (outcome) => {
    const number = numberOf.get(outcome.case)!;
    record.add(outcome);
    console.log(line(outcome, number));
    if (outcome.failures.length > 0) console.log(failure(outcome, number));
  });
  const minutes = ((Date.now() - started) / 60_000).toFixed(1);
  const outcomes = options.record === undefined ? record.ofThisRun : record.of(cases);
  if (options.docs && options.asks && outcomes.length === cases.length)
    await writeSection(page, "matrix", table(outcomes, { isRecord: options.record !== undefined }));
  console.log(`\n${chosen.length} cases in ${minutes} minutes\n${summary(outcomes)}`);
  if (!options.asks) return outcomes.every(({ failures }) => failures.length === 0) ? 0 : 1;
  return totalsOf(outcomes).isGood && outcomes.length >= chosen.length ? 0 : 1;
}

main().then(
  (status) => process.exit(status),
  (error: unknown) => {
    console.error(error);
    process.exit(2);
  },
);
