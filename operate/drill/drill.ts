import { isSeen, observe } from "../observation";
import { startAsking } from "./asking";
import { hooksOf } from "./events";
import { exercise } from "./exercise";
import type { DrillHost } from "./host";
import type { Ledger } from "./ledger";
import type { DrillRecord, HookRecord } from "./model";
import { predict } from "./predict";
import type { Probe } from "./probe";
import { choose, unfit, type Wishes } from "./ready";
import { announcement } from "./text";
import { Watching } from "./watching";

export interface DrillOptions extends Wishes {
  hosts: readonly DrillHost[];
  cluster: string;
  /** Tried one after the other, of each address. */
  probes: readonly Probe[];
  /** Milliseconds between two requests. */
  every: number;
  /** Told of each step. */
  say: (line: string) => void;
  /** Whether what was announced is to be done. */
  confirm: () => Promise<boolean>;
  /** Ends the exercise; everything is brought back all the same. */
  signal?: AbortSignal;
  /** Told what is to be taken back by hand, should this process end at once. */
  ledger?: Ledger;
  /** Seconds that roles may take. @default 120 */
  patience?: number;
  pause?: (milliseconds: number) => Promise<void>;
  ask?: typeof startAsking;
}

/** What came of it: a record of what was done, or why nothing was. */
export type DrillOutcome = { record: DrillRecord } | { refused: string[]; isUnfit: boolean };

/** Has a live cluster lose its holder, measures what that costs, and brings everything back. */
export async function drill(options: DrillOptions): Promise<DrillOutcome> {
  const { hosts, cluster, kind, every, say } = options;
  const seen = await Promise.all(hosts.map((host) => observe(host, cluster)));
  const wrong = unfit(seen);
  if (wrong.length > 0) return { refused: wrong, isUnfit: true };
  const before = seen.filter(isSeen);
  const choice = choose(before, options);
  if ("refused" in choice) return { refused: [choice.refused], isUnfit: false };
  const prediction = predict({ kind, choice, seen: before, every });
  announcement(kind, choice, prediction).forEach(say);
  if (!(await options.confirm())) return { refused: ["not confirmed, so nothing was done"], isUnfit: false };
  const nodes = before.map(({ node }, at) => ({ node, host: hosts[at]! }));
  const watching = new Watching(nodes);
  try {
    if (!(await watching.begun())) {
      const why = watching.records.flatMap(({ node, broken }) => (broken ? [`${node}: ${broken}`] : []));
      return {
        refused: [`not every node tells what it has: ${why.join("; ") || "no word in time"}`],
        isUnfit: true,
      };
    }
    const ask = options.ask ?? startAsking;
    const asking = await ask({ addresses: Object.keys(choice.home), probes: options.probes, every });
    asking.lacks.forEach(say);
    try {
      const found = await exercise({ ...options, nodes, before, choice, prediction, watching });
      await asking.end();
      const hooks = await hooksSince(options, nodes, watching);
      await watching.end();
      const { points, lacks } = asking;
      return { record: { cluster, kind, choice, ...found, points, lacks, hooks, nodes: watching.records } };
    } finally {
      await asking.end();
    }
  } finally {
    await watching.end();
  }
}

/** What the roles have done since it began; the events tell when to a second, by the hosts' clocks. */
async function hooksSince(
  { cluster, say }: DrillOptions,
  nodes: readonly { node: string; host: DrillHost }[],
  watching: Watching,
): Promise<HookRecord[]> {
  const all = await Promise.all(
    nodes.map(async ({ node, host }) => {
      const epoch = watching.epochOf(node);
      const first = watching.firstOf(node);
      if (epoch === undefined || first === undefined) return [];
      const { code, stdout, stderr } = await host.agent(["events", cluster, String(epoch)], 60);
      if (code !== 0) say(`what the role of ${node} has done is not known: ${stderr.trim()}`);
      return code === 0 ? hooksOf(node, stdout, epoch * 1000 - first) : [];
    }),
  );
  return all.flat().sort((one, other) => one.at - other.at);
}
