import type { Plan } from "./plan";
import { Policy, Word, WORDS } from "./policy";

const PORT_GROUP = ["esxcli", "network", "vswitch", "standard", "portgroup"];
const CSV = "--formatter=csv";

/** The command that lists the port groups of all standard switches. */
export const LIST_COMMAND = ["esxcli", CSV, ...PORT_GROUP.slice(1), "list"];

/** The command that prints the policy of a port group. */
export function getCommand(portGroup: string): string[] {
  return ["esxcli", CSV, ...PORT_GROUP.slice(1), "policy", "security", "get", "-p", portGroup];
}

const OPTION: Record<Word, string> = {
  promiscuous: "--allow-promiscuous",
  macChanges: "--allow-mac-change",
  forgedTransmits: "--allow-forged-transmits",
};

/**
 * The command that carries out a plan. There is no word that gives a single switch back to the vSwitch: `--use-vswitch` does
 * it to all three, so with it the port group's other own values are said again, as pulumiverse's esxi-native says values beside it.
 */
export function setCommand(portGroup: string, seen: Policy, targets: Plan["targets"]): string[] | undefined {
  if (Object.keys(targets).length === 0) return undefined;
  const inherits = WORDS.some((word) => targets[word]?.own === false);
  const own = inherits ? ownValues(seen, targets) : targetValues(targets);
  return [...setWords(portGroup), ...(inherits ? ["--use-vswitch"] : []), ...optionsOf(own)];
}

/** The command that says again what of the port group's own a `--use-vswitch` has taken along, where it has. */
export function sayAgainCommand(
  portGroup: string,
  before: Policy,
  targets: Plan["targets"],
  now: Policy,
): string[] | undefined {
  const own = ownValues(before, targets);
  const lost = WORDS.filter(
    (word) => own[word] !== undefined && (!now[word].own || now[word].accept !== own[word]),
  );
  if (lost.length === 0) return undefined;
  return [...setWords(portGroup), ...optionsOf(Object.fromEntries(lost.map((word) => [word, own[word]])))];
}

type Values = Partial<Record<Word, boolean>>;

function setWords(portGroup: string): string[] {
  return [...PORT_GROUP, "policy", "security", "set", "-p", portGroup];
}

function targetValues(targets: Plan["targets"]): Values {
  return Object.fromEntries(
    WORDS.flatMap((word) => {
      const target = targets[word];
      return target?.own ? [[word, target.accept]] : [];
    }),
  );
}

/** What is to be the port group's own afterwards: what it has now and no target changes, and what a target says. */
function ownValues(seen: Policy, targets: Plan["targets"]): Values {
  const kept = WORDS.filter((word) => seen[word].own && targets[word] === undefined);
  return {
    ...Object.fromEntries(kept.map((word) => [word, seen[word].accept])),
    ...targetValues(targets),
  };
}

function optionsOf(values: Values): string[] {
  return WORDS.flatMap((word) => (values[word] === undefined ? [] : [`${OPTION[word]}=${values[word]}`]));
}
