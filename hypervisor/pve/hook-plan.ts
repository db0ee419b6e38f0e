import { guestPath } from "./call";
import { Change, commentOf, Owner } from "./change";
import { GuestSeen, guestName } from "./guest";
import {
  HookLine,
  hookFile,
  hookLines,
  HookSeen,
  hookText,
  hookVolume,
  isOurHook,
  newPortFlag,
  PortFlag,
  portsOf,
} from "./hook";
import { firewallOf, parseNet } from "./net";

/** What a guest's hookscript lacks or has too much, of one NIC. */
export interface HookPlan {
  change?: Change;
  refusals: string[];
  notes: string[];
}

export interface HookAsk {
  seen: GuestSeen;
  nic: string;
  /** None: what was set for it goes. */
  flags: readonly PortFlag[];
  owner: Owner;
  /** Text of host/pve/nic-flags.sh. */
  template: string;
}

/** Holds what is wanted against what is there; the change is due until all nodes, the guest and its ports are so. */
export function hookPlan(ask: HookAsk, hook: HookSeen): HookPlan {
  const lines = linesIn(ask.seen, hook);
  return ask.flags.length > 0 ? setPlan(ask, hook, lines) : backPlan(ask, hook, lines);
}

/** What the scripts on the nodes say together: the guest's own node counts first. */
function linesIn({ host }: GuestSeen, { nodes }: HookSeen): HookLine[] {
  const sorted = [...nodes].sort((a, b) => Number(b.name === host) - Number(a.name === host));
  const all = sorted.flatMap(({ text }) => (text === undefined ? [] : hookLines(text)));
  return all.filter(
    (line, at) => all.findIndex(({ nic, owner }) => nic === line.nic && owner === line.owner) === at,
  );
}

const isMine = ({ nic, owner }: HookAsk, line: HookLine) =>
  line.nic === nic && line.owner === commentOf(owner);

function setPlan(ask: HookAsk, hook: HookSeen, lines: readonly HookLine[]): HookPlan {
  const { seen, nic, flags, owner } = ask;
  const others = lines.filter((line) => !isMine(ask, line));
  const text = hookText(ask.template, seen.id, [
    ...others,
    { nic, owner: commentOf(owner), flags: [...flags] },
  ]);
  const put = hook.nodes.filter((node) => node.text !== text || !node.executable).map(({ name }) => name);
  const now = seen.config["hookscript"];
  const isForeign = now !== undefined && !isOurHook(now);
  const volume = isForeign ? now : hookVolume(seen.id);
  const isRunning = seen.status !== "stopped";
  const wrong = Object.values(hook.ports).some((port) => flags.some(([flag, value]) => port[flag] !== value));
  if (put.length === 0 && now === volume && !(isRunning && wrong)) {
    return { refusals: [], notes: [] };
  }
  const refusals = [
    ...(isForeign && !calls(hook, seen.id) ? [otherRefusal(ask, hook, now)] : []),
    ...(hook.storageProblem === undefined ? [] : [hook.storageProblem]),
    ...hook.nodes.flatMap(({ name, problem }) => (problem === undefined ? [] : [nodeRefusal(name, problem)])),
  ];
  if (refusals.length > 0) {
    return { refusals, notes: [] };
  }
  const dropped = lines
    .filter((line) => isMine(ask, line))
    .flatMap((line) => line.flags.filter(([flag]) => !flags.some(([kept]) => kept === flag)));
  return {
    change: {
      says: `hookscript ${hookVolume(seen.id)}: ${portsNow(seen, nic).join(", ")} get ${said(flags)}`,
      phase: "widen",
      effect: isRunning ? "at once" : "next start",
      call: configCall(seen, { hookscript: volume }),
      hook: {
        put: { nodes: put, text },
        now: isRunning
          ? [
              ...resets(ask, hook, dropped),
              [`${hook.directory}/${hookFile(seen.id)}`, `${seen.id}`, "post-start"],
            ]
          : [],
        remove: [],
      },
    },
    refusals: [],
    notes: [],
  };
}

/** The flags that were set for this NIC go, the script as well where nothing names it any more. */
function backPlan(ask: HookAsk, hook: HookSeen, lines: readonly HookLine[]): HookPlan {
  const { seen, nic } = ask;
  const now = seen.config["hookscript"];
  const isOurs = now === hookVolume(seen.id);
  const rest = lines.filter((line) => !isMine(ask, line));
  const mine = lines.find((line) => isMine(ask, line));
  if (mine === undefined && !(isOurs && rest.length === 0)) {
    return { refusals: [], notes: [] };
  }
  // Whoever names a file that is not there does not start.
  const isNeeded = rest.length > 0 || hook.named > 0 || (!isOurs && calls(hook, seen.id));
  const text = hookText(ask.template, seen.id, rest);
  const there = hook.nodes.filter((node) => node.text !== undefined).map(({ name }) => name);
  const left = hook.nodes.filter(({ problem }) => problem !== undefined).map(({ name }) => name);
  const file = `${hook.directory}/${hookFile(seen.id)}`;
  return {
    change: {
      says: `hookscript ${hookVolume(seen.id)}: sets nothing any more of ${portsNow(seen, nic).join(", ")}`,
      phase: "tighten",
      effect: seen.status !== "stopped" ? "at once" : "next start",
      // Deleting what is not set is no error.
      call: configCall(
        seen,
        now === undefined || (isOurs && rest.length === 0) ? { delete: "hookscript" } : { hookscript: now },
      ),
      hook: {
        put: { nodes: isNeeded ? there : [], text },
        now: resets(ask, hook, mine?.flags ?? []),
        remove: isNeeded ? [] : there,
      },
    },
    refusals: [],
    notes: left.map(
      (name) => `${file} may be left on ${name}, which cannot be reached: nothing calls it, remove it there`,
    ),
  };
}

/** Commands for the ports that are there. */
function resets({ seen, nic }: HookAsk, { ports }: HookSeen, flags: readonly PortFlag[]): string[][] {
  return Object.keys(ports).flatMap((port) =>
    flags.map(([flag]) => ["bridge", "link", "set", "dev", port, flag, newPortFlag(seen, nic, flag)]),
  );
}

function configCall(seen: GuestSeen, params: Record<string, string>): Change["call"] {
  return {
    method: "set",
    path: `${guestPath(seen)}/config`,
    params: { ...params, ...(seen.digest !== "" && { digest: seen.digest }) },
    reread: true,
  };
}

function portsNow(seen: GuestSeen, nic: string): string[] {
  const [own = "", way = ""] = portsOf(seen, nic);
  return firewallOf(parseNet(seen.kind, seen.config[nic]!)) ? [own, way] : [own];
}

const said = (flags: readonly PortFlag[]) => flags.map((words) => words.join(" ")).join(", ");

const calls = ({ other }: HookSeen, id: number) => other?.includes(hookFile(id)) ?? false;

function otherRefusal({ seen, nic, flags }: HookAsk, { directory }: HookSeen, volume: string): string {
  const file = `${directory}/${hookFile(seen.id)}`;
  return (
    `${guestName(seen)} has a hookscript already (${volume}), and Proxmox VE calls one for a guest; ${nic}'s ports need ${said(flags)} at each start. ` +
    `Add the line '[ ! -x ${file} ] || ${file} "$@"' to it on every node and run it again: it is left as it is, and ours is put beside it`
  );
}

function nodeRefusal(name: string, problem: string): string {
  return (
    `node ${name} cannot be reached (${problem}), and without the hookscript's file there no guest that names it starts there or moves there: ` +
    `bring it back, or take it out of the cluster (pvecm delnode ${name}), and run it again`
  );
}
