import { WITNESS_CHECK } from "../spec/names";
import { microseconds } from "./timing";
import type { SimulatedNode } from "./node";
import { calmAfter } from "./run";
import { type Action, type Strike, StrikeKind } from "./strike";

/** What a fault is made of: steps one after the other, each after the former one has settled. */
export interface Fault {
  /** `check-fails:web` where the holder has several checks; else the kind. */
  name: string;
  /** Its name in the catalogue: stable, kebab-case. */
  kind: string;
  /** What happens, in a few words. */
  text: string;
  steps: Action[][];
  /** Longest time by which the first step can be later in its cycle: the advert interval, or a check's. Seconds. */
  period: number;
}

/** Who holds before the fault, and what there is. */
interface Scene {
  nodes: readonly SimulatedNode[];
  holder: string;
  others: string[];
}

/** The faults that every cluster can have, in the order of the table. */
const catalogue: [name: string, text: string, steps: (scene: Scene) => Action[][]][] = [
  ["holder-dies", "the holder loses power", (s) => [on(s.holder, StrikeKind.PowerOff)]],
  [
    "holder-reboots",
    "the holder loses power, and is started again",
    (s) => [on(s.holder, StrikeKind.PowerOff), on(s.holder, StrikeKind.Boot)],
  ],
  ["daemon-stops", "keepalived is stopped on the holder", (s) => [on(s.holder, StrikeKind.Stop)]],
  [
    "daemon-restarts",
    "keepalived is stopped on the holder, and started again",
    (s) => [on(s.holder, StrikeKind.Stop), on(s.holder, StrikeKind.Start)],
  ],
  [
    "daemon-killed",
    "all processes of keepalived are killed with -9 on the holder",
    (s) => [on(s.holder, StrikeKind.Kill)],
  ],
  ["cable-pulled", "the holder loses its carrier", (s) => [on(s.holder, StrikeKind.CutCable)]],
  [
    "cable-plugged",
    "the holder loses its carrier, and has it again",
    (s) => [on(s.holder, StrikeKind.CutCable), on(s.holder, StrikeKind.RestoreCable)],
  ],
  [
    "cut-off",
    "the holder is cut off behind the switch; it keeps its carrier",
    (s) => [on(s.holder, StrikeKind.CutSilently)],
  ],
  [
    "cut-off-healed",
    "the holder is cut off behind the switch, and reached again",
    (s) => [on(s.holder, StrikeKind.CutSilently), on(s.holder, StrikeKind.RestoreSilently)],
  ],
  [
    "holder-mute-healed",
    "what the holder sends is lost, and passes again",
    (s) => [on(s.holder, StrikeKind.Mute), on(s.holder, StrikeKind.Unmute)],
  ],
  [
    "holder-deaf-healed",
    "what is sent to the holder is lost, and passes again",
    (s) => [on(s.holder, StrikeKind.Deafen), on(s.holder, StrikeKind.Undeafen)],
  ],
  [
    "vrrp-lost-healed",
    "only VRRP is lost to and from the holder, and passes again",
    (s) => [on(s.holder, StrikeKind.DropVrrp), on(s.holder, StrikeKind.RestoreVrrp)],
  ],
  [
    "network-lost-healed",
    "all nodes lose their carrier (switch, tunnel), and have it again",
    (s) =>
      [StrikeKind.CutCable, StrikeKind.RestoreCable].map((kind) =>
        s.nodes.flatMap(({ name }) => on(name, kind)),
      ),
  ],
  [
    "refresh-holder-first",
    "keepalived is reloaded everywhere, on the holder first",
    (s) => [s.holder, ...s.others].map((name) => on(name, StrikeKind.Reload)),
  ],
  [
    "refresh-holder-last",
    "keepalived is reloaded everywhere, on the holder last",
    (s) => [...s.others, s.holder].map((name) => on(name, StrikeKind.Reload)),
  ],
  ["drained", "vrrp-agent drain on the holder", (s) => [on(s.holder, StrikeKind.Drain)]],
  [
    "drained-undrained",
    "vrrp-agent drain on the holder, then undrain",
    (s) => [on(s.holder, StrikeKind.Drain), on(s.holder, StrikeKind.Undrain)],
  ],
];

