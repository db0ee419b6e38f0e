import { randomUUID } from "node:crypto";

import {
  Change,
  GuestSeen,
  guestName,
  isAsBefore,
  isSameUndo,
  keptAfter,
  keptBefore,
  Plan,
  planOf,
  Undo,
} from "../../hypervisor/pve";
import { Refused } from "./errors";
import type { Gateways } from "./gateways";
import { carryChange, withHook } from "./hook";
import { GuestGone, GuestHidden, lackingRight, readGuest } from "./guests";
import { keptOf, notFormer, undosOf } from "./kept";
import { GuestAsk, Kept, nameOf, NicInputs, Part } from "./model";
import type { PveApi } from "./transport";

/** What changing NICs needs of the world. */
export interface Tools {
  api: (at: string) => PveApi;
  gateways: Gateways;
  warn: (message: string) => Promise<void>;
  inform: (message: string) => Promise<void>;
}

/** A guest as it is, and what is to be done to it in this part. */
export interface Survey {
  ask: GuestAsk;
  seen: GuestSeen;
  plan: Plan;
  due: Change[];
}

/** Everything that stands in the way of a change, of all guests at once; nothing was changed. */
export class Refusals extends Error {
  constructor(
    readonly reasons: string[],
    /** Those of guests that are not to be seen: a program that makes them may be about to. */
    readonly unseen: readonly string[] = [],
  ) {
    super(`nothing was changed at the hypervisor:\n${reasons.map((reason) => `- ${reason}`).join("\n")}`);
  }
}

/** So many looks at which no less is to be done than at one before: it does not come to an end. */
const MOST_IN_VAIN = 20;
/** How often it is planned anew since somebody was faster. */
const MOST_OUTDATED = 3;

/**
 * Whether a part makes a change. What the part before knows nothing of goes back with the last, and a NIC that the last has
 * plugged anew needs its port's flags again.
 */
export const isOf = (part: Part, { phase, settles, hook }: Change) =>
  part === "all" || part === phase || (part === "tighten" && (settles !== undefined || hook !== undefined));

/** Reads all guests and plans; fails with all that stands in the way at once, before anything is changed. */
export async function survey(inputs: NicInputs, kept: readonly Kept[], tools: Tools): Promise<Survey[]> {
  const reasons: string[] = [];
  const unseen: string[] = [];
  const surveys: Survey[] = [];
  for (const ask of inputs.guests) {
    try {
      const one = await look(inputs, ask, kept, tools);
      surveys.push(one);
      reasons.push(...(await obstacles(one, tools)).map((obstacle) => `${nameOf(ask)}: ${obstacle}`));
    } catch (error) {
      if (!(error instanceof Refused || error instanceof GuestGone)) throw error;
      reasons.push(error.message);
      if (error instanceof GuestGone || error instanceof GuestHidden) unseen.push(error.message);
    }
  }
  if (reasons.length > 0) throw new Refusals(reasons, unseen);
  return surveys;
}

async function look(inputs: NicInputs, ask: GuestAsk, kept: readonly Kept[], tools: Tools): Promise<Survey> {
  const api = tools.api(ask.at);
  const owner = { cluster: inputs.cluster };
  const seen = await readGuest(api, nameOf(ask), ask.id);
  const undos = undosOf([inputs.former ?? [], kept], { ...ask, nic: ask.want.nic });
  const look = { api, guest: nameOf(ask), seen, nic: ask.want.nic, owner };
  const plan = await withHook(look, planOf(seen, ask.want, owner, undos));
  return { ask, seen, plan, due: plan.changes.filter((change) => isOf(inputs.part, change)) };
}

async function obstacles({ ask, seen, plan, due }: Survey, tools: Tools): Promise<string[]> {
  if (due.length === 0) return plan.refusals;
  const right = await lackingRight(tools.api(ask.at), seen);
  const busy = due.some(isOfNic) ? plan.busy : undefined;
  return [
    ...plan.refusals,
    ...(right === undefined ? [] : [right]),
    ...(busy === undefined ? [] : [busyText(seen, busy)]),
  ];
}

/** Whether a running guest is cut off for a moment. */
export const isCut = ({ due }: { due: readonly Change[] }) => due.some(({ effect }) => effect === "replug");

/** Whether it changes a NIC, and not the firewall: a lock holds that up. */
export const isOfNic = ({ call }: Change) => call.path.endsWith("/config");

export const busyText = (seen: GuestSeen, lock: string) =>
  `${guestName(seen)} is locked (${lock}), and Proxmox VE changes no NIC meanwhile: wait until that has ended and run it again`;

/**
 * Carries out what the surveys say, guest after guest: first what nobody notices, then the backups, the holder last and
 * drained. `kept` is filled in as it goes, so that it is true wherever this ends.
 */
