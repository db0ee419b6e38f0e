import { BridgePortFlags } from "./bridge-port";
import { GuestSeen } from "./guest";
import { bridgeOf, parseNet } from "./net";

/** A flag of a bridge's port and its value, in the words of `bridge link set`. */
export type PortFlag = readonly [flag: string, value: string];

/** What a guest's hookscript says of one NIC, and for whom. */
export interface HookLine {
  nic: string;
  owner: string;
  flags: PortFlag[];
}

/** A node of the PVE cluster. */
export interface HookNode {
  name: string;
  /** Why it cannot be reached. */
  problem?: string;
  /** The guest's script there; absent: there is none. */
  text?: string;
  /** Without this a start of the guest there fails. */
  executable?: boolean;
}

/** What bears on a guest's hookscript: the nodes that it may run on, the storage, and the ports as they are. */
export interface HookSeen {
  nodes: HookNode[];
  /** Where the snippets are on each node. */
  directory: string;
  /** Why no snippet can be put there, with the fix. */
  storageProblem?: string;
  /** The text of another hookscript that the guest has. */
  other?: string;
  /** How often it is named elsewhere: by clones, and snapshots. */
  named: number;
  /** Flags of the NIC's ports on Linux bridges; none: the guest does not run, or is on Open vSwitch. */
  ports: Record<string, Record<string, string>>;
}

export const hookFile = (id: number) => `vrrp-agent-${id}.sh`;
export const hookVolume = (id: number) => `local:snippets/${hookFile(id)}`;

/** Made by us, for this guest or for the one that it was cloned from. */
export const isOurHook = (volume: string) => /^local:snippets\/vrrp-agent-\d+\.sh$/.test(volume);

/** What has to be set: a bridge that learns floods as well, by itself. */
export function portFlagsOf({ learning, flood, mcastFlood, mcastRouter }: BridgePortFlags): PortFlag[] {
  return [
    ...(learning ? [["learning", "on"] as const] : []),
    ...(learning && flood ? [["flood", "on"] as const] : []),
    ...(learning && mcastFlood ? [["mcast_flood", "on"] as const] : []),
    ...(mcastRouter === undefined ? [] : [["mcast_router", String(mcastRouter)] as const]),
  ];
}

/** As Proxmox VE makes a new port on the NIC's bridge. */
export function newPortFlag(seen: GuestSeen, nic: string, flag: string): string {
  if (flag === "mcast_router") {
    return "1";
  }
  return flag !== "mcast_flood" && seen.bridges[nic]?.learning === false ? "off" : "on";
}

/** All ports that a NIC may have: its own, and the one by which its firewall's bridge is on the node's. */
export function portsOf({ kind, id }: GuestSeen, nic: string): string[] {
  const number = nic.replace("net", "");
  return [`${kind === "qemu" ? "tap" : "veth"}${id}i${number}`, `fwpr${id}p${number}`];
}

/** Of a NIC that is on a bridge at all. */
export function isBridged(seen: GuestSeen, nic: string): boolean {
  const text = seen.config[nic];
  return text !== undefined && bridgeOf(parseNet(seen.kind, text)) !== undefined;
}

const LINE = /^(\d+) (\S+) (.+)$/;

/** What a script that we have made says. */
export function hookLines(text: string): HookLine[] {
  return text.split("\n").flatMap((line): HookLine[] => {
    const [, number, owner, words] = LINE.exec(line) ?? [];
    if (owner === undefined || words === undefined || !owner.startsWith("vrrp-agent:")) {
      return [];
    }
    const pairs = words.match(/\S+ \S+/g) ?? [];
    return [{ nic: `net${number}`, owner, flags: pairs.map((pair) => pair.split(" ") as [string, string]) }];
  });
}

/** The script of one guest: `template` is host/pve/nic-flags.sh. */
export function hookText(template: string, id: number, lines: readonly HookLine[]): string {
  const list = lines.map(
    ({ nic, owner, flags }) => `${nic.replace("net", "")} ${owner} ${flags.flat().join(" ")}\n`,
  );
  return template
    .replace(/^guest=0$/m, `guest=${id}`)
    .replace(/<<'END'\n/, (start) => `${start}${list.sort().join("")}`);
}
