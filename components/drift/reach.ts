import type { Connection } from "../../engine/stand-ins/resource-command/connection";
import { runAsRoot } from "../../operate/remote";
import { agentInstaller } from "../agent";
import { quiet } from "../dynamic/log";
import { AGENT, quote } from "../shell";

export { inform, warn } from "../dynamic/log";

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

export async function look({ cluster, connection }: Target): Promise<string> {
  const { stdout } = await runAsRoot(
    connection,
    `[ ! -x ${AGENT} ] || exec ${AGENT} drift ${quote(cluster)}`,
    {
      limit: LIMIT.look,
      signal: AbortSignal.timeout(LIMIT.lookAndConnect * 1000),
      // A refresh asks every host.
      impatient: true,
      log: quiet,
    },
  );
  return stdout;
}

export async function putRight({ cluster, generation, connection }: Target): Promise<string> {
  const run = (script: string, stdin: string, limit: number) =>
    runAsRoot(connection, script, { stdin, limit, log: quiet });
  await run(`[ -x ${AGENT} ] || exec sh`, agentInstaller(), LIMIT.install);
  const { stdout } = await run(
    `exec ${AGENT} reapply ${quote(cluster)} -`,
    `${generation}\n`,
    LIMIT.putRight,
  );
  return stdout;
}
