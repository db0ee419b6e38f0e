import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

/** Where the engine is kept between runs: $XDG_CACHE_HOME or ~/.cache, then pulumi-keepalived/engine. */
export function cacheDirectory(env: NodeJS.ProcessEnv = process.env): string {
  const base = env.XDG_CACHE_HOME || path.join(env.HOME || os.homedir(), ".cache");
  return path.join(base, "pulumi-keepalived", "engine");
}

/**
 * Fills a directory under another name and renames it at the end, so that what is there is always whole. Leftovers
 * of ended processes are removed.
 */
export async function fillDirectory(
  target: string,
  fill: (directory: string) => Promise<void>,
): Promise<void> {
  fs.mkdirSync(path.dirname(target), { recursive: true });
  removeLeftovers(target);
  const partial = `${target}.partial-${process.pid}`;
  fs.mkdirSync(partial);
  try {
    await fill(partial);
    fs.renameSync(partial, target);
  } catch (error) {
    fs.rmSync(partial, { recursive: true, force: true });
    // Another process was faster, and what it made is as whole as ours.
    if (!fs.existsSync(target)) throw error;
  }
}

function removeLeftovers(target: string): void {
  const prefix = `${path.basename(target)}.partial-`;
  for (const name of fs.readdirSync(path.dirname(target))) {
    if (!name.startsWith(prefix) || isAlive(Number(name.slice(prefix.length)))) continue;
    fs.rmSync(path.join(path.dirname(target), name), { recursive: true, force: true });
  }
}

/** Whether a process with this id exists. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
