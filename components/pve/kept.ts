import { Change, keptBefore, Undo } from "../../hypervisor/pve";
import type { GuestAsk, Kept } from "./model";

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
  const moved = structuredClone(kept) as Kept[];
  for (const { node, id, at, want } of guests) {
    const nic = { id, at, nic: want.nic };
    if (moved.some((one) => isSameNic(one, nic))) continue;
    const left = moved.filter((one) => one.id === id && one.nic === nic.nic && !isAsked(guests, one));
    const same = left.find((one) => one.node === node) ?? left[0];
    if (same !== undefined) Object.assign(same, { node, at });
  }
  return moved;
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

const one = (undos: Undo[], undo: Undo) => keptBefore(undos, { undo } as Change);

/** What is to be kept around a change: nothing where it has put back what `former` remembers. */
export function notFormer(former: readonly Undo[], change: Change): Change {
  const { undo } = change;
  const isBack = undo !== undefined && former.some((first) => isBefore(first, undo));
  return isBack ? { ...change, undo: undefined, settles: undo } : change;
}

function isBefore(first: Undo, now: Undo): boolean {
  if (first.what === "nic" && now.what === "nic") return first.nic === now.nic && first.before === now.after;
  return first.what === "option" && now.what === "option" && first.key === now.key && first.was === now.set;
}
