import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { type Identity, Memo, restore } from "./memo";

export const AGENT = join(__dirname, "../../../host/vrrp-agent");

export type Shell = "dash" | "busybox" | "bash";

const all = process.env.VRRP_TEST_SHELLS === "all";

/** The shells that the agent must run under; with busybox, its other programs are busybox's too. bash is in `test:shells` only. */
export const EVERY_SHELL: readonly Shell[] = ["dash", "busybox", ...(all ? (["bash"] as const) : [])];

const COMMANDS: Record<Shell, string[]> = {
  dash: ["/usr/bin/dash"],
  busybox: ["/bin/busybox", "ash"],
  // By its stdin, a socket, it would take itself for the shell of a remote login and read ~/.bashrc.
  bash: ["/bin/bash", "--norc", "--posix"],
};

/** Those that most of its tests take: dash, which the hosts of the e2e tests run, too. `npm run test:shells` takes every one. */
export const SHELLS = all ? EVERY_SHELL : EVERY_SHELL.slice(0, 1);

const OWNER = `${execFileSync("id", ["-un"], { encoding: "utf8" }).trim()}:${execFileSync("id", ["-gn"], { encoding: "utf8" }).trim()}`;

/** The agent makes sure that what it writes is on the disk; in memory that costs nothing. */
const TEMPORARY = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();

let appletDirectory: string | undefined;
afterAll(() => {
  if (appletDirectory !== undefined) rmSync(appletDirectory, { recursive: true });
  memo.close();
});

interface Ended {
  status: number | null;
  stdout: string;
  stderr: string;
}

const memo = new Memo<Ended>(TEMPORARY);

/** A host's first steps are remembered; those that come later are a test's own. */
const REMEMBERED = 4;

const present = new Set<string>();

function needProgram(program: string): void {
  if (present.has(program)) return;
  if (spawnSync("sh", ["-c", `command -v ${program}`]).status !== 0) {
    throw new Error(`${program} is missing: apt-get install ${program === "flock" ? "util-linux" : program}`);
  }
  present.add(program);
}

/** A directory with busybox under the names of all its programs, and flock, made once and removed at the end. */
function applets(): string {
  if (appletDirectory === undefined) {
    const made = mkdtempSync(join(TEMPORARY, "vrrp-applets-"));
    execFileSync("busybox", ["--install", "-s", made]);
    symlinkSync("/usr/bin/flock", join(made, "flock"));
    appletDirectory = made;
  }
  return appletDirectory;
}

