import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, openSync, closeSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "ipaddr.js";
import { groupPids } from "./cgroup";
import { type Disks, Image } from "./image";
import { bridgeOf, inNamespace, mac, namespaces, network, portOf, portOfNic } from "./network";
import { type Result, type RunOptions, identify, readProc, run, until } from "./process";
import { networkFile } from "./networkFile";
import { type HostRecord, labDirectory } from "./record";

const powerButton = join(__dirname, "machine", "power.sh");

/** Milliseconds within which a host must have booted. */
const bootTimeout = 60_000;

/** One Debian machine of a lab: own disk, own NIC `eth0`, own systemd and sshd. */
export class Host {
  readonly name: string;
  /** IPv4 address of eth0. */
  readonly address: string;
  /** IPv6 address of eth0. */
  readonly address6: string;
  /** Public ed25519 host key of its sshd, as a line of authorized_keys. */
  readonly hostKey: string;
  /** Its port on the lab's switch, in the namespace `switch`. */
  readonly port: string;
  readonly switch: string;
  /** Network namespace while it is powered. */
  readonly netns: string;

  private readonly directory: string;
  private readonly group: string;

  constructor(
    private readonly lab: string,
    private readonly record: HostRecord,
  ) {
    ({ name: this.name, address: this.address, address6: this.address6, hostKey: this.hostKey } = record);
    this.port = portOf(this.name);
    this.switch = namespaces(lab).switch;
    this.netns = `${lab}-${this.name}`;
    this.directory = join(labDirectory(lab), "hosts", this.name);
    this.group = `${lab}/${this.name}`;
  }

  /** Path of the host's root directory as this machine sees it. */
  get root(): string {
    return join(this.directory, "root");
  }

  /** Segments that eth1, eth2 ... are plugged into. */
  get segments(): readonly string[] {
    return this.record.segments ?? [];
  }

  /** Path of what the host wrote to its console. */
  get console(): string {
    return join(this.directory, "console.log");
  }

  /**
   * Makes the host's disk: an overlay over its image, in memory, of `diskMegabytes`.
   * @internal
   */
  async install(
    disks: Disks,
    options: { hostPrivateKey: string; authorizedKey: string; diskMegabytes: number },
  ) {
    const disk = join(this.directory, "disk");
    for (const path of [disk, this.root]) mkdirSync(path, { recursive: true });
    await run(["mount", "-t", "tmpfs", "-o", `mode=755,size=${options.diskMegabytes}m`, "lab", disk]);
    for (const part of ["upper", "work"]) mkdirSync(join(disk, part));
    const lower = (disks.get(this.record.image) ?? []).join(":");
    const layers = `lowerdir=${lower},upperdir=${join(disk, "upper")},workdir=${join(disk, "work")}`;
    await run(["mount", "-t", "overlay", "-o", layers, "lab", this.root]);
    const station = Number(this.address.split(".").pop());
    const write = (path: string, text: string, mode = 0o644) =>
      writeFileSync(join(this.root, path), text, { mode });
    write("etc/hostname", `${this.name}\n`);
    write("etc/hosts", `127.0.0.1 localhost\n::1 localhost ip6-localhost\n127.0.1.1 ${this.name}\n`);
    write("etc/machine-id", `${this.lab}${station}`.replace(/[^0-9a-f]/g, "0").padStart(32, "0") + "\n");
    write("etc/ssh/ssh_host_ed25519_key", options.hostPrivateKey, 0o600);
    write("etc/ssh/ssh_host_ed25519_key.pub", this.hostKey + "\n");
    mkdirSync(join(this.root, "root/.ssh"), { mode: 0o700, recursive: true });
    write("root/.ssh/authorized_keys", options.authorizedKey + "\n", 0o600);
    const addresses = [
      `${this.address}/${network.prefixLength}`,
      `${this.address6}/${network.prefixLength6}`,
    ] as const;
    write(...networkFile(this.record.image, ...addresses));
    if (this.likeOpenWrt) write("etc/config/system", `\nconfig system\n\toption hostname '${this.name}'\n\n`);
    const configuration = {
      MACHINE: this.netns,
      HOST_NAME: this.name,
      NETNS: this.netns,
      SWITCH: this.switch,
      PORT: this.port,
      MAC: mac(station),
      GROUP: this.group,
      // NIC/PORT/MAC/SWITCH of each further one.
      NICS: `"${this.segments
        .map((segment, i) => [
          `eth${i + 1}`,
          portOfNic(this.name, i + 1),
          mac(station, i + 1),
          bridgeOf(segment),
        ])
        .map((words) => words.join("/"))
        .join(" ")}"`,
    };
    const lines = Object.entries(configuration).map(([key, value]) => `${key}=${value}\n`);
    writeFileSync(join(this.directory, "host.conf"), lines.join(""));
  }

