import type { Connection } from "../../engine/stand-ins/resource-command/connection";
import type { ResourceLog } from "../../engine/stand-ins/resource-command/resourceLog";
import { runRemote } from "../../engine/stand-ins/resource-command/remoteCommand";
import { quote } from "../shell";
import type { Run } from "./conversation";

/**
 * Scripts in the sh of an ESXi host. ESXi has no sudo, and the `timeout` of its busybox has taken its seconds in two ways: the
 * limit, in seconds and login included, or `signal` in its place, is on this end. Pulumi has no part in it.
 */
export function shellAt(
  connection: Connection,
  { limit, log, signal }: { limit: number; log: ResourceLog; signal?: AbortSignal },
): Run {
  return async (script) => {
    try {
      const options = { connection, logging: "none" as const };
      const command = `sh -c ${quote(script)}`;
      const end = signal ?? AbortSignal.timeout(limit * 1000);
      return (await runRemote(command, options, log, end)).stdout;
    } catch (error) {
      throw new Error(withHint((error as Error).message), { cause: error });
    }
  };
}

function withHint(message: string): string {
  if (/unable to authenticate/.test(message)) {
    return `${message}; a host in lockdown mode lets nobody in over SSH but its exception users`;
  }
  if (/dial tcp .*refused/.test(message)) {
    return `${message}; ESXi's SSH is off unless somebody starts it: Host > Actions > Services > Enable Secure Shell`;
  }
  return message;
}
