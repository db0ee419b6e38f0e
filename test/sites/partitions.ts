import { until } from "../../lab";
import { type Span, between, holdersOf, now } from "../../lab/watch";
import { lengthOf } from "../../lab/watch/holders";
import { watchLab } from "../../lab/watchLab";
import { Cut, type Partition } from "../../simulate/partitions";
import { witnessTakeover } from "../../simulate/votes";
import { masterDownInterval } from "../../simulate/timing";
import { type Bench, VIP } from "./bench";

/** Seconds for which a vote counts in examples/two-sites. */
const ttl = 10;

/** Seconds until a node whose peer has fallen silent holds; at once, the two may have to agree on who claims. */
export const takeover =
  witnessTakeover(ttl).max + masterDownInterval({ version: 3, advertInt: 1, priority: 100 });

/** Seconds that are watched once all is as it must be. */
const calm = 8;

/** What was seen of one partition between two real sites with a witness. */
export interface PartitionSeen {
  partition: Partition;
  spans: Span[];
  /** Seconds for which nobody held, at most at a time. */
  gap: number;
  failures: string[];
}

const gatewayOf = { A: "gw-a", B: "gw-b" } as const;

/** Lets a partition happen and holds it against the model's word; the sites are whole again at the next `settle`. */
export async function runPartition(bench: Bench, partition: Partition): Promise<PartitionSeen> {
  const { cuts, before, held } = partition;
  await bench.settle(gatewayOf[before]);
  const watch = await watchLab(bench.lab, [VIP], { asks: false });
  try {
    await until("the watch sees the holder", 5000, () => watch.holders(VIP).join() === gatewayOf[before]);
    const from = watch.mark(nameOf(partition));
    await Promise.all(cuts.map((cut) => strike(bench, cut)));
    const wanted = held.lease.holders.map((node) => gatewayOf[node as "A" | "B"]);
    const failures: string[] = [];
    const name = wanted.length === 0 ? "nobody holds" : `${wanted.join(" and ")} alone holds`;
    const seconds = takeover + 10;
    const isSo = () => watch.holders(VIP).join() === wanted.join();
    await until(name, seconds * 1000, isSo).catch((error: Error) => failures.push(error.message));
    // Also where nothing is to move: until the last vote has run out, and who should not have claimed would have.
    const rest = from + takeover + calm - now();
    await new Promise((resolve) => setTimeout(resolve, Math.max(calm, rest) * 1000));
    if (!isSo())
      failures.push(`${watch.holders(VIP).join(" and ") || "nobody"} holds in the end, not ${name}`);
    const timeline = between(await watch.timeline(), from);
    const { spans, gaps, overlaps } = holdersOf(timeline, VIP);
    for (const overlap of overlaps) failures.push(`two held for ${lengthOf(overlap).toFixed(3)} s`);
    return { partition, spans, gap: Math.max(0, ...gaps.map(lengthOf)), failures };
  } finally {
    await watch.stop();
  }
}

function strike({ line, a }: Bench, cut: Cut): Promise<unknown> {
  switch (cut) {
    case Cut.AB:
      return line.filter();
    case Cut.AW:
      return line.partWitness("gw-a");
    case Cut.BW:
      return line.partWitness("gw-b");
    case Cut.ADead:
      return a.powerOff();
    case Cut.WDead:
      return line.stopWitness();
  }
}

export const nameOf = ({ cuts, before }: Partition) => `${cuts.join(", ") || "nothing"} cut, ${before} held`;
