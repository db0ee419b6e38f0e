import type { Machine } from "./machine";
import type { SimulatedInstance } from "./node";

/** What can be done to a node; the lab (lab/faults.ts, lab/host.ts) has a function for each but the checks. */
export const StrikeKind = {
  /** The plug is pulled: silent at once, and nothing answers for any address. */
  PowerOff: "power-off",
  Boot: "boot",
  /** keepalived is stopped in order: it says priority 0. */
  Stop: "stop",
  Start: "start",
  /** All of keepalived's processes are killed. */
  Kill: "kill",
  /** keepalived reads its config again. */
  Reload: "reload",
  /** The cable is pulled: the node loses its carrier. */
  CutCable: "cut-cable",
  RestoreCable: "restore-cable",
  /** Both directions are lost somewhere behind the switch: the node keeps its carrier. */
  CutSilently: "cut-silently",
  RestoreSilently: "restore-silently",
  /** What the node sends is lost. */
  Mute: "mute",
  Unmute: "unmute",
  /** What is sent to the node is lost. */
  Deafen: "deafen",
  Undeafen: "undeafen",
  /** Only VRRP is lost, in both directions. */
  DropVrrp: "drop-vrrp",
  RestoreVrrp: "restore-vrrp",
  /** The node and the others do not reach each other; clients, and the witness, are reached all the same. */
  CutPeers: "cut-peers",
  RestorePeers: "restore-peers",
  /** The node and the witness do not reach each other. */
  CutWitness: "cut-witness",
  RestoreWitness: "restore-witness",
  /** What a check tests breaks, or is well again. */
  FailCheck: "fail-check",
  PassCheck: "pass-check",
  /** `vrrp-agent drain` and `undrain`. */
  Drain: "drain",
  Undrain: "undrain",
} as const;
export type StrikeKind = (typeof StrikeKind)[keyof typeof StrikeKind];

/** Something that is done to one node. */
export interface Action {
  do: StrikeKind;
  node: string;
  /** Name of the check. Only with fail-check and pass-check. */
  check?: string;
  /** The config that a reload finds. @default the one it runs with */
  config?: SimulatedInstance[];
}

/** An action at a time. */
export interface Strike extends Action {
  /** Seconds after an advert of the first holder. 0 or more. */
  at: number;
}

/** Does an action to its node. */
export function strike(machine: Machine, { do: kind, check, config }: Action): void {
  switch (kind) {
    case StrikeKind.PowerOff:
      return machine.powerOff();
    case StrikeKind.Boot:
      return machine.boot();
    case StrikeKind.Stop:
      return machine.stop();
    case StrikeKind.Start:
      return machine.start();
    case StrikeKind.Kill:
      return machine.kill();
    case StrikeKind.Reload:
      return machine.reload(config);
    case StrikeKind.CutCable:
      return machine.setCarrier(false);
    case StrikeKind.RestoreCable:
      return machine.setCarrier(true);
    case StrikeKind.CutSilently:
    case StrikeKind.RestoreSilently:
      return machine.setWay({
        sends: kind === StrikeKind.RestoreSilently,
        receives: kind === StrikeKind.RestoreSilently,
      });
    case StrikeKind.Mute:
    case StrikeKind.Unmute:
      return machine.setWay({ sends: kind === StrikeKind.Unmute });
    case StrikeKind.Deafen:
    case StrikeKind.Undeafen:
      return machine.setWay({ receives: kind === StrikeKind.Undeafen });
    case StrikeKind.DropVrrp:
    case StrikeKind.RestoreVrrp:
      return machine.setWay({ passesVrrp: kind === StrikeKind.RestoreVrrp });
    case StrikeKind.CutPeers:
    case StrikeKind.RestorePeers:
      return machine.setWay({ reachesPeers: kind === StrikeKind.RestorePeers });
    case StrikeKind.CutWitness:
    case StrikeKind.RestoreWitness:
      return machine.setWay({ reachesWitness: kind === StrikeKind.RestoreWitness });
    case StrikeKind.FailCheck:
    case StrikeKind.PassCheck:
      if (check === undefined || !machine.checkNames.includes(check)) {
        const there = machine.checkNames.join(", ") || "none";
        throw new RangeError(`check: '${check}' on ${machine.name}; give one of its checks: ${there}`);
      }
      return machine.setCheck(check, kind === StrikeKind.PassCheck);
    case StrikeKind.Drain:
    case StrikeKind.Undrain:
      return machine.setDrain(kind === StrikeKind.Drain);
  }
}