export async function carryOut(
  inputs: NicInputs,
  surveys: readonly Survey[],
  kept: Kept[],
  tools: Tools,
): Promise<void> {
  const run = randomUUID();
  for (const { ask, plan, due } of surveys) {
    const own = keptOf(kept, { ...ask, nic: ask.want.nic });
    if (inputs.part !== "widen") continue;
    own.run = run;
    // Only here it is still seen how it was before the last part changes it.
    own.undo = plan.changes.filter((one) => !due.includes(one)).reduce(keptBefore, own.undo);
  }
  const due = surveys.filter((one) => one.due.length > 0);
  for (const { ask } of due.filter((one) => !isCut(one))) await change(inputs, ask, kept, tools);
  const cut = due.filter(isCut);
  if (cut.length > 0) {
    for (const node of await tools.gateways.holdersLast(cut.map(({ ask }) => ask.node))) {
      const { ask } = cut.find((one) => one.ask.node === node)!;
      await tools.gateways.whileDrained(node, () => change(inputs, ask, kept, tools));
    }
  }
  for (const one of surveys.filter(({ due }) => due.length === 0)) forget(one, kept);
}

/** Of what is as it was before, and is to stay so, nothing needs to be kept. */
function forget({ ask, plan, seen }: Omit<Survey, "due">, kept: Kept[]): void {
  const own = keptOf(kept, { ...ask, nic: ask.want.nic });
  const isToCome = (undo: Undo) => plan.changes.some((one) => one.undo && isSameUndo(one.undo, undo));
  own.undo = own.undo.filter((undo) => isToCome(undo) || !isAsBefore(seen, undo));
}

/** Each change is planned from what is there just before it, and looked for in what is there after it. */
async function change(inputs: NicInputs, ask: GuestAsk, kept: Kept[], tools: Tools): Promise<void> {
  const name = nameOf(ask);
  const own = keptOf(kept, { ...ask, nic: ask.want.nic });
  const former = undosOf([inputs.former ?? []], own);
  await inRounds(name, tools, ask.at, {
    plan: async () => {
      const { plan, seen, due } = await look(inputs, ask, kept, tools);
      if (plan.refusals.length > 0) throw new Error(`${name}: ${plan.refusals.join("; ")}`);
      if (due.length === 0) forget({ ask, plan, seen }, kept);
      return { due, seen };
    },
    // Before it is done: when no answer comes, it may be, or may not.
    before: (next) => {
      const was = own.undo;
      const change = notFormer(former, next);
      own.undo = keptBefore(was, change);
      return {
        done: () => (own.undo = keptAfter(was, [change])),
        refused: () => (own.undo = was),
      };
    },
  });
}

/** What is done in rounds: a look, then changes up to the first that makes the look old. */
export interface Rounds {
  plan: () => Promise<{ due: Change[]; seen: GuestSeen } | undefined>;
  /** Called before each change; what it gives is called when Proxmox VE has carried that out, or has not. */
  before?: (next: Change) => { done: () => void; refused: () => void };
}

/** Goes on until nothing is due. A change that is due once more right after it was made has not been made. */
export async function inRounds(name: string, tools: Tools, at: string, rounds: Rounds): Promise<void> {
  const api = tools.api(at);
  const done = new Set<string>();
  let least = Infinity;
  let outdated = 0;
  for (let inVain = 0; inVain < MOST_IN_VAIN;) {
    const planned = await rounds.plan();
    if (planned === undefined || planned.due.length === 0) return;
    inVain = planned.due.length < least ? 0 : inVain + 1;
    least = Math.min(least, planned.due.length);
    for (const next of planned.due) {
      if (done.has(next.says)) {
        throw new Error(
          `${name}: Proxmox VE has reported success, and it is not so: ${next.says}; ${shown(next, planned.seen)}`,
        );
      }
      const kept = rounds.before?.(next);
      try {
        await carryChange(api, { guest: name, what: next.says }, next, planned.seen);
      } catch (error) {
        if (error instanceof Refused && error.isUndone) kept?.refused();
        if (error instanceof Refused && error.isOutdated && ++outdated < MOST_OUTDATED) break;
        throw error;
      }
      kept?.done();
      done.add(next.says);
      await tools.inform(`${name}: ${next.says}`);
      if (next.call.reread) break;
    }
  }
  throw new Error(`${name}: it does not come to an end: somebody or something else changes it all the time`);
}

function shown({ undo }: Change, seen: GuestSeen): string {
  if (undo?.what === "nic") return `it is now '${seen.config[undo.nic] ?? "not there"}'`;
  if (undo?.what === "option")
    return `it is now ${JSON.stringify(seen.firewall.options[undo.key]) ?? "not set"}`;
  return "look at the guest's firewall";
}
