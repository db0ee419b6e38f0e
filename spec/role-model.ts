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
} as const;
export type ActionKind = (typeof ActionKind)[keyof typeof ActionKind];

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

interface ActionOf<K extends ActionKind> {
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

/** One thing that a change of role does on a node. */
export type RoleAction = ServiceAction | FileAction | CommandAction;

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
