import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { renderHost } from "../../../render";
import { HostPlan } from "../../../spec";

const NETWORK = [
  "ip link set lo up",
  "ip link add eth0 type veth peer name eth9",
  "ip address add 192.168.1.2/24 dev eth0",
  "ip address add fd00::2/64 dev eth0 nodad",
  "ip link set eth0 up",
  "ip link set eth9 up",
].join(" && ");

/**
 * Runs a script in a network namespace that has eth0 with the plan's addresses, with /run and /mnt of its own. All its
 * processes and mounts go with it.
 */
export function inNamespace(script: string): { status: number | null; output: string } {
  const own = ["--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"];
  const prepare = `mount -t tmpfs none /run && mount -t tmpfs none /mnt && ${NETWORK}`;
  const done = spawnSync("unshare", [...own, "sh", "-c", `${prepare} && ${script}`], { encoding: "utf8" });
  return { status: done.status, output: done.stdout + done.stderr };
}

/** Writes a host's files below a directory of its own, as the agent's staging does, and hands on keepalived.conf. */
export function withStaged<T>(host: HostPlan, use: (conf: string) => T): T {
  const directory = mkdtempSync(join(tmpdir(), "render-"));
  try {
    for (const file of renderHost(host)) {
      const path = join(directory, file.path);
      mkdirSync(dirname(path), { recursive: true });
      // The agent is not installed on this machine, and keepalived looks for the programs that it is told to run.
      writeFileSync(path, file.text.replaceAll("/usr/lib/vrrp-agent/vrrp-agent", "/usr/bin/true"));
    }
    return use(join(directory, "etc/keepalived/keepalived.conf"));
  } finally {
    rmSync(directory, { recursive: true });
  }
}
