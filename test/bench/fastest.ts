/**
 * The fastest pair that this machine's lab holds under CPU load without a false takeover: see `npm run bench:fastest --
 * [--minutes M]` (10). Tries each interval for a tenth of that time, from the shortest one up, and the first that holds
 * for the whole time: the line `fastest pair: ...` with keepalived in real time, then `fastest without realtime: ...`.
 */
import type { ChildProcess } from "node:child_process";
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { type Host, Lab, prepareLab, startUnit, stopUnit, until } from "../../lab";
import { handOver, holdersOf, now, type Watch } from "../../lab/watch";
import { watchLab } from "../../lab/watchLab";
import { keepalivedFiles } from "../../render/keepalived";
import { planOf, scenarioRouterId } from "../../simulate/scenarios";
import { masterDownInterval } from "../../simulate/timing";

const VIP = "10.20.30.200";

/** Seconds between two adverts that are tried, shortest first. */
const INTERVALS = [0.01, 0.02, 0.03, 0.05, 0.1, 0.2];

/** Priority of the node that takes over. */
const BACKUP = 90;

interface Candidate {
  advertInt: number;
  realtime: boolean;
}

/** What a candidate did while it was watched. */
interface Held {
  /** Times that somebody else took the address though nobody was struck. */
  falseTakeovers: number;
  /** Longest time between two adverts of the holder, in seconds. */
  longestPause: number;
}

const sleep = (seconds: number) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

class Pair {
  private readonly load: ChildProcess[] = [];

  private constructor(
    private readonly lab: Lab,
    private readonly a: Host,
    private readonly b: Host,
  ) {}

  static async start(): Promise<Pair> {
    const lab = await Lab.start({ hosts: [{ name: "gw-a" }, { name: "gw-b" }] });
    return new Pair(lab, lab.host("gw-a"), lab.host("gw-b"));
  }

  stop(): Promise<void> {
    return this.lab.stop();
  }

  /** Keeps every CPU busy from within both hosts, twice over. */
  burn(): void {
    for (const host of this.lab.hosts) {
      for (let i = 0; i < cpus().length; i++) this.load.push(host.spawn("while :; do :; done"));
    }
  }

  rest(): void {
    for (const child of this.load.splice(0)) child.kill("SIGKILL");
  }

  async run({ advertInt, realtime }: Candidate): Promise<Watch> {
    const cluster = { version: 3, advertInt, ...(realtime && { realtime: { priority: 50 } }) };
    for (const host of this.lab.hosts) {
      await stopUnit(host, "keepalived");
      const plan = planOf({ name: "fastest", cluster, steps: [] }, host.name);
      for (const { path, text, mode } of keepalivedFiles(plan)) {
        await host.writeFile(path, text.replace(/^ *vrrp_notify_fifo.*\n/gm, ""), mode);
      }
    }
    const watch = await watchLab(this.lab, [VIP]);
    for (const host of [this.a, this.b]) {
      await startUnit(host, "keepalived");
      await until("gw-a holds", 30_000, () => watch.holders(VIP).join() === "gw-a");
    }
    await sleep(3);
    return watch;
  }

  /** Watches a pair under load. */
  async hold(candidate: Candidate, seconds: number): Promise<Held> {
    const watch = await this.run(candidate);
    try {
      this.burn();
      const from = now();
      await sleep(seconds);
      const to = now();
      this.rest();
      const timeline = await watch.timeline();
      const { spans } = holdersOf(timeline, VIP);
      const taken = spans.filter((span) => span.from > from && span.from < to && span.hosts.includes("gw-b"));
      const sent = timeline.adverts.filter(({ host, at }) => host === "gw-a" && at > from && at < to);
      const pauses = sent.slice(1).map(({ at }, i) => at - sent[i]!.at);
      return { falseTakeovers: taken.length, longestPause: Math.max(0, ...pauses) };
    } finally {
      this.rest();
      await watch.stop();
    }
  }

  /** Seconds from the holder's last advert to the client's first answer from the other, the holder's power cut under load. */
  async gap(candidate: Candidate): Promise<number | undefined> {
    const watch = await this.run(candidate);
    try {
      this.burn();
      await sleep(2);
      await this.a.powerOff();
      await until("gw-b answers", 30_000, () => watch.lastAnswer(VIP)?.host === "gw-b");
      const timeline = await watch.timeline();
      const query = { vip: VIP, virtualRouterId: scenarioRouterId, from: "gw-a", to: "gw-b" };
      return handOver(timeline, query).gap;
    } finally {
      this.rest();
      await watch.stop();
      await this.a.boot();
    }
  }
}

const nameOf = ({ advertInt, realtime }: Candidate) =>
  `advertInt ${advertInt} ${realtime ? "with" : "without"} realtime`;

const ms = (seconds: number) => `${(seconds * 1000).toFixed(0)} ms`;

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { minutes: { type: "string", default: "10" } } });
  const seconds = Number(values.minutes) * 60;
  if (!(seconds > 0)) throw new Error(`--minutes: ${values.minutes}, allowed is a number above 0`);
  await prepareLab((line) => console.error(line));
  const pair = await Pair.start();
  try {
    for (const realtime of [true, false]) {
      for (const advertInt of INTERVALS) {
        const candidate = { advertInt, realtime };
        const down = masterDownInterval({ version: 3, advertInt, priority: BACKUP });
        const bound = `down timer ${ms(down)}`;
        let held: Held | undefined;
        for (const time of [seconds / 10, seconds]) {
          held = await pair.hold(candidate, time);
          console.log(
            `${nameOf(candidate)}: ${bound}; ${(time / 60).toFixed(1)} min under load: ` +
              `${held.falseTakeovers} false takeovers, longest pause between adverts ${ms(held.longestPause)}`,
          );
          if (held.falseTakeovers > 0) break;
        }
        if (held?.falseTakeovers !== 0) continue;
        const gap = await pair.gap(candidate);
        const words =
          gap === undefined ? "not seen" : `${ms(gap)}, ${(gap / down).toFixed(2)} of the down timer`;
        console.log(
          `${realtime ? "fastest pair" : "fastest without realtime"}: ${nameOf(candidate)}; gap at a power loss under load ${words}`,
        );
        break;
      }
    }
    return 0;
  } finally {
    await pair.stop();
  }
}

main().then(
  (status) => process.exit(status),
  (error: unknown) => {
    console.error(error);
    process.exit(2);
  },
);
