import type { NodeRecord } from "./model";

/** A time in which the same nodes had an address. Milliseconds. */
export interface HolderSpan {
  from: number;
  to: number;
  nodes: string[];
}

/** The nodes that had an address, without hole or overlap, of a window that begins when every node has told what it has. */
export function holderSpans(
  nodes: readonly NodeRecord[],
  address: string,
  { from, to }: { from: number; to: number },
): HolderSpan[] {
  const inside = nodes
    .flatMap(({ changes }) => changes.map(({ at }) => at))
    .filter((at) => at > from && at < to);
  const instants = [...new Set([from, ...inside, to])].sort((one, other) => one - other);
  const spans: HolderSpan[] = [];
  for (const [place, start] of instants.slice(0, -1).entries()) {
    const end = instants[place + 1]!;
    const names = nodes.filter((one) => addressesAt(one, start).includes(address)).map(({ node }) => node);
    const last = spans.at(-1);
    if (last?.nodes.join() === names.join()) last.to = end;
    else spans.push({ from: start, to: end, nodes: names });
  }
  return spans;
}

/** What a node has at an instant, by what it has told last. */
function addressesAt({ changes }: NodeRecord, at: number): readonly string[] {
  return changes.findLast((change) => change.at <= at)?.addresses ?? changes[0]?.addresses ?? [];
}

/** The longest time for which nobody had an address, and all time in which several had it. Milliseconds. */
export function heldBy(spans: readonly HolderSpan[]): { gap: number; several: number } {
  const lengths = (chosen: readonly HolderSpan[]) => chosen.map(({ from, to }) => Math.round(to - from));
  return {
    gap: Math.max(0, ...lengths(spans.filter(({ nodes }) => nodes.length === 0))),
    several: lengths(spans.filter(({ nodes }) => nodes.length > 1)).reduce((sum, one) => sum + one, 0),
  };
}

/** When a node first got the last of some addresses after an instant; undefined: never. */
export function takenAt(
  nodes: readonly NodeRecord[],
  node: string,
  addresses: readonly string[],
  since: number,
): number | undefined {
  const changes = nodes.find((one) => one.node === node)?.changes ?? [];
  return changes.find(({ at, addresses: has }) => at >= since && addresses.every((one) => has.includes(one)))
    ?.at;
}
