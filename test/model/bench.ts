import {
  type Host,
  Lab,
  cutCable,
  cutSilently,
  deafen,
  dropVrrp,
  kill,
  mute,
  restoreCable,
  restoreSilently,
  restoreVrrp,
  startUnit,
  stopUnit,
  undeafen,
  unmute,
  until,
} from "../../lab";
import { type Timeline, type Watch, holdersOf, now } from "../../lab/watch";
import { watchLab } from "../../lab/watchLab";
import { keepalivedFiles } from "../../render/keepalived";
import {
  type Scenario,
  addressesOf,
  checkFile,
  pauseOf,
  planOf,
  scenarioRouterId,
} from "../../simulate/scenarios";
import { type Action, StrikeKind } from "../../simulate/strike";
import type { Course } from "./compare";

/** Where the tracked file of a drain is (render/keepalived.ts). */
const drainFile = "/var/lib/vrrp-agent/gw/drain";

/** Seconds within which keepalived is started after the host answers. */
const BOOT = 5;

/** What was seen of a scenario. */
export interface Seen {
  /** When each step struck. */
  struck: number[];
  /** When the last one had settled. */
  end: number;
  /** By virtual address. */
  courses: Course[];
}

/** Three real hosts on which one scenario after the other runs. */
export class Bench {
  private constructor(private readonly lab: Lab) {}

  static async start(log: (line: string) => void): Promise<Bench> {
    return new Bench(await Lab.start({ hosts: [{ name: "gw-a" }, { name: "gw-b" }, { name: "gw-c" }], log }));
  }

  stop(): Promise<void> {
    return this.lab.stop();
  }

  /** The version under test: `keepalived 2.2.7`. */
  async keepalived(): Promise<string> {
    const { stdout, stderr } = await this.lab.host("gw-a").exec("keepalived --version 2>&1");
    return /Keepalived v(\S+)/.exec(stdout + stderr)?.[1]?.replace(/^/, "keepalived ") ?? "keepalived";
  }

  async run(scenario: Scenario): Promise<Seen> {
    const { hosts: count = 2, first = "gw-a", steps } = scenario;
    const hosts = this.lab.hosts.slice(0, count);
    await Promise.all(this.lab.hosts.map((host) => mend(host)));
    await Promise.all(hosts.map((host) => configure(host, scenario)));
    const watch = await watchLab(this.lab, addressesOf(scenario));
    try {
      const holder = this.lab.host(first);
      await startUnit(holder, "keepalived");
      await this.holds(watch, scenario, first);
      await Promise.all(hosts.filter((host) => host !== holder).map((host) => startUnit(host, "keepalived")));
      await sleep(pauseOf(scenario));
      const struck: number[] = [];
      for (const actions of steps) {
        await afterAdvert(watch, actions, Number(scenario.cluster.advertInt));
        struck.push(watch.mark(actions.map((one) => `${one.do} ${one.node}`).join(", ")));
        await Promise.all(actions.map((one) => strike(this.lab.host(one.node), one)));
        const boots = actions.some((one) => one.do === StrikeKind.Boot);
        await sleep(pauseOf(scenario) + (boots ? BOOT : 0));
      }
      const end = now();
      await sleep(0.2);
      const timeline = await watch.timeline();
      return { struck, end, courses: addressesOf(scenario).map((address) => courseOf(timeline, address)) };
    } finally {
      await watch.stop();
    }
  }

  private async holds(watch: Watch, scenario: Scenario, node: string): Promise<void> {
    await until(`${node} holds`, 30_000, () =>
      addressesOf(scenario).every((address) => watch.holders(address).join() === node),
    );
  }
}

