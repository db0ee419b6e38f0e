/**
 * What the text of keepalived.conf files is, twice: as it was written (every character of it), and as keepalived reads
 * it. Plain data; nothing here is an error to throw: what is wrong is a note with a position.
 */
import { InstanceDraft, TrackProcess, TrackScript, UNKNOWN, VirtualIpAddress } from "../spec";

type Unknown = typeof UNKNOWN;

/** A stretch of a file's text. */
export interface Position {
  /** Name of the file, as the caller gave it. */
  file: string;
  /** From 1. */
  line: number;
  /** From 1, in UTF-16 units of the line. */
  column: number;
  /** From 0, in UTF-16 units of the file. */
  offset: number;
  /** In UTF-16 units; 0 stands for a place between two characters. */
  length: number;
}

/** A file's text under the name that includes find it by. */
export interface ConfFile {
  name: string;
  text: string;
}

/**
 * What a token is. `word` has its quotes and escapes in its text; `open` and `close` are braces that keepalived takes
 * for such; `condition` is `@name` before the first word of a line; `continuation` is the backslash and the end of a
 * line that a definition goes on after.
 */
export type TokenKind =
  "space" | "comment" | "condition" | "word" | "open" | "close" | "continuation" | "newline";

export interface Token extends Position {
  kind: TokenKind;
  text: string;
}

/** What a line is for; `continuation`: the further lines of a definition. */
export type LineKind = "blank" | "definition" | "continuation" | "sequence" | "include" | "statement";

/** One line of a file, with its end. */
export interface SyntaxLine {
  kind: LineKind;
  /** From 1. */
  number: number;
  tokens: Token[];
}

/** What stands between two braces. */
export interface SyntaxBlock {
  kind: "block";
  open: Token;
  children: SyntaxNode[];
  /** Absent where the file ends first. */
  close?: Token;
}

export type SyntaxNode = Token | SyntaxBlock;

/** One file, losslessly: the tokens of its lines, one after another, are its text. */
export interface SyntaxTree {
  file: string;
  text: string;
  lines: SyntaxLine[];
  /** The same tokens, nested by their braces. */
  nodes: SyntaxNode[];
  /** A brace too many or missing, as far as one file by itself can tell; a definition may hold the other one. */
  notes: Note[];
}

/** A word as keepalived hands it to a keyword: definitions replaced, quotes and escapes gone. */
export interface Word {
  text: string;
  /**
   * Where it was written, with its quotes; for a value of a definition the place where the definition is used, for a
   * line of a definition of several lines its place in the definition.
   */
  position: Position;
  /** Whether any of it was in quotes. */
  quoted: boolean;
  /** Something in it can be known on the host only (an undefined `$X`, `${_HASH}`, a random number). */
  unknown?: true;
}

/** A keyword with its arguments and, for a block, what is in it. */
export interface Statement {
  keyword: string;
  /** Without the keyword. */
  args: Word[];
  /** The keyword's. */
  position: Position;
  /**
   * The words stand in the file as such, once, so that an edit can change them; false: they come out of a definition,
   * a sequence or a file that is included more than once.
   */
  literal: boolean;
  /** Statements of the block; undefined: no block. */
  body?: Statement[];
  open?: Position;
  close?: Position;
  /** Text of the `@` condition that this depends on and that nobody could decide here, as `@gw-a`. */
  condition?: string;
  /** The keyword itself can be known on the host only. An include that was not followed is such a statement, too. */
  unknown?: true;
}

/** Why a note is there. */
export type NoteKind =
  /** A brace too many, or one that is missing. */
  | "unbalanced-brace"
  | "unmatched-quote"
  /** A line of 1024 bytes or more: keepalived reads it in pieces. */
  | "long-line"
  /** A backslash at the end of a line that is no definition's. */
  | "trailing-backslash"
  /** An include whose file was not given, so nobody knows what is in it. */
  | "include-unknown"
  /** A file that includes itself, or includes nested too deep. */
  | "include-loop"
  /** A condition that depends on the host, which nobody named. */
  | "condition-unknown"
  /** `$NAME` without a definition: keepalived leaves the text as it is. */
  | "definition-unknown"
  /** `$NAME=` or `~SEQ`, `~LST` that keepalived cannot read. */
  | "definition-invalid"
  | "keyword-unknown"
  /** An editor put U+FEFF in front of the file: keepalived takes it for a part of the first word. */
  | "byte-order-mark"
  /** A keyword where its block does not know it, or without the block that it needs. */
  | "keyword-misplaced"
  /** A keyword without an argument that it needs. */
  | "argument-missing"
  /** Words behind the last argument that a keyword takes. */
  | "argument-surplus"
  /** An argument that keepalived refuses; the message has the bound. */
  | "argument-invalid"
  /** A second one of what must be there once; keepalived takes one of them. */
  | "duplicate"
  /** A name that nothing defines: a script, process, file, instance. */
  | "reference-unknown"
  /** What keepalived leaves out because of something else that is written. */
  | "ignored"
  /** What keepalived cannot do without. */
  | "missing";

/** One thing about a file that a reader of its model should know. Never shows a password. */
export interface Note {
  kind: NoteKind;
  /**
   * error: `keepalived -t` fails; warning: it goes on otherwise than written; unknown: not wrong, but what is there
   * cannot be known from the files alone.
   */
  severity: "error" | "warning" | "unknown";
  message: string;
  position: Position;
}

/** `priority`, `trackScripts[0].weight`, `virtualIpAddresses[1]` -> where it was written. Absent: a default. */
export type Positions = Record<string, Position>;