  /** Whether it has busybox, procd and UCI in place of GNU's tools and systemd. */
  private get likeOpenWrt(): boolean {
    return this.record.image === Image.OpenWrt;
  }

  /** Whether the host is powered. */
  get isOn(): boolean {
    return groupPids(this.group).length > 0;
  }

  /** Presses the power button of a host that is off; returns when its sshd answers. Nothing to do when it is on. */
  async boot(): Promise<void> {
    if (this.isOn) return this.waitUntilUp();
    const powerLog = join(this.directory, "power.log");
    const log = openSync(powerLog, "w");
    const power = spawn("sh", [powerButton, "on", this.directory], {
      detached: true,
      stdio: ["ignore", log, log],
    });
    power.unref();
    closeSync(log);
    await this.waitUntilUp(() => {
      if (power.exitCode === null && power.signalCode === null) return;
      throw new Error(`${this.name}: went off while booting\n${readFileSync(powerLog, "utf8")}`);
    });
  }

  /**
   * Takes the power away as a pulled plug does: the cable is dead at once, then every process is, then the network
   * namespace is gone, so nothing answers for any of the host's addresses. Only its disk stays.
   */
  async powerOff(): Promise<void> {
    await run(["sh", powerButton, "off", this.directory]);
  }

  /** Reboots in order, as `reboot` on the host does; returns when its sshd answers again. */
  async reboot(): Promise<void> {
    const before = this.leader();
    await this.exec(this.likeOpenWrt ? "reboot" : "systemctl reboot", { check: false });
    await until(
      `${this.name}: shuts down`,
      bootTimeout,
      () => before === undefined || identify(before) === undefined,
    );
    await this.waitUntilUp();
  }

  /**
   * Waits until the host has its addresses, its sshd listens, and, unless its cable is cut, answers the client.
   * `stillBooting` throws when there is nothing to wait for any more.
   */
  async waitUntilUp(stillBooting: () => void = () => undefined): Promise<void> {
    try {
      await until(`${this.name}: boots`, bootTimeout, () => {
        stillBooting();
        return this.isListening();
      });
      if (await this.isForwarded()) await this.waitForGreeting();
    } catch (error) {
      const last = existsSync(this.console) ? readFileSync(this.console, "utf8").slice(-1500) : "";
      throw new Error(`${(error as Error).message}; its console:\n${last}`, { cause: error });
    }
  }

  private async waitForGreeting(): Promise<void> {
    // By its stdin, a socket, bash would take itself for the shell of a remote login and read ~/.bashrc.
    const greet = ["bash", "--norc", "-c", `exec 3<>/dev/tcp/${this.address}/22 && head -c 7 <&3`];
    const argv = ["nsenter", `--net=/run/netns/${namespaces(this.lab).client}`, "--", ...greet];
    await until(`${this.name}: its sshd answers the client`, bootTimeout, async () => {
      const { stdout } = await run(argv, { check: false, timeout: 5000 });
      return stdout === "SSH-2.0";
    });
  }

  /** Runs a shell command, or a program with its arguments, inside the host; needs no network. */
  async exec(command: string | readonly string[], options: RunOptions = {}): Promise<Result> {
    return run(this.enter(command), options);
  }

  /** Starts a command inside the host and leaves it running. */
  spawn(command: string | readonly string[]): ChildProcess {
    const [file, ...args] = this.enter(command);
    return spawn(file, args, { stdio: ["pipe", "pipe", "pipe"] });
  }

  /**
   * The command line that runs `command` inside the host: with the host's own rights, without this process's
   * environment, and ended with the process that runs the command line.
   */
  enter(command: string | readonly string[]): [string, ...string[]] {
    const leader = this.leader();
    if (leader === undefined) throw new Error(`${this.name}: is powered off; boot it first`);
    const inside = typeof command === "string" ? ["sh", "-c", command] : command;
    const path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    // The lab's own: those of a host like OpenWrt's are busybox'.
    const tool = (name: string) => (this.likeOpenWrt ? `/usr/libexec/lab/bin/${name}` : name);
    const clean = [
      tool("env"),
      "-i",
      "-C",
      "/root",
      path,
      "HOME=/root",
      "LANG=C.UTF-8",
      `TERM=${process.env.TERM ?? "dumb"}`,
    ];
    const limit = [
      tool("setpriv"),
      "--pdeathsig",
      "KILL",
      "--bounding-set",
      lackingCapabilities(leader),
      "--",
    ];
    // nsenter would stop with a child that is stopped, as by the host's shutdown, and never go on. A shell just waits.
    const wait = ["sh", "-c", '"$@"; exit "$?"', "sh"];
    const enter = ["nsenter", "--target", String(leader), "--all", "--no-fork"];
    return [...enter, "--", ...wait, ...limit, ...clean, ...inside] as [string, ...string[]];
  }

