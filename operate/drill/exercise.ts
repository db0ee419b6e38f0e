import type { Seen } from "../observation";
import { careful } from "./careful";
import type { DrillOptions } from "./drill";
import type { DrillHost } from "./host";
import { Ledger } from "./ledger";
import { type Choice, DrillKind, type DrillRecord, type PhaseRecord, type Prediction } from "./model";
import { Interrupted, move } from "./move";
import { predict } from "./predict";
import { restore } from "./restore";
import type { Watching } from "./watching";

/** What an exercise begins with. */
export interface ExerciseOptions extends DrillOptions {
  nodes: readonly { node: string; host: DrillHost }[];
  /** How everything was before. */
  before: readonly Seen[];
  choice: Choice;
  prediction: Prediction;
  watching: Watching;
}

export type Exercise = Pick<
  DrillRecord,
  "began" | "ended" | "phases" | "notes" | "problems" | "isInterrupted" | "left"
>;

/** Milliseconds for which is asked before anything is done, and after everything is as it was. */
const LEAD = 1000;
/** Seconds that roles may take. */
const PATIENCE = 120;

/** Seconds after which the hosts bring back by themselves what was changed, should this process be gone. */
export const FORSAKEN = 600;

const sleep = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds));

/** Strikes, waits, and brings everything back, whatever happens on the way. */
export async function exercise(options: ExerciseOptions): Promise<Exercise> {
  const { cluster, nodes, signal, say } = options;
  const { ledger = new Ledger(), patience = PATIENCE, pause = sleep } = options;
  const hosts = (until?: AbortSignal) =>
    new Map(nodes.map(({ node, host }) => [node, careful(host, { node, cluster, ledger, signal: until })]));
  const common = { ...options, ledger, patience, pause };
  const isInterrupted = () => signal?.aborted === true;
  const began = Date.now();
  await armed(options);
  await pause(LEAD);
  const moved = await move({
    ...common,
    hosts: hosts(signal),
    pause: async (milliseconds) => {
      if (isInterrupted()) throw new Interrupted();
      await pause(milliseconds);
    },
  });
  moved.problems.forEach(say);
  if (isInterrupted()) say("interrupted; everything is brought back");
  const problems = [...moved.problems];
  // It may take its time.
  await armed(options);
  const left = await restore({ ...common, hosts: hosts() }).catch((error: Error) => {
    problems.push(error.message);
    return ledger.left;
  });
  // What is left a host still sees to.
  if (left.length === 0 || options.stay) await toAll(options, "end");
  const back = wayBack(options, moved.phase);
  await pause(LEAD);
  return {
    began,
    ended: Date.now(),
    phases: [moved.phase, ...(back === undefined ? [] : [back])],
    notes: moved.notes,
    problems,
    isInterrupted: isInterrupted(),
    left,
  };
}

/** Has every host bring back by itself what was changed on it, unless it hears of this process again. */
async function armed(options: ExerciseOptions): Promise<void> {
  for (const [node, { code, stderr }] of await toAll(options, String(FORSAKEN))) {
    if (code !== 0)
      options.say(
        `note: should this process be killed, ${node} brings nothing back by itself: ${stderr.trim().split("\n")[0]}`,
      );
  }
}

const toAll = ({ nodes, cluster }: ExerciseOptions, word: string) =>
  Promise.all(
    nodes.map(async ({ node, host }) => [node, await host.agent(["exercise", cluster, word], 30)] as const),
  );

/** From the end of the first phase until now, where the addresses were away and are not to stay. */
function wayBack(
  { choice: { from, to, home }, stay, before, watching, every }: ExerciseOptions,
  { ended: began }: PhaseRecord,
): PhaseRecord | undefined {
  const moving = Object.keys(home).filter((address) => home[address] === from);
  const wasThere = watching.records.some(
    ({ node, changes }) =>
      node === to && changes.some(({ addresses }) => addresses.some((one) => moving.includes(one))),
  );
  if (stay || !wasThere) return undefined;
  const prediction = predict({
    kind: DrillKind.Drain,
    choice: { from: to, to: from, home: Object.fromEntries(moving.map((address) => [address, to])) },
    seen: before,
    every,
  });
  const ended = Date.now();
  return { name: "back", from: to, to: from, began, ended, reached: ended, prediction };
}
