import { accessSync, constants, readFileSync, writeFileSync } from "node:fs";
import { run } from "./process";

/** A command or a file, and the Debian package that brings it. */
export interface Need {
  path: string;
  package: string;
}

/** What the lab needs of this machine. */
const needs: readonly Need[] = [
  { path: "mmdebstrap", package: "mmdebstrap" },
  { path: "systemd-nspawn", package: "systemd-container" },
  { path: "ip", package: "iproute2" },
  { path: "nft", package: "nftables" },
  { path: "nsenter", package: "util-linux" },
  { path: "flock", package: "util-linux" },
  { path: "awk", package: "mawk" },
  { path: "ssh", package: "openssh-client" },
  { path: "ping", package: "iputils-ping" },
  { path: "arping", package: "iputils-arping" },
  { path: "tcpdump", package: "tcpdump" },
  { path: "/usr/share/keyrings/debian-archive-keyring.gpg", package: "debian-archive-keyring" },
];

/** inotify instances that root may have, those of all hosts together; kernels allow 128, enough for about ten hosts. */
const INOTIFY = { knob: "/proc/sys/fs/inotify/max_user_instances", least: 1024 };

/**
 * Sees to it that this machine can run a lab, and has `more`: root, enough inotify instances until the next boot, and
 * every command there; missing ones are installed with apt.
 */
export async function ensurePrerequisites(
  log: (line: string) => void,
  more: readonly Need[] = [],
): Promise<void> {
  if (process.getuid?.() !== 0) {
    throw new Error("lab: needs root, for namespaces and mounts; run the same command with sudo");
  }
  if (Number(readFileSync(INOTIFY.knob, "utf8")) < INOTIFY.least) {
    log(`lab: raising ${INOTIFY.knob} to ${INOTIFY.least}`);
    writeFileSync(INOTIFY.knob, `${INOTIFY.least}`);
  }
  const all = [...needs, ...more];
  const missing = missingPackages(all);
  if (missing.length === 0) return;
  log(`lab: installing ${missing.join(", ")}`);
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  await run(["apt-get", "--quiet=2", "update"], { env, onStderrLine: log });
  const install = ["apt-get", "--quiet=2", "--yes", "--no-install-recommends", "install"];
  await run([...install, ...missing], { env, onStderrLine: log });
  const still = missingPackages(all);
  if (still.length > 0) throw new Error(`lab: still missing after installation: ${still.join(", ")}`);
}

function missingPackages(all: readonly Need[]): string[] {
  return [...new Set(all.filter((need) => !isThere(need.path)).map((need) => need.package))];
}

function isThere(path: string): boolean {
  const candidates = path.startsWith("/")
    ? [path]
    : `${process.env.PATH ?? ""}:/usr/sbin:/sbin`.split(":").map((directory) => `${directory}/${path}`);
  return candidates.some((candidate) => {
    try {
      accessSync(candidate, constants.R_OK);
      return true;
    } catch {
      return false; // Not in this directory of the path.
    }
  });
}
