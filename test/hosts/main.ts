/**
 * Takes a pair of each kind of host through its life, and writes the table of docs/hosts.md: see `npm run test:hosts -- [--only
 * KIND]... [--jobs J]`, which leaves what it says of the others as it is. Ends with the line `N of M ...`; the exit status is the truth.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { prepareLab } from "../../lab";
import { sectionOf, withSection } from "../section";
import { type KindSeen, runKind } from "./bench";
import { kindNamed, kinds } from "./kinds";
import { line, table } from "./report";

const page = join(__dirname, "../../docs/hosts.md");

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { only: { type: "string", multiple: true }, jobs: { type: "string", default: "2" } },
  });
  const { only } = values;
  const list = only === undefined ? kinds : only.map(kindNamed);
  await prepareLab((text) => console.error(text));
  const seen: KindSeen[] = [];
  const waiting = [...list];
  const work = async () => {
    for (let kind = waiting.shift(); kind !== undefined; kind = waiting.shift()) {
      const { name } = kind;
      try {
        seen.push(await runKind(kind, (step) => console.log(line(name, step))));
      } catch (error) {
        console.log(`FAIL ${name}: ${(error as Error).message}`);
      }
    }
  };
  await Promise.all(Array.from({ length: Number(values.jobs) }, work));
  seen.sort((one, other) => list.indexOf(one.kind) - list.indexOf(other.kind));
  const well = seen.filter(({ steps }) => steps.every(({ failures }) => failures.length === 0)).length;
  const text = readFileSync(page, "utf8");
  writeFileSync(page, withSection(text, "hosts", table(kinds, seen, sectionOf(text, "hosts"))));
  console.log(`${well} of ${list.length} kinds of host as promised`);
  return well === list.length ? 0 : 1;
}

main().then(
  (status) => process.exit(status),
  (error: unknown) => {
    console.error(error);
    process.exit(2);
  },
);
