import { quote } from "../shell";
import { Answer, NoAnswer, PveApi, Refusal, Request } from "./transport";

/** Runs a script as root in the sh of a PVE node and gives what it printed; fails where it does not end with 0. */
export type RunOnNode = (script: string) => Promise<string>;

/** Each request prints a line: exit status, stdout and stderr in base64, for pvesh puts what it tells beside its result. */
const PREPARE = `command -v pvesh >/dev/null 2>&1 || { echo absent; exit 0; }
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
one() {
  LC_ALL=C "$@" >"$dir/out" 2>"$dir/err" </dev/null
  printf '%s ' "$?"
  base64 -w0 "$dir/out"
  printf ' '
  base64 -w0 "$dir/err"
  echo
}`;

/** PVE's API by `pvesh` on one of its nodes. All requests of an `ask` go over one connection. */
export function sshApi(where: string, run: RunOnNode): PveApi {
  return {
    where,
    ask: async (requests) => {
      const lines = (await printed(where, run, [PREPARE, ...requests.map(commandOf)].join("\n")))
        .split("\n")
        .filter((line) => line !== "");
      if (lines[0] === "absent") {
        throw new Error(
          `${where}: there is no pvesh: is this a node of Proxmox VE? 'connection' is to lead to one, not to the guest`,
        );
      }
      if (lines.length !== requests.length) throw new NoAnswer(`${where}: what the node printed is cut off`);
      return lines.map(answerOf);
    },
    shell: (script) => printed(where, run, script),
    close: () => undefined,
  };
}

async function printed(where: string, run: RunOnNode, script: string): Promise<string> {
  try {
    return await run(script);
  } catch (error) {
    throw new NoAnswer(`${where}: ${withoutCommand((error as Error).message)}`, { cause: error });
  }
}

/** `--name=value` is one word, whatever the value begins with. pvesh decodes no path. */
function commandOf({ method, path, params = {} }: Request): string {
  const options = Object.entries(params).map(([name, value]) => `--${name}=${value}`);
  return ["one", "pvesh", method, decodeURIComponent(path), ...options, "--output-format", "json"]
    .map(quote)
    .join(" ");
}

function answerOf(line: string): Answer {
  const [code, out = "", err = ""] = line.split(" ");
  const text = (base64: string) => Buffer.from(base64, "base64").toString();
  return code === "0" ? { data: dataOf(text(out)) } : { refusal: refusalOf(text(err) || text(out), code) };
}

/** What a call tells before its result stands on lines of its own; a call without a result prints nothing. */
function dataOf(text: string): unknown {
  for (const part of [text, text.trimEnd().split("\n").at(-1) ?? ""]) {
    try {
      return JSON.parse(part) as unknown;
    } catch {
      continue;
    }
  }
  return null;
}

/** `400 Parameter verification failed.` and for each parameter a line, which others may follow; without a number it is a 500. */
function refusalOf(text: string, code: string | undefined): Refusal {
  const lines = text
    .split("\n")
    .filter((line) => !/^(\s*|proxy handler failed.*|update (VM|CT) \d+:.*)$/.test(line));
  const [, status, first] = /^(?:(\d{3}) )?(.*)$/s.exec(lines[0] ?? `pvesh has ended with ${code}`)!;
  const errors: [name: string, words: string][] = [];
  for (const line of lines.slice(1)) {
    const [, name, words] = /^(\w[\w-]*): (.*)$/.exec(line) ?? [];
    if (name !== undefined && words !== undefined) errors.push([name, words]);
    else if (errors.length > 0) errors.at(-1)![1] += ` ${line}`;
  }
  const rest = errors.length === 0 ? lines.slice(1) : [];
  return {
    status: Number(status ?? 500),
    message: [first ?? "", ...rest].join(" "),
    ...(errors.length > 0 && { errors: Object.fromEntries(errors) }),
  };
}

/** The failing command's own text is long, and says nothing. */
function withoutCommand(message: string): string {
  const [before = "", after = ""] = message.split(/: running "(?:[^"\\]|\\.)*":\n/);
  return after.trim() === "" ? before : `${before}: ${after.trim()}`;
}
