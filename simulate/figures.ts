import type { RouterRun, Span } from "./run";

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
    settled: rounded(spans.at(-1)?.from ?? 0),
    adverts: adverts.length,
  };
}
