import { type Host, until } from "../../lab";
import { handOver, now } from "../../lab/watch";
import { type Seen as EventSeen, WatchedPair } from "../e2e/pair/watchedPair";
import type { Kind } from "./kinds";
import { differences, displaced, type Foreign, foreignOf, rulesOf } from "./state";

export const VIPS = ["10.20.30.200", "fd20:30:40::200"];

/** What the pair of each kind goes through, in this order. */
export const STEPS = ["alone", "up", "no-op", "change", "failover", "reload", "reboot", "destroy"] as const;
export type Step = (typeof STEPS)[number];

/** What was seen of one step. */
export interface StepSeen {
  step: Step;
  /** Seconds that it took, or that nobody answered, whichever the step is about. */
  seconds: number;
  /** What was not as it must be; empty: nothing. */
  failures: string[];
}

/** What was seen of a kind. */
export interface KindSeen {
  kind: Kind;
  /** Of each host: version of keepalived, and what the host says of itself. */
  facts: string[];
  steps: StepSeen[];
}

/** A keepalived as an operator sets it up who does not think of the firewall: by multicast, which is its default. */
const byHand = (priority: number) => `vrrp_instance gw {
    interface eth0
    state BACKUP
    virtual_router_id 51
    priority ${priority}
    virtual_ipaddress {
        ${VIPS[0]}/24
    }
}
`;

/** Takes a pair of a kind through all steps; the first that fails ends it, for the others build on it. */
export async function runKind(kind: Kind, told: (seen: StepSeen) => void): Promise<KindSeen> {
  const steps: StepSeen[] = [];
  const foreign: Record<string, Foreign> = {};
  const started = { up: 0 };
  const tell = (seen: StepSeen) => {
    steps.push(seen);
    told(seen);
    return seen.failures.length === 0;
  };
  const pair = await WatchedPair.start({
    version: 3,
    advertInt: 1,
    vips: VIPS,
    images: kind.images,
    prepare: async (lab) => {
      const [a, b] = lab.hosts as [Host, Host];
      await Promise.all(lab.hosts.map(async (host) => kind.prepare?.(host)));
      if (kind.refuses) tell(await alone(a, b));
      for (const host of lab.hosts) foreign[host.name] = await foreignOf(host);
      started.up = now();
    },
  });
  try {
    const run = new Run(pair, kind, foreign);
    tell({ step: "up", seconds: now() - started.up, failures: await run.inForce() });
    for (const step of ["noop", "change", "failover", "reload", "reboot", "destroy"] as const) {
      const seen = await run[step]();
      if (seen !== undefined && !tell(seen)) break;
    }
    return { kind, facts: run.facts, steps };
  } finally {
    await pair.stop();
  }
}

/** Two keepalived that nobody opened the firewall for: both hold the address. Then the hosts are as they were before. */
async function alone(a: Host, b: Host): Promise<StepSeen> {
  const from = now();
  for (const [index, host] of [a, b].entries()) {
    await host.writeFile("/etc/keepalived/keepalived.conf", byHand(100 - 10 * index));
    await host.exec("systemctl restart keepalived");
  }
  const hold = (host: Host) =>
    host.exec(`ip -o address show dev eth0 | grep -F " ${VIPS[0]}/"`, { check: false });
  const failures: string[] = [];
  await until("both hold the address", 20_000, async () =>
    (await Promise.all([a, b].map(hold))).every(({ code }) => code === 0),
  ).catch((error: Error) => failures.push(error.message));
  for (const host of [a, b])
    await host.exec("systemctl stop keepalived && rm /etc/keepalived/keepalived.conf");
  return { step: "alone", seconds: now() - from, failures };
}

/** The steps after the first apply. */
class Run {
  facts: string[] = [];

  constructor(
    private readonly pair: WatchedPair,
    private readonly kind: Kind,
    private readonly foreign: Record<string, Foreign>,
  ) {}

