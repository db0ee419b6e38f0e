import type { RouterRun, SentAdvert, Span } from "./run";

/** What a run means for who uses the addresses. Times are seconds. */
export interface Figures {
  router: string;
  /** Who holds at the start and at the end; several where it is split, none where nobody does. */
  before: string[];
  after: string[];
  /** Who served, in order: each comes once for each time that it took over. */
  sequence: string[];
  moves: number;
  /** Longest time in which nobody served that a client reaches, and all such time together. */
  gap: number;
  unserved: number;
  /** All time in which two or more had the addresses. */
  twoMasters: number;
  /** How often two took the addresses at one instant: on real hosts microseconds decide which of them keeps them. */
  races: number;
  /** When the last change was; the run's start where there was none. */
  settled: number;
  /** Adverts sent. */
  adverts: number;
}

const lengthOf = ({ from, to }: Pick<Span, "from" | "to">) => to - from;
const rounded = (seconds: number) => Math.round(seconds * 1e6) / 1e6;

/** The figures of one virtual router. */
export function figuresOf({ router, spans, adverts }: RouterRun): Figures {
  const gaps: Pick<Span, "from" | "to">[] = [];
  const sequence: string[] = [];
  spans.forEach((span, place) => {
    const { serving, from, to } = span;
    // Where two serve, nothing has moved until the former one does not any more.
    const last = sequence.at(-1);
    if (serving.length > 0 && (last === undefined || !serving.includes(last))) sequence.push(serving[0]!);
    if (serving.length > 0) return;
    const isOneGap = spans[place - 1]?.serving.length === 0;
    if (isOneGap) gaps.at(-1)!.to = to;
    else gaps.push({ from, to });
  });
  const lengths = gaps.map(lengthOf);
  const split = spans.filter(({ holders }) => holders.length > 1).map(lengthOf);
  const sum = (list: number[]) => rounded(list.reduce((total, one) => total + one, 0));
  return {
    router,
    before: spans[0]?.holders ?? [],
    after: spans.at(-1)?.holders ?? [],
    sequence,
    moves: Math.max(0, sequence.length - 1),
    gap: rounded(Math.max(0, ...lengths)),
    unserved: sum(lengths),
    twoMasters: sum(split),
    races: racesOf(spans, adverts),
    settled: rounded(spans.at(-1)?.from ?? 0),
    adverts: adverts.length,
  };
}

/**
 * Seconds for which something that holds at an instant goes on after it; undefined where it does not hold up to that
 * instant.
 */
export function goesOn(
  spans: readonly Span[],
  instant: number,
  holds: (span: Span) => boolean,
): number | undefined {
  const place = spans.findIndex(({ from, to }) => from < instant && instant <= to);
  if (place < 0 || !holds(spans[place]!)) return undefined;
  const later = spans.slice(place + 1).find((span) => !holds(span));
  return rounded((later?.from ?? spans.at(-1)!.to) - instant);
}

function racesOf(spans: readonly Span[], adverts: readonly SentAdvert[]): number {
  const senders = new Map<number, Set<string>>();
  for (const { at, node, priority } of adverts) {
    if (priority > 0) senders.set(at, (senders.get(at) ?? new Set()).add(node));
  }
  return [...senders].filter(([at, nodes]) => {
    const before = spans.findLast(({ from }) => from < at)?.holders ?? [];
    return [...nodes].filter((node) => !before.includes(node)).length > 1;
  }).length;
}
