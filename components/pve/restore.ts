import { Change, GuestSeen, mayNeedHook, restoreOf, Undo } from "../../hypervisor/pve";
import { hookBack } from "./hook";
import { GuestGone, readGuest } from "./guests";
import { isAsked, isSameNic, undosOf } from "./kept";
import { Kept, nameOf, NicInputs } from "./model";
import { inRounds, Tools } from "./work";

/** Takes back what this resource has done, but for what somebody has changed since. */
export async function restore(inputs: NicInputs, kept: readonly Kept[], tools: Tools): Promise<void> {
  // What the pair needs stays until the part before this one goes.
  const isOwn = inputs.part === "tighten" ? ({ settles }: Change) => settles !== undefined : () => true;
  for (const nic of kept) await restoreNic(inputs, nic, nic.undo, isOwn, tools);
}

/** Puts back the NICs that are asked for no more; gives what is still to be kept. */
export async function restoreLeft(inputs: NicInputs, kept: Kept[], tools: Tools): Promise<void> {
  const lists = [inputs.former ?? [], kept];
  for (const nic of lists.flat().filter((one) => !isAsked(inputs.guests, one))) {
    await restoreNic(inputs, nic, undosOf(lists, nic), () => true, tools);
    const own = kept.findIndex((one) => isSameNic(one, nic));
    if (own >= 0) kept.splice(own, 1);
  }
}

async function restoreNic(
  { cluster, access, guests }: NicInputs,
  nic: Kept,
  undos: readonly Undo[],
  isOwn: (change: Change) => boolean,
  tools: Tools,
): Promise<void> {
  const name = nameOf(nic);
  if (access[nic.at] === undefined) {
    await tools.warn(
      `${name}: nothing says any more how its Proxmox VE is reached, so nothing is put back there`,
    );
    return;
  }
  const want = guests.find((ask) => isSameNic(nic, { ...ask, nic: ask.want.nic }))?.want;
  const mayHook = want !== undefined && mayNeedHook(want);
  const told = new Set<string>();
  await inRounds(name, tools, nic.at, {
    plan: async () => {
      const seen = await found(name, nic, tools);
      if (seen === undefined) return undefined;
      const { changes, notes, refusals } = restoreOf(undos, seen, nic.nic, { cluster });
      const look = { api: tools.api(nic.at), guest: name, seen, nic: nic.nic, owner: { cluster } };
      const hook = await hookBack(look, mayHook);
      for (const note of [...notes, ...hook.notes].filter((text) => !told.has(text))) {
        told.add(note);
        await tools.warn(`${name}: ${note}`);
      }
      const due = [...changes, ...hook.changes].filter(isOwn);
      if (due.length === 0 && refusals.length > 0) throw new Error(`${name}: ${refusals.join("; ")}`);
      return { due, seen };
    },
  });
}

async function found(name: string, nic: Kept, tools: Tools): Promise<GuestSeen | undefined> {
  try {
    return await readGuest(tools.api(nic.at), name, nic.id);
  } catch (error) {
    if (!(error instanceof GuestGone)) throw error;
    await tools.warn(`${error.message}; nothing is put back there`);
    return undefined;
  }
}
