import type { GuestWant, Undo } from "../../hypervisor/pve";
import type { Connection } from "../../engine/stand-ins/resource-command/connection";
import type { Access } from "./transport";

/** What one guest's NIC is to be let do. */
export interface GuestAsk {
  /** Name of the gateway that is in it, in messages. */
  node: string;
  /** VMID. */
  id: number;
  /** Key of `access`. */
  at: string;
  want: GuestWant;
}

/** `widen` before the pair's own change, `tighten` after it; `all` where there is no pair. */
export type Part = "widen" | "tighten" | "all";

/** The inputs of a PveNics. */
export interface NicInputs {
  /** The text of the handler; Pulumi keeps it with the outputs, too. */
  __provider?: string;
  /** Whose comment is on what is ours. */
  cluster: string;
  part: Part;
  guests: GuestAsk[];
  /** How each PVE is reached. A secret. */
  access: Record<string, Access<Connection>>;
  /** Node -> how it is reached: a holder of addresses is drained before its NIC is plugged anew. A secret. */
  gateways?: Record<string, Connection>;
  /** What the part before this one has kept. */
  former?: Kept[];
  /** What a refresh has found; what the program says is that there is nothing. */
  found: string;
  /** For people: guest -> what is to be done. Made by `check`. */
  changes?: Record<string, Shown[]>;
}

/** How everything of one NIC was before the first change, as far as no comment of ours is on it. */
export interface Kept {
  node: string;
  id: number;
  at: string;
  nic: string;
  undo: Undo[];
  /** The first part's last run that asked for it: the last part is due after each, also where all it is told is as before. */
  run?: string;
}

/** What the state file keeps. */
export interface NicOutputs extends NicInputs {
  kept: Kept[];
  /** False: a change broke off. */
  isDone: boolean;
  /** How guests are reached that have left, as long as something is kept of them. A secret. */
  formerAccess?: NicInputs["access"];
}

/** A change as a preview shows it. The engine cuts each text off after 150 characters. */
export type Shown = { takesEffect: string } & (
  { nic: string; is: string; becomes: string } | { change: string }
);

export const AS_APPLIED = "as applied";

export const nameOf = ({ node, id }: { node: string; id: number }) => `${node} (guest ${id})`;
