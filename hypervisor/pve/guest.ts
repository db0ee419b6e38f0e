import { GuestKind } from "./net";

/** One rule as `GET .../firewall/rules` lists it. */
export interface PveRule {
  pos: number;
  type: "in" | "out" | "forward" | "group";
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
  cidr: string;
  nomatch?: boolean;
  comment?: string;
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
  /** `enable` of /nodes/NODE/firewall/options; absent there: on. */
  nodeEnabled: boolean;
  /** The guest's own, only what is set. */
  options: Record<string, unknown>;
  optionsDigest?: string;
  rules: PveRule[];
  rulesDigest?: string;
  ipsets: Record<string, PveIpsetEntry[]>;
}

/** One guest as PVE shows it. */
export interface GuestSeen extends GuestAt {
  name?: string;
  /** `running`, `stopped`, `paused`, ... */
  status: string;
  /** `backup`, `migrate`, `snapshot`, ...: PVE changes nothing meanwhile. */
  lock?: string;
  template?: boolean;
  /** In force now: without what is pending. */
  config: Record<string, string>;
  digest: string;
  pending: PendingItem[];
  firewall: FirewallSeen;
}
