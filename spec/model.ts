import type { AgentCheck, Check } from "./check-model";
import type { Gateway } from "./gateway-model";
import type { Guest, Hypervisor } from "./hypervisor-model";
import type { Role, RolePlan } from "./role-model";

export * from "./check-model";
export * from "./gateway-model";
export * from "./hypervisor-model";
export * from "./role-model";

/**
 * What a cluster is once its spec has been read, defaulted and proved. Plain data: every room past spec/ works
 * on these shapes and none of them reads a user's input again.
 */

/** VRRP protocol version: 2 (RFC 3768, whole seconds, IPv4 only) or 3 (RFC 5798, 10 ms steps, IPv4 and IPv6). */
export type VrrpVersion = 2 | 3;

/** IP address family. */
export type Family = 4 | 6;

/** Who holds the addresses once everybody is healthy again. */
export const Preemption = {
  /** The node with the highest priority takes the addresses back, after `preemptDelay`. */
  PreferPrimary: "prefer-primary",
  /** Whoever holds the addresses keeps them. All priorities are equal. */
  Sticky: "sticky",
} as const;
export type Preemption = (typeof Preemption)[keyof typeof Preemption];

/** Where packets come from: one address, or a network with its prefix length. */
export interface Source {
  text: string;
  family: Family;
}

/** One virtual IP address, as `virtual_ipaddress` writes it. */
export interface VirtualIpAddress {
  address: string;
  prefixLength: number;
  family: Family;
  /** Interface that carries the address; absent: the instance's own. */
  dev?: string;
  /** Label of an IPv4 address, as `ip address` shows it. */
  label?: string;
}

/** A `vrrp_script`: a program whose exit status says whether this node may hold the addresses. */
export interface TrackScript {
  name: string;
  /** Absolute path of the program, and its arguments. */
  script: string;
  /** Seconds between two runs. */
  interval: number;
  /** Seconds after which a run counts as failed. */
  timeout: number;
  /** Failures in a row that make the check fail. */
  fall: number;
  /** Successes in a row that make the check pass. */
  rise: number;
  /** 0: a failure means FAULT. Otherwise it is added to the priority (negative: on failure, positive: on success). */
  weight: number;
  /** User that it runs as; absent: the host's scriptUser. */
  user?: string;
  /** The command that says what is tested, where `script` is the agent's own; never written. */
  tests?: string;
}

/** A `vrrp_track_process`: a process whose presence says whether this node may hold the addresses. */
export interface TrackProcess {
  name: string;
  /** Name of the process, as in /proc/PID/comm or its argv[0]. */
  process: string;
  /** 0: absence means FAULT. Otherwise as for a script. */
  weight: number;
  /** Processes that must be there. */
  quorum: number;
}

/** An interface, beside the instance's own, whose loss says that this node may not hold the addresses. */
export interface TrackInterface {
  interface: string;
  /** 0: its loss means FAULT. Otherwise as for a script. */
  weight: number;
}

/** A `bfd_instance`: a router whose presence says whether this node may hold the addresses. Times in milliseconds. */
export interface Bfd {
  name: string;
  neighborIp: string;
  sourceIp?: string;
  minRx: number;
  minTx: number;
  /** In place of minTx while the session is not up. */
  idleTx: number;
  /** Packets in a row whose loss ends the session. */
  multiplier: number;
  /** Routers that a packet may have passed. */
  maxHops: number;
  /** The port of RFC 5883 instead of that of RFC 5881. */
  multihop: boolean;
  /** Waits for the neighbour to begin. */
  passive: boolean;
  /** 0: its loss means FAULT. Otherwise as for a script. */
  weight: number;
}

/** Words of an instance for which keepalived has a default. */
export interface InstanceOptions {
  /** FAULT while the source address is not on the interface. */
  trackSrcIp?: boolean;
  /** TTL or hop limit of unicast adverts. */
  unicastTtl?: number;
  /** TTL or hop limit below which a unicast advert is dropped. */
  minTtl?: number;
  /** Adverts that must be missed before a backup takes over. */
  downTimerAdverts?: number;
}

/** How the kernel schedules keepalived. */
export interface Realtime {
  /** 1 to 99, of SCHED_RR. */
  priority: number;
  cpuAffinity?: number[];
  /** Microseconds of computing without a wait after which the kernel kills it. */
  rlimitRttime: number;
  noSwap: boolean;
}

/** Words of `global_defs`. */
export interface GlobalOptions {
  /** Seconds after the start for which no address is taken from a silent network; 0: none. */
  startupDelay: number;
  garpInterval?: number;
  gnaInterval?: number;
  realtime?: Realtime;
  /** Those that nobody asked for: a host whose keepalived does not know them goes without. */
  chosen: ("startupDelay" | "rlimitRttime")[];
}

