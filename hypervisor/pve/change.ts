import { Call } from "./call";

/** `widen`: before the cluster's own change; `tighten`: after it was confirmed. */
export type Phase = "widen" | "tighten";

/**
 * When a change is in force. `at once`: PVE's firewall takes it in within its ten seconds. `replug`: the tap of a running guest
 * is plugged anew, a cut of a moment. `next start`: the guest does not run.
 */
export type Effect = "at once" | "replug" | "next start";

/**
 * What must be known later to put back what carries no comment of ours. Plain data, to be kept. Rules and ipset entries
 * need none: they are ours by their comment.
 */
export type Undo =
  | {
      what: "nic";
      nic: string;
      /** The whole value as it was, and as PVE writes what was set. */
      before: string;
      after: string;
    }
  | {
      what: "option";
      /** Of the guest's firewall options. */
      key: string;
      /** Absent: it was not set. */
      was?: string;
      set: string;
    };

/** One call, and what it is for. */
export interface Change {
  /** For people. */
  says: string;
  phase: Phase;
  effect: Effect;
  call: Call;
  /** What a change of the hookscript is besides its call. */
  hook?: HookWork;
  /** To be kept once the call is done, by keptAfter. */
  undo?: Undo;
  /** What is kept of this needs to be kept no more. */
  settles?: Undo;
}

/** What is done on the nodes themselves, for no call of the API does: it needs SSH. */
export interface HookWork {
  /** Before the call, on these nodes: the text of the guest's script. */
  put: { nodes: string[]; text: string };
  /** After it, on the guest's node: commands, each in its words. */
  now: string[][];
  /** Last, on these nodes: the script goes. */
  remove: string[];
}

/** Whose the changes are. */
export interface Owner {
  /** The cluster's name. */
  cluster: string;
}

/** By this comment a rule, an ipset and its entries are known as ours. */
export function commentOf({ cluster }: Owner): string {
  return `vrrp-agent:${cluster}`;
}

function isSame(a: Undo, b: Undo): boolean {
  return a.what === "nic" ? b.what === "nic" && a.nic === b.nic : b.what === "option" && a.key === b.key;
}

/** What is to be kept after these calls: what was before the first of all changes, and what the last one has set. */
export function keptAfter(kept: readonly Undo[], changes: readonly Change[]): Undo[] {
  return changes.reduce<Undo[]>(
    (list, { undo, settles }) => {
      const done = undo ?? settles;
      if (done === undefined) {
        return list;
      }
      const rest = list.filter((one) => !isSame(one, done));
      if (undo === undefined) {
        return rest;
      }
      const first = list.find((one) => isSame(one, undo));
      return [...rest, first === undefined ? undo : followed(first, undo)];
    },
    [...kept],
  );
}

function followed(first: Undo, next: Undo): Undo {
  if (first.what === "nic" && next.what === "nic") {
    // Somebody else has changed it in between: the whole of the first value would take that away.
    return next.before === first.after ? { ...next, before: first.before } : next;
  }
  if (first.what === "option" && next.what === "option") {
    return { ...first, set: next.set };
  }
  return next;
}
