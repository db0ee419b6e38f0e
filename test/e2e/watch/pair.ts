import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Watch, namedNamespace } from "../../../lab/watch";
import type { VrrpVersion } from "../../../spec/model";

const ip = (...args: string[]) => execFileSync("ip", args, { encoding: "utf8" });

export interface PairOptions {
  version: VrrpVersion;
  family: 4 | 6;
  advertInt: number;
}

const stations = { a: 11, b: 12, client: 100 } as const;
type Station = keyof typeof stations;
type HostName = "a" | "b";
export const priorities: Record<HostName, number> = { a: 100, b: 90 };
export const virtualRouterId = 51;

/** Two real keepalived daemons and a client on a bridge, each in a plain network namespace. */
export class Pair {
  readonly vip: string;
  private readonly directory = mkdtempSync(join(tmpdir(), "watch-"));
  private readonly prefix = `kw${process.pid.toString(36)}${Math.random().toString(36).slice(2, 5)}`;
  private readonly daemons: Partial<Record<HostName, ChildProcess>> = {};

  constructor(private readonly options: PairOptions) {
    this.vip = this.address(200);
    ip("netns", "add", this.namespace("switch"));
    ip("-n", this.namespace("switch"), "link", "add", "br0", "type", "bridge", "mcast_snooping", "0");
    ip("-n", this.namespace("switch"), "link", "set", "br0", "up");
    for (const station of Object.keys(stations) as Station[]) this.plug(station);
  }

  namespace(name: Station | "switch"): string {
    return `${this.prefix}-${name}`;
  }

  /** The cable as a host sees it: down is without carrier. */
  setCable(host: HostName, state: "up" | "down"): void {
    ip("-n", this.namespace("switch"), "link", "set", `p-${host}`, state);
  }

  /** Starts keepalived. */
  start(host: HostName): void {
    const file = (name: string) => join(this.directory, `${host}-${name}`);
    writeFileSync(file("keepalived.conf"), this.configuration(host));
    // A killed daemon leaves its pid files, and a pid in them may still be a zombie's: the next one would not start.
    for (const pid of ["pid", "vrrp.pid", "check.pid"]) rmSync(file(pid), { force: true });
    const pids = ["-p", file("pid"), "-r", file("vrrp.pid"), "-c", file("check.pid")];
    const daemon = [
      "keepalived",
      "--dont-fork",
      "--log-console",
      "--vrrp",
      "-f",
      file("keepalived.conf"),
      ...pids,
    ];
    const inside = ["nsenter", `--net=/run/netns/${this.namespace(host)}`, "--", ...daemon];
    this.daemons[host] = spawn("setpriv", ["--pdeathsig", "TERM", ...inside], { stdio: "ignore" });
  }

  /** Stops keepalived as its init system does. */
  async stop(host: HostName): Promise<void> {
    await this.end(host, "SIGTERM");
  }

  /** Kills all of a host's keepalived processes, so that none can clean up. */
  async kill(host: HostName): Promise<void> {
    const parent = this.runningDaemon(host)?.pid;
    if (parent === undefined) return;
    // Stopped first, so that it neither cleans up after its child nor starts a new one.
    process.kill(parent, "SIGSTOP");
    const children = readFileSync(`/proc/${parent}/task/${parent}/children`, "utf8").trim().split(" ");
    for (const child of children.filter(Boolean)) process.kill(Number(child), "SIGKILL");
    await this.end(host, "SIGKILL");
  }

  /** Removes what a dead keepalived left. */
  removeVip(host: HostName): void {
    const length = this.options.family === 4 ? 32 : 128;
    ip("-n", this.namespace(host), "address", "del", `${this.vip}/${length}`, "dev", "eth0");
  }

  /** Takes the power away: cable, processes, namespace. */
  async powerOff(host: HostName): Promise<void> {
    ip("-n", this.namespace("switch"), "link", "del", `p-${host}`);
    await this.kill(host);
    ip("netns", "del", this.namespace(host));
  }

  /** Gives a host that was powered off a new namespace. */
  plug(station: Station): void {
    const namespace = this.namespace(station);
    const sw = this.namespace("switch");
    const port = `p-${station}`;
    ip("netns", "add", namespace);
    ip(
      "-n",
      sw,
      "link",
      "add",
      port,
      "type",
      "veth",
      "peer",
      "name",
      "eth0",
      "address",
      mac(station),
      "netns",
      namespace,
    );
    ip("-n", sw, "link", "set", port, "master", "br0", "up");
    ip("-n", namespace, "link", "set", "lo", "up");
    ip("-n", namespace, "link", "set", "eth0", "up");
    const length = this.options.family === 4 ? "24" : "64";
    const own = `${this.address(stations[station])}/${length}`;
    ip(
      "-n",
      namespace,
      "address",
      "add",
      own,
      "dev",
      "eth0",
      ...(this.options.family === 6 ? ["nodad"] : []),
    );
  }

  watch(): Promise<Watch> {
    return Watch.start({
      observer: namedNamespace(this.namespace("switch")),
      bridge: "br0",
      hosts: (["a", "b"] as const).map((name) => ({
        name,
        mac: mac(name),
        namespace: namedNamespace(this.namespace(name)),
      })),
      client: { namespace: namedNamespace(this.namespace("client")), interface: "eth0" },
      vips: [this.vip],
    });
  }

  /** Ends all and leaves nothing. */
  async destroy(): Promise<void> {
    for (const host of ["a", "b"] as const) await this.kill(host);
    const ours = readdirSync("/run/netns").filter((name) => name.startsWith(`${this.prefix}-`));
    for (const name of ours) ip("netns", "del", name);
    rmSync(this.directory, { recursive: true });
  }

  private runningDaemon(host: HostName): ChildProcess | undefined {
    const daemon = this.daemons[host];
    return daemon?.exitCode === null && daemon.signalCode === null ? daemon : undefined;
  }

  private async end(host: HostName, signal: NodeJS.Signals): Promise<void> {
    const daemon = this.runningDaemon(host);
    delete this.daemons[host];
    if (!daemon) return;
    const closed = new Promise((resolve) => daemon.on("close", resolve));
    daemon.kill(signal);
    await closed;
  }

  private address(station: number): string {
    return this.options.family === 4 ? `10.77.0.${station}` : `fd77::${station}`;
  }

  private configuration(host: HostName): string {
    const { version, advertInt, family } = this.options;
    const peer = host === "a" ? "b" : "a";
    return `global_defs {
  router_id ${host}
  vrrp_version ${version}
}
vrrp_instance vip {
  state BACKUP
  interface eth0
  virtual_router_id ${virtualRouterId}
  priority ${priorities[host]}
  advert_int ${advertInt}
  unicast_src_ip ${this.address(stations[host])}
  unicast_peer {
    ${this.address(stations[peer])}
  }
  virtual_ipaddress {
    ${this.vip}/${family === 4 ? 32 : 128} dev eth0
  }
}
`;
  }
}

const mac = (station: Station): string => `02:00:00:00:77:${stations[station].toString(16).padStart(2, "0")}`;
