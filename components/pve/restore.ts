import { Change, GuestSeen, mayNeedHook, restoreOf, Undo } from "../../hypervisor/pve";
import { hookBack } from "./hook";
import { GuestGone, readGuest } from "./guests";
import { isAsked, isSameNic, undosOf } from "./kept";
import { Kept, nameOf, NicInputs } from "./model";
import { busyText, inRounds, isCut, isOfNic, Rounds, Tools } from "./work";

/** Takes back what this resource has done, but for what somebody has changed since. */
export async function restore(inputs: NicInputs, kept: readonly Kept[], tools: Tools): Promise<void> {
  // What the pair needs stays until the part before this one goes.
  const isOwn = inputs.part === "tighten" ? ({ settles }: Change) => settles !== undefined : () => true;
  await restoreAll(
    kept.map((nic) => toRestore(inputs, nic, nic.undo, isOwn, tools)),
    tools,
    () => undefined,
  );
}

/** Puts back the NICs that are asked for no more; what could not be put back stays in `kept`. */
export async function restoreLeft(inputs: NicInputs, kept: Kept[], tools: Tools): Promise<void> {
  const lists = [inputs.former ?? [], kept];
  const left = lists
    .flat()
    .filter((one) => !isAsked(inputs.guests, one))
    .filter((one, at, all) => all.findIndex((other) => isSameNic(one, other)) === at);
  await restoreAll(
    left.map((nic) => toRestore(inputs, nic, undosOf(lists, nic), () => true, tools)),
    tools,
    (nic) => {
      const own = kept.findIndex((one) => isSameNic(one, nic));
      if (own >= 0) kept.splice(own, 1);
    },
  );
}

/** Of guests that have left and are as they were before nothing is kept: what comes after is somebody else's. */
export async function forgetLeft(inputs: NicInputs, kept: Kept[], tools: Tools): Promise<void> {
  for (const nic of kept.filter((one) => !isAsked(inputs.guests, one))) {
    const { isReached, plan } = toRestore(inputs, nic, nic.undo, () => true, tools);
    // What cannot be looked at now is looked at another time.
    const planned = isReached ? await plan().catch(() => NOT_SEEN) : NOT_SEEN;
    if (planned === undefined || planned.due.length === 0) kept.splice(kept.indexOf(nic), 1);
  }
}

const NOT_SEEN = { due: [undefined] };

/** One NIC, and what is to be done to it. Reading it fails where something of it cannot be put back now. */
interface ToRestore {
  nic: Kept;
  isReached: boolean;
  /** Gives nothing where the guest is gone. */
  plan: Rounds["plan"];
}

/** Goes on where one of them fails, and fails at the end: first what nobody notices, then the backups, the holder last. */
async function restoreAll(
  all: readonly ToRestore[],
  tools: Tools,
  isBack: (nic: Kept) => void,
): Promise<void> {
  const reasons: string[] = [];
  const attempt = async (work: () => Promise<void>) => {
    await work().catch((error: Error) => reasons.push(error.message));
  };
  const restoreOne = async ({ nic, plan }: ToRestore) => {
    await inRounds(nameOf(nic), tools, nic.at, { plan });
    isBack(nic);
  };
  const warnOf = (nic: Kept) =>
    tools.warn(
      `${nameOf(nic)}: nothing says any more how its Proxmox VE is reached, so nothing is put back there`,
    );
  const cut: ToRestore[] = [];
  for (const one of all) {
    await attempt(async () => {
      if (!one.isReached) return await warnOf(one.nic);
      const planned = await one.plan();
      if (planned === undefined) isBack(one.nic);
      else if (isCut(planned)) cut.push(one);
      else await restoreOne(one);
    });
  }
  if (cut.length > 0) {
    const nodes = [...new Set(cut.map(({ nic }) => nic.node))];
    for (const node of await tools.gateways.holdersLast(nodes)) {
      for (const one of cut.filter(({ nic }) => nic.node === node))
        await attempt(() => tools.gateways.whileDrained(node, () => restoreOne(one)));
    }
  }
  if (reasons.length > 0) throw new Error(reasons.join("\n"));
}

function toRestore(
  { cluster, access, guests }: NicInputs,
  nic: Kept,
  undos: readonly Undo[],
  isOwn: (change: Change) => boolean,
  tools: Tools,
): ToRestore {
  const name = nameOf(nic);
  const want = guests.find((ask) => isSameNic(nic, { ...ask, nic: ask.want.nic }))?.want;
  const mayHook = want !== undefined && mayNeedHook(want);
  const told = new Set<string>();
  const plan = async () => {
    const seen = await found(name, nic, tools);
    if (seen === undefined) return undefined;
    const { changes, notes, refusals, busy } = restoreOf(undos, seen, nic.nic, { cluster });
    const look = { api: tools.api(nic.at), guest: name, seen, nic: nic.nic, owner: { cluster } };
    const hook = await hookBack(look, mayHook);
    for (const note of [...notes, ...hook.notes].filter((text) => !told.has(text))) {
      told.add(note);
      await tools.warn(`${name}: ${note}`);
    }
    const own = [...changes, ...hook.changes].filter(isOwn);
    // A lock holds up no change of the firewall.
    const due = busy === undefined ? own : own.filter((change) => !isOfNic(change));
    const stays = [...refusals, ...(due.length < own.length ? [busyText(seen, busy!)] : [])];
    if (due.length === 0 && stays.length > 0) throw new Error(`${name}: ${stays.join("; ")}`);
    return { due, seen };
  };
  return { nic, isReached: access[nic.at] !== undefined, plan };
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
