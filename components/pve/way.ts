import type { Connection } from "../../engine/stand-ins/resource-command/connection";
import { type RemoteOptions, runAsRoot } from "../../operate/remote";
import { httpsApi } from "./api";
import { sshApi } from "./ssh";
import type { Access, PveApi } from "./transport";

/** Seconds beyond its limit after which a script is given up: the way there takes some. */
const BEYOND = 30;

/**
 * The way to a Proxmox VE, by what is known of it. Pulumi has no part in it. `limit`: seconds for one conversation over SSH;
 * `signal`: what ends them all in place of that.
 */
export function apiAt(
  access: Access<Connection>,
  { limit, signal, ...options }: Pick<RemoteOptions, "limit" | "impatient" | "log" | "signal">,
): PveApi {
  if (!("connection" in access)) return httpsApi(access);
  const { connection } = access;
  return sshApi(connection.host, async (script) => {
    const end = signal ?? AbortSignal.timeout((limit + BEYOND) * 1000);
    return (await runAsRoot(connection, script, { limit, signal: end, ...options })).stdout;
  });
}
