import { Call } from "./call";
import { GuestSeen } from "./guest";

/** `widen`: before the cluster's own change; `tighten`: after it was confirmed. */
export type Phase = "widen" | "tighten";

/** `replug`: the tap of a running guest is plugged anew, a cut of a moment; `next start`: not before stop and start. */
export type Effect = "at once" | "replug" | "next start";

/** What destroy must put back. Plain data, to be kept; it names what was changed, not where it stood. */
export type Undo =
  | {
      what: "nic";
      nic: string;
      key: string;
      /** As it was written before; absent: the key was not there. */
      was?: string;
      set: string;
      /** The whole value before, and as PVE writes it after. */
      before: string;
      after: string;
    }
  | { what: "option"; key: string; was?: string; set: string }
  | { what: "rule"; comment: string; rule: Record<string, string> }
  | { what: "ipset"; name: string }
  | { what: "ipset entry"; name: string; cidr: string; comment: string };

export interface Change {
  /** For people: what, of which guest, and what for. */
  says: string;
  phase: Phase;
  effect: Effect;
  call: Call;
  undo: Undo;
}

/** One port of the bridge, for the hookscript; absent: as it is. */
export interface BridgePortFlags {
  learning?: boolean;
  flood?: boolean;
  mcastFlood?: boolean;
  /** bridge(8)'s mcast_router: 2 is "always a multicast router behind this port". */
  mcastRouter?: 0 | 1 | 2;
}

/** What one guest's NIC has to be let do. */
export interface GuestWant {
  /** `net0` */
  nic: string;
  /** The NIC's own flag; absent: stays. */
  firewall?: boolean;
  /** The guest's macfilter; absent: stays. */
  macfilter?: boolean;
  /** Protocol 112 to and from: one rule each. */
  rules: RuleWant[];
  /** What this NIC sends from, for `ipfilter-netN`. */
  sources: string[];
  bridgePort: BridgePortFlags;
}

export interface RuleWant {
  type: "in" | "out";
  source?: string;
  dest?: string;
  /** What for, in words. */
  says: string;
}

export interface Plan {
  changes: Change[];
  /** What is left alone, and why; what people should know. */
  notes: string[];
  /** Why nothing can be planned: each with the fix. Then changes is empty. */
  refusals: string[];
  bridgePort: BridgePortFlags;
}

/** What the plan for one guest does not know by itself. */
export interface Owner {
  /** The cluster's name: ours is what has the comment `vrrp-agent:CLUSTER`. */
  cluster: string;
}

export function planOf(_seen: GuestSeen, want: GuestWant, _owner: Owner): Plan {
  return { changes: [], notes: [], refusals: [], bridgePort: want.bridgePort };
}

export function restoreOf(_kept: readonly Undo[], _seen: GuestSeen): { calls: Call[]; notes: string[] } {
  return { calls: [], notes: [] };
}
