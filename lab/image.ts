import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { basename, dirname, join } from "node:path";
import { withLock } from "./lock";
import { run } from "./process";

/** What a host's disk holds at first. */
export const Image = {
  /** Debian with keepalived. */
  Full: "full",
  /** Debian without keepalived and without any package source. */
  Bare: "bare",
  /** Debian without keepalived, which apt can install from a repository on the host's own disk. */
  Installable: "installable",
  /** Debian with etcd, and without keepalived. */
  Witness: "witness",
  /** Debian with keepalived, MariaDB, nginx, bind9, cron and conntrackd; none of these five is enabled. */
  Services: "services",
} as const;
export type Image = (typeof Image)[keyof typeof Image];

const recipe = join(__dirname, "image", "build.sh");

/** Directories of an image, uppermost first, as overlayfs wants them in `lowerdir`. */
export function imageLayers(root: string, image: Image): string[] {
  const base = join(root, "base");
  switch (image) {
    case Image.Full:
      return [join(root, "keepalived"), base];
    case Image.Installable:
      return [join(root, "repository"), base];
    case Image.Witness:
      return [join(root, "witness"), base];
    case Image.Services:
      return [join(root, "services"), base];
    case Image.Bare:
      return [base];
  }
}

/** Makes the hosts' disks once per recipe, outside the repository, and says where they are. */
export async function ensureImages(log: (line: string) => void): Promise<string> {
  const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "pulumi-keepalived", "lab");
  const digest = createHash("sha256")
    .update(readFileSync(recipe))
    .update(process.arch)
    .digest("hex")
    .slice(0, 16);
  const finished = join(cache, digest);
  if (existsSync(finished)) return finished;
  const waiting = (holder: string) => log(`lab image: process ${holder} is making it, waiting`);
  await withLock(`${finished}.lock`, () => build(finished, log), waiting);
  return finished;
}

/** Only the rename at the end makes an image of what was built, so an interrupted build is never taken for one. */
async function build(finished: string, log: (line: string) => void): Promise<void> {
  if (existsSync(finished)) return;
  const started = Date.now();
  // We hold the lock, so whoever began these is dead; its build may still be dying.
  const unfinished = readdirSync(dirname(finished)).filter((name) =>
    name.startsWith(`${basename(finished)}.building-`),
  );
  for (const name of unfinished) {
    rmSync(join(dirname(finished), name), { recursive: true, force: true, maxRetries: 10 });
  }
  const building = `${finished}.building-${process.pid}`;
  mkdirSync(building);
  const sources = `${finished}.sources`;
  writeFileSync(sources, await debianSources(log));
  // All of the build dies with this process, even when that is killed, and its mounts vanish with it.
  const mortal = [
    "setpriv",
    "--pdeathsig",
    "KILL",
    "unshare",
    "--pid",
    "--fork",
    "--kill-child",
    "--mount-proc",
  ];
  const apart = [...mortal, "--mount", "--propagation", "slave"];
  const progress = (line: string) => {
    const step = /^(?:lab image|I): (?!running )(.*)$/.exec(line)?.[1];
    if (step) log(`lab image: ${step}`);
  };
  await run([...apart, "sh", recipe, building, sources], { onStderrLine: progress });
  rmSync(sources);
  renameSync(building, finished);
  log(`lab image: made in ${Math.round((Date.now() - started) / 1000)} s`);
}

/** sources.list for Debian 12, from the mirrors that this machine's own apt uses for Debian of any release. */
async function debianSources(log: (line: string) => void): Promise<string> {
  let lines = await debianTargets();
  if (lines.length === 0) {
    log("lab image: fetching this machine's package lists");
    await run(["apt-get", "--quiet=2", "update"], { onStderrLine: log });
    lines = await debianTargets();
  }
  if (!lines.some((line) => line.includes(" bookworm main"))) {
    throw new Error(
      "lab image: apt on this machine knows no Debian archive; add one to /etc/apt/sources.list.d",
    );
  }
  return lines.join("\n") + "\n";
}

async function debianTargets(): Promise<string[]> {
  const format = "$(ORIGIN)|$(CODENAME)|$(COMPONENT)|$(REPO_URI)";
  const { stdout } = await run(["apt-get", "indextargets", "--format", format, "Created-By: Packages"]);
  const keyring = "/usr/share/keyrings/debian-archive-keyring.gpg";
  const lines = stdout
    .split("\n")
    .map((line) => line.split("|"))
    .filter(([origin, , component]) => origin === "Debian" && component === "main")
    .map(([, codename, , uri]) => {
      const suite = (codename ?? "").replace(/^[a-z]+/, "bookworm");
      return `deb [signed-by=${keyring}] ${uri} ${suite} main`;
    })
    .filter((line) => / bookworm(-updates|-security)? main$/.test(line));
  return [...new Set(lines)];
}
