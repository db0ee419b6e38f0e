import type { Holding, HostEvent, Instant, Timeline } from "./timeline";

/** A time in which the same hosts held an address. */
export interface Span {
  from: Instant;
  to: Instant;
  /** Sorted by name; empty: nobody. */
  hosts: string[];
}

/** Who held one address when. */
export interface Holders {
  /** Every span, without hole or overlap, from the timeline's start to its end. */
  spans: Span[];
  /** The spans with two or more hosts. */
  overlaps: Span[];
  /** The spans with none. */
  gaps: Span[];
  /** Hosts in the order in which they took the address; the first one had it at the start or took it first. */
  sequence: string[];
}

/** Length in seconds. */
export const lengthOf = (span: { from: Instant; to: Instant }): number => span.to - span.from;

/**
 * The times in which each host had each address, from events in the order of the kernel. A host has an address while
 * any of its interfaces has it; one it has at the end it has until `to`.
 */
export function holdings(events: readonly HostEvent[], to: Instant): Holding[] {
  const open = new Map<string, { host: string; address: string; from: Instant; interfaces: Set<number> }>();
  const closed: Holding[] = [];
  const close = (key: string, at: Instant) => {
    const held = open.get(key);
    if (held === undefined) return;
    open.delete(key);
    closed.push({ host: held.host, address: held.address, from: held.from, to: at });
  };
  for (const event of events) {
    if (event.kind === "gone") {
      for (const [key, held] of [...open]) if (held.host === event.host) close(key, event.at);
    } else if (event.kind === "address") {
      const { host, address, interfaceIndex, at } = event;
      const key = `${host} ${address}`;
      const held = open.get(key);
      if (event.present && held === undefined) {
        open.set(key, { host, address, from: at, interfaces: new Set([interfaceIndex]) });
      } else if (event.present) {
        held?.interfaces.add(interfaceIndex);
      } else {
        held?.interfaces.delete(interfaceIndex);
        if (held?.interfaces.size === 0) close(key, at);
      }
    }
  }
  for (const key of [...open.keys()]) close(key, to);
  return closed.sort((one, other) => one.from - other.from);
}

/** Who held `address` in the timeline. */
export function holdersOf(timeline: Pick<Timeline, "from" | "to" | "holdings">, address: string): Holders {
  const { from, to } = timeline;
  const held = timeline.holdings
    .filter((one) => one.address === address && one.to > from && one.from < to)
    .sort((one, other) => one.from - other.from);
  const edges = held.flatMap((one) => [one.from, one.to]).filter((at) => at > from && at < to);
  const instants = [...new Set([from, ...edges, to])].sort((one, other) => one - other);
  const spans: Span[] = [];
  for (const [index, start] of instants.slice(0, -1).entries()) {
    const end = instants[index + 1] ?? to;
    const hosts = held.filter((one) => one.from <= start && one.to >= end).map((one) => one.host);
    const names = [...new Set(hosts)].sort();
    const last = spans.at(-1);
    if (last !== undefined && last.hosts.join() === names.join()) last.to = end;
    else spans.push({ from: start, to: end, hosts: names });
  }
  return {
    spans,
    overlaps: spans.filter(({ hosts }) => hosts.length > 1),
    gaps: spans.filter(({ hosts }) => hosts.length === 0),
    sequence: held.map(({ host }) => host).filter((host, index, all) => host !== all[index - 1]),
  };
}
