import fc from "fast-check";

import { Policy, Setting, Target, Word, WORDS } from "../../../../hypervisor/esxi";

export const setting = fc.record<Setting>({ accept: fc.boolean(), own: fc.boolean() });
export const policy = fc.record<Policy>({
  promiscuous: setting,
  macChanges: setting,
  forgedTransmits: setting,
});
export const wanted = fc.record(
  { promiscuous: fc.boolean(), macChanges: fc.boolean(), forgedTransmits: fc.boolean() },
  { requiredKeys: [] },
);

/** A policy in few words: `promiscuous macChanges forgedTransmits`, each + or -, in brackets where it is the vSwitch's. */
export function policyOf(text: string): Policy {
  const settings = text.split(" ").map((word) => ({ accept: word.includes("+"), own: !word.includes("(") }));
  return Object.fromEntries(WORDS.map((word, i) => [word, settings[i]!])) as Policy;
}

/** What ESXi makes of targets, on a vSwitch with these values. */
export function after(seen: Policy, targets: Partial<Record<Word, Target>>, vSwitch: Policy): Policy {
  return Object.fromEntries(
    WORDS.map((word) => {
      const target = targets[word];
      if (target === undefined) return [word, seen[word]];
      return [
        word,
        target.own ? { accept: target.accept, own: true } : { accept: vSwitch[word].accept, own: false },
      ];
    }),
  ) as Policy;
}
