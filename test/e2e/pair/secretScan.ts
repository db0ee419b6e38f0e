import { type ChildProcess, spawn } from "node:child_process";
import { lstatSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";

import { type Host } from "../../../lab";

/** A text that only a secret leaves behind: the secret itself, a part of it, or one of them encoded. */
export interface Needle {
  /** What was found, in words that do not hold it: "authPass as base64". */
  label: string;
  text: string;
}

/** A secret, and the lines of it by which a part is known too. */
function partsOf(name: string, secret: string): [string, string][] {
  const lines = secret.split("\n").filter((line) => line.length >= 8 && !line.startsWith("-----"));
  const parts = lines.map((line, i): [string, string] => [`line ${i + 1} of ${name}`, line]);
  return lines.length > 1 ? [[name, secret], ...parts] : [[name, lines[0] ?? secret]];
}

/** What base64 makes of a text wherever in a longer one it stands: its bytes begin at one of three places of a group. */
function base64Forms(text: string): string[] {
  const bytes = Buffer.from(text);
  return [0, 1, 2].map((skipped) => {
    const whole = bytes.subarray(skipped, skipped + 3 * Math.floor((bytes.length - skipped) / 3));
    return whole.toString("base64");
  });
}

/** Every form in which a secret is looked for. */
export function needlesOf(secrets: Record<string, string>): Needle[] {
  return Object.entries(secrets).flatMap(([name, secret]) =>
    partsOf(name, secret).flatMap(([part, text]) => {
      const json = JSON.stringify(text).slice(1, -1);
      const hex = Buffer.from(text).toString("hex");
      const forms: [string, string][] = [
        ["", text],
        [" as JSON", json],
        [" as JSON in JSON", JSON.stringify(json).slice(1, -1)],
        [" in a URL", encodeURIComponent(text)],
        [" as hex", hex],
        [" as hex", hex.toUpperCase()],
        ...base64Forms(text).map((form): [string, string] => [" as base64", form]),
      ];
      const seen = new Set<string>();
      return forms
        .filter(([, form]) => !seen.has(form) && seen.add(form))
        .map(([words, form]) => ({ label: `${part}${words}`, text: form }));
    }),
  );
}

/** Labels of what a text holds. */
export function findIn(text: string, needles: readonly Needle[]): string[] {
  const found = needles.filter((needle) => text.includes(needle.text)).map(({ label }) => label);
  return [...new Set(found)];
}

/** What the files of a directory, and of those in it, hold: path and label. */
export function findBelow(directory: string, needles: readonly Needle[]): string[] {
  return readdirSync(directory, { recursive: true, encoding: "utf8" }).flatMap((name) => {
    const path = join(directory, name);
    // Beside the stack's own there are links, to the program's.
    if (!lstatSync(path).isFile()) return [];
    const bytes = readFileSync(path);
    const isPacked = bytes[0] === 0x1f && bytes[1] === 0x8b;
    const text = (isPacked ? gunzipSync(bytes) : bytes).toString("latin1");
    return findIn(text, needles).map((label) => `${name}: ${label}`);
  });
}

/** What a host's journal and its logs, and what runs left behind, hold for root. */
export async function findInLogs(host: Host, needles: readonly Needle[]): Promise<string[]> {
  const places = {
    journal: "journalctl --no-pager --quiet --all --output=export",
    // The journal's own files are packed: they are read above.
    "/var/log": "find /var/log -path /var/log/journal -prune -o -type f -exec cat {} +",
    "/run/vrrp-agent": "find /run/vrrp-agent -type f -exec cat {} +",
  };
  const found = await Promise.all(
    Object.entries(places).map(async ([place, command]) => {
      const { stdout } = await host.exec(command, { check: false });
      return findIn(stdout, needles).map((label) => `${host.name} ${place}: ${label}`);
    }),
  );
  return found.flat();
}

/** Something that looks again and again and says each thing that it finds once. */
class Sampler {
  readonly found: string[] = [];
  /** How often it has looked at everything. */
  rounds = 0;
  private readonly ended: Promise<void>;
  private words = "";

  protected constructor(
    readonly name: string,
    private readonly child: ChildProcess,
    input: string,
    read: (line: string) => string,
  ) {
    this.ended = new Promise((resolve) => child.on("close", () => resolve()));
    child.stdin!.end(input);
    child.stderr!.on("data", (chunk: Buffer) => (this.words += chunk.toString()));
    let partial = "";
    child.stdout!.on("data", (chunk: Buffer) => {
      const lines = (partial + chunk.toString()).split("\n");
      partial = lines.pop()!;
      for (const line of lines) {
        const words = line === "round" ? undefined : read(line);
        if (words === undefined) this.rounds += 1;
        else if (!this.found.includes(words)) this.found.push(words);
      }
    });
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null) throw new Error(`${this.name}: ended by itself: ${this.words}`);
    this.child.kill("SIGKILL");
    await this.ended;
  }
}

/** Looks at argv and environment of every process of this machine, and so of every host of a lab. */
export class ProcessSampler extends Sampler {
  static start(needles: readonly Needle[]): ProcessSampler {
    const program = join(__dirname, "sampleProcesses.mjs");
    const child = spawn(process.execPath, [program], { stdio: ["pipe", "pipe", "pipe"] });
    return new ProcessSampler("processes", child, JSON.stringify(needles), (line) => line);
  }
}

/** Where a change of ours writes, and where anything may lie, and seconds between two looks there. */
export const PLACES = {
  changed: [
    "/dev/shm /etc/keepalived /etc/vrrp-agent /run/vrrp-agent /tmp /var/lib/vrrp-agent /var/tmp",
    "0.1",
  ],
  all: ["/dev/shm /etc /root /run /tmp /usr/lib/vrrp-agent* /var/lib/vrrp-agent /var/log /var/tmp", "1"],
};

/** Reads every file that a user without rights may read. The needles stay in the shell: they are in no argv. */
const READ_ALL = `
  needles=$(cat)
  cd /
  while :; do
    printf '%s\\n' "$needles" | grep -r -o -F -a -s -f - $1
    echo round
    sleep "$2"
  done`;

/** Looks at every file of a host that everybody may read. */
export class FileSampler extends Sampler {
  static start(host: Host, places: keyof typeof PLACES, needles: readonly Needle[]): FileSampler {
    // What is on several lines is found by its lines.
    const lines = needles.filter(({ text }) => !text.includes("\n"));
    const anybody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
    // Who changes his user loses what would have ended him with this process.
    const reader = [
      ...anybody,
      "setpriv",
      "--pdeathsig",
      "KILL",
      "sh",
      "-c",
      READ_ALL,
      "sh",
      ...PLACES[places],
    ];
    const input = lines.map(({ text }) => `${text}\n`).join("");
    return new FileSampler(`files of ${host.name}`, host.spawn(reader), input, (line) => {
      const [path = ""] = line.split(":", 1);
      const label = lines.find(({ text }) => line.endsWith(`:${text}`))?.label ?? "something";
      return `${host.name} ${path}: ${label}`;
    });
  }
}
