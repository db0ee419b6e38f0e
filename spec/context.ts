/** What a spec may take from the user's machine. */
export interface SpecContext {
  /** Name of a cluster or an instance that states none: the resource's name, the spec file's. */
  name?: string;
  /** Text of the user's known_hosts, searched for a connection without hostKey. */
  knownHosts?: string;
  /** Socket of the SSH agent that the caller runs with, for `agent: true`. */
  agentSocketPath?: string;
}
