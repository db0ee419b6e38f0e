import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Image } from "./image";
import { withLock } from "./lock";
import { type ProcessIdentity, isRunning, run } from "./process";

/** Where labs live. Volatile: a restart of the machine ends every lab. */
export const labsDirectory = "/run/pulumi-keepalived-lab";

/** Held while a lab is written down or leftovers are looked for. */
export const labsLock = join(labsDirectory, "lock");

/** One host as written down when its lab was made. */
export interface HostRecord {
  name: string;
  image: Image;
  /** Names of the segments that its further NICs, eth1, eth2 ..., are plugged into. */
  segments?: string[];
  address: string;
  address6: string;
  /** Public host key, as a line of authorized_keys. */
  hostKey: string;
}

/** What a lab is, in its directory, so that any process can use or end it. */
export interface LabRecord {
  /** First part of the names of all that belongs to the lab; also its directory's name. */
  id: string;
  name: string;
  /** The process whose end ends the lab; absent: detached, it stays until `down`. */
  owner?: ProcessIdentity;
  hosts: HostRecord[];
}

/** The directory of a lab. */
export const labDirectory = (id: string): string => join(labsDirectory, id);

/** Writes the record of a lab, all of it or nothing. */
export function writeRecord(record: LabRecord): void {
  const directory = labDirectory(record.id);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const file = join(directory, "lab.json");
  writeFileSync(`${file}.new`, JSON.stringify(record, null, 2) + "\n");
  renameSync(`${file}.new`, file);
}

/** All labs of this machine. */
export function readRecords(): LabRecord[] {
  return labIds().flatMap((id) => readRecord(id) ?? []);
}

function labIds(): string[] {
  if (!existsSync(labsDirectory)) return [];
  const entries = readdirSync(labsDirectory, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
}

/** Undefined when the lab was not written down to the end, or is being removed. */
function readRecord(id: string): LabRecord | undefined {
  try {
    return JSON.parse(readFileSync(join(labDirectory(id), "lab.json"), "utf8")) as LabRecord;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** The command that ends a lab and leaves nothing of it. */
export const destroyCommand = (id: string): [string, ...string[]] => [
  "sh",
  join(__dirname, "machine", "destroy.sh"),
  labDirectory(id),
];

/** Ends the labs whose owner has died without ending them. One that resists is told, and harms no other lab. */
export async function destroyOrphans(log: (line: string) => void): Promise<void> {
  // A lab is written down under this lock, so a directory without record is a leftover, not one in the making.
  await withLock(labsLock, async () => {
    for (const id of labIds()) {
      const record = readRecord(id);
      if (record && (!record.owner || isRunning(record.owner))) continue;
      log(
        `lab ${id}: its owner is gone${record?.owner ? ` (process ${record.owner.pid})` : ""}; cleaning up`,
      );
      const result = await run(destroyCommand(id), { check: false });
      if (result.code !== 0) log(`lab ${id}: could not be cleaned up: ${result.stderr.trim()}`);
    }
  });
}