/** Programs that would act on this machine; each writes its call to $FAKE/calls. */
const FAKES: Record<string, string> = {
  systemctl: `
    case $* in
    "show "*) echo "MainPID=$(cat "$FAKE/keepalived.pid" 2>/dev/null || echo 0)"; exit ;;
    *"is-enabled keepalived"*) [ -e "$FAKE/enabled" ]; exit ;;
    *"is-active firewalld"*) [ -e "$FAKE/firewalld" ]; exit ;;
    *is-active*) exit 1 ;;
    esac
    echo "systemctl $*" >>"$FAKE/calls"
    case $1 in
    enable) : >"$FAKE/enabled" ;;
    disable) rm "$FAKE/enabled" ;;
    start | restart) [ ! -e "$FAKE/broken" ] || { echo "the fake daemon is broken"; exit 1; }
      cp "$FAKE/daemon" "$FAKE/keepalived.pid" ;;
    reload) [ ! -e "$FAKE/dies" ] || rm "$FAKE/keepalived.pid" ;;
    stop) case $2 in keepalived*) rm "$FAKE/keepalived.pid" ;; esac ;;
    esac`,
  "systemd-run": `echo "systemd-run $*" >>"$FAKE/calls"`,
  keepalived: `[ ! -e "$FAKE/refused" ] || { echo "(line 3) Unknown keyword 'nonsense'"; exit 2; }`,
  nft: `[ "$1" != -c ] || [ ! -e "$FAKE/nft-refuses" ] || { echo "Error: syntax error"; exit 1; }`,
  "iptables-nft-save": ":",
  "ip6tables-nft-save": ":",
  "iptables-nft": ":",
  "ip6tables-nft": ":",
  ip: `
    case $* in
    "-o address show dev "*) cat "$FAKE/addresses.$5" 2>/dev/null ;;
    # To look changes nothing.
    "-o address show" | "neigh show") ;;
    # What hosts tell each other; told.ADDRESS is there while a peer says it.
    "-6 -o address show "*) cat "$FAKE/ipv6" 2>/dev/null || true ;;
    "-6 address "*) echo "$*" >>"$FAKE/telling"; [ -e "$FAKE/ipv6" ] ;;
    "neigh show "*) cat "$FAKE/neighbour.$3" 2>/dev/null || true ;;
    *) echo "ip $*" >>"$FAKE/calls" ;;
    esac`,
  arping: `
    [ "$1" != -V ] || exit 0
    for last; do :; done
    [ ! -e "$FAKE/arp.$last" ] || { cat "$FAKE/arp.$last"; exit 1; }`,
  ping: `
    for last; do :; done
    case $last in fe80:*) [ -e "$FAKE/told.$last" ] ;; esac`,
  ufw: `[ ! -e "$FAKE/ufw" ] || echo "Status: active"`,
  // Time passes without anybody waiting for it.
  sleep: `
    hundredths() { case $1 in *.*) set -- "$1" "\${1#*.}0" ;; *) set -- "$1" 00 ;; esac; echo "$((\${1%%.*} * 100 + 1\${2%"\${2#??}"} - 100))"; }
    read -r now _ <"$VRRP_ROOT/proc/uptime"
    now=$(($(hundredths "$now") + $(hundredths "$1")))
    rest=$((now % 100))
    [ "$rest" -ge 10 ] || rest=0$rest
    # By a rename: what runs beside it reads one or the other.
    echo "$((now / 100)).$rest 0" >"$FAKE/uptime.$$" && mv "$FAKE/uptime.$$" "$VRRP_ROOT/proc/uptime"`,
};

export interface BundleFile {
  path: string;
  text: string;
  mode?: string;
}

/** A directory that the agent takes for the root of a host, and programs that only note how they were called. */
export class FakeHost {
  private readonly place = mkdtempSync(join(TEMPORARY, "vrrp-host-"));
  private readonly fake = join(this.place, "fake");
  private readonly daemon: ChildProcess;
  /** All that was done to the host; undefined once a test does things that are not noted here. */
  private history: string[] | undefined;
  private steps = 0;
  /** The snapshot that the host is to be like before anything looks at it. */
  private due: string | undefined;

  private constructor(private readonly shell: Shell) {
    // The agent looks for the daemon and a child of it among the real processes. They end with this process.
    this.daemon = spawn("/bin/sh", ["-c", "sleep 600 & echo; read -r _; kill $!"], {
      detached: true,
      stdio: ["pipe", "pipe", "ignore"],
    });
  }

  static async create(shell: Shell): Promise<FakeHost> {
    for (const program of [shell, "flock"]) needProgram(program);
    const host = new FakeHost(shell);
    await new Promise((resolve) => host.daemon.stdout?.once("data", resolve));
    host.setUp();
    return host;
  }

  private setUp(): void {
    for (const [name, script] of Object.entries(FAKES)) this.program(name, script);
    this.write("/proc/sys/kernel/random/boot_id", "boot-1\n");
    this.uptime(1000);
    this.write("/proc/sys/net/ipv4/ip_nonlocal_bind", "0\n");
    for (const path of ["run/systemd/system", "sys/class/net/eth0", "var/log", "etc"]) {
      mkdirSync(join(this.place, path), { recursive: true });
    }
    this.state("daemon", String(this.daemon.pid));
    this.addresses("eth0", ["10.0.0.1/24"]);
    this.history = [this.shell];
  }

