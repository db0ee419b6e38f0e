/**
 * Lets happen between two real sites what scenarios.ts has, and new keys for both ends, and writes the table of
 * docs/two-sites.md: see `npm run test:sites -- [--only NAME]...`, which leaves what it says of the others as it is. Ends with
 * the line `N of M ...`; the exit status is the truth.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { prepareLab } from "../../lab";
import { partitions } from "../../simulate/partitions";
import { sectionOf, withSection } from "../section";
import { Bench, type Rotation } from "./bench";
import { nameOf, type PartitionSeen, runPartition, takeover } from "./partitions";
import { type Row, line, merged, readSaid, rotationText, saidOf, table } from "./report";
import { type Scenario, scenarioNamed, scenarios } from "./scenarios";
import { Witness } from "./witness";

const page = join(__dirname, "../../docs/two-sites.md");

/** The names of what is no scenario. */
const ROTATION = "new-keys";
const PARTITIONS = "partitions";

/** Seconds of a stall by new keys: WireGuard's own time to repeat a handshake that is lost. */
const longestStall = 5;

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { only: { type: "string", multiple: true } } });
  const { only } = values;
  const names = only ?? [...scenarios.map(({ name }) => name), ROTATION, PARTITIONS];
  const chosen = names.filter((name) => ![ROTATION, PARTITIONS].includes(name)).map(scenarioNamed);
  const log = (text: string) => console.error(text);
  await prepareLab(log);
  const isPlain = chosen.length > 0 || names.includes(ROTATION);
  const statuses = [
    ...(isPlain ? [await runScenarios(chosen, names.includes(ROTATION), only === undefined, log)] : []),
    ...(names.includes(PARTITIONS) ? [await runPartitions(log)] : []),
  ];
  return Math.max(...statuses);
}

/** Each partition with a witness; the exit status. */
async function runPartitions(log: (text: string) => void): Promise<number> {
  const bench = await Bench.start(log, { witness: Witness.One });
  const seen: PartitionSeen[] = [];
  try {
    await bench.stack.up();
    const facts = await bench.facts();
    for (const partition of partitions()) {
      const one = await runPartition(bench, partition);
      seen.push(one);
      const verdict = one.failures.length === 0 ? "ok  " : "FAIL";
      const words = [`nobody held for ${one.gap.toFixed(3)} s`, ...one.failures].join("\n     ");
      console.log(`${verdict} ${nameOf(partition)}: ${words}`);
    }
    const text = partitionsSeen(seen, facts);
    writeFileSync(page, withSection(readFileSync(page, "utf8"), "partitions-seen", text));
  } finally {
    await bench.stop();
  }
  const well = seen.filter(({ failures }) => failures.length === 0).length;
  console.log(`${well} of ${seen.length} partitions as promised`);
  return well === seen.length ? 0 : 1;
}

/** What the page says of the partitions that were seen. */
function partitionsSeen(seen: readonly PartitionSeen[], facts: readonly string[]): string {
  const well = seen.filter(({ failures }) => failures.length === 0);
  // Where nobody holds in the end the time without a holder has none.
  const moved = well.filter(({ partition, gap }) => partition.held.lease.holders.length > 0 && gap > 0);
  const longest = Math.max(0, ...moved.map(({ gap }) => gap));
  const wrong = seen.flatMap(({ partition, failures }) =>
    failures.map((one) => `- ${nameOf(partition)}: ${one}`),
  );
  return [
    `Seen between two real sites with a real etcd (\`npm run test:sites\`, with ${facts.join(", ")}): ${well.length} of the ${seen.length} are
as the column \`lease\` says, the addresses watched by the kernel of both gateways; where they moved, nobody held for ${longest.toFixed(1)} s
at most (bound ${takeover.toFixed(1)} s).`,
    ...(wrong.length > 0 ? [wrong.join("\n")] : []),
  ].join("\n\n");
}

/** The scenarios, and new keys where asked for; the exit status. */
async function runScenarios(
  chosen: readonly Scenario[],
  rotates: boolean,
  isAll: boolean,
  log: (text: string) => void,
): Promise<number> {
  const bench = await Bench.start(log);
  const rows: Row[] = [];
  let rotation: Rotation | undefined;
  try {
    await bench.stack.up();
    const facts = await bench.facts();
    const all = scenarios.map(({ name }) => name);
    const before = isAll ? "" : sectionOf(readFileSync(page, "utf8"), "sites");
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
    if (rotates) {
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

/** TCP sends again at times that double: it may stall for twice as long. */
const isGood = ({ stall, transfer, isNew }: Rotation) =>
  isNew && stall <= longestStall && transfer.stall <= 2 * longestStall && transfer.connections === 1;

main().then(
  (status) => process.exit(status),
  (error: unknown) => {
    console.error(error);
    process.exit(2);
  },
);
