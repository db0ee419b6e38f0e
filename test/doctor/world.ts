import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Host, Lab, Stack, until } from "../../lab";
import { CLI } from "../cli";
import { configure, holders, type NodeInput, privateKeyOf } from "../e2e/pair/cluster";
import { differencesOf, snapshot, type Snapshot } from "./snapshot";
import { type WorldKind, type WorldName, worlds } from "./worlds";

/** Milliseconds within which a pair that was put right is well. */
const HEALS = 30_000;

/** ... of a new pair: what a role failed to do on a busy machine it tries again after 30 s. */
const FIRST = 180_000;

/** What of `vrrp-agent status --json` is looked at. */
interface Status {
  clusters: {
    cluster: string;
    pending: boolean;
    drift: string[];
    drained: boolean;
    promoted: boolean;
    checks: { name: string; state: string }[];
    role: { wanted: string; reached: string } | null;
    actions?: { name: string; state: string }[];
  }[];
}

/** A pair on real hosts that is well, and is so again after each case. */
export class World {
  readonly kind: WorldKind;
  /** Each host as it was when all was well. */
  private baseline: Snapshot[] = [];
  private readonly directory = mkdtempSync(join(tmpdir(), "doctor-"));
  /** Whatever a case leaves for its own end. */
  readonly kept = new Map<string, string>();

  private constructor(
    readonly name: WorldName,
    readonly lab: Lab,
    readonly stack: Stack,
  ) {
    this.kind = worlds[name];
  }

  static async create(name: WorldName, log?: (line: string) => void): Promise<World> {
    const kind: WorldKind = worlds[name];
    const lab = await Lab.start({ name: `doctor-${name}`, hosts: [...kind.hosts] });
    try {
      await kind.prepare?.(lab);
      const stack = await Stack.create({ client: lab.client, program: kind.example?.program });
      const world = new World(name, lab, stack);
      try {
        await world.apply();
        await world.begin();
      } catch (error) {
        await world.remove();
        throw error;
      }
      log?.(`world ${name} is there`);
      return world;
    } catch (error) {
      await lab.stop();
      throw error;
    }
  }

  async remove(): Promise<void> {
    await this.lab.stop();
    this.stack.remove();
    rmSync(this.directory, { recursive: true, force: true });
  }

  host(name: string): Host {
    return this.lab.host(name);
  }

  get nodes(): Host[] {
    return this.kind.nodes.map((name) => this.host(name));
  }

  /** The node that holds the address while all is well. */
  get home(): Host {
    return this.host(this.kind.nodes[0]);
  }

  other(host: Host): Host {
    return this.nodes.find((one) => one !== host && one.name !== host.name)!;
  }

  /** Gives the stack its spec, with changes, and runs `pulumi up`. */
  async apply(changes: Record<string, unknown> = {}): Promise<void> {
    const { example, spec } = this.kind;
    if (example !== undefined) {
      const project = example.program.replace("examples/", "");
      const plain = Object.entries(example.config(this.lab)).map(([key, value]) => [
        `${project}:${key}`,
        value,
      ]);
      await this.stack.configure(Object.fromEntries(plain) as Record<string, unknown>, {
        privateKey: privateKeyOf(this.lab),
      });
    } else {
      const { nodes, authPass, ...rest } = { ...spec(this.lab), ...changes } as Record<string, unknown> & {
        authPass?: string;
      };
      const secrets: Record<string, string> = authPass === undefined ? {} : { authPass };
      await configure(this.stack, this.lab, nodes as NodeInput[], rest, secrets);
    }
    await this.stack.up();
  }

  /** Runs `pulumi-keepalived VERB` as the operator does, with the cluster's spec. */
  async cli(verb: string, ...words: string[]) {
    const started = Date.now();
    const argv = [...CLI, verb, "--spec", this.specFile(), ...words];
    const result = await this.lab.client.exec(argv, { check: false, timeout: 150_000 });
    return { ...result, seconds: (Date.now() - started) / 1000 };
  }

  private specFile(): string {
    const { nodes, ...spec } = this.kind.spec(this.lab) as Record<string, unknown> & { nodes: NodeInput[] };
    const privateKey = privateKeyOf(this.lab);
    const reached = nodes.map((node) => ({ ...node, connection: { ...node.connection, privateKey } }));
    const path = join(this.directory, "spec.json");
    writeFileSync(path, JSON.stringify({ ...spec, nodes: reached }), { mode: 0o600 });
    return path;
  }

  service(verb: string): string {
    return this.kind.service?.(verb) ?? `systemctl ${verb} keepalived`;
  }

  /** Names of the nodes that have the address. */
  holders(): Promise<string[]> {
    return holders(
      this.nodes.filter(({ isOn }) => isOn),
      this.kind.vip,
    );
  }

  async isHeldBy(...names: string[]): Promise<boolean> {
    return (await this.holders()).sort().join() === [...names].sort().join();
  }

  /** Whether somebody who is to reach the address does. */
  async answers(): Promise<boolean> {
    const { asks, vip } = this.kind;
    const ping = `ping -n -c 1 -W 1 ${vip}`;
    if (asks === undefined) return (await this.lab.client.exec(ping, { check: false })).code === 0;
    if (asks !== "peer") return (await this.host(asks.host).exec(ping, { check: false })).code === 0;
    const [holder] = await this.holders();
    const from = this.nodes.find(({ name }) => name !== holder);
    return from !== undefined && (await from.exec(ping, { check: false })).code === 0;
  }

