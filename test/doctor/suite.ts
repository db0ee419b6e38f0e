import type { Case } from "./case";
import { type Asks, type Outcome, runCase } from "./runCase";
import { World } from "./world";
import type { WorldName } from "./worlds";

/** Runs cases, `jobs` worlds side by side, all of a world one after the other; tells each outcome as it ends. */
export async function runCases(
  cases: readonly Case[],
  { jobs, log, ...asks }: { jobs: number; log?: (line: string) => void } & Asks,
  tell: (outcome: Outcome) => void,
): Promise<Outcome[]> {
  const byWorld = new Map<WorldName, Case[]>();
  for (const one of cases) byWorld.set(one.world, [...(byWorld.get(one.world) ?? []), one]);
  // Not one long list for one job while the others have nothing to do; the longest first, so that the last ones are short.
  const left = [...byWorld]
    .flatMap(([name, list]) => partsOf(list).map((part) => [name, part] as const))
    .sort(([, one], [, other]) => other.length - one.length);
  const outcomes: Outcome[] = [];
  const end = (outcome: Outcome) => {
    outcomes.push(outcome);
    tell(outcome);
  };
  const job = async () => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      const [name, list] = next;
      let world: World | undefined;
      try {
        for (const one of list) {
          try {
            world ??= await World.create(name, log);
          } catch (error) {
            const failures = [`the world is not to be had: ${(error as Error).message}`];
            end({ case: one, told: [], failures, evidence: [], isBroken: true });
            // The others would wait for the same.
            for (const rest of list.slice(list.indexOf(one) + 1))
              end({
                case: rest,
                told: [],
                failures: ["the world is not to be had"],
                evidence: [],
                isBroken: true,
              });
            break;
          }
          const outcome = await runCase(world, one, asks);
          end(outcome);
          if (!outcome.isBroken) continue;
          // What is broken is not to break the next case.
          await world.remove();
          world = undefined;
        }
      } finally {
        await world?.remove();
      }
    }
  };
  const ended = await Promise.allSettled(Array.from({ length: Math.min(jobs, left.length) }, job));
  for (const one of ended) if (one.status === "rejected") throw one.reason;
  return outcomes;
}

/** Cases that share a world. */
const MOST = 26;

function partsOf(list: readonly Case[]): Case[][] {
  const parts = Math.ceil(list.length / MOST);
  const size = Math.ceil(list.length / parts);
  return Array.from({ length: parts }, (_, i) => list.slice(i * size, (i + 1) * size));
}
