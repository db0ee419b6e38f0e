import { microseconds } from "./timing";
import type { SimulatedNode } from "./node";
import { calmAfter } from "./run";
import { type Action, type Strike, StrikeKind } from "./strike";

/** What a fault is made of: steps one after the other, each after the former one has settled. */
export interface Fault {
  /** Stable, kebab-case. */
  name: string;
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
  /** Names of the checks of the holder. */
  checks: string[];
}

/** The catalogue, in the order of the table. A fault that the nodes cannot have is left out. */
const catalogue: [name: string, text: string, steps: (scene: Scene) => Action[][]][] = [
  ["holder-dies", "the holder loses power", (s) => [on(s.holder, StrikeKind.PowerOff)]],
  [
    "holder-reboots",
    "it loses power, and is started again",
    (s) => [on(s.holder, StrikeKind.PowerOff), on(s.holder, StrikeKind.Boot)],
  ],
  ["daemon-stops", "keepalived is stopped on the holder", (s) => [on(s.holder, StrikeKind.Stop)]],
  [
    "daemon-restarts",
    "it is stopped, and started again",
    (s) => [on(s.holder, StrikeKind.Stop), on(s.holder, StrikeKind.Start)],
  ],
  ["daemon-killed", "all its processes are killed with -9", (s) => [on(s.holder, StrikeKind.Kill)]],
  ["cable-pulled", "the holder loses its carrier", (s) => [on(s.holder, StrikeKind.CutCable)]],
  [
    "cable-plugged",
    "it loses its carrier, and has it again",
    (s) => [on(s.holder, StrikeKind.CutCable), on(s.holder, StrikeKind.RestoreCable)],
  ],
  [
    "cut-off",
    "the holder is cut off behind the switch; it keeps its carrier",
    (s) => [on(s.holder, StrikeKind.CutSilently)],
  ],
  [
    "cut-off-healed",
    "it is cut off, and reached again",
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
    "only its VRRP is lost, and passes again",
    (s) => [on(s.holder, StrikeKind.DropVrrp), on(s.holder, StrikeKind.RestoreVrrp)],
  ],
  [
    "check-fails",
    "a check fails on the holder",
    (s) => s.checks.slice(0, 1).map((check) => fail(s.holder, check)),
  ],
  [
    "check-recovers",
    "it fails, and passes again",
    (s) => s.checks.slice(0, 1).flatMap((check) => [fail(s.holder, check), pass(s.holder, check)]),
  ],
  [
    "check-fails-everywhere",
    "it fails on all nodes",
    (s) => s.checks.slice(0, 1).map((check) => s.nodes.flatMap(({ name }) => fail(name, check))),
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
    "it is drained, and undrained",
    (s) => [on(s.holder, StrikeKind.Drain), on(s.holder, StrikeKind.Undrain)],
  ],
];

const on = (node: string, kind: StrikeKind): Action[] => [{ do: kind, node }];
const fail = (node: string, check: string): Action[] => [{ do: StrikeKind.FailCheck, node, check }];
const pass = (node: string, check: string): Action[] => [{ do: StrikeKind.PassCheck, node, check }];

/** Names of all faults. */
export const faultNames: readonly string[] = catalogue.map(([name]) => name);

/** The faults that these nodes can have while one of them holds. */
export function faultsOf(nodes: readonly SimulatedNode[], holder: string): Fault[] {
  const own = nodes.find(({ name }) => name === holder);
  if (own === undefined)
    throw new RangeError(`holder: '${holder}' is none of ${nodes.map((n) => n.name).join(", ")}`);
  const scripts = own.instances.flatMap(({ trackScripts }) => trackScripts);
  const processes = own.instances.flatMap(({ trackProcesses }) => trackProcesses);
  const scene = {
    nodes,
    holder,
    others: nodes.map(({ name }) => name).filter((name) => name !== holder),
    checks: [...new Set([...scripts, ...processes].map(({ name }) => name))],
  };
  const adverts = own.instances.map((instance) => microseconds(instance).advert / 1e6);
  const advert = Math.max(0, ...adverts);
  const checked = Math.max(advert, ...scripts.slice(0, 1).map(({ interval }) => interval));
  return catalogue
    .map(([name, text, steps]) => ({
      name,
      text,
      steps: steps(scene),
      period: name.startsWith("check-") ? checked : advert,
    }))
    .filter(({ steps }) => steps.length > 0);
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
