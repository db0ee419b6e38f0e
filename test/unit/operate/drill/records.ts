import type {
  DrillRecord,
  NodeRecord,
  PhaseRecord,
  PointRecord,
  Prediction,
  Request,
} from "../../../../operate/drill/model";
import type { Change } from "../../../../operate/gap";
import { VIP } from "../observations";

/** 2027-01-15T08:00:00Z. */
export const ZERO = 1_800_000_000_000;

/** What a node had from some instants on; `holds` where there is nothing else to be told of it. */
export function changes(...list: [at: number, ...addresses: string[]][]): Change[] {
  return list.map(([at, ...addresses]) => ({
    at: ZERO + at,
    holds: addresses.length > 0 ? "all" : "none",
    addresses,
  }));
}

export const watched = (node: string, ...list: [at: number, ...addresses: string[]][]): NodeRecord => ({
  node,
  changes: changes(...list),
});

/** One each 50 ms; of those between `lostFrom` and `lostTo` none is answered. */
export function requests(from: number, to: number, lostFrom = to, lostTo = to): Request[] {
  return Array.from({ length: (to - from) / 50 }, (_, place) => from + place * 50).map((at) => ({
    at: ZERO + at,
    ...((at < lostFrom || at >= lostTo) && { took: 2 }),
  }));
}

export const asked = (list: Request[]): PointRecord => ({
  address: VIP,
  probe: "ping",
  every: 50,
  requests: list,
});

export const brief: Prediction = {
  gap: { min: 0, max: 0 },
  bounds: { gap: 200, silence: 350, twoMasters: 200 },
  because: "b takes the addresses while a serves",
};

export const silence: Prediction = {
  takeover: { min: 1300, max: 1800 },
  gap: { min: 1300, max: 1800 },
  bounds: { gap: 2150, silence: 2150, twoMasters: 1100 },
  because: "b misses 3 adverts",
};

export const phase = (changed: Partial<PhaseRecord> = {}): PhaseRecord => ({
  name: "move",
  from: "a",
  to: "b",
  began: ZERO + 1000,
  ended: ZERO + 3000,
  prediction: brief,
  ...changed,
});

/** A drain that went as it should: b has the address 20 ms before a lets go. */
export const record = (changed: Partial<DrillRecord> = {}): DrillRecord => ({
  cluster: "gw",
  kind: "drain",
  choice: { from: "a", to: "b", home: { [VIP]: "a" } },
  began: ZERO,
  ended: ZERO + 6000,
  phases: [phase()],
  nodes: [watched("a", [0, VIP], [1520]), watched("b", [0], [1500, VIP])],
  points: [asked(requests(0, 6000))],
  lacks: [],
  hooks: [],
  notes: [],
  problems: [],
  isInterrupted: false,
  left: [],
  ...changed,
});