  /** Text of a file on the host. */
  async readFile(path: string): Promise<string> {
    return (await this.exec(["cat", "--", path])).stdout;
  }

  /** Writes a file on the host. `mode` is octal, as chmod takes it. @default "644" */
  async writeFile(path: string, text: string, mode = "644"): Promise<void> {
    // Never readable by more than it is to be.
    const put = 'mkdir -p "$(dirname "$1")" && (umask 077 && cat >"$1") && chmod "$2" "$1"';
    await this.exec(["sh", "-c", put, "sh", path, mode], { stdin: text });
  }

  /** Whether the switch forwards from and to the host: its port neither unplugged nor silenced. */
  private async isForwarded(): Promise<boolean> {
    if (existsSync(this.unpluggedMark)) return false;
    const silenced =
      "nft list set bridge faults silent; nft list set bridge faults mute; nft list set bridge faults deaf";
    return !(await inNamespace(this.switch, silenced)).includes(`"${this.port}"`);
  }

  /** Whether the host sees a carrier on eth0; false while it is off. */
  get hasCarrier(): boolean {
    const leader = this.leader();
    if (leader === undefined) return false;
    try {
      return readProc(`/proc/${leader}/root/sys/class/net/eth0/carrier`) === "1\n";
    } catch (error) {
      // How the kernel says that the interface is not up yet.
      if ((error as NodeJS.ErrnoException).code === "EINVAL") return false;
      throw error;
    }
  }

  /** The host's processes, with pids as this machine counts them. */
  processes(): { pid: number; parent: number; comm: string }[] {
    return groupPids(this.group).flatMap((pid) => {
      const status = readProc(`/proc/${pid}/status`) ?? "";
      const field = (name: string) => new RegExp(`^${name}:\\t(.*)$`, "m").exec(status)?.[1];
      const comm = field("Name");
      return comm === undefined ? [] : [{ pid, parent: Number(field("PPid")), comm }];
    });
  }

  /** A file that keeps the cable unplugged over a reboot. */
  get unpluggedMark(): string {
    return join(this.directory, "unplugged");
  }

  /** Read from /proc only, so that it costs nothing and works while the host is not yet ready for a command. */
  private isListening(): boolean {
    const leader = this.leader();
    if (leader === undefined) return false;
    const listening = / [0-9A-F]+:0016 [0-9A-F]+:0000 0A /.test(readProc(`/proc/${leader}/net/tcp`) ?? "");
    // Like most, its network daemon gives an interface no address before there is a carrier.
    if (!listening || existsSync(this.unpluggedMark)) return listening;
    const routes = readProc(`/proc/${leader}/net/fib_trie`) ?? "";
    const addresses6 = readProc(`/proc/${leader}/net/if_inet6`) ?? "";
    const own = Buffer.from(parse(this.address6).toByteArray()).toString("hex");
    // Fields: address, interface's number, prefix length, scope, flags; 0x40 marks an address still being checked.
    const lines = addresses6.split("\n").map((line) => line.trim().split(/ +/));
    const settled = lines.every(([, , , , flags = "0"]) => (parseInt(flags, 16) & 0x40) === 0);
    const usable = settled && lines.some(([address]) => address === own);
    return usable && new RegExp(`-- ${this.address}\\n`).test(routes);
  }

  /** Pid, on this machine, of the host's init. */
  private leader(): number | undefined {
    return groupPids(this.group).find((pid) => {
      const ids = /^NSpid:\t(.*)$/m.exec(readProc(`/proc/${pid}/status`) ?? "")?.[1]?.split("\t");
      return (
        ids?.length === 2 && ids[1] === "1" && /^(systemd|init)\n/.test(readProc(`/proc/${pid}/comm`) ?? "")
      );
    });
  }
}

/** The capabilities that this process has and the host has not, as setpriv takes them away. */
function lackingCapabilities(leader: number): string {
  const bounding = (pid: number | "self") =>
    BigInt(`0x${/^CapBnd:\t(.*)$/m.exec(readProc(`/proc/${pid}/status`) ?? "")?.[1] ?? "0"}`);
  const lacking = bounding("self") & ~bounding(leader);
  const bits = [...lacking.toString(2)].reverse();
  return bits.flatMap((bit, number) => (bit === "1" ? [`-cap_${number}`] : [])).join(",") || "+chown";
}
