import * as pulumi from "@pulumi/pulumi";

import type { BfdArgs, KeepalivedSourceArgs, ProxyConnectionArgs, TrackInterfaceArgs } from "../args";
import type { PairArgs } from "../haPair";

/** A NIC of a machine that PveGateway makes. */
export interface PveGatewayNicArgs {
  /** Bridge that it is on. @default "vmbr0" */
  bridge?: pulumi.Input<string>;
  /** VLAN tag on a bridge that knows VLANs, 1 to 4094. @default none */
  vlan?: pulumi.Input<number>;
  /**
   * Its MAC address. With one that is given, a machine that is made anew is the same to its neighbours. @default Proxmox VE
   * makes one, which stays until the machine is replaced; macAddresses tells it
   */
  macAddress?: pulumi.Input<string>;
  /** IPv4 address with the prefix length of its network: `192.168.1.2/24`. @default none */
  address?: pulumi.Input<string>;
  /** IPv4 router on that network. @default none */
  gateway?: pulumi.Input<string>;
  /** IPv6 address with the prefix length of its network: `fd00::2/64`. @default none */
  address6?: pulumi.Input<string>;
  /** IPv6 router. @default none */
  gateway6?: pulumi.Input<string>;
}

/**
 * One machine of the pair. Its own NIC is net0, which carries the virtual addresses and VRRP, and by which it is reached.
 * Give at most one of hostPrivateKey, hostKey and insecureHostKey.
 */
export interface PveGatewayNodeArgs extends PveGatewayNicArgs {
  /** Name of the node in the pair, of the VM and of its host, unique, 1 to 63 letters, digits and '-'. */
  name: string;
  /** Node of Proxmox VE that it is made on: another one for each machine. Where high availability, or somebody, has moved it, an `up` that changes it and `destroy` fail until a refresh has seen where it is: `pulumi up --refresh` moves it back. */
  nodeName: pulumi.Input<string>;
  /** VMID, 100 to 999999999. To say the one that it has changes nothing; another one makes the machine anew. @default the next free one */
  vmId?: pulumi.Input<number>;
  /** VMID of the template; another one makes the machine anew. @default the gateway's */
  templateId?: pulumi.Input<number>;
  /** Node of Proxmox VE that the template is on. @default the gateway's */
  templateNode?: pulumi.Input<string>;
  /** Storage for its disks. @default the gateway's */
  datastore?: pulumi.Input<string>;
  /** IPv4 address of net0 with the prefix length of its network: `192.168.1.2/24`. VRRP is sent from it, and SSH goes to it. */
  address: pulumi.Input<string>;
  /** What the guest calls net0, 1 to 15 characters. @default "eth0", as cloud-init names it by the network data of Proxmox VE */
  interface?: pulumi.Input<string>;
  /** Further NICs: net1, net2 ..., up to 31 of them. @default none */
  nics?: PveGatewayNicArgs[];
  /** Private SSH host key of the machine, ed25519 in OpenSSH format, without passphrase. Always kept as a secret. Another one, or one that is given later, makes the machine anew: cloud-init asks once. @default one is made and kept in the state */
  hostPrivateKey?: pulumi.Input<string>;
  /** Public SSH host key that the template, or your own cloud-init data, gives the machine: nothing is put in. Given or removed later, it makes the machine anew. @default the one of hostPrivateKey */
  hostKey?: pulumi.Input<string>;
  /** Connect to whoever answers at the address: anybody between here and there can then read and change everything. @default false */
  insecureHostKey?: boolean;
  /** VRRP priority, 1 to 254, as a node of HaPair has it. @default 100, 90, 80 ... in the nodes' order; sticky: 100 */
  priority?: pulumi.Input<number>;
  /** keepalived's router_id, 1 to 63 characters. @default the node's name */
  routerId?: pulumi.Input<string>;
  /** Interfaces of this node that decide whether it may hold the addresses. @default the pair's */
  trackInterfaces?: TrackInterfaceArgs[];
  /** Routers that this node watches over BFD. @default the pair's */
  bfd?: BfdArgs[];
  /** A tarball that this node's keepalived is built from. @default the pair's */
  keepalivedSource?: KeepalivedSourceArgs;
}

/** How Pulumi logs in to the machines. Give one of privateKey, agent, agentSocketPath. */
export interface PveGatewayLoginArgs {
  /** User that cloud-init lets in with authorizedKeys; any other than root gets sudo without a password by the usual images. @default "root" */
  user?: pulumi.Input<string>;
  /** TCP port of the machines' SSH server, 1 to 65535: that of the template. @default 22 */
  port?: pulumi.Input<number>;
  /** Private key in PEM or OpenSSH format. Always kept as a secret. */
  privateKey?: pulumi.Input<string>;
  /** Passphrase of the private key. Always kept as a secret. */
  privateKeyPassword?: pulumi.Input<string>;
  /** Use the keys of the SSH agent at SSH_AUTH_SOCK. @default false */
  agent?: pulumi.Input<boolean>;
  /** Use the keys of the SSH agent at this socket. */
  agentSocketPath?: pulumi.Input<string>;
  /** An SSH host to go through (one hop). @default none */
  proxy?: ProxyConnectionArgs;
}

