/** What makes a rule fire: lines that a healthy node's facts lose, and others that they get. */
export interface Example {
  /** The rule, and the cause that comes first. */
  rule: string;
  first: string;
  on: "master" | "backup";
  without?: string[];
  add: string[];
  /** Words of its evidence. */
  seen: string;
  /** What the doctor does by itself, where it does. */
  action?: string[];
}

export const CONF = "/etc/keepalived/keepalived.conf";

/** What is not told of a daemon that does not run. */
export const NO_DAEMON = ["daemon", "state", "loaded", "reported"];
