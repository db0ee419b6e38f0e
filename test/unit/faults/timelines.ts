import type { Timeline } from "../../../lab/watch";

/** A timeline of 30 seconds with these holdings. */
export function timelineOf(held: [host: string, address: string, from: number, to: number][]): Timeline {
  return {
    from: 0,
    to: 30,
    hosts: ["gw-a", "gw-b"],
    holdings: held.map(([host, address, from, to]) => ({ host, address, from, to })),
    links: [],
    adverts: [],
    requests: [],
    answers: [],
    marks: [],
    recorders: [],
  };
}