/** global_defs, as far as somebody asks for it; all other words are in `extra`. */
export interface ReadGlobals {
  routerId?: string | Unknown;
  /** vrrp_version: of the instances that state none. */
  vrrpVersion?: 2 | 3 | Unknown;
  /** User of script_user; undefined: none is set. */
  scriptUser?: string | Unknown;
  scriptGroup?: string | Unknown;
  enableScriptSecurity: boolean;
  dynamicInterfaces: boolean;
  vrrpStrict: boolean;
  /** Seconds. */
  vrrpStartupDelay?: number | Unknown;
  positions: Positions;
  extra: Statement[];
  /** The blocks of global_defs themselves; empty: there is none. */
  blocks: Statement[];
}

/** A `vrrp_script`, whether an instance uses it or not. */
export interface ReadScript {
  check: Omit<TrackScript, "weight"> & { weight: number };
  /** `user` of the script itself; undefined: script_user of global_defs. */
  user?: string;
  positions: Positions;
  extra: Statement[];
  statement: Statement;
  /** Some value of it could not be known. */
  unknown: boolean;
}

/** A `vrrp_track_process`. */
export interface ReadProcess {
  check: TrackProcess;
  positions: Positions;
  extra: Statement[];
  statement: Statement;
  unknown: boolean;
}

/** A `vrrp_track_file` (`track_file` at top level). */
export interface ReadTrackFile {
  name: string;
  /** Path of the file. */
  file?: string | Unknown;
  weight: number | Unknown;
  positions: Positions;
  extra: Statement[];
  statement: Statement;
}

/** What an instance or a sync group follows: an interface, a file or a BFD session. */
export interface ReadTrack {
  name: string;
  /** undefined: that of what is tracked. 0: FAULT. */
  weight?: number | Unknown;
  /** Counted the other way round. */
  reverse: boolean;
  position: Position;
  statement: Statement;
}

export interface ReadBfd {
  name: string;
  neighborIp?: string | Unknown;
  sourceIp?: string | Unknown;
  positions: Positions;
  extra: Statement[];
  statement: Statement;
}

export interface ReadSyncGroup {
  name: string;
  /** Names of the instances. */
  members: string[];
  /** sync_group_tracking_weight: tracking with a weight works in spite of the group. */
  trackingWeight: boolean;
  /** Tracking of the group itself, which holds for every member. */
  trackScripts: ReadTrack[];
  trackProcesses: ReadTrack[];
  trackInterfaces: ReadTrack[];
  trackFiles: ReadTrack[];
  trackBfds: ReadTrack[];
  positions: Positions;
  extra: Statement[];
  statement: Statement;
}

/** Options of one unicast_peer. */
export interface ReadPeer {
  address: string;
  minTtl?: number | Unknown;
  maxTtl?: number | Unknown;
  position: Position;
}

/** One `vrrp_instance`. */
export interface ReadInstance {
  name: string;
  /**
   * In the words that the rules judge, with keepalived's defaults (state BACKUP, or MASTER with priority 255;
   * priority 100, or 255 with state MASTER; advert_int 1; vrrp_version of global_defs or 2, of an IPv6 instance 3; a
   * GARP timer or notify program that the instance does not state is undefined). UNKNOWN where a value cannot be known, or is not one that keepalived would take.
   * `multicast` is true without a `unicast_peer` block; then mcastSrcIp holds what either *_src_ip says.
   * trackScripts and trackProcesses have those of the instance with its own weights, then those of its sync group.
   */
  config: InstanceDraft;
  positions: Positions;
  /** Addresses of virtual_ipaddress_excluded: on the interface, not in the adverts. */
  excludedIpAddresses: VirtualIpAddress[] | Unknown;
  peers: ReadPeer[];
  trackInterfaces: ReadTrack[];
  trackFiles: ReadTrack[];
  trackBfds: ReadTrack[];
  /** PASS or AH; undefined: none, and then keepalived ignores a password. */
  authType?: string | Unknown;
  /** Name of its sync group. */
  syncGroup?: string;
  /** The words that `config` has no property for, in their order: use_vmac, dont_track_primary, accept, ... */
  extra: Statement[];
  statement: Statement;
  /** Text of the `@` condition that nobody could decide. */
  condition?: string;
}

export interface ReadOptions {
  /** Name for `@NAME` conditions: the config id, by default the host name up to the first dot. Absent: not known. */
  configId?: string;
  /** Values for definitions that keepalived takes from elsewhere: `_PWD`, `_INSTANCE`, and the environment. */
  definitions?: Record<string, string>;
}

/** What keepalived makes of a file and the files that it includes: the configuration of one host. */
export interface ReadConf {
  /** Name of the file that it begins with. */
  file: string;
  /** Every file that was read, in the order of the first use. */
  trees: SyntaxTree[];
  /** Names in `@` conditions, in their order: the hosts, or config ids, that the files are for. */
  conditionNames: string[];
  /** All of it, with definitions, conditions, sequences and includes carried out. */
  statements: Statement[];
  globals: ReadGlobals;
  instances: ReadInstance[];
  syncGroups: ReadSyncGroup[];
  scripts: ReadScript[];
  processes: ReadProcess[];
  trackFiles: ReadTrackFile[];
  bfds: ReadBfd[];
  /** static_ipaddress, static_routes, static_rules, track_group, garp_group, interface_up_down_delays ... */
  staticItems: Statement[];
  /** virtual_server, virtual_server_group and what else the checker reads. */
  virtualServers: Statement[];
  notes: Note[];
}
