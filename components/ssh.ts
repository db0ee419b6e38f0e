import { types } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

import { Connection, parseConnection, SpecContext } from "../spec";
import { ConnectionArgs } from "./args";
import { SpecError } from "./specError";

/** The connection of a `remote.Command`. */
export type CommandConnection = types.input.remote.ConnectionArgs;

/** Tries to reach a host before giving up, and seconds each may take: a host that is down is told within a minute. */
const DIAL = { dialErrorLimit: 3, perDialTimeout: 10 };

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

/** The connection of a `remote.Command`, defaulted and checked. */
export function connectionTo(args: ConnectionArgs): pulumi.Output<CommandConnection> {
  return pulumi.secret(
    pulumi.output(args).apply((known) => {
      const parsed = parseConnection(known, userContext());
      if ("problems" in parsed) {
        throw new SpecError(`connection to ${known.host}`, parsed.problems);
      }
      const { proxy, ...target } = parsed.value;
      return {
        ...endpoint(target, known),
        ...(proxy && { proxy: endpoint(proxy, known.proxy) }),
      };
    }),
  );
}

/**
 * The socket of `agent: true` is left out: it is another one at every login, and kept in the state it would be a
 * change each time and gone at destroy. The command plugin finds the one of its own environment.
 */
function endpoint(
  { host, port, user, privateKey, privateKeyPassword, password, hostKey }: Omit<Connection, "proxy">,
  given: { agentSocketPath?: string } | undefined,
) {
  const agentSocketPath = given?.agentSocketPath;
  return { host, port, user, privateKey, privateKeyPassword, password, agentSocketPath, hostKey, ...DIAL };
}
