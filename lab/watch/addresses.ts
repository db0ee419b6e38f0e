import { text } from "node:stream/consumers";
import type { Namespace } from "./namespace";
import { type MonitorLine, parseMonitorLine } from "./monitorLine";
import { Recorder, punctually, toolTimeout } from "./recorder";
import { type HostEvent, type RecorderLife, now } from "./timeline";

/** A host whose addresses are watched. */
export interface AddressSource {
  name: string;
  namespace: Namespace;
}

/** Runs a short command to its end: its output, and what went wrong. */
async function ask(namespace: Namespace, argv: string[]): Promise<{ output: string; error?: string }> {
  const child = namespace.spawn(argv);
  const code = new Promise<number | null>((resolve, reject) =>
    child.on("error", reject).on("close", resolve),
  );
  const [output, error, status] = await Promise.all([
    child.stdout ? text(child.stdout) : "",
    child.stderr ? text(child.stderr) : "",
    code,
  ]);
  return status === 0
    ? { output }
    : { output, error: `${argv.join(" ")}: exit status ${status}: ${error.trim()}` };
}

let sentinels = 0;

/**
 * Records addresses and links of all hosts from one stream of kernel events, so their order is the kernel's. It
 * listens in `observer`, a namespace that has a link to each host's (the switch), and is in no host's namespace:
 * a process in there would keep a dead host's namespace alive.
 */
export class AddressWatch {
  readonly events: HostEvent[] = [];
  private readonly recorder: Recorder;
  private readonly names = new Map<number, string>();
  /** Events of namespaces whose name is being looked up. */
  private readonly unresolved = new Map<number, MonitorLine[]>();
  private lookups = Promise.resolve();
  private readonly heard = new Set<string>();

  private constructor(
    private readonly observer: Namespace,
    private readonly hosts: readonly AddressSource[],
  ) {
    const monitor = ["ip", "-o", "-ts", "monitor", "all-nsid", "address", "link", "nsid"];
    this.recorder = new Recorder("addresses", observer.spawn(punctually(monitor)), {
      stdout: (line) => this.read(line),
      // It only speaks of trouble, such as events lost because its buffer was full.
      stderr: (line) => void this.recorder.failures.push(line),
    });
  }

  /** Starts to listen; returns when every event is heard and the addresses that are there already are known. */
  static async start(observer: Namespace, hosts: readonly AddressSource[]): Promise<AddressWatch> {
    const watch = new AddressWatch(observer, hosts);
    try {
      await watch.sync();
      watch.recorder.assertStarted();
      await watch.learnNames();
      for (const host of hosts) await watch.takeStock(host);
      watch.recorder.from = now();
      return watch;
    } catch (error) {
      await watch.recorder.stop();
      throw error;
    }
  }

  /** Returns when all that happened before the call has been recorded. */
  async sync(): Promise<void> {
    const { recorder } = this;
    const before = now();
    // The stream is in order: an address of our own that has come through proves that all before it has.
    const serial = ++sentinels;
    const address = `127.113.${(serial >> 8) & 255}.${serial & 255}`;
    this.heard.delete(address);
    const isHeard = () => this.heard.has(address);
    const end = performance.now() + toolTimeout * 1000;
    // Set anew until it is heard: at the start nobody may be listening yet.
    while (!isHeard() && recorder.isAlive && performance.now() < end) {
      await this.blink(address);
      await recorder.poll(isHeard, 0.2);
    }
    await this.lookups;
    if (isHeard() && recorder.isAlive) recorder.to = before;
    else recorder.failures.push("does not report an address that was set to test it");
  }

  async stop(): Promise<void> {
    await this.sync();
    await this.recorder.stop();
  }

  life(): RecorderLife {
    return this.recorder.life();
  }

  /** Sets an address on the observer's loopback and removes it. */
  private async blink(address: string): Promise<void> {
    for (const verb of ["add", "delete"]) {
      const { error } = await ask(this.observer, ["ip", "address", verb, `${address}/32`, "dev", "lo"]);
      if (error !== undefined) this.recorder.failures.push(error);
    }
  }

  private read(line: string): void {
    const event = parseMonitorLine(line);
    if (event === undefined) return;
    if (event.kind === "namespace") this.renumber(event);
    else if (event.nsid === undefined) {
      if (event.kind === "address") this.heard.add(event.address);
    } else this.assign(event.nsid, event);
  }

  private renumber(event: MonitorLine & { kind: "namespace" }): void {
    if (event.present) {
      // The number may have been another host's before.
      this.names.delete(event.nsid);
      this.look(event.nsid);
    } else {
      this.assign(event.nsid, event);
      this.names.delete(event.nsid);
    }
  }

  private assign(nsid: number, event: MonitorLine): void {
    const waiting = this.unresolved.get(nsid);
    if (waiting) waiting.push(event);
    else if (this.names.has(nsid)) this.record(this.names.get(nsid), event);
    else this.look(nsid, event);
  }

  private look(nsid: number, ...events: MonitorLine[]): void {
    if (this.unresolved.has(nsid)) return;
    this.unresolved.set(nsid, events);
    this.lookups = this.lookups.then(() => this.learnNames());
  }

  /** Learns which number is which namespace, and records what waited for it. */
  private async learnNames(): Promise<void> {
    const { output, error } = await ask(this.observer, ["ip", "netns", "list-id"]);
    if (error !== undefined) this.recorder.failures.push(error);
    for (const [, nsid, name = ""] of output.matchAll(/^nsid (\d+)(?:.*\(iproute2 netns name: (.*)\))?/gm)) {
      this.names.set(Number(nsid), name);
    }
    const waiting = [...this.unresolved].sort(
      ([, one], [, other]) => (one[0]?.at ?? 0) - (other[0]?.at ?? 0),
    );
    this.unresolved.clear();
    for (const [nsid, events] of waiting)
      for (const event of events) this.record(this.names.get(nsid), event);
  }

  private record(namespace: string | undefined, event: MonitorLine): void {
    const host = this.hosts.find((one) => one.namespace.name === namespace)?.name;
    if (host === undefined) return;
    const { at } = event;
    if (event.kind === "address") {
      const { interfaceIndex, address, present } = event;
      this.events.push({ kind: "address", at, host, interfaceIndex, address, present });
    } else if (event.kind === "link") {
      this.events.push({
        kind: "link",
        at,
        host,
        interface: event.interface,
        up: event.up,
        carrier: event.carrier,
      });
    } else if (!event.present) {
      this.events.push({ kind: "gone", at, host });
    }
  }

  /** Records the addresses that a host has already. One that is off has none. */
  private async takeStock({ name, namespace }: AddressSource): Promise<void> {
    if (![...this.names.values()].includes(namespace.name)) return;
    const at = now();
    const { output, error } = await ask(namespace, ["ip", "-o", "address", "show"]);
    if (error !== undefined) throw new Error(`addresses of ${name}: ${error}`);
    for (const [, index, address = ""] of output.matchAll(/^(\d+): \S+ +inet6? ([0-9a-f.:]+)/gm)) {
      const interfaceIndex = Number(index);
      this.events.push({ kind: "address", at, host: name, interfaceIndex, address, present: true });
    }
  }
}
