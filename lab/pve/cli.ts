import { PveError } from "./errors";
import { type Answer, type Request, findRoute } from "./engine";
import { encodeText } from "./guestText";
import type { PendingItem } from "./guests";
import type { Kind } from "./nic";
import type { Method, Parameters } from "./route";
import type { Task, Tasks } from "./tasks";

/**
 * The command lines of a node, for root: `pvesh get|set|create|delete`, `qm` and `pct` with list, config, pending,
 * set, status, start, stop, shutdown, reboot, migrate and unlock. pvesh's text output is a plain table here, without the
 * real one's borders.
 */

export interface Output {
  code: number;
  stdout: string;
  stderr: string;
}

export type Ask = (request: Omit<Request, "node" | "who">) => Promise<Answer>;

/** A node as its tools have it. */
export interface ToolNode {
  name: string;
  ask: Ask;
  tasks: Tasks;
}

/** What a node's tool does with its arguments. */
export async function runTool(node: ToolNode, [tool = "", ...argv]: readonly string[]): Promise<Output> {
  try {
    if (tool === "pvesh") return await pvesh(node, argv);
    if (tool === "qm") return await guestTool(node, "qemu", argv);
    if (tool === "pct") return await guestTool(node, "lxc", argv);
    return { code: 127, stdout: "", stderr: `sh: 1: ${tool}: not found\n` };
  } catch (error) {
    if (!(error instanceof PveError)) throw error;
    // Perl's die ends with errno, which is ENOENT where a file is missing.
    const code = error.message.startsWith("Configuration file") ? 2 : 255;
    return { code, stdout: "", stderr: error.text };
  }
}

/** Options, `--name value`, `-name value` or `--name=value`, and what stands between them. */
function readOptions(argv: readonly string[]): { words: string[]; options: Parameters } {
  const words: string[] = [];
  const options: Parameters = {};
  const flags = new Set([
    "current",
    "noproxy",
    "quiet",
    "online",
    "full",
    "force",
    "skiplock",
    "verbose",
    "forceStop",
  ]);
  for (let at = 0; at < argv.length; at++) {
    const word = argv[at] ?? "";
    const [, name, value] = /^--?([A-Za-z][\w-]*)(?:=(.*))?$/s.exec(word) ?? [];
    if (name === undefined) words.push(word);
    else if (value !== undefined) options[name] = value;
    else if (flags.has(name) && !/^(0|1|yes|no|on|off|true|false)$/i.test(argv[at + 1] ?? ""))
      options[name] = "1";
    else if (argv[at + 1] === undefined)
      throw new PveError(400, "unable to parse option", { [name]: "value required" });
    else options[name] = argv[++at] ?? "";
  }
  return { words, options };
}

const methods: Record<string, Method> = { get: "GET", set: "PUT", create: "POST", delete: "DELETE" };

async function pvesh({ name: node, ask, tasks }: ToolNode, argv: readonly string[]): Promise<Output> {
  const { words, options } = readOptions(argv);
  const [command = "", path = ""] = words;
  const method = methods[command];
  if (!method || path === "")
    return {
      code: 255,
      stdout: "",
      stderr: "ERROR: unknown command\nUSAGE: pvesh <COMMAND> [ARGS] [OPTIONS]\n",
    };
  const found = findRoute(method, path);
  if (!found) return { code: 1, stdout: "", stderr: `No '${command}' handler defined for '${path}'\n` };
  const format = options["output-format"] ?? "text";
  const quiet = options.quiet === "1";
  const own = ["output-format", "quiet", "noproxy", "noborder", "noheader", "human-readable"];
  const params = Object.fromEntries(Object.entries(options).filter(([name]) => !own.includes(name)));
  const target = found.uri.node;
  const isRemote = found.route.onNode && target !== undefined && target !== node && target !== "localhost";
  let answered: Answer;
  try {
    answered = await ask({ method, path, params, via: "pvesh" });
  } catch (error) {
    if (!(error instanceof PveError) || !isRemote) throw error;
    // The other node's pvesh has said it over SSH.
    const said =
      error.status === 595 ? `ssh: connect to host ${target} port 22: ${error.message}\n` : error.text;
    return { code: 255, stdout: "", stderr: `${said}proxy handler failed: exit code 255\n` };
  }
  const { data, silent, printed, warned } = answered;
  const task = await ended(tasks, data);
  // What another node's pvesh prints is taken for its result.
  const lines = isRemote ? [] : [...printed, ...(task?.log.slice(0, -1) ?? [])];
  const result = silent || quiet ? "" : render(data, format);
  // A task that fails is told of; pvesh itself has done what it was asked to.
  const errors = [...warned, ...failureOf(task)];
  return { code: 0, stdout: text(lines) + result, stderr: text(errors) };
}

const text = (lines: string[]) => lines.map((line) => `${line}\n`).join("");

/** The task that an answer names, once it has ended: a command line waits for it. */
async function ended(tasks: Tasks, data: unknown): Promise<Task | undefined> {
  const task = typeof data === "string" ? tasks.find(data) : undefined;
  await task?.done;
  return task;
}

const failureOf = (task: Task | undefined): string[] =>
  task?.exitstatus === undefined || task.exitstatus === "OK" ? [] : [task.exitstatus];

function render(data: unknown, format: string): string {
  if (format === "json") return `${JSON.stringify(sorted(data))}\n`;
  if (format === "json-pretty") return `${JSON.stringify(sorted(data), null, 3)}\n`;
  const cell = (value: unknown) => (typeof value === "string" ? value : JSON.stringify(value));
  if (Array.isArray(data)) return data.map((row) => `${cell(row)}\n`).join("");
  if (typeof data === "object" && data !== null)
    return Object.entries(data)
      .sort()
      .map(([key, value]) => `${key} ${cell(value)}\n`)
      .join("");
  return data === null ? "" : `${cell(data)}\n`;
}

