import type { Change } from "../gap";

/** How the holder is made to lose the addresses. */
export const DrillKind = {
  /** It gives them away while it serves. */
  Drain: "drain",
  /** Its keepalived is stopped, and says goodbye. */
  Stop: "stop",
  /** All processes of its keepalived are killed. */
  Kill: "kill",
} as const;
export type DrillKind = (typeof DrillKind)[keyof typeof DrillKind];

/** Who is struck, who is to take over, and who had what before. */
export interface Choice {
  from: string;
  to: string;
  /** Address -> who has it before. */
  home: Record<string, string>;
}

/** The least and the most that something is to take, in milliseconds. */
export interface Range {
  min: number;
  max: number;
}

/** What the timers say before it is done. Milliseconds. */
export interface Prediction {
  /** From the strike to the next node's having the addresses; absent: not by VRRP's timers alone. */
  takeover?: Range;
  /** For which nobody has an address. */
  gap: Range;
  /** More than this is worse than predicted: what a machine adds is in it, and how often the hosts look. */
  bounds: { gap: number; silence: number; twoMasters: number };
  /** Why, in words. */
  because: string;
}

/** A request of the third point; without `took` it was not answered in time. Milliseconds. */
export interface Request {
  at: number;
  took?: number;
}

/** Somebody who asks one address again and again. */
export interface PointRecord {
  address: string;
  /** As --probe has it. */
  probe: string;
  every: number;
  requests: readonly Request[];
}

/** What a node has told while it was watched. */
export interface NodeRecord {
  node: string;
  changes: readonly Change[];
  /** Why it was not watched to the end. */
  broken?: string;
}

/** An action of a role, or a whole change of role, that has ended meanwhile. */
export interface HookRecord {
  node: string;
  kind: "action" | "role";
  name: string;
  /** done, retry, failed, quiesced ...; of a role: the role. */
  state: string;
  milliseconds: number;
  /** When it ended, to a second; by the clock of whoever looks on. */
  at: number;
  words?: string;
}

/** One way: the strike, or the way back. */
export interface PhaseRecord {
  name: "move" | "back";
  from: string;
  to: string;
  /** When it began, by the clock of whoever looks on. */
  began: number;
  /** When it was over: addresses and roles are where they are to be. */
  ended: number;
  /** When it struck, where that is an instant. */
  struck?: number;
  /** When `to` was wholly what it is to be. */
  reached?: number;
  prediction: Prediction;
}

/** All that was seen of a drill. Instants are milliseconds since 1970 here. */
export interface DrillRecord {
  cluster: string;
  kind: DrillKind;
  choice: Choice;
  began: number;
  ended: number;
  phases: readonly PhaseRecord[];
  nodes: readonly NodeRecord[];
  points: readonly PointRecord[];
  /** Why nobody could ask, one each. */
  lacks: readonly string[];
  hooks: readonly HookRecord[];
  notes: readonly string[];
  problems: readonly string[];
  isInterrupted: boolean;
  /** What is not as it was before, and how that is put right. */
  left: readonly string[];
}
