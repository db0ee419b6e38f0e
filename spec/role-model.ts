/** The part that a node plays: the one that holds the addresses of the cluster's own virtual router is master. */
export const RoleName = {
  Master: "master",
  Backup: "backup",
} as const;
export type RoleName = (typeof RoleName)[keyof typeof RoleName];

/** What an action of a role is about. */
export const ActionKind = {
  /** A unit of systemd, a script of /etc/init.d, or the user's own commands that start and stop something. */
  Service: "service",
  /** A file that is there in one role only: a job of cron, mostly. */
  File: "file",
  /** The user's own commands. */
  Command: "command",
  /** A request to an HTTP server. */
  Webhook: "webhook",
  /** A mail. */
  Mail: "mail",
  /** A record in the DNS, by RFC 2136. */
  Dns: "dns",
  /** A server of MariaDB: writable on the master, its replica on the backup. */
  Mariadb: "mariadb",
} as const;
export type ActionKind = (typeof ActionKind)[keyof typeof ActionKind];

/** Both roles, where an action says in which it is done. */
export const BOTH = "both";

/** How a webhook asks. */
export const WebhookMethod = { Post: "POST", Put: "PUT", Patch: "PATCH" } as const;
export type WebhookMethod = (typeof WebhookMethod)[keyof typeof WebhookMethod];

/** How an update of the DNS is signed. */
export const TsigAlgorithm = {
  Sha224: "hmac-sha224",
  Sha256: "hmac-sha256",
  Sha384: "hmac-sha384",
  Sha512: "hmac-sha512",
} as const;
export type TsigAlgorithm = (typeof TsigAlgorithm)[keyof typeof TsigAlgorithm];

/** What becomes of a promotion in which an action fails. */
export const OnFailure = {
  /** Those behind it are not done until it is. */
  Stop: "stop",
  /** Those behind it are done all the same. */
  Continue: "continue",
  /** The node gives the role back. */
  Yield: "yield",
} as const;
export type OnFailure = (typeof OnFailure)[keyof typeof OnFailure];

/** What is done with a service. */
export const ServiceVerb = {
  Start: "start",
  Stop: "stop",
  Restart: "restart",
  Reload: "reload",
  /** Stopped, and not to be started by anybody. */
  Mask: "mask",
  None: "none",
} as const;
export type ServiceVerb = (typeof ServiceVerb)[keyof typeof ServiceVerb];

/** What becomes of a database server that holds transactions which the master lacks. */
export const OnDivergence = {
  /** It stays read-only and replicates nothing, until somebody has seen to it. */
  Keep: "keep",
  /** Exactly these are undone, where they are changes of rows only. */
  Rewind: "rewind",
  /** It becomes a copy of the master's. */
  Reclone: "reclone",
} as const;
export type OnDivergence = (typeof OnDivergence)[keyof typeof OnDivergence];

interface ActionOf<K extends ActionKind | "gateway" | "conntrack"> {
  name: string;
  kind: K;
  /** Seconds that one try may take. */
  timeout: number;
  /** Tries after the first. */
  retries: number;
  onFailure: OnFailure;
  /** A promotion does it only once the role has held for `settle` seconds. */
  settled: boolean;
}

export interface ServiceAction extends ActionOf<"service"> {
  /** Unit of systemd, or script of /etc/init.d; absent: the commands say it. */
  service?: string;
  /** Commands of sh. */
  start?: string;
  stop?: string;
  status?: string;
  reload?: string;
  onMaster: ServiceVerb;
  onBackup: ServiceVerb;
}

export interface FileAction extends ActionOf<"file"> {
  path: string;
  /** Its text; absent: that of the file that is there. */
  content?: string;
  /** The role in which it is there. */
  on: RoleName;
}

export interface CommandAction extends ActionOf<"command"> {
  /** Commands of sh. */
  onMaster?: string;
  onBackup?: string;
  /** Ends with 0 where nothing is to be done. */
  reached?: string;
  /** Before a planned move ends the role; what fails keeps it here. And when that move has not happened. */
  quiesce?: string;
  resume?: string;
}

export interface WebhookAction extends ActionOf<"webhook"> {
  /** Secret: many a receiver knows its senders by it. */
  url: string;
  method: WebhookMethod;
  /** Secret. */
  headers: Record<string, string>;
  /** Signs the body; secret. */
  secret?: string;
  on: RoleName | typeof BOTH;
  /** A template; absent: a JSON object. */
  body?: string;
  /** Node -> what ${address} is there; absent: the addresses that move. */
  addresses?: Record<string, string[]>;
  /** Sent only while the node has the role that it tells. */
  current: boolean;
}

export interface MailAction extends ActionOf<"mail"> {
  from: string;
  to: string[];
  /** smtp:// or smtps://; absent: sendmail of the node. */
  server?: string;
  /** Not without TLS. */
  startTls: boolean;
  username?: string;
  /** Secret. */
  password?: string;
  on: RoleName | typeof BOTH;
}

/** The key of an update. */
export interface Tsig {
  name: string;
  algorithm: TsigAlgorithm;
  /** Base64; secret. */
  secret: string;
}

export interface DnsAction extends ActionOf<"dns"> {
  server: string;
  port: number;
  zone: string;
  record: string;
  /** Name of the TXT record that says whose the record is. */
  ownerRecord: string;
  /** Seconds. */
  ttl: number;
  /** Node -> the addresses of the record while it is master. */
  addresses: Record<string, string[]>;
  tsig: Tsig;
}

export interface MariadbAction extends ActionOf<"mariadb"> {
  port: number;
  /** Unit of systemd, or script of /etc/init.d. */
  service: string;
  configFile: string;
  /** That of the node whose name comes first; the other's is one more. */
  serverId: number;
  bindAddress: string;
  restart: boolean;
  /** Option files on the nodes; absent: root, by the socket. */
  credentials?: string;
  /** Absent: the same as credentials. */
  replicationCredentials?: string;
  onDivergence: OnDivergence;
  initialCopy: boolean;
  semiSync: boolean;
  /** Seconds; absent: writes wait for as long as no replica is there. */
  semiSyncTimeout?: number;
}

/** What a cluster's gateway brings (spec/gateway.ts); no user writes it. */
export type GatewayAction = ActionOf<"gateway">;

/** What connection states bring (spec/connection-state.ts); no user writes it. */
export type ConntrackAction = ActionOf<"conntrack">;

/** One thing that a change of role does on a node. */
export type RoleAction =
  | ServiceAction
  | FileAction
  | CommandAction
  | WebhookAction
  | MailAction
  | DnsAction
  | MariadbAction
  | GatewayAction
  | ConntrackAction;

/** What the master runs, and the backup does not. */
export interface Role {
  /** Seconds for which a node must have been master before actions that are `settled` begin. */
  settle: number;
  /** In the order of a promotion. */
  actions: RoleAction[];
}

/** What a host is told of it. */
export interface RolePlan extends Role {
  /** A node is master that holds the addresses of all of these: the cluster's own virtual router, and what moves with it. */
  instances: string[];
}
