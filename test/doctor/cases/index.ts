import type { Case } from "../case";
import { healthy } from "./healthy";
import { pairs, single } from "./pairs";

/** Every pair of the matrix; a case's number is its place. */
export const cases: readonly Case[] = [...single, ...pairs, ...healthy];

/** The case of a cause by its name; in which world, where there are several. */
export function caseNamed(family: string, name: string, world?: Case["world"]): Case {
  const found = cases.filter(
    (one) => one.family === family && one.name === name && (world ?? one.world) === one.world,
  );
  if (found.length !== 1) throw new Error(`there are ${found.length} cases ${family}: ${name}`);
  return found[0]!;
}

/** The few that `npm test` has, all on one world. */
export const sample: readonly Case[] = [
  caseNamed("fw-drop", "a rule of nft drops protocol 112"),
  caseNamed("fw-established-only", "a chain of nft that knows only what it remembers, on the backup"),
  caseNamed("notify-not-executable", "an editor has written it anew without the bit"),
  caseNamed("conf-vrid", "edited by hand and reloaded"),
  caseNamed("check-failing", "the service of the backup was killed"),
  caseNamed("daemon-down", "it was stopped"),
  caseNamed("healthy", "no firewall at all"),
];
