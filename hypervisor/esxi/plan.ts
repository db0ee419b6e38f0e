import { Policy, Setting, Target, Word, WORDS } from "./policy";

/** What the three switches are to accept; of one that is absent nothing is wanted. */
export type Wanted = Partial<Record<Word, boolean>>;

/** What was changed of a switch: how it was before, and what it was set to. */
export interface Kept {
  before: Setting;
  set: boolean;
}
export type KeptPolicy = Partial<Record<Word, Kept>>;

/** What is to be done to a port group. */
export interface Plan {
  targets: Partial<Record<Word, Target>>;
  /** What has to be known later to put everything back. */
  kept: KeptPolicy;
  /** Switches that somebody else has changed since, in words: they stay as they are. */
  left: string[];
}

/**
 * What virtual routers with a virtual MAC need of a standard switch: it drops what does not come from the NIC's own address,
 * and delivers to the NIC what is for that address alone, whatever further addresses the guest listens on. With the NIC's own
 * MAC nothing is needed.
 */
export function wantedFor(needs: { virtualMac: boolean }): Wanted {
  return needs.virtualMac ? { promiscuous: true, forgedTransmits: true } : {};
}

/**
 * What makes a port group accept what is wanted. A switch that does so by itself or by its vSwitch is not touched; one that
 * was changed for something that is wanted no more goes back, unless it has been changed since.
 */
export function planOf(seen: Policy, wanted: Wanted, former: KeptPolicy = {}): Plan {
  const plan: Plan = { targets: {}, kept: {}, left: [] };
  for (const word of WORDS) {
    const accept = wanted[word];
    if (accept === undefined) giveBack(plan, word, seen[word], former[word]);
    else want(plan, word, seen[word], accept, former[word]);
  }
  return plan;
}

/** What puts a port group back. */
export function restoreOf(seen: Policy, kept: KeptPolicy): Plan {
  return planOf(seen, {}, kept);
}

function want(plan: Plan, word: Word, seen: Setting, accept: boolean, former: Kept | undefined): void {
  if (seen.accept !== accept) plan.targets[word] = { own: true, accept };
  // What was found at first is what goes back, however often it is set.
  const before = former?.before ?? seen;
  if (seen.accept !== accept || former) plan.kept[word] = { before, set: accept };
}

function giveBack(plan: Plan, word: Word, seen: Setting, kept: Kept | undefined): void {
  if (!kept) return;
  if (same(seen, kept.before)) return;
  if (!seen.own || seen.accept !== kept.set) {
    plan.left.push(`${word} is ${settingText(seen)}, not ${kept.set ? "accept" : "reject"} as it was set`);
    return;
  }
  const { before } = kept;
  plan.targets[word] = before.own ? { own: true, accept: before.accept } : { own: false };
}

/** What is not as a plan has it. */
export function notMet(seen: Policy, targets: Plan["targets"]): Word[] {
  return WORDS.filter((word) => {
    const target = targets[word];
    if (target === undefined) return false;
    return target.own ? !seen[word].own || seen[word].accept !== target.accept : seen[word].own;
  });
}

export const settingText = ({ accept, own }: Setting) =>
  `${accept ? "accept" : "reject"}${own ? "" : " (its vSwitch's)"}`;

const same = (a: Setting, b: Setting) => a.accept === b.accept && a.own === b.own;
