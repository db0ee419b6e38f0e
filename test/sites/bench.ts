import type { ChildProcess } from "node:child_process";
import { type Host, type Lab, Stack, until } from "../../lab";
import {
  type Span,
  type Watch,
  between,
  clientView,
  holdersOf,
  namedNamespace,
  now,
  preemptionOverlap,
} from "../../lab/watch";
import { lengthOf } from "../../lab/watch/holders";
import { Probe } from "../../lab/watch/probe";
import { watchLab } from "../../lab/watchLab";
import { holders, privateKeyOf } from "../e2e/pair/cluster";
import { Line } from "./line";
import { sites, startSites } from "./network";
import { type Gateway, type Scenario, type Step, Strike, uplink } from "./scenarios";
import { Transfer, type Transferred } from "./transfer";
import { type Witness, witnessArgs } from "./witness";

/** The address of examples/two-sites. */
export const VIP = "10.99.0.100";

/** The names that examples/two-sites gives the tunnel and the pair, which the agent knows as clusters. */
const TUNNEL = "sites";
const PAIR = "service";

/** Seconds that a shared machine may add to a timer. */
const slack = 0.25;

/** Seconds that are watched once all is as it must be. */
const calm = 8;

export const lans = ["lan-a", "lan-b"] as const;
export type LanMachine = (typeof lans)[number];

/** Seconds that a check of the uplink needs to pass again, and a little. */
const recovery = uplink.rise * uplink.interval + 2;

const gateways = ["gw-a", "gw-b"] as const;
const gatewayOf: Record<LanMachine, Gateway> = { "lan-a": "gw-a", "lan-b": "gw-b" };

/** What a machine of a LAN got of the address in a step. */
export interface Asked {
  /** Longest time without an answer, in seconds. */
  silence: number;
  /** Requests without an answer. */
  lost: number;
  asked: number;
  /** Who answers it at the end; undefined: nobody. */
  by?: Gateway;
}

export interface StepSeen {
  step: Step;
  /** Who held when it struck. */
  before: string[];
  spans: Span[];
  /** Longest time in which nobody held, in seconds. */
  gap: number;
  /** The same with two. */
  overlap: number;
  /** Hosts that took the address. */
  takers: string[];
  asked: Record<LanMachine, Asked>;
  /** What is not as the step promises; empty: nothing. */
  failures: string[];
}

/** What new keys did to a ping every 20 ms, and to a transfer over TCP, from LAN A through the address at site B. */
export interface Rotation {
  /** Longest time between two answers, in seconds. */
  stall: number;
  lost: number;
  asked: number;
  transfer: Transferred;
  /** Whether both ends have a new key. */
  isNew: boolean;
}

/** What watches during a scenario: the gateways' addresses, and a machine of each LAN that asks. */
interface Watching {
  watch: Watch;
  probes: Record<LanMachine, Probe>;
}

/** examples/two-sites between two real sites. */
export class Bench {
  readonly line: Line;
  private config: Record<string, unknown> = {};
  private readonly scripts: ChildProcess[] = [];

  private constructor(
    readonly lab: Lab,
    readonly stack: Stack,
  ) {
    this.line = new Line(lab);
  }