function courseOf(timeline: Timeline, address: string): Course {
  const isIpv6 = (text: string) => text.includes(":");
  const blind = timeline.recorders.flatMap(({ failures }) => failures);
  if (blind.length > 0) throw new Error(`the watch has missed something: ${blind.join("; ")}`);
  return {
    spans: holdersOf(timeline, address).spans.map(({ from, to, hosts }) => ({ from, to, holders: hosts })),
    adverts: timeline.adverts
      .filter(
        ({ source, virtualRouterId, host }) =>
          isIpv6(source) === isIpv6(address) && virtualRouterId === scenarioRouterId && host !== undefined,
      )
      .map(({ at, host, priority }) => ({ at, node: host!, priority })),
  };
}

/**
 * Waits until shortly after an advert of the node that is about to be struck, so that none slips through while it is. The
 * capture tells of adverts late, but with their true times.
 */
async function afterAdvert(watch: Watch, actions: readonly Action[], advertInt: number): Promise<void> {
  const last = watch.lastAdvert(actions[0]?.node ?? "")?.at ?? 0;
  const since = now() - last;
  // A backup sends none.
  if (since > 3 * advertInt) return;
  const phase = since % advertInt;
  await sleep((phase > 0.15 * advertInt ? advertInt - phase : -phase) + 0.15 * advertInt);
}

const sleep = (seconds: number) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

/** Takes back whatever a scenario has done to a host, with keepalived stopped. */
async function mend(host: Host): Promise<void> {
  await restoreCable(host);
  await Promise.all([restoreSilently(host), unmute(host), undeafen(host), restoreVrrp(host)]);
  await host.boot();
  await host.exec("systemctl reset-failed keepalived || :; systemctl stop keepalived");
  await host.exec(
    `rm -f ${drainFile} /etc/keepalived/keepalived.conf; for vip in 10.20.30.200/32 fd20:30:40::200/128; do ip addr flush dev eth0 to $vip; done`,
  );
  await host.waitUntilUp();
}

async function configure(host: Host, scenario: Scenario): Promise<void> {
  const files = keepalivedFiles(planOf(scenario, host.name));
  for (const { path, text, mode } of files) await host.writeFile(path, withoutAgent(text), mode);
  await host.writeFile(drainFile, "0\n");
  await host.writeFile(checkFile, "\n");
}

/** There is no vrrp-agent on these hosts; what is left is what the model knows. */
function withoutAgent(text: string): string {
  return text.replace(/^ *vrrp_notify_fifo.*\n/gm, "");
}

async function strike(host: Host, { do: kind }: Action): Promise<unknown> {
  switch (kind) {
    case StrikeKind.PowerOff:
      return host.powerOff();
    case StrikeKind.Boot:
      return host.boot();
    case StrikeKind.Stop:
      return stopUnit(host, "keepalived");
    case StrikeKind.Start:
      return startUnit(host, "keepalived");
    case StrikeKind.Kill:
      return kill(host, "keepalived");
    case StrikeKind.Reload:
      return host.exec("systemctl reload keepalived");
    case StrikeKind.CutCable:
      return cutCable(host);
    case StrikeKind.RestoreCable:
      return restoreCable(host);
    case StrikeKind.CutSilently:
      return cutSilently(host);
    case StrikeKind.RestoreSilently:
      return restoreSilently(host);
    case StrikeKind.Mute:
      return mute(host);
    case StrikeKind.Unmute:
      return unmute(host);
    case StrikeKind.Deafen:
      return deafen(host);
    case StrikeKind.Undeafen:
      return undeafen(host);
    case StrikeKind.DropVrrp:
      return dropVrrp(host);
    case StrikeKind.RestoreVrrp:
      return restoreVrrp(host);
    case StrikeKind.FailCheck:
      return host.exec(["rm", "-f", checkFile]);
    case StrikeKind.PassCheck:
      return host.exec(["touch", checkFile]);
    case StrikeKind.Drain:
      return host.exec(`echo 1 >${drainFile}`);
    case StrikeKind.Undrain:
      return host.exec(`echo 0 >${drainFile}`);
    case StrikeKind.CutPeers:
    case StrikeKind.RestorePeers:
    case StrikeKind.CutWitness:
    case StrikeKind.RestoreWitness:
      throw new RangeError(`${kind}: there is no witness in this lab; leave it to the model`);
  }
}
