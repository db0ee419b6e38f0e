import { type Host, Image, Lab, Stack, until } from "../../lab";
import { mac } from "../../lab/network";
import { namedNamespace, Watch } from "../../lab/watch";
import { configure, nodeOf } from "../e2e/pair/cluster";
import type { Role, Step } from "./cases";
import { allVips, type ChangeName, changes, type Spec } from "./changes";
import { count, counted, prepareHost } from "./host";
import { Program } from "./program";
import { type HostState, stateOf } from "./state";

/** Seconds until a host goes back by itself: HaPair's `undoAfter`. */
export const undoSeconds = 30;

/** Calls of each step, of the host in each role, when nothing happens to an apply. */
type Calls = Map<Role, Map<Step, number>>;

/** Two hosts on a switch, the stack that makes them a pair, and what it was told last. */
export class World {
  /** What the stack has applied; undefined: nothing, or it is not known. */
  spec: ChangeName | undefined;

  private constructor(
    readonly lab: Lab,
    readonly stack: Stack,
    readonly program: Program,
  ) {}

  static async create(name: string): Promise<World> {
    const hosts = ["gw-a", "gw-b"].map((host) => ({
      name: host,
      image: Image.Installable,
      diskMegabytes: 256,
    }));
    const lab = await Lab.start({ name, hosts });
    const program = Program.create();
    try {
      const stack = await Stack.create({ client: lab.client, program: program.path });
      for (const host of lab.hosts) await prepareHost(host);
      const world = new World(lab, stack, program);
      process.on("exit", world.removeDirectories);
      return world;
    } catch (error) {
      program.remove();
      await lab.stop();
      throw error;
    }
  }

  async remove(): Promise<void> {
    await this.lab.stop();
    this.removeDirectories();
    process.off("exit", this.removeDirectories);
  }

  /** As the lab ends with this process, so does what belongs to it. */
  private readonly removeDirectories = (): void => {
    this.stack.remove();
    this.program.remove();
  };

  /** Tells the stack what the cluster is to be. */
  async configure(name: ChangeName, more: Record<string, unknown> = {}): Promise<void> {
    const { cluster, priority, secrets, vips, virtualRouterId }: Spec = changes[name];
    const nodes = this.lab.hosts.map((host, index) => ({
      ...nodeOf(host),
      priority: priority - 10 * index,
    }));
    const virtualIpAddresses = vips.map((vip) => `${vip}/24`);
    await configure(
      this.stack,
      this.lab,
      nodes,
      { ...cluster, virtualIpAddresses, virtualRouterId, undoAfter: undoSeconds, ...more },
      secrets,
    );
  }

  /** Makes the hosts what a case starts from; nothing to do when they are. */
  async be(name: ChangeName): Promise<void> {
    if (this.spec === name) return;
    this.spec = undefined;
    await this.configure(name);
    await this.stack.up();
    this.spec = name;
  }

  /** Learns how many calls each step makes, and is at `base` then. */
  async calibrate(): Promise<Calls> {
    await this.be("preempt-delay");
    const holder = await this.holder();
    for (const host of this.lab.hosts) await count(host);
    this.program.renewAgent();
    await this.be("base");
    const calls: Calls = new Map();
    for (const host of this.lab.hosts) calls.set(host === holder ? "holder" : "backup", await counted(host));
    return calls;
  }

  /** The host that alone holds the address of the pair. */
  async holder(): Promise<Host> {
    const [vip] = allVips;
    return until("one host holds the address", 20_000, async () => {
      const states = await this.states();
      const holders = this.lab.hosts.filter((host) => states.get(host.name)?.addresses.includes(vip!));
      return holders.length === 1 && holders[0];
    });
  }

  async states(): Promise<Map<string, HostState>> {
    const read = this.lab.hosts.map(async (host) => [host.name, await stateOf(host)] as const);
    return new Map(await Promise.all(read));
  }

  /** Sees who holds which address at every moment. Nobody asks the addresses: that is another test's matter. */
  async watch(): Promise<Watch> {
    return Watch.start({
      observer: namedNamespace(this.lab.client.switch),
      bridge: "br0",
      hosts: this.lab.hosts.map(({ name, netns, address }) => ({
        name,
        mac: mac(Number(address.split(".").pop())),
        namespace: namedNamespace(netns),
      })),
      vips: allVips,
    });
  }

  /** Whether a new SSH connection to a host works; the words of ssh where it does not. */
  async sshProblem(host: Host): Promise<string | undefined> {
    const { privateKeyFile } = this.lab.ssh(host);
    const options = ["ConnectTimeout=5", "BatchMode=yes", `UserKnownHostsFile=${this.lab.knownHostsFile}`];
    const argv = ["ssh", "-F", "none", "-i", privateKeyFile, ...options.flatMap((option) => ["-o", option])];
    const { code, stderr } = await this.lab.client.exec([...argv, `root@${host.address}`, "true"], {
      check: false,
      timeout: 10_000,
    });
    return code === 0
      ? undefined
      : `a new SSH connection does not work: ${stderr.trim() || `exit status ${code}`}`;
  }
}