/** How a holder tells its neighbours where the addresses are; absent: as global_defs says, or keepalived itself. */
export interface GarpTimers {
  /** Seconds until the addresses are announced again after a takeover; 0: not again. */
  garpMasterDelay?: number;
  /** Announcements in a row after a takeover. */
  garpMasterRepeat?: number;
  /** Seconds between two announcements of a holder; 0: none. */
  garpMasterRefresh?: number;
  /** Announcements in a row each time. */
  garpMasterRefreshRepeat?: number;
  /** Announcements in a row when a holder hears a lower priority. */
  garpLowerPrioRepeat?: number;
  /** Seconds until it announces them once more then; 0: not again. */
  garpLowerPrioDelay?: number;
}

/** Programs and their arguments that keepalived starts when an instance changes its state. */
export interface NotifyPrograms {
  notifyMaster?: string;
  notifyBackup?: string;
  notifyFault?: string;
}

/** A port that a host's own firewall lets in. */
export interface OpenPort {
  protocol: "tcp" | "udp";
  port: number;
  /** Address or network that is let in; absent: everybody, over both families. */
  from?: Source;
}

/**
 * One `vrrp_instance` on one node, in keepalived's own words. The rules judge this shape wherever it comes from:
 * a proved cluster, a KeepalivedInstance's arguments, a parsed keepalived.conf.
 */
export interface InstanceConfig extends GarpTimers, NotifyPrograms, InstanceOptions {
  name: string;
  family: Family;
  /** Where the state machine starts. We always render BACKUP; MASTER can come from a low-level instance. */
  state: "MASTER" | "BACKUP";
  interface: string;
  virtualRouterId: number;
  priority: number;
  /** Seconds between two adverts. */
  advertInt: number;
  version: VrrpVersion;
  multicast: boolean;
  unicastSrcIp?: string;
  unicastPeers: string[];
  mcastSrcIp?: string;
  nopreempt: boolean;
  /** Seconds to wait before a higher priority takes over. */
  preemptDelay: number;
  /** Present when the instance has an `authentication` block. Never shown, never in a non-secret file. */
  authPass?: string;
  virtualIpAddresses: VirtualIpAddress[];
  trackScripts: TrackScript[];
  trackProcesses: TrackProcess[];
  trackInterfaces: TrackInterface[];
  bfd: Bfd[];
}

/** A `vrrp_sync_group`: instances that go to MASTER, BACKUP and FAULT together. */
export interface SyncGroup {
  name: string;
  /** Names of two or more instances. */
  instances: string[];
}

/** keepalived built on the host, in place of the distribution's. */
export interface KeepalivedSource {
  /** https://, http://, or file:// for a path on the host. */
  url: string;
  sha256: string;
  version: string;
  /** Of this very build. */
  directory: string;
  configureOptions: string[];
}

/** Everything one host needs to be told: the only thing that render/ takes. */
export interface HostPlan {
  /** Name of the managed set on the host: directory and file names come from it. */
  cluster: string;
  node: string;
  routerId: string;
  /** User that keepalived runs scripts as. Absent only on a low-level instance that has any and did not name one. */
  scriptUser?: string;
  global: GlobalOptions;
  /** Absent: keepalived is the distribution's. */
  keepalivedSource?: KeepalivedSource;
  instances: InstanceConfig[];
  /** Sync groups: instances that change their state together, each named once. */
  syncGroups: SyncGroup[];
  /** Every other node of the cluster: name and the addresses it sends VRRP from. */
  peers: { name: string; addresses: string[] }[];
  /** The peers are applied by another component or stack, so nobody can say here whether one of them holds an address. */
  peersElsewhere: boolean;
  /** Lets services bind to a virtual address that this host does not hold. */
  nonlocalBind: boolean;
  /** The virtual addresses are routed here, not on a network of the interface. */
  vipOffLink: boolean;
  /** No peer has a higher priority: addresses that were brought here stay. Absent where nobody knows the peers' priorities. */
  keeps?: boolean;
  /** Seconds within which a change must be confirmed, or the host takes it back by itself. */
  undoAfter: number;
  witness?: Witness;
  smtpAlert?: SmtpAlert;
  /** Whether protocol 112 is opened for the peers in the host's firewall. */
  firewall: boolean;
  /** Ports that the host's firewall lets in; none where it is left alone. */
  openPorts: OpenPort[];
  /** What the agent's vrrp-check tests here, each tunnel with its interface. */
  checks: AgentCheck[];
  role?: RolePlan;
  /** What serves behind the addresses. */
  gateway?: Gateway;
  connectionState?: ConnectionStatePlan;
}

/** Whose VRRP goes in and out of one interface of a host, for one family. */
export interface VrrpFlow {
  family: Family;
  interface: string;
  /** Address of this host that adverts come from; absent where keepalived chooses it. */
  source?: string;
  /** Addresses that the peers' adverts come from. */
  peers: string[];
  /** Adverts go to the VRRP group instead of to the peers. */
  multicast: boolean;
}

/** What a host needs to be told when only its firewall is managed. */
export interface FirewallPlan {
  /** Name of the managed set on the host. */
  cluster: string;
  node: string;
  flows: VrrpFlow[];
}

