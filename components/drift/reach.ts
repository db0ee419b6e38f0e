import type { Connection } from "../../engine/stand-ins/resource-command/connection";
import { EngineLog } from "../../engine/stand-ins/resource-command/engineLog";
import { runRemote } from "../../engine/stand-ins/resource-command/remoteCommand";
import { engineAddress } from "../../engine/stand-ins/serve";
import { agentInstaller } from "../agent";
import { AGENT, asRoot, quote } from "../shell";

/** A host of a cluster. */
export interface Target {
  cluster: string;
  generation: string;
  connection: Connection;
}

/** What a HostDrift does outside its own process. */
export interface Reach {
  /** What `vrrp-agent drift` prints on the host; nothing where no agent is. */
  look: (target: Target) => Promise<string>;
  /** Runs `vrrp-agent reapply` on the host, where the agent is put back first if it is gone; what that says. */
  putRight: (target: Target) => Promise<string>;
  warn: (message: string) => Promise<void>;
  inform: (message: string) => Promise<void>;
}

/** Seconds that each may take on the host before it is ended there, and with the connection. */
const LIMIT = { look: 60, lookAndConnect: 90, install: 60, putRight: 180 };

/** A refresh asks every host: one that is down is told within half a minute. */
const ONE_MORE_TRY = { dialErrorLimit: 1 };

// The one log of a dynamic resource's host is its engine's; the resource itself is not told to it.
const log = new EngineLog(engineAddress(process.argv.slice(2))).for("");
const quiet = { ...log, status: () => undefined };

export async function look({ cluster, connection }: Target): Promise<string> {
  const script = `[ ! -x ${AGENT} ] || exec ${AGENT} drift ${quote(cluster)}`;
  const impatient = {
    ...connection,
    ...ONE_MORE_TRY,
    ...(connection.proxy && { proxy: { ...connection.proxy, ...ONE_MORE_TRY } }),
  };
  const { stdout } = await runRemote(
    asRoot(connection.user, `timeout ${LIMIT.look} sh -c ${quote(script)}`),
    { connection: impatient, logging: "none" },
    quiet,
    AbortSignal.timeout(LIMIT.lookAndConnect * 1000),
  );
  return stdout;
}

export async function putRight({ cluster, generation, connection }: Target): Promise<string> {
  const run = async (command: string, stdin: string) => {
    const { signal } = new AbortController();
    const options = { connection, stdin, logging: "none" as const };
    return (await runRemote(asRoot(connection.user, command), options, quiet, signal)).stdout;
  };
  await run(`timeout ${LIMIT.install} sh -c ${quote(`[ -x ${AGENT} ] || exec sh`)}`, agentInstaller());
  return await run(`timeout ${LIMIT.putRight} ${AGENT} reapply ${quote(cluster)} -`, `${generation}\n`);
}

export async function warn(message: string): Promise<void> {
  log.warning(message);
  await log.drain();
}

export async function inform(message: string): Promise<void> {
  log.info(message);
  await log.drain();
}
