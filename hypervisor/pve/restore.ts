import { Change, commentOf, Owner, Undo } from "./change";
import { GuestSeen } from "./guest";
import { staleIpset } from "./ipset-changes";
import { nicBack } from "./nic";
import { optionBack } from "./options";
import { staleRules } from "./rule-changes";
import { GuestWant } from "./want";

/** What puts a guest back to what it was before us. */
export interface Restoration {
  /** As a plan's. */
  changes: Change[];
  /** What stays, since somebody else has changed it. */
  notes: string[];
  /** Why a NIC cannot be put back now: each with the fix. The other changes can be made all the same. */
  refusals: string[];
  busy?: string;
}

/** Nothing is wanted of this NIC any more. */
function nothing(nic: string): GuestWant {
  return {
    nic,
    firewall: false,
    promiscuous: false,
    virtualMac: false,
    vrrp: [],
    addresses: [],
    refusals: [],
    notes: [],
  };
}

/**
 * What is ours goes: rules and ipset entries by their comment, a NIC's flag and an option by what was kept of them. What
 * somebody else has set meanwhile stays, and is told.
 */
export function restoreOf(kept: readonly Undo[], seen: GuestSeen, nic: string, owner: Owner): Restoration {
  const comment = commentOf(owner);
  const result: Restoration = { changes: [], notes: [], refusals: [] };
  for (const undo of kept) {
    if (undo.what === "option") {
      const { change, note } = optionBack(seen, undo) ?? {};
      result.changes.push(...(change === undefined ? [] : [change]));
      result.notes.push(...(note === undefined ? [] : [note]));
    } else {
      const { change, refusal, notes = [] } = nicBack(seen, undo) ?? {};
      result.changes.push(...(change === undefined ? [] : [change]));
      result.refusals.push(...(refusal === undefined ? [] : [refusal]));
      result.notes.push(...notes);
      if (change !== undefined && seen.lock !== undefined) {
        result.busy = seen.lock;
      }
    }
  }
  // The filter goes back into force before what it lets through for us goes.
  result.changes.push(
    ...staleRules(seen, nothing(nic), comment),
    ...staleIpset(seen, undefined, nothing(nic), comment),
  );
  return result;
}

/** Whether what an undo is for is as it was before us, so that it needs to be kept no more. */
export function isAsBefore(seen: GuestSeen, undo: Undo): boolean {
  if (undo.what === "option") {
    return optionBack(seen, undo) === undefined;
  }
  const isPending = seen.pending.some(
    (one) => one.key === undo.nic && (one.pending !== undefined || one.delete),
  );
  return !isPending && nicBack(seen, undo) === undefined;
}