  /** What keeps the pair from being well; undefined: nothing does. */
  async unwell(): Promise<string | undefined> {
    const holding = await this.holders();
    if (holding.join() !== this.home.name) return `held by ${holding.join(" and ") || "nobody"}`;
    for (const host of this.nodes) {
      const { stdout, code, stderr } = await host.exec("vrrp-agent status --json", { check: false });
      // Not every host has pgrep.
      const hears = await host.exec(
        "cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' ' | grep -q '[v]rrp-agent notify /run'",
        { check: false },
      );
      if (hears.code !== 0) return `${host.name}: nobody reads keepalived's FIFO`;
      if (code !== 0) return `${host.name}: vrrp-agent status: ${stderr.trim()}`;
      for (const cluster of (JSON.parse(stdout) as Status).clusters) {
        const told = `${host.name}: ${cluster.cluster}:`;
        if (cluster.pending) return `${told} pending`;
        if (cluster.drained || cluster.promoted) return `${told} drained or promoted`;
        if (cluster.drift.length > 0) return `${told} ${cluster.drift.join("; ")}`;
        // That of a witness fails wherever the node may not hold.
        const bad = cluster.checks.find(({ name, state }) => name !== "witness" && state !== "passing");
        if (bad !== undefined) return `${told} check ${bad.name} is ${bad.state}`;
        const wanted = host === this.home || host.name === this.home.name ? "master" : "backup";
        if (cluster.role !== null && cluster.role.reached !== wanted)
          return `${told} role ${cluster.role.reached}`;
      }
    }
    if (!(await this.answers())) return `${this.kind.vip} does not answer`;
    return undefined;
  }

  private async isWell(within: number): Promise<void> {
    let word: string | undefined = "";
    await until("the pair is well", within, async () => (word = await this.unwell()) === undefined).catch(
      (error: Error) => {
        throw new Error(`${error.message}: ${word}`);
      },
    );
    // Whoever is about to take over has done so by then.
    await sleep(1500);
    word = await this.unwell();
    if (word !== undefined) throw new Error(`the pair is not well for long: ${word}`);
  }

  /** All is well for the first time: how everything is now is how it must be after each case. */
  private async begin(): Promise<void> {
    await this.isWell(FIRST);
    this.baseline = await this.look();
    await this.forget();
  }

  /** Waits until the pair is as it was before the case; throws with what is not. */
  async heal(): Promise<void> {
    const mend = async () => {
      for (const host of this.nodes) await host.exec("vrrp-agent undrain", { check: false });
      if (this.kind.sticky && (await this.isHeldBy(this.other(this.home).name))) await this.moveHome();
    };
    await mend();
    await this.isWell(HEALS).catch(async () => {
      // By our own means, as an operator would.
      for (const host of this.nodes) {
        for (const set of [...(this.kind.also ?? []), this.kind.cluster])
          await host.exec(`vrrp-agent reapply ${set}`, { check: false });
      }
      await mend();
      await this.isWell(HEALS);
    });
    const left = differencesOf(this.baseline, await this.look());
    if (left.length > 0) throw new Error(`left behind: ${left.slice(0, 8).join("; ")}`);
    await this.forget();
  }

  private async moveHome(): Promise<void> {
    const { cluster } = this.kind;
    await this.other(this.home).exec(`vrrp-agent drain ${cluster} && vrrp-agent undrain ${cluster}`, {
      check: false,
    });
  }

  /** What has happened is not to be evidence in the next case: as if the pair had been left alone for a while. */
  private async forget(): Promise<void> {
    await Promise.all(
      this.nodes.map((host) =>
        host.exec(
          `if command -v journalctl >/dev/null; then
             journalctl --quiet --rotate; rm -f /var/log/journal/*/*@* /run/log/journal/*/*@*
             systemctl reset-failed
           else
             /etc/init.d/log restart >/dev/null 2>&1 || :
           fi
           rm -f /var/log/audit/audit.log /var/log/vrrp-agent/events.jsonl.1
           [ ! -e /var/log/vrrp-agent/events.jsonl ] || : >/var/log/vrrp-agent/events.jsonl`,
          { check: false },
        ),
      ),
    );
  }

  /** Files, rules and kernel settings of each node. */
  look(): Promise<Snapshot[]> {
    return Promise.all(this.nodes.map(snapshot));
  }

  /** Sees that the address really moves when its holder goes, answers there, and comes back. What was not so, in words. */
  async failover(): Promise<string[]> {
    const failures: string[] = [];
    const moved = async (to: Host) => {
      await until(`${to.name} alone holds the address and answers`, 20_000, async () => {
        return (await this.isHeldBy(to.name)) && (await this.answers());
      }).catch((error: Error) => failures.push(error.message));
    };
    const [holder] = await this.holders();
    if (holder === undefined) return ["nobody holds the address"];
    const from = this.host(holder);
    await from.exec(this.service("stop"));
    await moved(this.other(from));
    await from.exec(this.service("start"));
    if (this.kind.sticky) {
      await sleep(4000);
      await this.other(from).exec(
        `vrrp-agent drain ${this.kind.cluster} && vrrp-agent undrain ${this.kind.cluster}`,
        {
          check: false,
        },
      );
    }
    await moved(from);
    return failures;
  }
}

export const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
