import { types } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";

import { Connection, parseConnection } from "../spec";
import { ConnectionArgs } from "./args";
import { SpecError } from "./specError";
import { userContext } from "./userContext";

/** The connection of a `remote.Command`. */
export type CommandConnection = types.input.remote.ConnectionArgs;

/** Tries to reach a host before giving up, and seconds each may take: a host that is down is told within a minute. */
const DIAL = { dialErrorLimit: 3, perDialTimeout: 10 };

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
