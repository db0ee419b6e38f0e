import { AGENT, quote } from "../components/shell";
import type { Connection } from "../engine/stand-ins/resource-command/connection";
import { runAsRoot } from "./remote";

/** A host of a cluster, and how it is reached. */
export interface HostAddress {
  /** Name of the managed set there. */
  cluster: string;
  connection: Connection;
}

/** How a command has ended. */
export interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

/** What is done on a host from here. */
export interface Host {
  /** How it is called in messages until it has said its own name. */
  readonly address: string;
  /**
   * Runs `vrrp-agent` with words; never fails: a host that is not reached is a status, too. `ready` is waited for on the open
   * connection.
   */
  agent(words: readonly string[], limit: number, ready?: () => Promise<void>): Promise<Ended>;
  /** Starts keepalived, by whatever starts services there. */
  startKeepalived(): Promise<Ended>;
  /** `vrrp-agent holding`, a line at a time, until it is aborted. */
  holding(seconds: number, signal: AbortSignal, onLine: (line: string) => void): Promise<void>;
}

/** Stands for the status of a command that was not run. */
export const NOT_REACHED = 255;

/** Seconds that a service may take to start. */
const START = 60;

/** Runs a shell script as root; a host that is not reached is a status, too. `ready` is waited for on the open connection. */
export function runnerAt(
  connection: Connection,
): (script: string, limit: number, ready?: () => Promise<void>) => Promise<Ended> {
  return async (script, limit, ready) => {
    const signal = AbortSignal.timeout((limit + 45) * 1000);
    // In a shell of its own: an `exit` ends that one only.
    const status = `sh -c ${quote(script)}\necho "=$?"`;
    try {
      const options = { limit, signal, impatient: true, ready };
      const { stdout, stderr } = await runAsRoot(connection, status, options);
      const [, text = "", code = "1"] = /^([^]*?)=(\d+)$/.exec(stdout.trimEnd()) ?? [];
      return { code: Number(code), stdout: text, stderr };
    } catch (error) {
      return { code: NOT_REACHED, stdout: "", stderr: (error as Error).message.split("\n")[0]! };
    }
  };
}

/** A host over SSH. */
export function hostAt({ cluster, connection }: HostAddress): Host {
  const run = runnerAt(connection);
  const agent = (words: readonly string[]) => [AGENT, ...words].map(quote).join(" ");
  const missing = `[ -x ${AGENT} ] || { echo 'there is no vrrp-agent on this host; apply the cluster first' >&2; exit 1; }`;
  return {
    address: connection.host,
    agent: (words, limit, ready) => run(`${missing}\n${agent(words)}`, limit, ready),
    startKeepalived: () =>
      run(
        "if command -v systemctl >/dev/null && [ -d /run/systemd/system ]; then systemctl start keepalived; else /etc/init.d/keepalived start; fi",
        START,
      ),
    holding: async (seconds, signal, onLine) => {
      const words = ["holding", cluster, String(seconds)];
      await runAsRoot(connection, agent(words), { limit: seconds + 5, signal, impatient: true, onLine });
    },
  };
}
