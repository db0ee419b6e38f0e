import type { Case } from "../case";
import { healthy } from "./healthy";
import { pairs, single } from "./pairs";

/** Every pair of the matrix; a case's number is its place. */
export const cases: readonly Case[] = [...single, ...pairs, ...healthy];

const sampled: readonly [family: string, name: string][] = [
  ["fw-drop", "a rule of nft drops protocol 112"],
  ["fw-established-only", "a chain of nft that knows only what it remembers, on the backup"],
  ["notify-not-executable", "an editor has written it anew without the bit"],
  ["conf-vrid", "edited by hand and reloaded"],
  ["check-failing", "the service of the backup was killed"],
  ["daemon-down", "it was stopped"],
  ["healthy", "no firewall at all"],
];

/** The few that `npm test` has, all on one world. */
export const sample: readonly Case[] = sampled.map(([family, name]) => {
  const found = cases.find((one) => one.family === family && one.name === name && one.world === "basic");
  if (found === undefined) throw new Error(`there is no case ${family}: ${name}`);
  return found;
});
