import * as pulumi from "@pulumi/pulumi";

/** Who holds the addresses once everybody is healthy again. */
export enum Preemption {
  /** The node with the highest priority takes the addresses back, after `preemptDelay`. */
  PreferPrimary = "prefer-primary",
  /** Whoever holds the addresses keeps them. All priorities are equal. */
  Sticky = "sticky",
}

/** An SSH host between this machine and the node (one hop). */
export interface ProxyConnectionArgs {
  /** Address or name of the host. */
  host: pulumi.Input<string>;
  /** TCP port of its SSH server, 1 to 65535. @default 22 */
  port?: pulumi.Input<number>;
  /** User to log in as. @default "root" */
  user?: pulumi.Input<string>;
  /** Private key in PEM or OpenSSH format. Always kept as a secret. */
  privateKey?: pulumi.Input<string>;
  /** Passphrase of the private key. Always kept as a secret. */
  privateKeyPassword?: pulumi.Input<string>;
  /** Password of the user. Always kept as a secret. */
  password?: pulumi.Input<string>;
  /** Use the keys of the SSH agent at SSH_AUTH_SOCK. @default false */
  agent?: pulumi.Input<boolean>;
  /** Use the keys of the SSH agent at this socket. */
  agentSocketPath?: pulumi.Input<string>;
  /** Public host key in authorized_keys format. @default the entry in ~/.ssh/known_hosts */
  hostKey?: pulumi.Input<string>;
  /** Accept any host key: anybody between here and there can then read and change everything. @default false */
  insecureHostKey?: pulumi.Input<boolean>;
}

/** How a node is reached over SSH. Give one of privateKey, password, agent, agentSocketPath. */
export interface ConnectionArgs extends ProxyConnectionArgs {
  /** Address or name of the node. Not a virtual address: that one moves. */
  host: pulumi.Input<string>;
  /** User to log in as; any other than root needs sudo without a password. @default "root" */
  user?: pulumi.Input<string>;
  /** An SSH host to go through (one hop). */
  proxy?: ProxyConnectionArgs;
}

/** A program whose exit status says whether a node may hold the addresses (`vrrp_script`). */
export interface TrackScriptArgs {
  /** Name of the check, unique in the cluster, 1 to 32 characters. */
  name: pulumi.Input<string>;
  /** Absolute path of a program that is on the node, and its arguments. */
  script: pulumi.Input<string>;
  /** Seconds between two runs, whole, 1 to 4294. @default 2 */
  interval?: pulumi.Input<number>;
  /** Seconds after which a run counts as failed, whole, 1 to 4294. @default the interval */
  timeout?: pulumi.Input<number>;
  /** Failures in a row that make the check fail, from 1. @default 2 */
  fall?: pulumi.Input<number>;
  /** Successes in a row that make the check pass, from 1. @default 2 */
  rise?: pulumi.Input<number>;
  /** Added to the priority (negative: while failing; positive: while passing), -253 to 253. @default 0: failing is FAULT */
  weight?: pulumi.Input<number>;
}

/** A process whose presence says whether a node may hold the addresses (`vrrp_track_process`). */
export interface TrackProcessArgs {
  /** Name of the check, unique in the cluster, 1 to 32 characters. */
  name: pulumi.Input<string>;
  /** Name of the process, as in /proc/PID/comm or its argv[0]: one word. */
  process: pulumi.Input<string>;
  /** Added to the priority (negative: while absent; positive: while there), -254 to 254. @default 0: absence is FAULT */
  weight?: pulumi.Input<number>;
  /** Processes that must be there, 1 to 65535. @default 1 */
  quorum?: pulumi.Input<number>;
}

/** A port of the hosts that their own firewall lets in. */
export interface OpenPortArgs {
  /** Protocol: tcp or udp. */
  protocol: pulumi.Input<string>;
  /** Port, 1 to 65535. */
  port: pulumi.Input<number>;
  /** Address or network that is let in: `192.168.1.9`, `192.168.1.0/24`, `2001:db8::/32`. @default everybody, over IPv4 and IPv6 */
  from?: pulumi.Input<string>;
}

/** How an instance tells others of its state: neighbours by gratuitous ARP (IPv6: unsolicited NA), its host by programs. */
export interface AnnouncementArgs {
  /** Seconds after a takeover until the addresses are announced for the second time (`garp_master_delay`), whole, 0 to 4294; 0: once only. @default 5 */
  garpMasterDelay?: pulumi.Input<number>;
  /** Announcements in a row after a takeover, each time (`garp_master_repeat`), 1 to 4294967295; thousands keep keepalived from its adverts. @default 5 */
  garpMasterRepeat?: pulumi.Input<number>;
  /** Seconds between two announcements of a holder (`garp_master_refresh`), whole, 0 to 4294967295; 0: none. Neighbours need them after a healed cut. @default 5 */
  garpMasterRefresh?: pulumi.Input<number>;
  /** Announcements in a row at each refresh (`garp_master_refresh_repeat`), 1 to 4294967295. @default 1 */
  garpMasterRefreshRepeat?: pulumi.Input<number>;
  /** Announcements in a row of a holder that hears a lower priority (`garp_lower_prio_repeat`), 0 to 2147483647. @default 5 */
  garpLowerPrioRepeat?: pulumi.Input<number>;
  /**
   * Absolute path of a program on the node, and its arguments: started as scriptUser when the node takes the addresses
   * (`notify_master`), at most 950 bytes without ", \\, $_ and ${. Each virtual router (IPv4, IPv6) starts it for itself.
   * keepalived waits for none of these programs and promises no order: a former one may still run, or end later.
   * @default none
   */
  notifyMaster?: pulumi.Input<string>;
  /** The same when the node becomes backup, also at its start (`notify_backup`). @default none */
  notifyBackup?: pulumi.Input<string>;
  /** The same when the node may not hold the addresses: a check or its interface fails (`notify_fault`). @default none */
  notifyFault?: pulumi.Input<string>;
}

/** One machine of the cluster. */
export interface NodeArgs {
  /** Name of the node, unique in the cluster, 1 to 63 characters; part of resource names. */
  name: string;
  /** How it is reached over SSH. */
  connection: ConnectionArgs;
  /** Interface that carries the virtual addresses and VRRP, 1 to 15 characters. */
  interface: pulumi.Input<string>;
  /** Address on that interface from which VRRP is sent: IPv4, or IPv6 where all virtual addresses are. */
  unicastSrcIp: pulumi.Input<string>;
  /** IPv6 address on that interface from which VRRP is sent; needed with IPv6 virtual addresses unless unicastSrcIp is IPv6. */
  unicastSrcIp6?: pulumi.Input<string>;
  /** Source of multicast adverts; not used without `multicast`. @default unicastSrcIp */
  mcastSrcIp?: pulumi.Input<string>;
  /** VRRP priority, 1 to 254: the highest holds the addresses. @default 100, 90, 80 ... in the nodes' order; sticky: 100 */
  priority?: pulumi.Input<number>;
  /** keepalived's router_id, 1 to 63 characters. @default the node's name */
  routerId?: pulumi.Input<string>;
}
