import {
  getCommand,
  LIST_COMMAND,
  notMet,
  parsePolicy,
  parsePortGroups,
  Plan,
  Policy,
  sayAgainCommand,
  setCommand,
  settingText,
} from "../../hypervisor/esxi";
import { quote } from "../shell";

/** Runs a script in a host's sh and gives what it printed on stdout; fails where it does not end with 0. */
export type Run = (script: string) => Promise<string>;

/** A port group as it was read: esxcli's own words, and what they say. */
export interface Seen {
  text: string;
  policy: Policy;
}

/** The port group is not on a standard switch of the host. */
export class PortGroupGone extends Error {
  readonly isGone = true;
}

/** Nothing was changed: it is not as it was when the change was planned. */
export class ChangedMeanwhile extends Error {
  readonly isUntouched = true;
}

/** Ends a part of what a script prints: the exit status of what printed it. */
const END = "vrrp-end";

const WITH_ESXCLI = `command -v esxcli >/dev/null 2>&1 || { echo ${END} 127; exit 0; }`;

/** Reads the policy of a port group. */
export async function look(run: Run, portGroup: string): Promise<Seen> {
  const [list, got] = await parts(run, [
    WITH_ESXCLI,
    ended(words(LIST_COMMAND)),
    ended(words(getCommand(portGroup))),
  ]);
  const groups = parsePortGroups(succeeded(list));
  if (!groups.includes(portGroup)) {
    throw new PortGroupGone(
      `port group '${portGroup}' is on no standard switch of this host; there are: ${groups.join(", ") || "none"}. ` +
        "esxcli changes none of a distributed switch: set its policy in vCenter, and remove it here",
    );
  }
  return seenOf(succeeded(got));
}

/**
 * Carries out targets on a port group that is still as it was seen, and reads it back. Whether `--use-vswitch` spares the
 * values that are given beside it, esxcli does not say: what it did not spare is said again.
 */
export async function set(
  run: Run,
  portGroup: string,
  seen: Seen,
  targets: Plan["targets"],
): Promise<Policy> {
  const first = await change(run, portGroup, seen, setCommand(portGroup, seen.policy, targets)!);
  const again = sayAgainCommand(portGroup, seen.policy, targets, first.policy);
  const { policy } = again ? await change(run, portGroup, first, again) : first;
  const missed = notMet(policy, targets);
  if (missed.length > 0 || sayAgainCommand(portGroup, seen.policy, targets, policy)) {
    const are = missed.map((word) => `${word} is ${settingText(policy[word])}`).join(", ");
    throw new Error(
      `esxcli has reported success, and the port group is not as it was set: ${are || seenText(policy)}`,
    );
  }
  return policy;
}

async function change(run: Run, portGroup: string, seen: Seen, command: string[]): Promise<Seen> {
  const get = words(getCommand(portGroup));
  const [compared, changed, now] = await parts(run, [
    WITH_ESXCLI,
    `now=$(${get} 2>&1)`,
    `if [ "$now" != ${quote(seen.text)} ]; then printf '%s\\n' "$now"; echo ${END} 1; exit 0; fi; echo ${END} 0`,
    ended(words(command)),
    ended(get),
  ]);
  if (compared?.status === 1) {
    throw new ChangedMeanwhile(
      `somebody has changed the port group between the look at it and the change of it, so nothing was changed; ` +
        `it is now: ${compared.text.trim().replace(/\s+/g, " ")}. Run it again`,
    );
  }
  succeeded(changed);
  return seenOf(succeeded(now));
}

interface Part {
  text: string;
  status: number;
}

async function parts(run: Run, lines: string[]): Promise<(Part | undefined)[]> {
  const text = await run(lines.join("\n"));
  const found = [...text.matchAll(new RegExp(`([\\s\\S]*?)^${END} (\\d+)\\n?`, "gm"))];
  return found.map(([, part = "", status]) => ({ text: part, status: Number(status) }));
}

function succeeded(part: Part | undefined): string {
  if (part === undefined) throw new Error("what the host printed is cut off");
  if (part.status === 127) {
    throw new Error("there is no esxcli: is this an ESXi host? connection is to lead to one, not to vCenter");
  }
  if (part.status !== 0) throw new Error(`esxcli refuses it: ${part.text.trim().replace(/\s+/g, " ")}`);
  return part.text;
}

const seenOf = (text: string): Seen => ({ text: text.replace(/\n+$/, ""), policy: parsePolicy(text) });

const words = (command: string[]) => command.map(quote).join(" ");

const ended = (command: string) => `${command} 2>&1; echo ${END} $?`;

const seenText = (policy: Policy) =>
  Object.entries(policy)
    .map(([word, setting]) => `${word} is ${settingText(setting)}`)
    .join(", ");