/** What a machine's firewall lets in beside VRRP, where its input policy is DROP or REJECT. */
export interface PveGatewayRuleArgs {
  /** Protocol: `tcp`, `udp`, `icmp`, ... */
  proto: pulumi.Input<string>;
  /** Address or network that it comes from; several with commas. @default any */
  source?: pulumi.Input<string>;
  /** Ports, as `443` or `80,8000:8080`, of tcp, udp, sctp, dccp or udplite. @default any */
  port?: pulumi.Input<string>;
}

/**
 * The firewall of Proxmox VE around the machines. The default keeps a machine from sending by another MAC than its NIC's and
 * opens protocol 112 between the nodes, so that a stricter policy later does not cut them; what may come in is left to the
 * firewall inside, for a gateway that forwards lets pass what is for others. Nothing of it filters while the datacenter's
 * firewall is off, as it is at first: Datacenter > Firewall > Options. That one also guards the nodes themselves.
 */
export interface PveGatewayFirewallArgs {
  /** false: the NICs go without, and no rules are made. @default true */
  enabled?: boolean;
  /** What is done with what no rule lets in: ACCEPT, DROP or REJECT. DROP and REJECT also meet what a gateway forwards. @default "ACCEPT" */
  inputPolicy?: pulumi.Input<string>;
  /** From where SSH may come, with DROP and REJECT: addresses and networks, 1 to 100 of them. @default anywhere */
  sshSources?: pulumi.Input<string>[];
  /** The machines may send only from the addresses of net0 and the virtual ones; not for a gateway that forwards. With pve-firewall alone: proxmox-firewall (the node's option nftables) does not filter by it. @default false */
  ipfilter?: boolean;
  /** What else may come in, with DROP and REJECT: up to 200 of them; the pair's openPorts are in it. @default none */
  rules?: PveGatewayRuleArgs[];
}

/** Arguments of PveGateway. */
export interface PveGatewayArgs {
  /** VMID of the cloud-init template, 100 to 999999999: an image with cloud-init, and a disk for it; see each node's own, too. */
  templateId?: pulumi.Input<number>;
  /** Node of Proxmox VE that the template is on. @default each machine's own nodeName */
  templateNode?: pulumi.Input<string>;
  /** The machines, primary first: 2 to 100. */
  nodes: PveGatewayNodeArgs[];
  /** What the pair is: everything that HaPair takes but its nodes. Its name is the gateway's where it has none. */
  pair: PairArgs;
  /** How Pulumi logs in to the machines. */
  login: PveGatewayLoginArgs;
  /** Public keys that may log in as login.user, 1 to 100 of them. @default that of login.privateKey */
  authorizedKeys?: pulumi.Input<string>[];
  /** Cores of each machine, 1 to 512. Like memory, cpuType and what cloud-init is told, a change takes effect at the machine's next stop and start: drain it, restart it, then the other. @default 2 */
  cores?: pulumi.Input<number>;
  /** Memory of each machine in MiB, 128 to 4194304. @default 1024 */
  memory?: pulumi.Input<number>;
  /** Type of CPU that the guest sees. @default "x86-64-v2-AES" */
  cpuType?: pulumi.Input<string>;
  /** Storage for the disks of new machines; those that are there keep theirs. @default the template's */
  datastore?: pulumi.Input<string>;
  /** Storage for the small disk with cloud-init's data; of new machines, those that are there keep theirs. @default datastore; without one "local-lvm" */
  cloudInitDatastore?: pulumi.Input<string>;
  /** Storage with content type Snippets, for the file that gives a machine its SSH host key. Shared by all nodes where machines move, for they do not start without it. Another one makes the machines anew. @default "local" */
  snippetsDatastore?: pulumi.Input<string>;
  /** Mode of that file; "0600" needs root as the provider's ssh user. @default "0600" */
  snippetMode?: pulumi.Input<string>;
  /** Clone the template's disks by reference. @default false: they are copied */
  linkedClone?: pulumi.Input<boolean>;
  /** DNS servers of the machines, up to 3. @default those of their node of Proxmox VE */
  dnsServers?: pulumi.Input<string>[];
  /** DNS domain of the machines. @default that of their node of Proxmox VE */
  dnsDomain?: pulumi.Input<string>;
  /** Upgrade all packages at the first boot; only root@pam may say so. @default what Proxmox VE does: yes */
  upgrade?: pulumi.Input<boolean>;
  /** The template has the QEMU guest agent, which is asked to shut down. Without it the provider cuts the power of a machine that it replaces or destroys. @default false */
  agent?: pulumi.Input<boolean>;
  /** Start the machines when their node starts. @default true */
  onBoot?: pulumi.Input<boolean>;
  /** Place in the order in which a node starts its machines, from 0. @default after all that have one */
  startupOrder?: pulumi.Input<number>;
  /** Seconds until the next machine is started, 0 to 86400. @default none */
  startupDelay?: pulumi.Input<number>;
  /** Seconds until the next machine is shut down, 0 to 86400. @default none */
  shutdownDelay?: pulumi.Input<number>;
  /** Tags of the VMs: small letters, digits and `_.+-`. @default none */
  tags?: pulumi.Input<string>[];
  /** The firewall of Proxmox VE around the machines. @default on, with all let in; see PveGatewayFirewallArgs */
  firewall?: PveGatewayFirewallArgs;
  /** Let two machines be on one node of Proxmox VE: both go with it. @default false */
  allowSameNode?: pulumi.Input<boolean>;
  /** Seconds for which a machine's cloud-init, and what apt does by itself at the first boot, may run, 60 to 3600. @default 900 */
  readyTimeout?: pulumi.Input<number>;
}
