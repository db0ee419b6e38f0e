import { agentInstaller } from "../../../components/agent";
import { Host, Lab, until } from "../../../lab";
import { bundle, generationOf, hostDigest, renderHost } from "../../../render";
import { ClusterInput, hostPlan, parseCluster } from "../../../spec";

/** Token of who manages the cluster. */
export const OWNER = "project/stack/gw";

/** Its virtual address, where nothing else is said. */
export const VIP = "10.20.30.200";

/** A cluster of two hosts of a lab, changed step by step as the components do it. */
export class Pair {
  constructor(
    private readonly lab: Lab,
    private readonly input: Partial<ClusterInput> = {},
  ) {}

  get hosts(): readonly Host[] {
    return this.lab.hosts;
  }

  /** The same pair with other values. */
  with(input: Partial<ClusterInput>): Pair {
    return new Pair(this.lab, { ...this.input, ...input });
  }

  /** Bundle of each host, and the generation. */
  render(): { generation: string; bundles: string[] } {
    const input = {
      name: "gw",
      virtualRouterId: 51,
      version: 2,
      virtualIpAddresses: [`${VIP}/24`],
      authPass: "geheim",
      nodes: this.hosts.map((host) => ({
        name: host.name,
        connection: { host: host.address, privateKey: "none", hostKey: host.hostKey },
        interface: "eth0",
        unicastSrcIp: host.address,
      })),
      ...this.input,
    };
    const parsed = parseCluster(input);
    if (!("value" in parsed)) throw new Error(JSON.stringify(parsed.problems));
    if (!("value" in parsed)) throw new Error(JSON.stringify(parsed));
    const cluster = parsed.value;
    const files = this.hosts.map((host) => renderHost(hostPlan(cluster, host.name)));
    const generation = generationOf(files.map(hostDigest));
    const packages = { keepalived: "keepalived" };
    return {
      generation,
      bundles: files.map((list) =>
        bundle({ cluster: "gw", owner: OWNER, generation, packages, files: list }),
      ),
    };
  }

  async installAgent(): Promise<void> {
    await Promise.all(this.hosts.map((host) => host.exec("sh", { stdin: agentInstaller() })));
  }

  /** The agent, all steps, and the first host as the holder. */
  async begin(): Promise<void> {
    await this.installAgent();
    await this.apply();
    await this.isHeldBy(this.hosts[0]!);
  }

  /** Waits until this host alone has the address. */
  async isHeldBy(host: Host, limit = 30_000): Promise<void> {
    await until(`${host.name} alone holds the address`, limit, async () => {
      const found = await holders(this.hosts, VIP);
      return found.join() === host.name;
    });
  }

  async stage(): Promise<string> {
    const { generation, bundles } = this.render();
    await Promise.all(this.hosts.map((host, i) => this.step(host, "stage", [], bundles[i])));
    return generation;
  }

  /** All steps; the answers of activate, in the order of the hosts. */
  async apply(): Promise<{ generation: string; activated: string[] }> {
    const generation = await this.stage();
    const activated: string[] = [];
    for (const host of this.hosts) activated.push(await this.step(host, "activate", ["gw", generation]));
    for (const host of this.hosts) await this.step(host, "finish", ["gw", generation]);
    for (const host of this.hosts) await this.step(host, "join", ["gw", generation]);
    const observations = await this.observe(generation);
    await Promise.all(this.hosts.map((host) => this.step(host, "confirm", ["gw", generation], observations)));
    return { generation, activated };
  }

  async observe(generation: string): Promise<string> {
    const seen = await Promise.all(this.hosts.map((host) => this.step(host, "observe", ["gw", generation])));
    return seen.join("\n");
  }

  /** Runs one step on a host and returns what it printed, without the last newline. */
  async step(host: Host, name: string, args: string[], stdin = ""): Promise<string> {
    const { stdout } = await host.exec(["vrrp-agent", name, ...args], { stdin });
    return stdout.trimEnd();
  }
}

/** Names of the hosts that have the address on eth0. */
export async function holders(hosts: readonly Host[], address: string): Promise<string[]> {
  const found = await Promise.all(
    hosts.map(async (host) => {
      const { stdout } = await host.exec("ip -o address show dev eth0");
      return stdout.includes(` ${address}/`) ? [host.name] : [];
    }),
  );
  return found.flat();
}
