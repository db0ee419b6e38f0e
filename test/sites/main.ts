/**
 * Lets happen between two real sites what scenarios.ts has, and new keys for both ends, and writes the table of
 * docs/two-sites.md: see `npm run test:sites -- [--only NAME]...`, which leaves what it says of the others as it is. Ends with
 * the line `N of M ...`; the exit status is the truth.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { prepareLab } from "../../lab";
import { Bench, type Rotation } from "./bench";
import {
  type Row,
  line,
  merged,
  readSaid,
  rotationText,
  saidOf,
  sectionOf,
  table,
  withSection,
} from "./report";
import { scenarioNamed, scenarios } from "./scenarios";

const page = join(__dirname, "../../docs/two-sites.md");

/** The name of what is no scenario. */
const ROTATION = "new-keys";

/** Seconds of a stall by new keys: WireGuard's own time to repeat a handshake that is lost. */
const longestStall = 5;

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { only: { type: "string", multiple: true } } });
  const { only } = values;
  const names = only ?? [...scenarios.map(({ name }) => name), ROTATION];
  const chosen = names.filter((name) => name !== ROTATION).map(scenarioNamed);
  const log = (text: string) => console.error(text);
  await prepareLab(log);
  const bench = await Bench.start(log);
  const rows: Row[] = [];
  let rotation: Rotation | undefined;
  try {
    await bench.stack.up();
    const facts = await bench.facts();
    const all = scenarios.map(({ name }) => name);
    const before = only === undefined ? "" : sectionOf(readFileSync(page, "utf8"), "sites");
    const write = () => {
      const said = merged(readSaid(before), saidOf(rows, rotation), all);
      writeFileSync(page, withSection(readFileSync(page, "utf8"), "sites", table(said, facts)));
    };
    for (const scenario of chosen) {
      for (const seen of await bench.run(scenario)) {
        const row = { scenario, seen };
        rows.push(row);
        console.log(line(row));
      }
      write();
    }
    if (names.includes(ROTATION)) {
      rotation = await bench.rotateKeys(2);
      console.log(`${isGood(rotation) ? "ok  " : "FAIL"} ${ROTATION}: ${rotationText(rotation)}`);
      write();
    }
  } finally {
    await bench.stop();
  }
  const well = rows.filter(({ seen }) => seen.failures.length === 0).length;
  console.log(`${well} of ${rows.length} steps as promised`);
  return well === rows.length && (rotation === undefined || isGood(rotation)) ? 0 : 1;
}

const isGood = ({ stall, isNew }: Rotation) => isNew && stall <= longestStall;

main().then(
  (status) => process.exit(status),
  (error: unknown) => {
    console.error(error);
    process.exit(2);
  },
);
