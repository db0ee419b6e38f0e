import type { ChildProcess } from "node:child_process";
import { join } from "node:path";
import { type Host, type Lab, run } from "../../lab";
import { portOfNic } from "../../lab/network";
import { namedNamespace } from "../../lab/watch";
import { sites } from "./network";
import { type Gateway, badLine } from "./scenarios";
import { WITNESS_UNIT } from "./witness";

/** UDP port of the tunnel on both ends, as examples/two-sites leaves it. */
const PORT = 51820;

/** Ports of the router on which the relay has the tunnel's packets of either side. */
const NEAR = 40001;
const FAR = 40002;

/** The router's interface towards a gateway. */
const towards: Record<Gateway, string> = { "gw-a": "eth1", "gw-b": "eth2" };

/** What lies between the gateways, and what can be wrong with it. Each fault may be set and lifted twice. */
export class Line {
  private relay?: ChildProcess;

  constructor(private readonly lab: Lab) {}

  get hasWitness(): boolean {
    return this.lab.hosts.some(({ name }) => name === "third");
  }

  private get router(): Host {
    return this.lab.host("rt-b");
  }

  /** Pulls the cable of a gateway's uplink, or plugs it in. */
  async uplink(gateway: Gateway, state: "up" | "down"): Promise<void> {
    const { switch: ns } = this.lab.host(gateway);
    await run(["ip", "-n", ns, "link", "set", portOfNic(gateway, 1), state]);
  }

  /** Drops the tunnel's UDP, both ways. */
  filter(): Promise<void> {
    return this.rules(
      "cut",
      `chain forward { type filter hook forward priority -10; udp dport ${PORT} drop; udp sport ${PORT} drop; }`,
    );
  }

  pass(): Promise<void> {
    return this.rules("cut");
  }

  /** The uplink's target, which is the router, does not answer a gateway. */
  silence(gateway: Gateway): Promise<void> {
    const rule = `iifname "${towards[gateway]}" icmp type echo-request drop;`;
    return this.rules(
      `silence_${towards[gateway]}`,
      `chain input { type filter hook input priority -10; ${rule} }`,
    );
  }

  answer(gateway: Gateway): Promise<void> {
    return this.rules(`silence_${towards[gateway]}`);
  }

  /**
   * Loses and delays the tunnel's packets, both ways. This is for userspace, as not every kernel has sch_netem. The rules lead
   * the packets to the relay and give those that it sends the addresses that they had, past conntrack: neither end moves
   * its peer's endpoint, and the router's mapping is there when the line is good again.
   */
  async makeBad(): Promise<void> {
    if (this.relay !== undefined) return;
    const { internet, uplinkB } = sites;
    const near = `${uplinkB.router}:${NEAR},${uplinkB.b}:${PORT}`;
    const far = `${internet.router}:${FAR},${internet.a}:${PORT}`;
    const { loss, delay } = badLine;
    const program = [process.execPath, join(__dirname, "relay.mjs"), String(loss), String(delay), near, far];
    const relay = namedNamespace(this.router.netns).spawn(program);
    this.relay = relay;
    relay.stderr?.pipe(process.stderr, { end: false });
    await new Promise<void>((resolve, reject) => {
      relay.stdout?.once("data", () => resolve());
      relay.once("close", (code) => reject(new Error(`relay.mjs: exit status ${String(code)}`)));
    });
    await this.rules(
      "line",
      `chain in {
        type filter hook prerouting priority -310;
        iifname "eth2" ip daddr ${internet.a} udp dport ${PORT} notrack ip daddr set ${uplinkB.router} udp dport set ${NEAR};
        iifname "eth1" ip saddr ${internet.a} udp sport ${PORT} notrack udp dport set ${FAR};
      }
      chain out {
        type filter hook output priority -310;
        oifname "eth2" udp sport ${NEAR} notrack ip saddr set ${internet.a} udp sport set ${PORT};
        oifname "eth1" udp sport ${FAR} notrack udp sport set ${PORT};
      }`,
    );
  }

  async makeGood(): Promise<void> {
    // First: what it sends without the rules would have both ends seek their peer at the relay for good.
    const { relay } = this;
    this.relay = undefined;
    // One that has ended by itself says so no more.
    if (relay !== undefined && relay.exitCode === null && relay.signalCode === null) {
      const ended = new Promise((resolve) => relay.once("close", resolve));
      relay.kill("SIGKILL");
      await ended;
    }
    await this.rules("line");
  }

  /** All members of it. */
  async startWitness(): Promise<void> {
    await this.lab.host("third").exec(`systemctl start ${WITNESS_UNIT}`);
  }

  async stopWitness(): Promise<void> {
    await this.lab.host("third").exec(`systemctl stop ${WITNESS_UNIT}`);
  }

  /** The witness does not hear a gateway: what site B sends comes from its router. */
  partWitness(gateway: Gateway): Promise<void> {
    const { a, router } = sites.internet;
    const from = gateway === "gw-a" ? a : router;
    return this.rules(
      `part_${towards[gateway]}`,
      `chain input { type filter hook input priority -10; ip saddr ${from} drop; }`,
      this.lab.host("third"),
    );
  }

  joinWitness(gateway: Gateway): Promise<void> {
    return this.rules(`part_${towards[gateway]}`, undefined, this.lab.host("third"));
  }

  async mend(): Promise<void> {
    for (const gateway of ["gw-a", "gw-b"] as const) {
      if (this.lab.host(gateway).isOn) await this.uplink(gateway, "up");
      await this.answer(gateway);
      if (this.hasWitness) await this.joinWitness(gateway);
    }
    await this.pass();
    await this.makeGood();
  }

  /** Gives a host a table of this content, in place of the one that it had; without content it has none. */
  private async rules(table: string, content?: string, host: Host = this.router): Promise<void> {
    const made = content === undefined ? "" : `table ip ${table} {\n${content}\n}\n`;
    await host.exec("nft -f -", {
      stdin: `add table ip ${table}\ndelete table ip ${table}\n${made}`,
    });
  }
}
