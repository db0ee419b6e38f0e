/**
 * Lets the roles of examples/web-db-gateway change, while a client writes through the address all the time, and writes the table
 * of docs/roles.md: see `npm run test:roles -- [--seed S] [--count N] [--only KIND]...`. With --only it prints and writes nothing.
 * Ends with the line `N of M ...`; the exit status is the truth.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { prepareLab } from "../../lab";
import { withSection } from "../section";
import { Bench, type Seen } from "./bench";
import { changes, chosen } from "./changes";
import { line, table } from "./report";

const page = join(__dirname, "../../docs/roles.md");

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      seed: { type: "string", default: "7" },
      count: { type: "string", default: "50" },
      only: { type: "string", multiple: true },
    },
  });
  const all = chosen(Number(values.count), Number(values.seed));
  const { only } = values;
  const list = only === undefined ? all : changes.filter(({ kind }) => only.includes(kind));
  const log = (text: string) => console.error(text);
  await prepareLab(log);
  const bench = await Bench.start(log);
  const seen: Seen[] = [];
  try {
    for (const change of list) {
      const one = await bench.run(change);
      seen.push(one);
      console.log(line(one, seen.length));
    }
    if (only === undefined) {
      const text = table(seen, await bench.facts(), values.seed);
      writeFileSync(page, withSection(readFileSync(page, "utf8"), "roles", text));
    }
  } finally {
    await bench.stop();
  }
  const well = seen.filter(({ failures }) => failures.length === 0).length;
  console.log(`${well} of ${list.length} changes as promised`);
  return well === list.length ? 0 : 1;
}

main().then(
  (status) => process.exit(status),
  (error: unknown) => {
    console.error(error);
    process.exit(2);
  },
);