/** How a host is reached over SSH. Exactly one of privateKey, agent, password is used. */
export interface Connection {
  host: string;
  port: number;
  user: string;
  privateKey?: string;
  privateKeyPassword?: string;
  password?: string;
  agentSocketPath?: string;
  /** Public host key in authorized_keys format. Absent only with insecureHostKey. */
  hostKey?: string;
  insecureHostKey: boolean;
  proxy?: Omit<Connection, "proxy">;
}

export interface Node {
  name: string;
  connection: Connection;
  interface: string;
  priority: number;
  routerId: string;
  /** The address VRRP is sent from: IPv4, or IPv6 when all virtual addresses are. */
  unicastSrcIp?: string;
  /** The address VRRP is sent from for IPv6 virtual addresses, when unicastSrcIp is IPv4. */
  unicastSrcIp6?: string;
  mcastSrcIp?: string;
  /** In place of the cluster's. */
  trackInterfaces?: TrackInterface[];
  /** In place of the cluster's. */
  bfd?: Bfd[];
  /** In place of the cluster's. */
  keepalivedSource?: KeepalivedSource;
  guest?: Guest;
}

/** What one node does otherwise for a further virtual router. */
export interface RouterNode {
  name: string;
  interface?: string;
  unicastSrcIp?: string;
  unicastSrcIp6?: string;
  mcastSrcIp?: string;
  priority?: number;
}

/** What says which of two sites may hold when they do not hear each other. */
export type Witness = LeaseWitness | PingWitness;

/** An etcd cluster whose key is one of three votes; see docs/adr/0006. */
export interface LeaseWitness {
  kind: "lease";
  /** Base URLs of one or three members, `http://192.0.2.9:2379`. */
  endpoints: string[];
  /** Seconds for which a vote counts. */
  ttl: number;
  /** Paths on the nodes: the authority of the servers' certificates, and what a node shows them. */
  caFile?: string;
  certFile?: string;
  keyFile?: string;
}

/** A target that answers pings wherever a site is not cut off: enough against isolation, not against a cut between the sites. */
export interface PingWitness {
  kind: "ping";
  target: string;
}

/** A further virtual router on a cluster's nodes: what is not said here is as the cluster has it. */
export interface VirtualRouter {
  /** Its instance is CLUSTER-NAME. */
  name: string;
  virtualRouterId: number;
  virtualIpAddresses: VirtualIpAddress[];
  /** Node that holds its addresses while all are healthy; absent: as the priorities say. */
  primary?: string;
  /** It moves with the cluster's own virtual router. */
  syncGroup: boolean;
  nodes: RouterNode[];
}

/** A cluster that the proof has passed. */
export interface Cluster extends GarpTimers, NotifyPrograms, InstanceOptions {
  name: string;
  nodes: Node[];
  virtualRouterId: number;
  virtualIpAddresses: VirtualIpAddress[];
  virtualRouters: VirtualRouter[];
  advertInt: number;
  version: VrrpVersion;
  multicast: boolean;
  preemption: Preemption;
  preemptDelay: number;
  authPass?: string;
  scriptUser: string;
  trackScripts: TrackScript[];
  trackProcesses: TrackProcess[];
  checks: Check[];
  trackInterfaces: TrackInterface[];
  bfd: Bfd[];
  global: GlobalOptions;
  nonlocalBind: boolean;
  vipOffLink: boolean;
  undoAfter: number;
  firewall: boolean;
  openPorts: OpenPort[];
  witness?: Witness;
  role?: Role;
  smtpAlert?: SmtpAlert;
  gateway?: Gateway;
  connectionState?: ConnectionState;
  /** Absent: keepalived is the distribution's. */
  keepalivedSource?: KeepalivedSource;
  /** What the nodes run on; absent: nothing is asked of it. */
  hypervisor?: Hypervisor;
}

/** The connections that one node of two forwards are known to the other. */
export interface ConnectionState {
  /** UDP port. */
  port: number;
  /** By which interface and address each node tells the other; absent: its interface and unicastSrcIp. */
  links?: Record<string, { interface: string; address: string }>;
}

/** What one host of two is told of it. */
export interface ConnectionStatePlan {
  port: number;
  interface: string;
  address: string;
  peer: string;
  /** Addresses of both nodes, whose own connections end with them. */
  own: string[];
}

/** Mails that keepalived itself sends at each change of state. */
export interface SmtpAlert {
  /** Address of a mail server, which is asked without TLS and without a password. */
  server: string;
  port: number;
  from: string;
  to: string[];
  /** Seconds. */
  connectTimeout: number;
}

/** One thing that is wrong with a spec or with a set of instances, in a form a person can act on. */
export interface Problem {
  /** Id of the rule: stable, kebab-case, the same in the schema, the policy pack and lint. */
  rule: string;
  severity: "error" | "warning";
  /** Where: `nodes[1].priority`. */
  path: string;
  /** What was given, as text; "(secret)" for a secret, "(missing)" when absent. */
  value: string;
  /** What is allowed: the bound or the expectation. */
  allowed: string;
  /** What to do about it. */
  fix: string;
}