  /** What is wrong: gw-a is to be the one holder, our rules in force, and those of others where they were. */
  async inForce(): Promise<string[]> {
    const failures: string[] = [];
    try {
      await this.pair.settled("gw-a");
    } catch (error) {
      return [(error as Error).message];
    }
    for (const host of this.pair.lab.hosts) {
      const check = await host.exec("vrrp-agent firewall check", { check: false });
      if (check.code !== 0) failures.push(check.stderr.trim());
      const lost = displaced(this.foreign[host.name]!.rules, await rulesOf(host));
      if (lost !== undefined)
        failures.push(`${host.name}: a rule of somebody else is not in its place: ${lost}`);
    }
    return failures;
  }

  async noop(): Promise<StepSeen> {
    for (const host of this.pair.lab.hosts) {
      const { stdout, stderr } = await host.exec("keepalived --version");
      this.facts.push(/v[0-9.]+/.exec(stdout + stderr)?.[0] ?? "?");
    }
    const from = now();
    const said = await this.pair.apply();
    const failures = /^Resources:\n +\d+ unchanged\n/m.test(said)
      ? []
      : [`up again has changed something:\n${said}`];
    return { step: "no-op", seconds: now() - from, failures };
  }

  async change(): Promise<StepSeen> {
    const from = now();
    const seen = await this.pair.event(
      "a change",
      () => this.pair.apply({ openPorts: [{ protocol: "tcp", port: 8080 }] }),
      this.pair.stays("gw-a"),
    );
    return { step: "change", seconds: now() - from, failures: [...seen.failures, ...(await this.inForce())] };
  }

  async failover(): Promise<StepSeen> {
    const lost = await this.pair.event(
      "power loss",
      () => this.pair.a.powerOff(),
      this.pair.moves("gw-a", "gw-b", this.pair.afterSilence()),
    );
    const back = await this.pair.event("back", () => this.pair.a.boot(), this.pair.preempts("gw-b", "gw-a"));
    const failures = [...lost.failures, ...back.failures, ...(await this.inForce())];
    return { step: "failover", seconds: gapOf(lost), failures };
  }

  async reload(): Promise<StepSeen | undefined> {
    const { reloads, service = (verb) => `systemctl ${verb} keepalived` } = this.kind;
    if (reloads === undefined) return undefined;
    const from = now();
    const failures: string[] = [];
    for (const command of reloads) {
      for (const host of this.pair.lab.hosts) await host.exec(command);
      failures.push(...(await this.inForce()));
    }
    // Both ways: after a reload of its firewall each must still hear the other when that one begins to speak anew.
    const stopped = await this.pair.event(
      "stop",
      () => this.pair.a.exec(service("stop")),
      this.pair.moves("gw-a", "gw-b", this.pair.afterGoodbye()),
    );
    const back = await this.pair.event(
      "start",
      () => this.pair.a.exec(service("start")),
      this.pair.preempts("gw-b", "gw-a"),
    );
    return {
      step: "reload",
      seconds: now() - from,
      failures: [...failures, ...stopped.failures, ...back.failures],
    };
  }

  async reboot(): Promise<StepSeen> {
    const from = now();
    await Promise.all(this.pair.lab.hosts.map((host) => host.reboot()));
    const failures = await this.inForce();
    const seconds = now() - from;
    // For longer than a takeover takes, for one may just not have heard the other yet.
    const stays = await this.pair.event(
      "after the reboot",
      () => this.pair.answeredFor(2 * this.pair.afterSilence()),
      this.pair.stays("gw-a"),
    );
    return { step: "reboot", seconds, failures: [...failures, ...stays.failures] };
  }

  async destroy(): Promise<StepSeen> {
    const from = now();
    await this.pair.stack.destroy();
    const seconds = now() - from;
    const failures: string[] = [];
    for (const host of this.pair.lab.hosts) {
      const left = differences(this.foreign[host.name]!, await foreignOf(host));
      failures.push(...left.map((line) => `${host.name}: ${line}`));
    }
    return { step: "destroy", seconds, failures };
  }
}

/** Seconds from the last advert to the first answer, of the address that took longest. */
function gapOf({ timeline }: EventSeen): number {
  const gaps = VIPS.map(
    (vip) => handOver(timeline, { vip, virtualRouterId: 51, from: "gw-a", to: "gw-b" }).gap,
  );
  return Math.max(...gaps.map((gap) => gap ?? NaN));
}
