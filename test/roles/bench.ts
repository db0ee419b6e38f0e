import { type ChildProcess, execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { join } from "node:path";

import { type Host, Image, Lab, Stack, until } from "../../lab";
import { CLI } from "../cli";
import { holders, privateKeyOf, VIP } from "../e2e/pair/cluster";
import type { Change } from "./changes";
import { giveReplicationAccount, serveZone } from "./prepare";
import { Writer } from "./writer";

const RECEIVERS = join(__dirname, "../e2e/pair/programs/receivers/receivers.mjs");

/** What is to be seen of a host, of each thing whether it has the master's. */
export interface Sight {
  role: string;
  address: boolean;
  writable: boolean;
  gateway: boolean;
  backup: boolean;
  jobs: boolean;
  named: boolean;
}

/** What was seen of one change. */
export interface Seen {
  change: Change;
  from: string;
  to: string;
  /** Seconds from the strike to when all was settled. */
  settled: number;
  /** Longest time between two writes that were acknowledged, in seconds. */
  pause: number;
  /** Acknowledged writes that the master has not. */
  lost: number[];
  /** What is not as it must be; empty: nothing. */
  failures: string[];
}

/** examples/web-db-gateway between two real hosts, with a DNS server and who is told. */
export class Bench {
  private writer?: Writer;
  private receivers?: ChildProcess;
  /** Bodies of the webhook, in the order in which they came. */
  readonly told: { node: string; role: string }[] = [];
  private readonly tsig = randomBytes(32).toString("base64");

  private constructor(
    readonly lab: Lab,
    readonly stack: Stack,
  ) {}

  static async start(log?: (line: string) => void): Promise<Bench> {
    const hosts = ["gw-a", "gw-b", "ns"].map((name) => ({
      name,
      image: Image.Services,
      diskMegabytes: 1024,
    }));
    const lab = await Lab.start({ name: "roles", hosts, log });
    let stack: Stack | undefined;
    try {
      stack = await Stack.create({ client: lab.client, program: "examples/web-db-gateway", log });
      const bench = new Bench(lab, stack);
      await bench.prepare();
      await stack.up();
      await bench.settle();
      bench.writer = new Writer(lab, { disk: "ns", vip: VIP, table: "counter.writes" });
      await bench.writer.goesOn();
      return bench;
    } catch (error) {
      stack?.remove();
      await lab.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    await this.writer?.stop();
    this.receivers?.kill("SIGKILL");
    this.stack.remove();
    await this.lab.stop();
  }

  private get gateways(): [Host, Host] {
    return [this.lab.host("gw-a"), this.lab.host("gw-b")];
  }

  private get ns(): Host {
    return this.lab.host("ns");
  }

  holders(): Promise<string[]> {
    return holders(this.gateways.filter(({ isOn }) => isOn));
  }

  /** What the operator's own machine is asked to do. */
  async switchover(to: Host): Promise<void> {
    await this.stack.run([...CLI, "switchover", "--to", to.name, "--stack", "lab"]);
  }

  /** MariaDB with the accounts that docs/roles.md asks for, a zone, what the gateway passes requests to, and who is told. */
  private async prepare(): Promise<void> {
    await Promise.all(
      this.gateways.map(async (host) => {
        await host.exec("systemctl --quiet enable --now mariadb cron");
        await giveReplicationAccount(host);
      }),
    );
    const [a, b] = this.gateways;
    await a.exec(["mariadb"], {
      stdin: `CREATE DATABASE counter; CREATE TABLE counter.writes (i INT PRIMARY KEY);
       CREATE USER app@'%' IDENTIFIED BY 'app'; GRANT ALL ON counter.* TO app@'%';`,
    });
    await serveZone(this.ns, this.tsig);
    await this.ns.exec("mkdir -p /srv/www && echo well >/srv/www/index.html");
    await this.ns.exec("systemd-run --quiet --unit=backend busybox httpd -f -p 8080 -h /srv/www");
    this.listen();
    await this.stack.configure(
      {
        addressA: a.address,
        addressB: b.address,
        hostKeyA: a.hostKey,
        hostKeyB: b.hostKey,
        vip: `${VIP}/24`,
        upstream: `${this.ns.address}:8080`,
        dnsServer: this.ns.address,
        zone: "example.org",
        webhook: `http://${this.lab.client.address}:8080/roles`,
      },
      { privateKey: privateKeyOf(this.lab), tsig: this.tsig, webhookSecret: "a secret of the test's" },
    );
  }

  private listen(): void {
    this.receivers = this.lab.client.spawn([process.execPath, RECEIVERS], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let partial = "";
    this.receivers.stdout!.on("data", (chunk: Buffer) => {
      const lines = (partial + chunk.toString()).split("\n");
      partial = lines.pop()!;
      this.told.push(
        ...lines.map((line) => {
          const { body } = JSON.parse(line) as { body: string };
          return JSON.parse(body) as { node: string; role: string };
        }),
      );
    });
  }

  /** What a host has, by the host itself and the DNS. */
  async sightOf(host: Host): Promise<Sight> {
    const look = `
      vrrp-agent status --json | tr ',{' '\\n\\n' | sed -n 's/^"reached":"\\(.*\\)"/role \\1/p'
      ip -o address show | grep -q ' ${VIP}/' && echo address
      [ "$(mariadb -BNe 'SELECT @@read_only + 0')" = 0 ] && echo writable
      systemctl -q is-active nginx && echo gateway
      [ -e /etc/cron.d/backup ] && echo backup
      systemctl -q is-active cron && echo jobs
      true`;
    const { stdout } = await host.exec(look, { check: false });
    const has = (word: string) => stdout.split("\n").includes(word);
    const { stdout: named } = await this.ns.exec([
      "dig",
      `@${this.ns.address}`,
      "+short",
      "www.example.org",
      "A",
    ]);
    return {
      role: /^role (\w+)$/m.exec(stdout)?.[1] ?? "none",
      address: has("address"),
      writable: has("writable"),
      gateway: has("gateway"),
      backup: has("backup"),
      jobs: has("jobs"),
      named: named.trim() === host.address,
    };
  }

  /** Waits until one host has all of a master's and the other none; who has it, and in words what is not so, if it never is. */
  async settle(): Promise<{ master?: Host; failures: string[] }> {
    const end = Date.now() + 150_000;
    for (;;) {
      const sights = await Promise.all(this.gateways.map((host) => this.sightOf(host)));
      const roles = sights.map(({ role, ...rest }) => {
        const all = Object.values(rest);
        if (role === "master" && all.every(Boolean)) return "master";
        return role === "backup" && !all.some(Boolean) ? "backup" : "neither";
      });
      const at = roles.indexOf("master");
      if (at >= 0 && roles[1 - at] === "backup") {
        return { master: this.gateways[at], failures: [] };
      }
      if (Date.now() > end) {
        return { failures: this.gateways.map((host, i) => `${host.name} has ${JSON.stringify(sights[i])}`) };
      }
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }

  /** Lets a change happen, and sees what becomes of it. */
  async run(change: Change): Promise<Seen> {
    const before = await this.settle();
    const { master } = before;
    if (master === undefined || this.writer === undefined) {
      return {
        change,
        from: "nobody",
        to: "nobody",
        settled: 0,
        pause: 0,
        lost: [],
        failures: before.failures,
      };
    }
    const backup = this.gateways.find((host) => host !== master)!;
    await this.writer.goesOn();
    const started = Date.now();
    const watch = this.watchWrites();
    await change.strike(this, master, backup);
    const after = await this.settle();
    const settled = (Date.now() - started) / 1000;
    const failures = [...after.failures];
    try {
      await this.writer.goesOn();
    } catch (error) {
      failures.push((error as Error).message);
    }
    const pause = watch();
    const lost = after.master === undefined ? [] : await this.lostOn(after.master);
    if (lost.length > 0)
      failures.push(`${lost.length} acknowledged writes are lost: ${lost.slice(0, 10).join(", ")}`);
    if (after.master !== undefined) failures.push(...(await this.untold(after.master)));
    return { change, from: master.name, to: after.master?.name ?? "nobody", settled, pause, lost, failures };
  }

  /** Longest pause between two acknowledged writes, from now until it is asked for. */
  private watchWrites(): () => number {
    const { acknowledged } = this.writer!;
    let [count, at, longest] = [acknowledged.length, Date.now(), 0];
    const timer = setInterval(() => {
      if (acknowledged.length === count) return;
      longest = Math.max(longest, Date.now() - at);
      [count, at] = [acknowledged.length, Date.now()];
    }, 20);
    return () => {
      clearInterval(timer);
      return Math.max(longest, Date.now() - at) / 1000;
    };
  }

  /** Acknowledged writes that a host has not. */
  private async lostOn(host: Host): Promise<number[]> {
    const acknowledged = [...this.writer!.acknowledged];
    const { stdout } = await host.exec(["mariadb", "-BN"], { stdin: "SELECT i FROM counter.writes;" });
    const there = new Set(stdout.split("\n").map(Number));
    return acknowledged.filter((i) => !there.has(i));
  }

  /** What the events and the webhook say otherwise than it is. */
  private async untold(master: Host): Promise<string[]> {
    const failures: string[] = [];
    for (const host of this.gateways) {
      const role = host === master ? "master" : "backup";
      const events = (
        await host.exec("cat /var/log/vrrp-agent/events.jsonl.1 /var/log/vrrp-agent/events.jsonl", {
          check: false,
        })
      ).stdout;
      const last = events
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as { kind: string; to?: string })
        .findLast(({ kind }) => kind === "ROLE");
      if (last?.to !== role)
        failures.push(`${host.name}: the last event says ${last?.to}, and it is ${role}`);
      try {
        await until(
          `the webhook says that ${host.name} is ${role}`,
          60_000,
          () => this.told.findLast(({ node }) => node === host.name)?.role === role,
        );
      } catch (error) {
        failures.push((error as Error).message);
      }
    }
    return failures;
  }

  /** What it was made with. */
  async facts(): Promise<string[]> {
    const versions = await this.lab
      .host("gw-a")
      .exec(
        "keepalived --version 2>&1 | sed -n '1s/.* v\\([0-9.]*\\).*/keepalived \\1/p'; mariadb --version | sed 's/.*Distrib \\([0-9.]*\\).*/MariaDB \\1/'; nginx -v 2>&1 | sed 's/.*nginx.\\([0-9.]*\\).*/nginx \\1/'",
      );
    const kernel = execFileSync("uname", ["-r"], { encoding: "utf8" }).replace(
      /^(\d+\.\d+).*\n$/,
      "Linux $1",
    );
    return [...versions.stdout.trim().split("\n"), kernel];
  }
}
