import * as fs from "node:fs";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { isAlive } from "./cache";
import type { Log } from "./progress";

/** Milliseconds between looks at a lock that another process holds. */
const POLL_INTERVAL = 200;

/** Milliseconds between signs of life of a holder. */
const HEARTBEAT_INTERVAL = 5_000;

/** A lock without a sign of life for so many milliseconds is left over, even where another process has the pid now. */
const STALE_AFTER = 60_000;

/** Runs `work` while no other process runs it under the same lock file; a lock of an ended process is taken over. */
export async function withLock<T>(file: string, log: Log, work: () => Promise<T>): Promise<T> {
  await acquire(file, log);
  const heartbeat = setInterval(() => fs.utimesSync(file, new Date(), new Date()), HEARTBEAT_INTERVAL);
  try {
    return await work();
  } finally {
    clearInterval(heartbeat);
    fs.rmSync(file, { force: true });
  }
}

async function acquire(file: string, log: Log): Promise<void> {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  const own = `${file}.${process.pid}`;
  fs.writeFileSync(own, `${process.pid}\n`);
  try {
    let told = false;
    // A hard link appears whole or not at all: no other process ever reads a lock without its pid.
    while (!linked(own, file)) {
      const holder = holderOf(file);
      if (holder === undefined) continue;
      if (isStale(file, holder)) {
        fs.rmSync(file, { force: true });
        continue;
      }
      if (!told) log(`waiting for process ${holder}, which sets up the engine (lock: ${file})`);
      told = true;
      await sleep(POLL_INTERVAL);
    }
  } finally {
    fs.rmSync(own, { force: true });
  }
}

function linked(from: string, to: string): boolean {
  try {
    fs.linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

function holderOf(file: string): number | undefined {
  try {
    return Number(fs.readFileSync(file, "utf8"));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

function isStale(file: string, holder: number): boolean {
  const age = Date.now() - (fs.statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
  return !isAlive(holder) || age > STALE_AFTER;
}
