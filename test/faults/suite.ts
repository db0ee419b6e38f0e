import type { FaultCase, Role, Step } from "./cases";
import { type Outcome, runCase } from "./runCase";
import { World } from "./world";

/** Runs cases on `jobs` labs side by side; tells each outcome as it ends. */
export async function runCases(
  cases: readonly FaultCase[],
  jobs: number,
  tell: (outcome: Outcome) => void,
): Promise<Outcome[]> {
  // A change and its reverse go to the same lab: the second starts where the first ended.
  const pairs = new Map<number, FaultCase[]>();
  for (const one of cases) {
    const key = Math.floor(one.number / 2);
    pairs.set(key, [...(pairs.get(key) ?? []), one]);
  }
  const left = [...pairs.values()];
  const outcomes: Outcome[] = [];
  // The steps make as many calls in every lab.
  let calls: ReadonlyMap<Role, ReadonlyMap<Step, number>> | undefined;
  const job = async (index: number) => {
    let world: World | undefined;
    try {
      for (let pair = left.shift(); pair !== undefined; pair = left.shift()) {
        for (const one of pair) {
          world ??= await World.create(`faults-${index}`);
          calls ??= await world.calibrate();
          const outcome = await runCase(world, one, calls);
          outcomes.push(outcome);
          tell(outcome);
          if (outcome.failures.length === 0) continue;
          // What is broken is not to break the next case.
          await world.remove();
          world = undefined;
        }
      }
    } finally {
      await world?.remove();
    }
  };
  const ended = await Promise.allSettled(
    Array.from({ length: Math.min(jobs, left.length) }, (_, i) => job(i)),
  );
  for (const one of ended) if (one.status === "rejected") throw one.reason;
  return outcomes;
}
