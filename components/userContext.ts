import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

import { SpecContext } from "../spec";

/** What the spec may take from the user's machine: their known_hosts and their SSH agent. */
export function userContext(): SpecContext {
  return { knownHosts: readKnownHosts(), agentSocketPath: process.env.SSH_AUTH_SOCK };
}

function readKnownHosts(): string | undefined {
  try {
    return readFileSync(join(homedir(), ".ssh", "known_hosts"), "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") {
      return undefined;
    }
    throw error;
  }
}