  close(): void {
    // The daemon's group: it and its child.
    process.kill(-this.daemon.pid!, "SIGKILL");
    rmSync(this.place, { recursive: true });
  }

  private get identity(): Identity {
    return { root: this.place, pid: String(this.daemon.pid) };
  }

  private settle(): void {
    if (this.due !== undefined) restore(this.due, this.identity);
    this.due = undefined;
  }

  /** Before each change of the host. */
  private note(...change: unknown[]): void {
    this.settle();
    this.history?.push(JSON.stringify(change));
  }

  /** The host's root, for what a test does to it by itself. */
  get root(): string {
    this.settle();
    this.history = undefined;
    return this.place;
  }

  private path(...parts: string[]): string {
    const path = join(this.fake, ...parts);
    mkdirSync(dirname(path), { recursive: true });
    return path;
  }

  /** Puts a program on the agent's PATH. */
  program(name: string, script: string): void {
    this.note("program", name, script);
    const path = this.path("bin", name);
    writeFileSync(path, `#!/bin/sh\n${script}\n`);
    chmodSync(path, 0o755);
  }

  withoutProgram(name: string): void {
    this.note("without program", name);
    rmSync(this.path("bin", name));
  }

  /** Something that the fake programs know. */
  state(name: string, text = ""): void {
    this.note("state", name, text);
    writeFileSync(this.path(name), text);
  }

  stateOf(name: string): string {
    this.settle();
    return readFileSync(this.path(name), "utf8");
  }

  withoutState(name: string): void {
    this.note("without state", name);
    rmSync(this.path(name));
  }

  /** Seconds since the host's boot. */
  uptime(seconds: number): void {
    this.write("/proc/uptime", `${seconds}.00 ${seconds}.00\n`);
  }

  addresses(dev: string, list: string[]): void {
    const lines = list.map(
      (address) =>
        `2: ${dev}    ${address.includes(":") ? "inet6" : "inet"} ${address} scope global ${dev}\n`,
    );
    this.state(`addresses.${dev}`, lines.join(""));
  }

  /** Gives the fake daemon's child a limit of its real-time scheduling, as keepalived's has. */
  limitRealtime(): void {
    this.history = undefined;
    const child = readFileSync(`/proc/${this.daemon.pid}/task/${this.daemon.pid}/children`, "utf8").trim();
    execFileSync("prlimit", ["--pid", child, "--rttime=500000:500000"]);
  }

  /** What the fake programs were called with since the last time. */
  calls(): string[] {
    this.note("calls");
    const path = this.path("calls");
    const lines = existsSync(path) ? readFileSync(path, "utf8").split("\n").filter(Boolean) : [];
    rmSync(path, { force: true });
    return lines;
  }

  write(path: string, text: string, mode = 0o644): void {
    this.note("write", path, text, mode);
    const full = join(this.place, path);
    mkdirSync(dirname(full), { recursive: true });
    writeFileSync(full, text);
    chmodSync(full, mode);
  }

  remove(path: string): void {
    this.note("remove", path);
    rmSync(join(this.place, path), { recursive: true });
  }

  link(target: string, path: string): void {
    this.note("link", target, path);
    symlinkSync(target, join(this.place, path));
  }

  read(path: string): string {
    this.settle();
    return readFileSync(join(this.place, path), "utf8");
  }

  has(path: string): boolean {
    this.settle();
    return existsSync(join(this.place, path));
  }

  /** Kind, mode, path and digest of everything below some directories. */
  tree(...directories: string[]): string {
    this.settle();
    return execFileSync(
      "sh",
      [
        "-c",
        "for d; do [ ! -e $d ] || find $d -printf '%M %p %l\\n' -type f -exec sha256sum {} \\; ; done | sort",
        "sh",
        ...directories,
      ],
      { cwd: this.place, encoding: "utf8" },
    );
  }