/** The faults between a pair with a witness. */
const witnessCatalogue: typeof catalogue = [
  [
    "sites-cut-healed",
    "the nodes do not reach each other, both reach the witness, and all do again",
    (s) => [on(s.holder, StrikeKind.CutPeers), on(s.holder, StrikeKind.RestorePeers)],
  ],
  [
    "holder-alone-healed",
    "the holder reaches neither its peer nor the witness, and does again",
    (s) => [
      [...on(s.holder, StrikeKind.CutPeers), ...on(s.holder, StrikeKind.CutWitness)],
      [...on(s.holder, StrikeKind.RestorePeers), ...on(s.holder, StrikeKind.RestoreWitness)],
    ],
  ],
  [
    "witness-lost-healed",
    "no node reaches the witness, and all do again",
    (s) =>
      [StrikeKind.CutWitness, StrikeKind.RestoreWitness].map((kind) =>
        s.nodes.flatMap(({ name }) => on(name, kind)),
      ),
  ],
  [
    "holder-dies-without-witness",
    "no node reaches the witness, and the holder loses power",
    (s) => [
      s.nodes.flatMap(({ name }) => on(name, StrikeKind.CutWitness)),
      on(s.holder, StrikeKind.PowerOff),
    ],
  ],
];

/** The faults of one check of the holder; `everywhere` are the nodes that have it. */
const checkCatalogue: [
  name: string,
  text: string,
  steps: (holder: string, check: string, everywhere: string[]) => Action[][],
][] = [
  ["check-fails", "a check fails on the holder", (holder, check) => [fail(holder, check)]],
  [
    "check-recovers",
    "a check fails on the holder, and passes again",
    (holder, check) => [fail(holder, check), pass(holder, check)],
  ],
  [
    "check-fails-everywhere",
    "a check fails on all nodes",
    (_holder, check, everywhere) => [everywhere.flatMap((name) => fail(name, check))],
  ],
];

const on = (node: string, kind: StrikeKind): Action[] => [{ do: kind, node }];
const fail = (node: string, check: string): Action[] => [{ do: StrikeKind.FailCheck, node, check }];
const pass = (node: string, check: string): Action[] => [{ do: StrikeKind.PassCheck, node, check }];

/** All faults, with what happens. Where the holder has several checks, names of those of a check end with `:NAME`. */
export const faultTexts: readonly Readonly<Pick<Fault, "name" | "text">>[] = [
  ...catalogue,
  ...witnessCatalogue,
  ...checkCatalogue,
].map(([name, text]) => ({ name, text }));

/** Their names. */
export const faultNames: readonly string[] = faultTexts.map(({ name }) => name);

/** Those that need a witness. */
export const witnessFaultNames: readonly string[] = witnessCatalogue.map(([name]) => name);

/** The faults that these nodes can have while one of them holds. */
export function faultsOf(nodes: readonly SimulatedNode[], holder: string): Fault[] {
  const names = nodes.map(({ name }) => name);
  const own = nodes.find(({ name }) => name === holder);
  if (own === undefined) throw new RangeError(`holder: '${holder}'; allowed is one of ${names.join(", ")}`);
  const scene = { nodes, holder, others: names.filter((name) => name !== holder) };
  const period = Math.max(0, ...own.instances.map((instance) => microseconds(instance).advert / 1e6));
  const checks = checksOf(own);
  const hasWitness = nodes.some(({ witness }) => witness !== undefined);
  return [
    ...[...catalogue, ...(hasWitness ? witnessCatalogue : [])].map(([name, text, steps]) => ({
      name,
      kind: name,
      text,
      steps: steps(scene),
      period,
    })),
    ...checks.flatMap(({ name: check, interval }) => {
      const everywhere = nodes.filter((node) => checksOf(node).some(({ name }) => name === check));
      return checkCatalogue.map(([kind, text, steps]) => ({
        name: checks.length > 1 ? `${kind}:${check}` : kind,
        kind,
        text,
        steps: steps(
          holder,
          check,
          everywhere.map(({ name }) => name),
        ),
        period: Math.max(period, interval),
      }));
    }),
  ];
}

/** The checks of a node, each once; a process is seen at once. What the witness's own finds are faults of the net. */
function checksOf({ instances, witness }: SimulatedNode): { name: string; interval: number }[] {
  const all = instances.flatMap(({ trackScripts, trackProcesses }) => [
    ...trackScripts,
    ...trackProcesses.map(({ name }) => ({ name, interval: 0 })),
  ]);
  const own = all.filter(({ name }) => witness === undefined || name !== WITNESS_CHECK);
  return [...new Map(own.map(({ name, interval }) => [name, { name, interval }])).values()];
}

/** The strikes of a fault that begins at a share of its period. @param phase 0 to 1 */
export function strikesOf(
  nodes: readonly SimulatedNode[],
  fault: Pick<Fault, "steps" | "period">,
  phase: number,
): Strike[] {
  const pause = calmAfter(nodes);
  const begin = phase * fault.period;
  return fault.steps.flatMap((actions, step) =>
    actions.map((action) => ({ ...action, at: begin + step * pause })),
  );
}
