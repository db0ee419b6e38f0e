/** What a check of a cluster tests. */
export const CheckKind = {
  /** A WireGuard tunnel: interface, peer, age of the handshake. */
  Tunnel: "tunnel",
  /** Hosts that answer pings. */
  Network: "network",
  /** A TCP port that takes connections. */
  Tcp: "tcp",
  /** A URL, by GET. */
  Http: "http",
  /** A process that runs. */
  Process: "process",
  /** A file that is there, or is not. */
  File: "file",
  /** A program, by its exit status. */
  Command: "command",
} as const;
export type CheckKind = (typeof CheckKind)[keyof typeof CheckKind];

/** What a failing check does to its node. */
export const CheckEffect = {
  /** It lets go of the addresses to any node that is better off; where all fail, one holds all the same. */
  Yield: "yield",
  /** It holds no address, whoever else does. */
  Fault: "fault",
} as const;
export type CheckEffect = (typeof CheckEffect)[keyof typeof CheckEffect];

interface CheckOf<K extends CheckKind | "witness" | "gateway"> {
  name: string;
  kind: K;
  /** Seconds between two runs. */
  interval: number;
  /** Seconds after which a run has failed. */
  timeout: number;
  /** Failures in a row that make the check fail. */
  fall: number;
  /** Successes in a row that make the check pass. */
  rise: number;
  effect: CheckEffect;
}

export interface TunnelCheck extends CheckOf<"tunnel"> {
  /** Absent: the node's own. */
  interface?: string;
  /** Public keys; absent: the only peer that the interface has. */
  peers?: string[];
  /** Seconds. */
  maxHandshakeAge: number;
  /** "gateway" or addresses. */
  uplink: string[];
}

export interface NetworkCheck extends CheckOf<"network"> {
  /** "gateway", "peer" or addresses. */
  targets: string[];
  /** Pings a target. */
  count: number;
  /** Targets that must answer. */
  minSuccesses: number;
}

export interface TcpCheck extends CheckOf<"tcp"> {
  host: string;
  port: number;
}

export interface HttpCheck extends CheckOf<"http"> {
  url: string;
  /** `200` or `200-399`. */
  expectStatus: string;
  expectText?: string;
}

export interface ProcessCheck extends CheckOf<"process"> {
  process: string;
}

export interface FileCheck extends CheckOf<"file"> {
  path: string;
  present: boolean;
  /** Seconds. */
  maxAge?: number;
}

export interface CommandCheck extends CheckOf<"command"> {
  /** Absolute path of the program, and its arguments. */
  command: string;
}

/** A check that the agent's vrrp-check makes. */
export type Check =
  TunnelCheck | NetworkCheck | TcpCheck | HttpCheck | ProcessCheck | FileCheck | CommandCheck;

/** A round of votes (docs/adr/0006), which no user writes. */
export type WitnessCheck = CheckOf<"witness">;

/** That nginx serves (spec/gateway.ts), which no user writes either. */
export type GatewayCheck = CheckOf<"gateway">;

/** What vrrp-check makes on a host: the cluster's checks, and what asks its witness and its gateway. */
export type AgentCheck = Check | WitnessCheck | GatewayCheck;
