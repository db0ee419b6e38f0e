import type { Advert, Answer, Holding, Request, Timeline } from "../../../../lab/watch/timeline";

export const vip = "10.0.0.200";
export const virtualRouterId = 51;

/** What happens to the VIP in a made-up timeline; times are seconds from its start. */
export interface Story {
  length: number;
  holdings: [host: string, from: number, to: number][];
  adverts?: [host: string, at: number, priority: number][];
  /** Answers, each to a question of its own. */
  answers?: [host: string, at: number][];
}

/** A timeline that all recorders have seen whole. */
export function timelineOf({ length, holdings, adverts = [["a", 0, 100]], answers = [] }: Story): Timeline {
  const seen = { from: 0, to: length, failures: [] };
  return {
    from: 0,
    to: length,
    hosts: ["a", "b"],
    holdings: holdings.map(([host, from, to]): Holding => ({ host, address: vip, from, to })),
    links: [],
    adverts: adverts.map(([host, at, priority]): Advert => {
      return { at, host, source: `10.0.0.${host === "a" ? 11 : 12}`, version: 2, virtualRouterId, priority };
    }),
    requests: answers.map(([, at], sequence): Request => ({ at: at - 0.001, vip, sequence })),
    answers: answers.map(([host, at], sequence): Answer => ({ at, vip, sequence, host })),
    marks: [],
    recorders: ["addresses", "adverts"].map((recorder) => ({ recorder, ...seen })),
  };
}

/** Answers of one host every 20 ms, from one instant to another. */
export const every20ms = (host: string, from: number, to: number): [string, number][] =>
  Array.from({ length: Math.round((to - from) / 0.02) }, (_, index) => [host, from + index * 0.02]);

/** A cut cable: a says its last at 1, b takes over at 4.6 and answers. */
export const cut: Story = {
  length: 6,
  holdings: [
    ["a", 0, 1.1],
    ["b", 4.6, 6],
  ],
  adverts: [
    ["a", 0, 100],
    ["a", 1, 100],
    ["b", 4.6, 90],
    ["b", 5.6, 90],
  ],
  answers: [...every20ms("a", 0.01, 1.1), ...every20ms("b", 4.62, 6)],
};
