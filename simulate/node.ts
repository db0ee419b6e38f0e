import type { Family, InstanceConfig, VrrpVersion, Witness } from "../spec/model";

/** What keepalived is told of one virtual router on one node. An `InstanceConfig` is one. */
export type SimulatedInstance = Pick<
  InstanceConfig,
  | "name"
  | "family"
  | "state"
  | "virtualRouterId"
  | "priority"
  | "advertInt"
  | "version"
  | "multicast"
  | "unicastSrcIp"
  | "unicastPeers"
  | "mcastSrcIp"
  | "nopreempt"
  | "preemptDelay"
  | "authPass"
  | "virtualIpAddresses"
  | "trackScripts"
  | "trackProcesses"
> & {
  /** @default not known: where one id is on several of them, the other words tell which is which */
  interface?: string;
  /** Adverts that must be missed, 1 to 100. @default 3 */
  downTimerAdverts?: number;
};

/** One machine with its keepalived. */
export interface SimulatedNode {
  name: string;
  instances: SimulatedInstance[];
  /** Names of instances that go to MASTER, BACKUP and FAULT together (`vrrp_sync_group`). @default none */
  syncGroups?: readonly (readonly string[])[];
  /**
   * Checks and a drain with a weight count for members of sync groups (`sync_group_tracking_weight`). @default true
   */
  syncGroupTrackingWeight?: boolean;
  /** Seconds after its start during which the daemon takes nothing (`vrrp_startup_delay`). @default 0 */
  startupDelay?: number;
  /**
   * Seconds after which a killed daemon is started again (systemd's Restart=), its addresses being removed at once.
   * @default never, and the addresses stay on the interface
   */
  restartAfter?: number;
  /**
   * Which keepalived runs: 2.4 does not listen during the startup delay; 2.2, which stands for all before, does.
   * @default "2.2"
   */
  keepalived?: "2.2" | "2.4";
  /** What says whether it may hold. A lease is between two nodes, each of which has it. @default none */
  witness?: Witness;
}

/** Identity of a virtual router on the wire. */
export interface VirtualRouter {
  family: Family;
  virtualRouterId: number;
}

/** One advert. */
export interface Advert extends VirtualRouter {
  /** The virtual router as it is shown; it tells networks apart where multicast has one id on several. */
  router: string;
  version: VrrpVersion;
  /** 0: the sender gives up. */
  priority: number;
  /** Microseconds. */
  advertInt: number;
  /** Address that it comes from. */
  source?: string;
  /** Decides where an address is not known: of the names of the nodes the later one counts as the higher. */
  rank: number;
  /** Goes to the VRRP group; else to these addresses. */
  multicast: boolean;
  to: string[];
  authPass?: string;
  /** Virtual addresses, sorted. */
  addresses: string;
}

/** Name of an id: `51/IPv4`. */
export function routerName({ family, virtualRouterId }: VirtualRouter): string {
  return `${virtualRouterId}/IPv${family}`;
}
