import { Connection, Family } from "../model";
import { Draft, Unknown } from "../unknown";

/** An address with the length of its network's prefix, or a network: then no bit behind the prefix is set. */
export interface Network {
  address: string;
  prefixLength: number;
  family: Family;
}

/** Where a node is dialled, over UDP. */
export interface Endpoint {
  /** A host name, or an address in canonical text. */
  host: string;
  port: number;
  /** Family of a host that is an address; absent: a name. */
  family?: Family;
}

/** One end of a tunnel. */
export interface TunnelNode {
  name: string;
  connection: Connection;
  /** Addresses inside the tunnel. */
  addresses: Network[];
  /** Absent: behind NAT, never dialled. */
  endpoint?: Endpoint;
  /** UDP port that it listens on and sends from. */
  listenPort: number;
  /** Seconds between two packets that it sends when it has nothing to send; 0: none. */
  keepalive: number;
  /** Networks behind the node that its peer reaches through the tunnel. */
  subnets: Network[];
  /** Private key in base64, where it is not made on the host. Never in a file that render/ makes. */
  privateKey?: string;
  /** Number of the key: another one makes another key. */
  keyNumber: number;
  /** Interface under the tunnel, where it was named. */
  wanInterface?: string;
}

/** A tunnel that the proof has passed. */
export interface Tunnel {
  /** Name of the managed set on both hosts. */
  name: string;
  /** Name of the interface on both hosts. */
  interface: string;
  /** The two ends. */
  nodes: TunnelNode[];
  /** Addresses that move between the nodes, each a network of its own (/32, /128). */
  virtualIpAddresses: Network[];
  /** Bytes of the largest packet inside the tunnel. */
  mtu: number;
  /** Bytes of the largest packet on the way under it. */
  underlayMtu: number;
  /** Key in base64 that both ends mix into each handshake. */
  presharedKey?: string;
  /** Whether nodes forward between the tunnel and their networks: all, or those with subnets. */
  forward: "all" | "subnets" | "none";
  /** Whether the UDP port is opened in the hosts' own firewall. */
  firewall: boolean;
  /** Seconds within which a change must be confirmed, or the hosts take it back by themselves. */
  undoAfter: number;
}

/** A tunnel of which some values are UNKNOWN. */
export type TunnelDraft = Exclude<Draft<Tunnel>, Unknown>;
export type TunnelNodeDraft = Exclude<Draft<TunnelNode>, Unknown>;

/** The other end, as one host is told of it. */
export interface TunnelPeer {
  name: string;
  publicKey: string;
  endpoint?: Endpoint;
  /** What the peer may send from, and what is sent to it. */
  allowedIps: Network[];
  /** Its addresses inside the tunnel. */
  addresses: string[];
}

/** What a host forwards into the tunnel and out of it. */
export interface Forwarded {
  family: Family;
  /** The network behind the node that it is from and to; absent: everything. */
  network?: Network;
}

/** Everything one host of a tunnel needs to be told. */
export interface TunnelPlan {
  /** Name of the managed set on the host. */
  tunnel: string;
  node: string;
  interface: string;
  addresses: Network[];
  /** Its link-local address there, from which it asks its peer how a change stands. */
  linkLocal: Network;
  listenPort: number;
  mtu: number;
  keyNumber: number;
  /** Seconds between two packets to a peer when there is nothing to send; 0: none. */
  keepalive: number;
  peers: TunnelPeer[];
  presharedKey?: string;
  wanInterface?: string;
  forward: Forwarded[];
  firewall: boolean;
  undoAfter: number;
}