  /** For what a test runs on the host by itself. */
  get env(): NodeJS.ProcessEnv {
    this.settle();
    this.history = undefined;
    return this.environment;
  }

  private get environment(): NodeJS.ProcessEnv {
    const tools = this.shell === "busybox" ? [applets()] : ["/usr/bin", "/bin"];
    return {
      PATH: [join(this.fake, "bin"), ...tools].join(":"),
      FAKE: this.fake,
      VRRP_ROOT: this.place,
      VRRP_LOCK_SECONDS: "1",
    };
  }

  get command(): string[] {
    return COMMANDS[this.shell];
  }

  /** Runs the agent. */
  agent(args: string[], stdin = "", env: NodeJS.ProcessEnv = {}): Ended {
    this.history?.push(JSON.stringify(["agent", args, stdin, env]));
    const history = ++this.steps > REMEMBERED ? undefined : this.history;
    const known = history && memo.get(history);
    if (known !== undefined) {
      this.due = known.tree;
      return known.result;
    }
    this.settle();
    const ended = this.run(args, stdin, env);
    if (history !== undefined) memo.keep(history, this.identity, ended);
    return ended;
  }

  private run(args: string[], stdin: string, env: NodeJS.ProcessEnv): Ended {
    const [program = "", ...before] = this.command;
    const result = spawnSync(program, [...before, AGENT, ...args], {
      input: stdin,
      encoding: "utf8",
      env: { ...this.environment, ...env },
    });
    return { status: result.status, stdout: result.stdout, stderr: result.stderr };
  }

  /** Runs the agent, which must succeed; what it printed. */
  succeed(args: string[], stdin = ""): string {
    const result = this.agent(args, stdin);
    if (result.status !== 0)
      throw new Error(`vrrp-agent ${args.join(" ")}: ${result.status}: ${result.stderr}`);
    return result.stdout;
  }
}

/** sha256 of a number: stands for a generation. */
export function generation(n: number): string {
  return sha256(String(n));
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

export interface BundleOptions {
  cluster?: string;
  owner?: string;
  generation?: string;
  packages?: string[];
}

/** A bundle as docs/design.md describes it. */
export function bundleOf(files: BundleFile[], options: BundleOptions = {}): string {
  const head = [
    "vrrp-bundle 1",
    `cluster ${options.cluster ?? "gw"}`,
    `owner ${options.owner ?? "me"}`,
    `generation ${options.generation ?? generation(1)}`,
    `digest ${sha256("digest")}`,
    ...(options.packages ?? []).map((line) => `package ${line}`),
    ...files.map(
      ({ path, text, mode = "0644" }) =>
        `file ${mode} ${OWNER} ${sha256(text)} ${text.split("\n").length - 1} ${path}`,
    ),
    "end",
  ];
  return `${head.join("\n")}\n${files.map((file) => file.text).join("")}`;
}

/** The files of a node `a` of the cluster gw, whose peer is b. */
export function nodeFiles(changes: Record<string, string> = {}): BundleFile[] {
  const files: Record<string, string> = {
    "/etc/keepalived/keepalived.conf": "vrrp_instance gw {\n}\n",
    "/etc/keepalived/gw.auth.conf": "secret\n",
    "/etc/vrrp-agent/gw/node.conf": [
      "cluster gw",
      "node a",
      "interface eth0",
      "source 10.0.0.1 eth0",
      "instance gw 4 51 eth0",
      "vip gw 10.0.0.100/24 eth0",
      "peer b 10.0.0.2",
      "off-link no",
      "settle 4",
      "",
    ].join("\n"),
    "/etc/systemd/system/keepalived.service.d/vrrp-agent.conf": "[Service]\n",
    ...changes,
  };
  return Object.entries(files)
    .filter(([, text]) => text !== "")
    .map(([path, text]) => ({ path, text, mode: path.endsWith("auth.conf") ? "0600" : "0644" }));
}
