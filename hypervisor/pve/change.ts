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
      /** What it may be as well: no answer has told whether the last call was carried out. */
      perhaps?: string[];
      /** Of a change after others: `before` with what somebody else has changed since; never kept. */
      rebased?: string;
    }
  | {
      what: "option";
      /** Of the guest's firewall options. */
      key: string;
      /** Absent: it was not set. */
      was?: string;
      set: string;
      perhaps?: string[];
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

/** Whether both are of the same NIC, or option. */
export function isSameUndo(a: Undo, b: Undo): boolean {
  return a.what === "nic" ? b.what === "nic" && a.nic === b.nic : b.what === "option" && a.key === b.key;
}

/** What is to be kept after these calls: what was before the first of all changes, and what the last one has set. */
export function keptAfter(
  kept: readonly Undo[],
  changes: readonly Pick<Change, "undo" | "settles">[],
): Undo[] {
  return changes.reduce<Undo[]>(
    (list, { undo, settles }) => {
      const done = undo ?? settles;
      if (done === undefined) {
        return list;
      }
      const rest = list.filter((one) => !isSameUndo(one, done));
      if (undo === undefined) {
        return rest;
      }
      const first = list.find((one) => isSameUndo(one, undo));
      return [...rest, first === undefined ? undo : followed(first, undo)];
    },
    [...kept],
  );
}

/** What is to be kept before a call: until its answer is there, it may be done, or not. */
export function keptBefore(kept: readonly Undo[], change: Pick<Change, "undo">): Undo[] {
  const { undo } = change;
  if (undo === undefined) {
    return [...kept];
  }
  const first = kept.find((one) => isSameUndo(one, undo));
  return keptAfter(kept, [change]).map((one) =>
    first !== undefined && isSameUndo(one, undo) ? unsure(one, possible(first)) : one,
  );
}

function unsure(undo: Undo, further: readonly string[]): Undo {
  const perhaps = [...new Set(further)].filter((value) => value !== setBy(undo));
  return perhaps.length === 0 ? undo : { ...undo, perhaps };
}

/** What the last call has given it. */
export const setBy = (undo: Undo) => (undo.what === "nic" ? undo.after : undo.set);

/** The values that are ours. */
export function possible(undo: Undo): string[] {
  return [setBy(undo), ...(undo.perhaps ?? [])];
}

function followed(first: Undo, next: Undo): Undo {
  if (first.what === "nic" && next.what === "nic") {
    const { nic, after, rebased = first.before } = next;
    return { what: "nic", nic, before: rebased, after };
  }
  if (first.what === "option" && next.what === "option") {
    const { key, was } = first;
    return { what: "option", key, ...(was !== undefined && { was }), set: next.set };
  }
  return next;
}
