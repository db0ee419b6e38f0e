import type { Connection } from "../engine/stand-ins/resource-command/connection";
import type { ResourceLog } from "../engine/stand-ins/resource-command/resourceLog";
import { type Outputs, runRemote } from "../engine/stand-ins/resource-command/remoteCommand";
import { asRoot, inTime, quote } from "../components/shell";

/** One more try after a failed one: a host that is down is told within half a minute. */
const ONE_MORE_TRY = { dialErrorLimit: 1 };

export const silent: ResourceLog = {
  info: () => undefined,
  warning: () => undefined,
  error: () => undefined,
  status: () => undefined,
  drain: () => Promise.resolve(),
};

/** How a command is run on a host. */
export interface RemoteOptions {
  stdin?: string;
  /** Seconds after which it is ended on the host. */
  limit: number;
  /** Ends it, and closes the connection. @default never */
  signal?: AbortSignal;
  /** Does not try for long to reach the host. @default false */
  impatient?: boolean;
  /** Gets each line of its stdout when it comes. @default none */
  onLine?: (line: string) => void;
  /** Waited for on the open connection, before the command is started. @default it is started at once */
  ready?: () => Promise<void>;
  /** Told of what goes wrong on the way. @default silence */
  log?: ResourceLog;
}

/** Runs a shell command as root on a connection of its own, as the apply's steps are; fails where it does not end with 0. */
export async function runAsRoot(
  connection: Connection,
  script: string,
  { stdin, limit, signal, impatient = false, onLine, ready, log = silent }: RemoteOptions,
): Promise<Outputs> {
  return await runRemote(
    asRoot(connection.user, inTime(limit, `sh -c ${quote(script)}`)),
    {
      connection: impatient ? withOneMoreTry(connection) : connection,
      stdin,
      ready,
      logging: onLine === undefined ? "none" : "stdout",
    },
    onLine === undefined ? log : { ...log, info: onLine },
    signal ?? new AbortController().signal,
  );
}

export function withOneMoreTry(connection: Connection): Connection {
  const { proxy } = connection;
  return { ...connection, ...ONE_MORE_TRY, ...(proxy && { proxy: { ...proxy, ...ONE_MORE_TRY } }) };
}
