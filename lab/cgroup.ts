import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

/** The tree in which systemd keeps track of processes: v2, else v1's name=systemd. */
function trackingTree(): string {
  const mounts = readFileSync("/proc/self/mounts", "utf8").split("\n");
  const fields = mounts.map((line) => line.split(" "));
  const tree =
    fields.find(([, , type]) => type === "cgroup2") ??
    fields.find(([, , type, options]) => type === "cgroup" && options?.split(",").includes("name=systemd"));
  if (tree?.[1] === undefined) throw new Error("lab: no control groups are mounted on this machine");
  return tree[1];
}

/** Pids of all processes in a control group and those below it. */
export function groupPids(group: string): number[] {
  return pidsBelow(join(trackingTree(), group));
}

function pidsBelow(directory: string): number[] {
  if (!existsSync(directory)) return [];
  try {
    const own = readFileSync(join(directory, "cgroup.procs"), "utf8").split("\n").filter(Boolean).map(Number);
    const children = readdirSync(directory, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    return [...own, ...children.flatMap((entry) => pidsBelow(join(directory, entry.name)))];
  } catch (error) {
    // The group was removed while we read it.
    if (["ENOENT", "ENODEV"].includes((error as NodeJS.ErrnoException).code ?? "")) return [];
    throw error;
  }
}
