/**
 * Runs every scenario of simulate/scenarios.ts in the simulation and on real keepalived, compares, and writes
 * docs/model.md: see `npm run test:model -- [--only NAME]...`, which writes nothing when only some are run. Ends with the
 * line `N of M ...`; the exit status is the truth: other sequences, or more than 5 % of the gaps out of tolerance, fail.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { prepareLab } from "../../lab";
import { simulate } from "../../simulate/run";
import {
  type Scenario,
  addressesOf,
  nodesOfScenario,
  pauseOf,
  scenarios,
  strikesOfScenario,
} from "../../simulate/scenarios";
import { Bench } from "./bench";
import { type Course, compareStep, viewStep } from "./compare";
import { type Row, faultsOfRow, line, page } from "./report";

/** Share of gaps that may be out of tolerance: the machine is shared. */
const allowance = 0.05;

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { only: { type: "string", multiple: true } } });
  const { only } = values;
  const chosen = scenarios.filter(({ name }) => only === undefined || only.includes(name));
  if (chosen.length === 0)
    throw new Error(`--only: '${only?.join()}'; allowed are ${scenarios.map(({ name }) => name).join(", ")}`);
  const log = (text: string) => console.error(text);
  await prepareLab(log);
  const bench = await Bench.start(log);
  const rows: Row[] = [];
  try {
    const version = await bench.keepalived();
    for (const scenario of chosen) {
      const found = await compare(bench, scenario);
      rows.push(...found);
      for (const row of found) console.log(line(row));
      if (only === undefined) writeFileSync(join(__dirname, "../../docs/model.md"), page(rows, version));
    }
  } finally {
    await bench.stop();
  }
  const gaps = rows.flatMap(({ result }) => result.gaps);
  const far = gaps.filter(({ isClose }) => !isClose).length;
  const other = rows.filter(({ result }) => !result.sameSequence).length;
  const well = rows.filter((row) => faultsOfRow(row).length === 0).length;
  console.log(
    `${well} of ${rows.length} steps as predicted; ${other} other sequences, ${far} of ${gaps.length} gaps out of tolerance`,
  );
  return other === 0 && far <= allowance * gaps.length ? 0 : 1;
}

async function compare(bench: Bench, scenario: Scenario): Promise<Row[]> {
  const nodes = nodesOfScenario(scenario);
  const pause = pauseOf(scenario);
  const strikes = strikesOfScenario(scenario);
  const run = simulate(nodes, { strikes, first: scenario.first ?? "gw-a", tail: pause });
  const seen = await bench.run(scenario);
  return addressesOf(scenario).flatMap((address, place) => {
    const model: Course = run.routers[place]!;
    const lab = seen.courses[place]!;
    return scenario.steps.map((actions, step) => {
      const begin = strikes[0]!.at + step * pause;
      const views = {
        model: viewStep(model, { from: begin, to: begin + pause }, actions),
        lab: viewStep(lab, { from: seen.struck[step]!, to: seen.struck[step + 1] ?? seen.end }, actions),
      };
      const result = compareStep(views.model, views.lab, Number(scenario.cluster.advertInt));
      return { scenario, address, step, ...views, result };
    });
  });
}

main().then(
  (status) => process.exit(status),
  (error: unknown) => {
    console.error(error);
    process.exit(2);
  },
);
