import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";

/** What a finished command left. */
export interface Result {
  /** Exit status; 128 + signal number when a signal ended the command, as a shell counts. */
  code: number;
  stdout: string;
  stderr: string;
}

/** How a command is run. */
export interface RunOptions {
  /** Text for its standard input. @default nothing */
  stdin?: string | Buffer;
  /** Throw a CommandError when it does not exit with 0. @default true */
  check?: boolean;
  /** Milliseconds after which it is killed; it then counts as failed. @default no limit */
  timeout?: number;
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  /** Gets each line of its standard error while it runs. */
  onStderrLine?: (line: string) => void;
  /** Gets the process as soon as it is there, to end it for example. */
  onStart?: (child: ChildProcess) => void;
}

/** A command that did not exit with 0. */
export class CommandError extends Error {
  constructor(
    readonly command: string,
    readonly result: Result,
  ) {
    const words = result.stderr.trim() || result.stdout.trim();
    // Pulumi's errors stand before its outputs, which may be long.
    const errors =
      words.slice(0, -2000).match(/^ *error:.*(?:\n(?! *(?:Outputs|Resources):).*){0,5}/gm) ?? [];
    const said = [...errors.slice(0, 4), words.slice(-2000)].join("\n");
    super(`${command}: exit status ${result.code}${said ? `\n${said}` : ""}`);
    this.name = "CommandError";
  }
}

const signalNumbers: Partial<Record<NodeJS.Signals, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGKILL: 9,
  SIGTERM: 15,
};

/** Runs a command to its end and keeps what it wrote. */
export async function run(argv: readonly string[], options: RunOptions = {}): Promise<Result> {
  const [file, ...args] = argv;
  if (file === undefined) throw new Error("run: the command is empty");
  const child = spawn(file, args, {
    stdio: ["pipe", "pipe", "pipe"],
    env: options.env ?? process.env,
    cwd: options.cwd,
    timeout: options.timeout,
    killSignal: "SIGKILL",
  });
  options.onStart?.(child);
  const result = await collect(child, options);
  if (result.code !== 0 && options.check !== false) throw new CommandError(argv.join(" "), result);
  return result;
}

async function collect(child: ChildProcess, options: RunOptions): Promise<Result> {
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  let partial = "";
  child.stdout?.on("data", (chunk: Buffer) => out.push(chunk));
  child.stderr?.on("data", (chunk: Buffer) => {
    err.push(chunk);
    if (!options.onStderrLine) return;
    const lines = (partial + chunk.toString()).split("\n");
    partial = lines.pop() ?? "";
    for (const line of lines) options.onStderrLine(line);
  });
  // A command may end without reading its input; its exit status tells whether that was a failure.
  child.stdin?.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE" && error.code !== "ECONNRESET") child.emit("error", error);
  });
  child.stdin?.end(options.stdin);
  const code = await new Promise<number>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (status, signal) =>
      resolve(status ?? 128 + (signal ? (signalNumbers[signal] ?? 0) : 0)),
    );
  });
  return { code, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() };
}

/** A process told apart from a later one that got the same pid. */
export interface ProcessIdentity {
  pid: number;
  /** Clock ticks from the kernel's start to the process's, as in /proc/PID/stat. */
  startTime: string;
}

/** Identity of a running process; undefined when there is none with that pid. */
export function identify(pid: number): ProcessIdentity | undefined {
  const stat = readProc(`/proc/${pid}/stat`);
  // The command's name, in parentheses, may hold spaces: count fields after it.
  const fields = stat?.slice(stat.lastIndexOf(")") + 2).split(" ");
  const state = fields?.[0];
  const startTime = fields?.[19];
  if (startTime === undefined || state === "Z" || state === "X") return undefined;
  return { pid, startTime };
}

/** Whether exactly this process still runs. */
export function isRunning(identity: ProcessIdentity): boolean {
  return identify(identity.pid)?.startTime === identity.startTime;
}

/** Text of a file below /proc; undefined when its process is gone. */
export function readProc(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "ENOENT" || code === "ESRCH") return undefined;
    throw error;
  }
}

/** Waits until `condition` gives a value, looking every 20 ms, and gives up after `timeout` ms naming `what`. */
export async function until<T>(
  what: string,
  timeout: number,
  condition: () => T | undefined | false | Promise<T | undefined | false>,
): Promise<T> {
  const end = Date.now() + timeout;
  for (;;) {
    const value = await condition();
    if (value !== undefined && value !== false) return value;
    if (Date.now() > end) throw new Error(`${what}: not so after ${timeout / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
