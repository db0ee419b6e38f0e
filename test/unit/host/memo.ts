import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** What no two hosts have alike. */
export interface Identity {
  root: string;
  pid: string;
}

interface Snapshot<Result> {
  tree: string;
  result: Result;
}

/** Below the root: files that hold the process id of the host's daemon. */
const PID_FILES = ["fake/daemon", "fake/keepalived.pid"];
const ANY_PID = "the daemon's";

/**
 * What the agent made of a host, by all that had been done to that host before. Many tests begin alike, and a step that runs
 * hundreds of programs need not run twice for the same outcome.
 */
export class Memo<Result> {
  private readonly known = new Map<string, Snapshot<Result>>();
  private directory: string | undefined;

  constructor(private readonly place: string) {}

  get(history: readonly string[]): Snapshot<Result> | undefined {
    return this.known.get(digest(history));
  }

  /** Keeps what the host is like, unless that says whose it is. */
  keep(history: readonly string[], host: Identity, result: Result): void {
    if (JSON.stringify(result).includes(host.root) || isNamed(host)) return;
    this.directory ??= mkdtempSync(join(this.place, "vrrp-memo-"));
    const key = digest(history);
    const tree = join(this.directory, key);
    mkdirSync(tree);
    execFileSync("cp", ["-a", `${host.root}/.`, tree]);
    replacePid(tree, host.pid, ANY_PID);
    this.known.set(key, { tree, result });
  }

  close(): void {
    if (this.directory !== undefined) rmSync(this.directory, { recursive: true });
  }
}

/** Makes the host what a snapshot is like. */
export function restore(tree: string, host: Identity): void {
  const script = 'find "$2" -mindepth 1 -delete && cp -a "$1/." "$2"';
  execFileSync("sh", ["-c", script, "sh", tree, host.root]);
  replacePid(host.root, ANY_PID, host.pid);
}

function replacePid(root: string, from: string, to: string): void {
  for (const path of PID_FILES.map((file) => join(root, file))) {
    if (existsSync(path) && readFileSync(path, "utf8").trim() === from) writeFileSync(path, to);
  }
}

function isNamed({ root, pid }: Identity): boolean {
  const others = PID_FILES.map((file) => `--exclude=${file.replace(/.*\//, "")}`);
  const words = ["-rqFwI", "--devices=skip", ...others, "-e", root, "-e", pid, root];
  try {
    execFileSync("grep", words, { stdio: "ignore" });
    return true;
  } catch (error) {
    if ((error as { status?: number }).status === 1) return false;
    throw error;
  }
}

function digest(history: readonly string[]): string {
  return createHash("sha256").update(JSON.stringify(history)).digest("hex");
}
