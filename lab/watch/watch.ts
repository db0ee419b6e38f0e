import ipaddr from "ipaddr.js";
import { AddressWatch, type AddressSource } from "./addresses";
import { watchAdverts } from "./adverts";
import type { Capture } from "./capture";
import { holdersOf, holdings } from "./holders";
import type { Namespace } from "./namespace";
import { Probe } from "./probe";
import { type Advert, type Instant, type Mark, type Timeline, now } from "./timeline";

/** A host that is watched. It may be off; it is found when it boots. */
export interface WatchedHost extends AddressSource {
  /** MAC address of its interface on the bridge. */
  mac: string;
}

/** What to watch, and from where. */
export interface WatchOptions {
  /** Namespace with the bridge that all hosts are plugged into. */
  observer: Namespace;
  /** Name of the bridge there. */
  bridge: string;
  hosts: readonly WatchedHost[];
  /** Namespace of the client, which asks every VIP; absent: nobody asks. */
  client?: { namespace: Namespace; interface: string };
  /** Virtual addresses, without prefix length. */
  vips: readonly string[];
}

/** The text by which the kernel's tools write an address. */
export function canonical(address: string): string {
  const parsed = ipaddr.parse(address);
  return parsed instanceof ipaddr.IPv6 ? parsed.toRFC5952String() : parsed.toString();
}

/**
 * Watches VIPs: who has them, who says so on the wire, who answers the client.
 *
 * @example
 * const watch = await Watch.start({ observer, bridge: "br0", hosts, client, vips: ["10.20.30.200"] });
 * watch.mark("cable of gw-a cut");
 * await cutCable(gwA);
 * await watch.until("gw-b holds", () => watch.holders("10.20.30.200").join() === "gw-b");
 * const { failures } = judge(await watch.stop(), { ... });
 */
export class Watch {
  private readonly marks: Mark[] = [];
  private readonly from = now();

  private constructor(
    private readonly options: WatchOptions,
    private readonly addresses: AddressWatch,
    private readonly capture: Capture,
    private readonly adverts: Advert[],
    private readonly probes: Probe[],
  ) {}

  /** Starts all recorders; returns when none of them misses anything any more. */
  static async start(options: WatchOptions): Promise<Watch> {
    const { observer, hosts, client } = options;
    const macs = new Map(hosts.map(({ mac, name }) => [mac.toLowerCase(), name]));
    const hostOfMac = (mac: string) => macs.get(mac);
    const started: { stop(): Promise<void> }[] = [];
    const keep = <T extends { stop(): Promise<void> }>(recorder: T): T => {
      started.push(recorder);
      return recorder;
    };
    try {
      const addresses = keep(await AddressWatch.start(observer, hosts));
      const { capture, adverts } = await watchAdverts(observer, options.bridge, hostOfMac);
      keep(capture);
      const probes: Probe[] = [];
      for (const vip of client ? options.vips : []) {
        if (client)
          probes.push(keep(await Probe.start(client.namespace, client.interface, canonical(vip), hostOfMac)));
      }
      return new Watch(options, addresses, capture, adverts, probes);
    } catch (error) {
      await Promise.all(started.map((recorder) => recorder.stop()));
      throw error;
    }
  }

  /** Notes that something is being done now. Returns the instant. */
  mark(label: string): Instant {
    const at = now();
    this.marks.push({ at, label });
    return at;
  }

  /** Hosts that hold a VIP now, as far as events have been read. */
  holders(vip: string): string[] {
    const to = now();
    return (
      holdersOf(
        { from: to - 1e-3, to, holdings: holdings(this.addresses.events, to) },
        canonical(vip),
      ).spans.at(-1)?.hosts ?? []
    );
  }

  /** Host that gave the client the latest answer, and when. */
  lastAnswer(vip: string): { host?: string; at: Instant } | undefined {
    return this.probes.flatMap(({ answers }) =>
      answers.filter((answer) => answer.vip === canonical(vip)).slice(-1),
    )[0];
  }

  /** The latest advert that a host sent, as far as frames have been read. */
  lastAdvert(host: string): Advert | undefined {
    return this.adverts.filter((advert) => advert.host === host).at(-1);
  }

  /** Everything up to now, complete; watching goes on. */
  async timeline(): Promise<Timeline> {
    await Promise.all([
      this.addresses.sync(),
      this.capture.sync(),
      ...this.probes.map((probe) => probe.sync()),
    ]);
    return this.collect();
  }

  /** Ends all recorders and returns everything. */
  async stop(): Promise<Timeline> {
    await Promise.all([
      this.addresses.stop(),
      this.capture.stop(),
      ...this.probes.map((probe) => probe.stop()),
    ]);
    return this.collect();
  }

  private collect(): Timeline {
    const recorders = [
      this.addresses.life(),
      this.capture.life(),
      ...this.probes.flatMap((probe) => probe.lives()),
    ];
    // What came after the first recorder's proof of completeness may be half seen: it is left to the next timeline.
    const alive = recorders.filter(({ failures }) => failures.length === 0).map(({ to }) => to);
    const to = alive.length > 0 ? Math.min(...alive) : now();
    const { events } = this.addresses;
    const upTo = <T extends { at: Instant }>(list: T[]) => list.filter(({ at }) => at <= to);
    const seen = upTo(events);
    return {
      from: this.from,
      to,
      hosts: this.options.hosts.map(({ name }) => name),
      holdings: holdings(seen, to),
      links: seen.filter((event) => event.kind === "link"),
      adverts: upTo(this.adverts),
      requests: upTo(this.probes.flatMap(({ requests }) => requests)),
      answers: upTo(this.probes.flatMap(({ answers }) => answers)),
      marks: upTo(this.marks),
      recorders,
    };
  }
}
