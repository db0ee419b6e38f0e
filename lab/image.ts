import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { homedir } from "node:os";
import { basename, dirname, join } from "node:path";
import { withLock } from "./lock";
import { run } from "./process";

const recipeDirectory = join(__dirname, "image");

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
  /** Debian 11 with keepalived 2.1.5. */
  Debian11: "debian-11",
  /** Debian 13 with its keepalived. */
  Debian13: "debian-13",
  /** Debian with keepalived, firewalld and iptables-persistent, of which none is enabled. */
  Firewalld: "firewalld",
  /** Debian with keepalived and ufw, which is not enabled. */
  Ufw: "ufw",
  /** RHEL-like: dnf and rpm with a repository on the host's own disk, NetworkManager, firewalld that runs, SELinux's tools. */
  Rhel: "rhel-like",
  /** Debian 12 without keepalived; on its own disk what builds it, and tarballs of two releases in /usr/src. */
  Source: "source",
  /** OpenWrt's layout and busybox' applets, with stand-ins for uci, procd, fw4 and opkg, which can install keepalived. */
  OpenWrt: "openwrt-like",
} as const;
export type Image = (typeof Image)[keyof typeof Image];

/** A script that makes disks, and the directories in its output that make up each, uppermost first. */
interface Recipe {
  script: string;
  /** Debian's release that the script's sources.list is for. */
  release: string;
  disks: Partial<Record<Image, string[]>>;
  /** Directories beside the script that it copies from. */
  files?: readonly string[];
}

/** Whatever most labs want comes from the first; each of the others is made when somebody first asks for it. */
const recipes: readonly Recipe[] = [
  {
    script: "build.sh",
    release: "bookworm",
    disks: {
      [Image.Full]: ["keepalived", "base"],
      [Image.Installable]: ["repository", "base"],
      [Image.Witness]: ["witness", "base"],
      [Image.Services]: ["services", "base"],
      [Image.Bare]: ["base"],
    },
  },
  { script: "release.sh", release: "bullseye", disks: { [Image.Debian11]: ["root"] } },
  { script: "release.sh", release: "trixie", disks: { [Image.Debian13]: ["root"] } },
  {
    script: "firewalls.sh",
    release: "bookworm",
    disks: { [Image.Firewalld]: ["root"], [Image.Ufw]: ["ufw"] },
  },
  { script: "rhel.sh", release: "bookworm", disks: { [Image.Rhel]: ["root"] } },
  { script: "source.sh", release: "bookworm", disks: { [Image.Source]: ["root"] } },
  {
    script: "openwrt.sh",
    release: "bookworm",
    disks: { [Image.OpenWrt]: ["root"] },
    files: ["openwrt", "openwrt-keepalived"],
  },
];

/** Directories of each image, uppermost first, as overlayfs wants them in `lowerdir`. */
export type Disks = ReadonlyMap<Image, readonly string[]>;

/** Makes disks once per recipe, outside the repository, and says where they are. `images` of none: what most labs want. */
export async function ensureImages(
  log: (line: string) => void,
  images: readonly Image[] = [],
): Promise<Disks> {
  const wanted = recipes.filter(
    (recipe, index) => (index === 0 && images.length === 0) || images.some((image) => image in recipe.disks),
  );
  const disks = new Map<Image, string[]>();
  for (const recipe of wanted) {
    const directory = await ensureRecipe(recipe, log);
    for (const [image, layers] of Object.entries(recipe.disks) as [Image, string[]][]) {
      disks.set(
        image,
        layers.map((layer) => join(directory, layer)),
      );
    }
  }
  return disks;
}

/** The directory of what a recipe makes. */
async function ensureRecipe(recipe: Recipe, log: (line: string) => void): Promise<string> {
  const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "pulumi-keepalived", "lab");
  const hash = createHash("sha256")
    .update(readFileSync(join(recipeDirectory, "common.sh")))
    .update(readFileSync(join(recipeDirectory, recipe.script)))
    .update(recipe.release)
    .update(process.arch);
  for (const directory of recipe.files ?? []) {
    const names = readdirSync(join(recipeDirectory, directory), { recursive: true, encoding: "utf8" }).sort();
    for (const name of names) {
      const path = join(recipeDirectory, directory, name);
      if (statSync(path).isFile()) hash.update(`${name}\n`).update(readFileSync(path));
    }
  }
  const digest = hash.digest("hex").slice(0, 16);
  const finished = join(cache, digest);
  if (existsSync(finished)) return finished;
  const waiting = (holder: string) => log(`lab image: process ${holder} is making it, waiting`);
  await withLock(`${finished}.lock`, () => build(recipe, finished, log), waiting);
  return finished;
}

/** Only the rename at the end makes an image of what was built, so an interrupted build is never taken for one. */
async function build(recipe: Recipe, finished: string, log: (line: string) => void): Promise<void> {
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
  writeFileSync(sources, await debianSources(recipe.release, log));
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
  await run([...apart, "sh", join(recipeDirectory, recipe.script), building, sources, recipe.release], {
    onStderrLine: progress,
  });
  rmSync(sources);
  renameSync(building, finished);
  log(`lab image: made in ${Math.round((Date.now() - started) / 1000)} s`);
}

/** sources.list of a release, from the mirrors that this machine's own apt uses for Debian of any release. */
async function debianSources(release: string, log: (line: string) => void): Promise<string> {
  let lines = await debianTargets(release);
  if (lines.length === 0) {
    log("lab image: fetching this machine's package lists");
    await run(["apt-get", "--quiet=2", "update"], { onStderrLine: log });
    lines = await debianTargets(release);
  }
  if (!lines.some((line) => line.includes(` ${release} main`))) {
    throw new Error(
      "lab image: apt on this machine knows no Debian archive; add one to /etc/apt/sources.list.d",
    );
  }
  return lines.join("\n") + "\n";
}

async function debianTargets(release: string): Promise<string[]> {
  const format = "$(ORIGIN)|$(CODENAME)|$(COMPONENT)|$(REPO_URI)";
  const { stdout } = await run(["apt-get", "indextargets", "--format", format, "Created-By: Packages"]);
  const keyring = "/usr/share/keyrings/debian-archive-keyring.gpg";
  const lines = stdout
    .split("\n")
    .map((line) => line.split("|"))
    .filter(([origin, , component]) => origin === "Debian" && component === "main")
    .map(([, codename, , uri]) => {
      const suite = (codename ?? "").replace(/^[a-z]+/, release);
      return `deb [signed-by=${keyring}] ${uri} ${suite} main`;
    })
    // Older and newer releases are as they came out: not every mirror has the updates of all.
    .filter((line) =>
      (release === "bookworm"
        ? / bookworm(-updates|-security)? main$/
        : new RegExp(` ${release} main$`)
      ).test(line),
    );
  return [...new Set(lines)];
}
