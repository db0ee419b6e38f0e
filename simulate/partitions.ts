import type { Witness } from "../spec/model";
import { figuresOf } from "./figures";
import type { SimulatedNode } from "./node";
import { simulate } from "./run";
import { type Action, StrikeKind } from "./strike";

/** What can lie between two nodes, A and B, and a witness, W. */
export const Cut = { AB: "A-B", AW: "A-W", BW: "B-W", ADead: "A is off", WDead: "W is off" } as const;
export type Cut = (typeof Cut)[keyof typeof Cut];

/** What a pair can have for a witness. */
export const witnessKinds = ["none", "ping", "lease"] as const;
export type WitnessKind = (typeof witnessKinds)[number];

/** Who holds in the end, and whether two ever did. */
export interface Held {
  holders: string[];
  two: boolean;
}

/** What becomes of the addresses while something is cut, and stays so. */
export interface Partition {
  cuts: Cut[];
  before: "A" | "B";
  held: Record<WitnessKind, Held>;
}

const { AB, AW, BW, ADead, WDead } = Cut;
/** All states of the three links; and a node, or the witness, that is off. */
const states: Cut[][] = [
  [],
  [AB],
  [AW],
  [BW],
  [AB, AW],
  [AB, BW],
  [AW, BW],
  [AB, AW, BW],
  [ADead],
  [WDead],
  [ADead, WDead],
];

const witnesses: Record<WitnessKind, Witness | undefined> = {
  none: undefined,
  ping: { kind: "ping", target: "192.0.2.1" },
  lease: { kind: "lease", endpoints: ["http://192.0.2.9:2379"], ttl: 10 },
};

const onNode = (node: string, kind: StrikeKind): Action => ({ do: kind, node });
const actions: Record<Cut, Action[]> = {
  [AB]: [onNode("A", StrikeKind.CutPeers)],
  [AW]: [onNode("A", StrikeKind.CutWitness)],
  [BW]: [onNode("B", StrikeKind.CutWitness)],
  [ADead]: [onNode("A", StrikeKind.PowerOff)],
  // Off or not reached, the nodes see the same.
  [WDead]: [onNode("A", StrikeKind.CutWitness), onNode("B", StrikeKind.CutWitness)],
};

/** A sticky pair. */
function pair(witness: Witness | undefined): SimulatedNode[] {
  const sources = ["192.0.2.11", "192.0.2.12"];
  return ["A", "B"].map((name, place) => ({
    name,
    witness,
    instances: [
      {
        name: "gw",
        family: 4,
        state: "BACKUP",
        virtualRouterId: 51,
        priority: 100,
        advertInt: 1,
        version: 3,
        multicast: false,
        unicastSrcIp: sources[place],
        unicastPeers: sources.filter((source) => source !== sources[place]),
        nopreempt: false,
        preemptDelay: 0,
        virtualIpAddresses: [{ address: "192.0.2.200", prefixLength: 24, family: 4 }],
        trackScripts: [],
        trackProcesses: [],
      },
    ],
  }));
}

function heldIn(witness: WitnessKind, before: string, cuts: readonly Cut[]): Held {
  const strikes = cuts.flatMap((cut) => actions[cut]).map((action) => ({ ...action, at: 0.5 }));
  const run = simulate(pair(witnesses[witness]), { first: before, strikes });
  const { after, twoMasters } = figuresOf(run.routers[0]!);
  return { holders: after, two: twoMasters > 0 };
}

/** Who holds in each partition, with each kind of witness, whoever held before. */
export function partitions(): Partition[] {
  return states.flatMap((cuts) =>
    (["A", "B"] as const).map((before) => ({
      cuts,
      before,
      held: Object.fromEntries(
        witnessKinds.map((kind) => [kind, heldIn(kind, before, cuts)]),
      ) as Partition["held"],
    })),
  );
}

/** The table as Markdown, with the columns aligned, without trailing newline. */
export function partitionsText(all: readonly Partition[]): string {
  const rows = all.map(({ cuts, before, held }) => [
    cuts.join(", ") || "-",
    before,
    ...witnessKinds.map((kind) => cellOf(held[kind])),
  ]);
  const table = [["cut", "held before", "no witness", "ping", "lease"], ...rows];
  const widths = table[0]!.map((_, column) => Math.max(...table.map((row) => row[column]!.length)));
  const lineOf = (cells: string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column]!)).join(" | ")} |`;
  const [head, ...body] = table.map(lineOf);
  return [head, `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`, ...body].join("\n");
}

function cellOf({ holders, two }: Held): string {
  const who = holders.join(" and ") || "nobody";
  // Two in the end is told by their names.
  return two && holders.length < 2 ? `${who}; two for a while` : holders.length > 1 ? `**${who}**` : who;
}
