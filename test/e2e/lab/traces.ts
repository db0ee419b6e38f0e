import { existsSync, readFileSync, readdirSync } from "node:fs";

/** Whatever on this machine carries a lab's id: its namespaces, mounts, control groups, processes, directory. */
export function tracesOf(id: string): string[] {
  const lines = (path: string) => (existsSync(path) ? readFileSync(path, "utf8").split("\n") : []);
  const names = (path: string) =>
    existsSync(path) ? readdirSync(path).map((name) => `${path}/${name}`) : [];
  const trees = lines("/proc/self/mounts")
    .map((line) => line.split(" "))
    .filter(([, , type]) => type === "cgroup" || type === "cgroup2")
    .map(([, directory]) => directory ?? "");
  const all = [
    ...names("/run/netns"),
    ...names("/run/pulumi-keepalived-lab"),
    ...names("/run/systemd/nspawn"),
    ...trees.flatMap(names),
    ...lines("/proc/self/mounts"),
    ...processes(),
  ];
  return all.filter((line) => line.includes(id));
}

/** Each process with its control groups and its command line. */
function processes(): string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const text = (file: string) => readFileSync(`/proc/${pid}/${file}`, "utf8").replace(/[\0\n]/g, " ");
        // A zombie is dead; that its parent has not asked for its exit status yet is no trace of ours.
        if (/^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, "utf8"))) return [];
        return [`process ${pid}: ${text("cgroup")} ${text("cmdline")}`];
      } catch {
        return []; // It ended while we looked.
      }
    });
}
