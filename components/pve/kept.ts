import { isDeepStrictEqual } from "node:util";

import { Change, isSameUndo, keptBefore, possible, setBy, Undo } from "../../hypervisor/pve";
import type { GuestAsk, Kept, NicOutputs } from "./model";

/** A NIC of a guest, and which Proxmox VE it is in. */
export type NicAt = Pick<Kept, "id" | "at" | "nic">;

export const isSameNic = (a: NicAt, b: NicAt) => a.id === b.id && a.at === b.at && a.nic === b.nic;

export const isAsked = (guests: readonly GuestAsk[], nic: NicAt) =>
  guests.some(({ id, at, want }) => isSameNic(nic, { id, at, nic: want.nic }));

/**
 * What is kept, where each NIC is reached now. The way to a guest has a name that changes: with a node's own connection, or
 * with the node's name. Who asks for the same NIC by another way asks for the same NIC, unless both ways were asked before.
 */
export function reachedAs(kept: readonly Kept[], guests: readonly GuestAsk[]): Kept[] {
  const moved = kept.map((one) => ({ ...one, undo: [...one.undo] }));
  for (const { node, id, at, want } of guests) {
    const nic = { id, at, nic: want.nic };
    if (moved.some((one) => isSameNic(one, nic))) continue;
    const left = moved.filter((one) => one.id === id && one.nic === nic.nic && !isAsked(guests, one));
    const same = left.find((one) => one.node === node) ?? left[0];
    if (same !== undefined) Object.assign(same, { node, at });
  }
  return moved;
}

/** What the part before has kept, but for guests that had left already when this part was last done: those are put back. */
export function unsettled(former: Kept[], guests: readonly GuestAsk[], olds?: NicOutputs): Kept[] {
  if (!olds?.isDone) return former;
  const wasLeft = (nic: Kept) =>
    !isAsked(olds.guests, nic) && (olds.former ?? []).some((one) => isDeepStrictEqual(one, nic));
  return former.filter((nic) => isAsked(guests, nic) || !wasLeft(nic));
}

/** What is kept of a NIC; made where there is nothing yet. */
export function keptOf(kept: Kept[], { node, id, at, nic }: Omit<Kept, "undo">): Kept {
  const found = kept.find((one) => isSameNic(one, { id, at, nic }));
  if (found) return found;
  const made = { node, id, at, nic, undo: [] };
  kept.push(made);
  return made;
}

/** What all lists together have kept of a NIC; how it was in the first of them counts. */
export function undosOf(lists: readonly (readonly Kept[])[], nic: NicAt): Undo[] {
  return lists
    .flatMap((list) => list.filter((one) => isSameNic(one, nic)))
    .reduce<Undo[]>((undos, { undo }) => undo.reduce(one, undos), []);
}

const one = (undos: Undo[], undo: Undo) => keptBefore(undos, { undo });

/** What this part has to keep of a change: nothing of what the part before has foreseen, or has done itself. */
export function notFormer(former: readonly Undo[], change: Change): Change {
  const { undo } = change;
  const isKnown = undo !== undefined && former.some((first) => knows(first, undo));
  return isKnown ? { ...change, undo: undefined, settles: undo } : change;
}

function knows(first: Undo, now: Undo): boolean {
  if (!isSameUndo(first, now)) return false;
  const before = first.what === "nic" ? first.before : first.was;
  return [before, ...possible(first)].includes(setBy(now));
}
