import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Runs `action` while no other process holds `file`. The kernel frees the lock when its holder dies, however it
 * dies, so there are no stale locks; the holder's pid in the file is for the person who waits.
 */
export async function withLock<T>(
  file: string,
  action: () => T | Promise<T>,
  onWait: (holder: string) => void = () => undefined,
): Promise<T> {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  // flock holds the lock for `cat`, which ends when our end of its input is closed: by us or by our death.
  const take = (...how: string[]) =>
    spawn("flock", [...how, "--exclusive", "--no-fork", file, "sh", "-c", "echo held; exec cat"], {
      stdio: ["pipe", "pipe", "inherit"],
      detached: true,
    });
  let holder = take("--nonblock", "--conflict-exit-code", "75");
  if (!(await held(holder))) {
    onWait(readFileSync(file, "utf8").trim());
    holder = take();
    if (!(await held(holder))) throw new Error(`${file}: flock could not take the lock`);
  }
  writeFileSync(file, `${process.pid}\n`);
  try {
    return await action();
  } finally {
    const ended = once(holder, "close");
    holder.stdin.end();
    await ended;
  }
}

async function held(child: ReturnType<typeof spawn>): Promise<boolean> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.stdout?.once("data", () => resolve(true));
    child.once("close", () => resolve(false));
  });
}
