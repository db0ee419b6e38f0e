import type { Client, ClientChannel } from "ssh2";
import { type Connection, dial } from "./connection";
import { LineSplitter, type ResourceLog } from "./resourceLog";
import { type Exit, exitText, goQuote } from "./goText";

/** What a command needs besides its text. */
export interface CommandOptions {
  connection: Connection;
  stdin?: string;
  environment?: Record<string, string>;
  /** @default stdoutAndStderr */
  logging?: "none" | "stdout" | "stderr" | "stdoutAndStderr";
  /** What the command before this one printed, offered as PULUMI_COMMAND_STDOUT and PULUMI_COMMAND_STDERR. */
  previous?: Outputs;
  /** Waited for on the open connection, before the command is started. @default it is started at once */
  ready?: () => Promise<void>;
}

/** What a command printed, each without its last newline. */
export interface Outputs {
  stdout: string;
  stderr: string;
}

/** Runs a command on a connection of its own. Aborting `signal` ends the command and closes the connection. */
export async function runRemote(
  command: string,
  options: CommandOptions,
  log: ResourceLog,
  signal: AbortSignal,
): Promise<Outputs> {
  const session = await dial(options.connection, { signal, onRetry: log.status });
  try {
    const environment = await acceptedEnvironment(session.client, options, log);
    await options.ready?.();
    signal.throwIfAborted();
    return await execute(session.client, command, environment, options, log, signal);
  } finally {
    session.close();
    await log.drain();
  }
}

/** The environment that the server takes: a variable of the user's that it refuses is an error, one of ours is not. */
async function acceptedEnvironment(
  client: Client,
  { environment = {}, previous }: CommandOptions,
  log: ResourceLog,
): Promise<Record<string, string>> {
  const hint = (name: string) =>
    `Unable to set '${name}'. This only works if your SSH server is configured to accept these variables via AcceptEnv. Alternatively, if a Bash-like shell runs the command on the remote host, you could prefix the command itself with the variables in the form 'VAR=value command'`;
  for (const [name, value] of Object.entries(environment)) {
    if (await acceptsVariable(client, name, value)) continue;
    log.error(hint(name));
    throw new Error(`could not set environment variable ${goQuote(name)}: ssh: setenv failed`);
  }
  const accepted = { ...environment };
  const offered = { PULUMI_COMMAND_STDOUT: previous?.stdout, PULUMI_COMMAND_STDERR: previous?.stderr };
  for (const [name, value] of Object.entries(offered)) {
    if (!value) continue;
    if (await acceptsVariable(client, name, value)) accepted[name] = value;
    else log.warning(hint(name));
  }
  return accepted;
}

/** The form of `sftp` that ssh2 documents and its types lack. */
interface SftpWithEnvironment {
  sftp(
    environment: Record<string, string>,
    callback: (error: Error | undefined, sftp: { end(): void }) => void,
  ): void;
}

/**
 * Whether the server takes an environment variable. ssh2 waits for the server's word only on an sftp channel; a
 * server without sftp refuses that channel later, with another message.
 */
function acceptsVariable(client: Client, name: string, value: string): Promise<boolean> {
  return new Promise((resolve) => {
    (client as unknown as SftpWithEnvironment).sftp({ [name]: value }, (error, sftp) => {
      if (!error) sftp.end();
      resolve(!/Unable to set environment/.test(error?.message ?? ""));
    });
  });
}

function execute(
  client: Client,
  command: string,
  environment: Record<string, string>,
  { stdin, logging = "stdoutAndStderr" }: CommandOptions,
  log: ResourceLog,
  signal: AbortSignal,
): Promise<Outputs> {
  return new Promise((resolve, reject) => {
    client.exec(command, { env: environment }, (error, channel) => {
      if (error) {
        reject(new Error(`ssh: cannot start the command: ${error.message}`, { cause: error }));
        return;
      }
      const stdout: Buffer[] = [];
      const stderr: Buffer[] = [];
      const both: Buffer[] = [];
      const shown = new LineSplitter((line) => log.info(line));
      const collect = (buffers: Buffer[], shows: boolean) => (data: Buffer) => {
        buffers.push(data);
        both.push(data);
        if (shows) shown.write(data.toString());
      };
      channel.on("data", collect(stdout, logging === "stdout" || logging === "stdoutAndStderr"));
      channel.stderr.on("data", collect(stderr, logging === "stderr" || logging === "stdoutAndStderr"));

      const abort = () => endCommand(channel, client);
      signal.addEventListener("abort", abort, { once: true });
      const exit: Exit = { code: undefined, signal: undefined, message: undefined };
      channel.once("exit", (code: number | null, name?: string, _dump?: boolean, message?: string) => {
        exit.code = code ?? undefined;
        exit.signal = name?.replace(/^SIG/, "");
        exit.message = message;
      });
      channel.once("close", () => {
        signal.removeEventListener("abort", abort);
        shown.end();
        if (signal.aborted) reject(signal.reason as Error);
        else if (exit.code === 0) resolve({ stdout: textOf(stdout), stderr: textOf(stderr) });
        else
          reject(
            new Error(`${exitText(exit)}: running ${goQuote(command)}:\n${Buffer.concat(both).toString()}`),
          );
      });
      // The server may end a command that does not read its stdin; its exit status tells how that went.
      channel.on("error", (cause: Error) => log.warning(`channel: ${cause.message}`));
      channel.end(stdin ?? "");
    });
  });
}

const textOf = (buffers: Buffer[]) => Buffer.concat(buffers).toString().replace(/\n$/, "");

/** Milliseconds that a cancelled command has to end before the connection is closed over it. */
const END_TIMEOUT = 2_000;

/**
 * Ends what else runs on this connection: all of it is started by one process of the server, each as a group leader.
 * Where that process has gone already, with the connection, the parent is init, whose children are the host's services.
 * One program looks at all processes: a busy host has to be through with them before END_TIMEOUT.
 */
export const END_OTHERS = `[ "$PPID" -gt 1 ] || exit 0
grep -l "^PPid:[[:space:]]*$PPID$" /proc/[0-9]*/status 2>/dev/null | while IFS=/ read -r _ _ pid _; do
  [ "$pid" = $$ ] || kill -TERM -"$pid"
done`;

/**
 * Ends a running command by SIGTERM: a closed connection alone would let it run on. OpenSSH takes the request for a
 * signal only from users other than root, so the same is also asked for by a second command.
 */
function endCommand(channel: ClientChannel, client: Client): void {
  const timer = setTimeout(() => client.destroy(), END_TIMEOUT);
  channel.once("close", () => clearTimeout(timer));
  channel.signal("TERM");
  client.exec(END_OTHERS, (error, ending) => {
    if (error) console.error(`cannot end the remote command: ${error.message}`);
    else ending.resume();
  });
}