/** With the keys of objects in order, as pvesh's JSON has them. */
function sorted(data: unknown): unknown {
  if (Array.isArray(data)) return data.map(sorted);
  if (typeof data !== "object" || data === null) return data;
  const entries = Object.entries(data).filter(([, value]) => value !== undefined);
  return Object.fromEntries(
    entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => [key, sorted(value)]),
  );
}

const plural: Record<Kind, string> = { qemu: "qm", lxc: "pct" };

async function guestTool(
  { name: node, ask, tasks }: ToolNode,
  kind: Kind,
  argv: readonly string[],
): Promise<Output> {
  const via = kind === "qemu" ? "qm" : "pct";
  const { words, options } = readOptions(argv);
  const [command = "", id = "", ...more] = words;
  const base = `/nodes/${node}/${kind}`;
  const request = (method: Method, path: string, params: Parameters = {}) =>
    ask({ method, path: `${base}/${id}${path}`, params, via });
  const out = (stdout: string, stderr = ""): Output => ({ code: 0, stdout, stderr });
  const waited = async ({ data }: Answer): Promise<Output> => {
    const failure = failureOf(await ended(tasks, data));
    return { code: failure.length > 0 ? 255 : 0, stdout: "", stderr: text(failure) };
  };
  const usage = { code: 255, stdout: "", stderr: `ERROR: unknown command '${plural[kind]} ${command}'\n` };
  if (command !== "list" && id === "")
    return {
      code: 255,
      stdout: "",
      stderr: `400 not enough arguments\n${via} ${command} <vmid> [OPTIONS]\n`,
    };
  switch (command) {
    case "list": {
      const { data } = await ask({ method: "GET", path: base, params: {}, via });
      return out(listing(kind, data as Record<string, string | number>[]));
    }
    case "config": {
      const { data } = await request("GET", "/config", options);
      const { lxc, ...config } = data as Record<string, string> & { lxc?: [string, string][] };
      const keys = Object.keys(config)
        .filter((key) => key !== "digest")
        .sort();
      const lines = keys.map(
        (key) => `${key}: ${key === "description" ? encodeText(config[key] ?? "") : config[key]}\n`,
      );
      return out([...lines, ...(lxc ?? []).map(([key, value]) => `${key}: ${value}\n`)].join(""));
    }
    case "pending": {
      const { data } = await request("GET", "/pending");
      return out(pendingLines(data as PendingItem[]));
    }
    case "set": {
      const { printed, warned } = await request("PUT", "/config", options);
      return out(printed.map((line) => `${line}\n`).join(""), warned.map((line) => `${line}\n`).join(""));
    }
    case "status": {
      const { data } = await request("GET", "/status/current");
      return out(`status: ${(data as { status: string }).status}\n`);
    }
    case "start":
    case "stop":
    case "shutdown":
    case "reboot":
      return waited(await request("POST", `/status/${command}`, options));
    case "migrate":
      return waited(await request("POST", "/migrate", { target: more[0] ?? "", ...options }));
    case "unlock":
      await request("PUT", "/config", { delete: "lock", skiplock: "1" });
      return out("");
    default:
      return usage;
  }
}

function listing(kind: Kind, guests: Record<string, string | number>[]): string {
  if (guests.length === 0) return "";
  const rows = [...guests].sort((a, b) => Number(a.vmid) - Number(b.vmid));
  const left = (value: unknown, width: number) => String(value).padEnd(width);
  const right = (value: unknown, width: number) => String(value).padStart(width);
  const qemu = (a: unknown, b: unknown, c: unknown, d: unknown, e: unknown, f: unknown) =>
    `${right(a, 10)} ${left(b, 20)} ${left(c, 10)} ${left(d, 10)} ${right(e, 12)} ${left(f, 10)}\n`;
  const lxc = (a: unknown, b: unknown, c: unknown, d: unknown) =>
    `${left(a, 10)} ${left(b, 10)} ${left(c, 12)} ${left(d, 20)}\n`;
  return kind === "qemu"
    ? qemu("VMID", "NAME", "STATUS", "MEM(MB)", "BOOTDISK(GB)", "PID") +
        rows
          .map(({ vmid, name, status, maxmem }) =>
            qemu(vmid, name, status, Number(maxmem) / 1048576, "0.00", status === "running" ? 4242 : 0),
          )
          .join("")
    : lxc("VMID", "Status", "Lock", "Name") +
        rows.map(({ vmid, status, lock, name }) => lxc(vmid, status, lock ?? "", name)).join("");
}

function pendingLines(items: PendingItem[]): string {
  const text = (key: string, value: unknown) =>
    key === "description" ? encodeText(String(value)) : String(value);
  const lines = items
    .filter(({ key }) => key !== "digest")
    .sort((a, b) => (a.key < b.key ? -1 : 1))
    .flatMap(({ key, value, pending, delete: gone }) => {
      if (value === undefined) return pending === undefined ? [] : [`new ${key}: ${text(key, pending)}`];
      if (gone) return [`del ${key}: ${text(key, value)}`];
      const current = `cur ${key}: ${text(key, value)}`;
      return pending === undefined ? [current] : [current, `new ${key}: ${text(key, pending)}`];
    });
  return lines.map((line) => `${line}\n`).join("");
}