  /** Boots the sites, with a witness at a third place or without; the example is configured, and not applied yet. */
  static async start(log?: (line: string) => void, options: { witness?: Witness } = {}): Promise<Bench> {
    const lab = await startSites(log, options);
    try {
      const stack = await Stack.create({ client: lab.client, program: "examples/two-sites", log });
      const bench = new Bench(lab, stack);
      await bench.configure({
        hostA: bench.a.address,
        hostB: bench.b.address,
        hostKeyA: bench.a.hostKey,
        hostKeyB: bench.b.hostKey,
        endpointA: sites.internet.a,
        lanA: sites.lanA.network,
        lanB: sites.lanB.network,
        uplinkTarget: sites.internet.router,
        witness: options.witness && witnessArgs(options.witness),
      });
      return bench;
    } catch (error) {
      await lab.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    await this.line.makeGood().catch(() => undefined);
    this.stack.remove();
    await this.lab.stop();
  }

  get a(): Host {
    return this.lab.host("gw-a");
  }

  get b(): Host {
    return this.lab.host("gw-b");
  }

  /** Changes the example's config; what is undefined is taken out, the rest of it stays. */
  async configure(changes: Record<string, unknown>): Promise<void> {
    this.config = { ...this.config, ...changes };
    const given = Object.entries(this.config).filter(([, value]) => value !== undefined);
    const named = given.map(([key, value]) => [`two-sites:${key}`, value] as const);
    await this.stack.configure(Object.fromEntries(named), { privateKey: privateKeyOf(this.lab) });
  }

  /** Whether a machine reaches an address. */
  async reaches(machine: string, address = VIP): Promise<boolean> {
    const { code } = await this.lab.host(machine).exec(`ping -c 1 -W 1 ${address}`, { check: false });
    return code === 0;
  }

  async publicKey(host: Host): Promise<string> {
    return (await host.exec("wg show wg0 public-key")).stdout.trim();
  }

  /** What a table of these hosts is to be read with. */
  async facts(): Promise<string[]> {
    const { stdout } = await this.a.exec(
      "keepalived --version 2>&1 | head -n 1; uname -r | cut -d . -f 1-2; nproc; pgrep -x wireguard-go >/dev/null && echo go || :",
    );
    const [version = "", kernel, cpus, go] = stdout.trim().split("\n");
    return [
      version.replace(/^Keepalived v(\S+).*/, "keepalived $1"),
      go === "go" ? "wireguard-go" : "the kernel's WireGuard",
      `Linux ${kernel}`,
      `${cpus} CPUs`,
    ];
  }

  /** Lets a scenario happen from a settled state; what was seen of each of its steps. */
  async run({ holder, steps }: Scenario): Promise<StepSeen[]> {
    await this.settle(holder);
    const watching = await this.startToWatch();
    try {
      const seen: StepSeen[] = [];
      for (const step of steps) seen.push(await this.take(watching, step));
      return seen;
    } finally {
      await Promise.all([watching.watch.stop(), ...lans.map((lan) => watching.probes[lan].stop())]);
    }
  }

  /** Gives both ends new keys by `pulumi up`, number `keyNumber`, while LAN A asks the address at site B and sends to it. */
  async rotateKeys(keyNumber: number): Promise<Rotation> {
    await this.settle("gw-b");
    const keys = () => Promise.all([this.a, this.b].map((host) => this.publicKey(host)));
    const former = await keys();
    const watching = await this.startToWatch();
    const transfer = await Transfer.start(this.lab.host("lan-a"), this.b, VIP);
    try {
      const from = now();
      await this.configure({ keyNumber });
      await this.stack.up();
      await sleep(calm);
      const { asked } = await this.view(watching, from, now());
      const isNew = (await keys()).every((key) => !former.includes(key));
      const { silence: stall, lost, asked: sent } = asked["lan-a"];
      return { stall, lost, asked: sent, transfer: await transfer.stop(), isNew };
    } finally {
      await Promise.all([watching.watch.stop(), ...lans.map((lan) => watching.probes[lan].stop())]);
    }
  }

  /** Takes back whatever was done, and has `holder` alone hold the address, in reach of both LANs. */
  async settle(holder: Gateway): Promise<void> {
    for (const script of this.scripts.splice(0)) script.kill("SIGKILL");
    await this.line.mend();
    if (this.line.hasWitness) await this.line.startWitness();
    for (const host of [this.a, this.b]) {
      await host.boot();
      await host.exec(
        `systemctl is-active -q keepalived || systemctl start keepalived; ip link show wg0 >/dev/null 2>&1 || vrrp-agent reapply ${TUNNEL}`,
      );
    }
    const isWell = async () => {
      const isOne = (await this.holders()).length === 1;
      return isOne && (await Promise.all(lans.map((lan) => this.reaches(lan)))).every(Boolean);
    };
    const what = "one gateway alone holds, in reach of both LANs";
    await until(what, 30_000, isWell).catch(async () => {
      for (const host of [this.a, this.b]) await host.exec(`vrrp-agent reapply ${TUNNEL}`);
      await until(what, 60_000, isWell);
    });
    const [other = ""] = await this.holders();
    // Until a takeover would have happened, and until a check that failed has passed often enough.
    await sleep(recovery);
    if (other !== holder) {
      await this.lab.host(other).exec(`vrrp-agent drain ${PAIR} && vrrp-agent undrain ${PAIR}`);
    }
    await until(`${holder} alone holds`, 30_000, async () => (await this.holders()).join() === holder);
    await sleep(3);
  }

  private async take({ watch, probes }: Watching, step: Step): Promise<StepSeen> {
    const before = watch.holders(VIP);
    const from = watch.mark(step.what);
    await Promise.all(step.strikes.map(({ do: strike, node }) => this.strike(strike, this.lab.host(node))));
    const failures: string[] = [];
    const expect = async (what: string, seconds: number, condition: () => boolean | Promise<boolean>) => {
      await until(what, seconds * 1000, condition).catch((error: Error) => failures.push(error.message));
    };
    const { after } = step;
    if (after !== undefined)
      await expect(`${after.join(" and ")} alone held`, 60, () => watch.holders(VIP).join() === after.join());
    else if (step.heals === true) await expect("one alone held", 60, () => watch.holders(VIP).length === 1);
    if (step.handshakeAge !== undefined) await this.waitForAge(step, step.handshakeAge);
    const reaching = lans.filter((lan) => gatewayOf[lan] !== step.stranded);
    if (step.apart !== true) {
      const reached = () => Promise.all(reaching.map((lan) => this.reaches(lan)));
      await expect(`${reaching.join(" and ")} reached it`, 40, async () => (await reached()).every(Boolean));
    }
    await sleep(step.lasts ?? calm);
    const to = now();
    const { timeline, asked, failures: missed } = await this.view({ watch, probes }, from, to);
    const { spans, gaps, overlaps } = holdersOf(timeline, VIP);
    const takers = [...new Set(spans.flatMap(({ hosts }) => hosts))].filter((host) => !before.includes(host));
    const seen = { step, before, spans, gap: longest(gaps), overlap: longest(overlaps), takers, asked };
    return { ...seen, failures: [...failures, ...missed, ...judge(seen)] };
  }

  /** Waits until the survivor has not heard its peer for that long. */
  private async waitForAge(step: Step, seconds: number): Promise<void> {
    const survivor = this.lab.host(step.after?.[0] ?? "");
    await until(`the last handshake is ${seconds} s old`, (seconds + 60) * 1000, async () => {
      await sleep(1);
      const { stdout } = await survivor.exec("wg show wg0 latest-handshakes");
      return now() - Number(stdout.trim().split(/\s+/)[1]) > seconds;
    });
  }

  /** What both LANs got of the address between two instants of a timeline. */
  private async view({ watch, probes }: Watching, from: number, to: number) {
    const by = await Promise.all(lans.map((lan) => this.answeredBy(lan)));
    await Promise.all(lans.map((lan) => probes[lan].sync()));
    const timeline = between(await watch.timeline(), from, to);
    const blind = lans.flatMap((lan) => probes[lan].lives()).concat(timeline.recorders);
    const views = lans.map((lan, i): [LanMachine, Asked] => {
      const { requests, answers } = probes[lan];
      const own = { ...timeline, requests: [...requests], answers: [...answers] };
      const { silence, lost, asked } = clientView(between(own, from, to), VIP);
      return [lan, { silence: lengthOf(silence), lost, asked, by: by[i] }];
    });
    return {
      timeline,
      asked: Object.fromEntries(views) as Record<LanMachine, Asked>,
      failures: blind.flatMap(({ recorder, failures }) => failures.map((one) => `${recorder}: ${one}`)),
    };
  }

  /** Who answers a machine: a gateway that forwards the answer of the other one takes one off its TTL. */
  private async answeredBy(lan: LanMachine): Promise<Gateway | undefined> {
    const ask = ["ping", "-n", "-c", "3", "-i", "0.2", "-W", "1", VIP];
    const { stdout } = await this.lab.host(lan).exec(ask, { check: false });
    const ttl = /ttl=(\d+)/.exec(stdout)?.[1];
    if (ttl === undefined) return undefined;
    return gateways.find((gateway) => (gateway === gatewayOf[lan]) === (ttl === "64"));
  }

  private async startToWatch(): Promise<Watching> {
    const watch = await watchLab(this.lab, [VIP], { asks: false });
    const ask = (lan: LanMachine) =>
      Probe.start(namedNamespace(this.lab.host(lan).netns), "eth1", VIP, () => undefined);
    try {
      const [a, b] = await Promise.all([ask("lan-a"), ask("lan-b")]);
      return { watch, probes: { "lan-a": a, "lan-b": b } };
    } catch (error) {
      await watch.stop();
      throw error;
    }
  }

  private holders(): Promise<string[]> {
    return holders(
      [this.a, this.b].filter((host) => host.isOn),
      VIP,
    );
  }

  private async strike(strike: Strike, host: Host): Promise<unknown> {
    const gateway = host.name as Gateway;
    switch (strike) {
      case Strike.PowerOff:
        return host.powerOff();
      case Strike.Boot:
        return host.boot();
      case Strike.CutUplink:
        return this.line.uplink(gateway, "down");
      case Strike.PlugUplink:
        return this.line.uplink(gateway, "up");
      case Strike.DeleteInterface:
        return host.exec("ip link delete wg0");
      case Strike.WrongPeerKey:
        return host.exec(
          `peer=$(wg show wg0 peers) && ips=$(wg show wg0 allowed-ips | cut -f 2- | tr ' ' ,) &&
          wg set wg0 peer "$peer" remove peer "$(wg genkey | wg pubkey)" allowed-ips "$ips"`,
        );
      case Strike.Reapply:
        return host.exec(`vrrp-agent reapply ${TUNNEL}`);
      case Strike.RestartUnit:
        return host.exec("systemctl restart wg-quick@wg0");
      case Strike.FilterTunnel:
        return this.line.filter();
      case Strike.PassTunnel:
        return this.line.pass();
      case Strike.BadLine:
        return this.line.makeBad();
      case Strike.GoodLine:
        return this.line.makeGood();
      case Strike.StopKeepalived:
        return host.exec("systemctl stop keepalived");
      case Strike.StartKeepalived:
        return host.exec("systemctl start keepalived");
      case Strike.SilenceTarget:
        return this.line.silence(gateway);
      case Strike.AnswerTarget:
        return this.line.answer(gateway);
      case Strike.DropScript: {
        const peer = gateway === "gw-a" ? "10.99.0.2" : "10.99.0.1";
        const drop = `ping -q -c 2 -W 2 ${peer} || ip address del ${VIP}/32 dev wg0`;
        this.scripts.push(host.spawn(`while :; do { ${drop}; } >/dev/null 2>&1; sleep 5; done`));
        return;
      }
    }
  }
}

/** What a step promises and what was seen do not agree on. */
function judge({ step, gap, overlap, takers }: Omit<StepSeen, "failures">): string[] {
  const failures: string[] = [];
  const text = (seconds: number) => `${seconds.toFixed(3)} s`;
  if (step.bound !== undefined && gap > step.bound + (step.bound === 0 ? preemptionOverlap : slack))
    failures.push(`nobody held for ${text(gap)}; at most ${text(step.bound)} are allowed`);
  if (step.apart !== true && step.heals !== true && overlap > preemptionOverlap)
    failures.push(`two held for ${text(overlap)}; at most ${text(preemptionOverlap)} are allowed`);
  if (step.returns === true && takers.length > 0) failures.push(`${takers.join(" and ")} took it back`);
  return failures;
}

const longest = (spans: readonly Span[]): number => Math.max(0, ...spans.map(lengthOf));

const sleep = (seconds: number) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));
