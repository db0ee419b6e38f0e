import { GuestKind } from "./net";

/** One rule as `GET .../firewall/rules` lists it. */
export interface PveRule {
  pos: number;
  type: "in" | "out" | "forward" | "group";
  /** Of a group: its name. */
  action: string;
  enable?: number;
  macro?: string;
  proto?: string;
  source?: string;
  dest?: string;
  sport?: string;
  dport?: string;
  "icmp-type"?: string;
  /** `net0`; absent: every NIC of the guest. */
  iface?: string;
  log?: string;
  comment?: string;
  /** Of the whole list. */
  digest?: string;
}

export interface PveIpsetEntry {
  /** An address, a network, or the name of an alias. */
  cidr: string;
  nomatch?: boolean;
  comment?: string;
}

export interface PveIpset {
  comment?: string;
  entries: PveIpsetEntry[];
}

/** One line of `GET .../pending`. */
export interface PendingItem {
  key: string;
  value?: string;
  pending?: string;
  /** 1: the key goes at the next stop; 2: by force. */
  delete?: number;
}

/** Where a guest is: its PVE node's name, its kind, and its VMID. */
export interface GuestAt {
  host: string;
  kind: GuestKind;
  id: number;
}

/** The firewall as far as it bears on one guest. */
export interface FirewallSeen {
  /** `enable` of /cluster/firewall/options; absent there: off. */
  clusterEnabled: boolean;
  /** `enable` of /nodes/NODE/firewall/options; absent there: on. It is about the node's own traffic, never a guest's. */
  nodeEnabled: boolean;
  /** The node filters by proxmox-firewall in place of pve-firewall. */
  nftables: boolean;
  /** The guest's own, only what is set. */
  options: Record<string, unknown>;
  optionsDigest?: string;
  rules: PveRule[];
  ipsets: Record<string, PveIpset>;
  /** The rules of the security groups that the guest's rules name, as far as they could be read. */
  groups?: Record<string, PveRule[]>;
}

/** What the node's configuration says of the bridge of a NIC. */
export interface BridgeSeen {
  name: string;
  /** `bridge`, `OVSBridge`. */
  type?: string;
  /** false: `bridge-disable-mac-learning`; then only the NIC's own MAC is delivered. */
  learning: boolean;
}

/** One guest as PVE shows it. */
export interface GuestSeen extends GuestAt {
  name?: string;
  /** `running` or `stopped`. */
  status: string;
  /** `backup`, `migrate`, `snapshot`, ...: PVE changes no configuration meanwhile. */
  lock?: string;
  template?: boolean;
  /** In force now: without what is pending. */
  config: Record<string, string>;
  digest: string;
  pending: PendingItem[];
  firewall: FirewallSeen;
  /** Of each NIC whose bridge could be read. */
  bridges: Record<string, BridgeSeen>;
  /** What could not be read, in words: the plan takes it to be as strict as it can be. */
  unread: string[];
}

/** For people: `VM 101 (gw-a) on pve1`. */
export function guestName({ kind, id, name, host }: GuestAt & { name?: string }): string {
  return `${kind === "qemu" ? "VM" : "container"} ${id}${name === undefined ? "" : ` (${name})`} on ${host}`;
}
