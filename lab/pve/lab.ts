import { chmodSync, copyFileSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import type { Server } from "node:net";
import { join } from "node:path";
import type { Host } from "../host";
import type { Lab } from "../lab";
import { inNamespace, mac, portOfNic } from "../network";
import { run } from "../process";
import { type PluggedGuest, switchFilter } from "./filter";
import type { Output } from "./cli";
import type { Hardware } from "./hardware";
import { type Kind, readNic } from "./nic";
import type { Properties } from "./propertyString";
import { type PveOptions, PveStandIn } from "./standIn";
import { toolServer } from "./toolServer";

/** A lab's host as a guest. */
export interface LabGuest {
  id: number;
  /** Name of the PVE node, which is a lab's host, too. */
  node: string;
  /** @default "qemu" */
  kind?: Kind;
  /** Further keys of net0, `firewall=1` for one. @default none */
  net0?: string;
  /** Further lines of its ID.conf. @default none */
  config?: string;
  /** Text of its ID.fw. What cannot reach its sshd cannot boot it. @default none */
  firewall?: string;
}

export interface LabPveOptions extends Omit<PveOptions, "guests" | "nodes" | "directory"> {
  /** Names of the hosts that are PVE nodes. /etc/pve lies on the first. */
  nodes: string[];
  /** Guests by name of their host. */
  guests: Record<string, LabGuest>;
}

/** Milliseconds between off and on its bridge of a tap that is replugged; seen on real nodes are 100 to 300. */
const replugGap = 200;

/** How often files that were changed by hand are looked at, in milliseconds; pve-firewall does each 10 seconds. */
const loop = 1000;

const sockets = "var/lib/pve-lab";

/** A lab with a Proxmox VE cluster in front of its hosts. */
export interface LabPve {
  pve: PveStandIn;
  /** Text of the rules that are in force on the switch. */
  rules: () => Promise<string>;
  /** The switch has seen no connection yet, as after `conntrack -F` on the nodes. */
  forgetConnections: () => Promise<void>;
  /** Ends the stand-in; the lab goes on without a filter. */
  stop: () => Promise<void>;
}

/**
 * Makes hosts of a lab nodes of a PVE cluster, with pvesh, qm and pct on their sshd and the API on port 8006, and other
 * hosts its guests, whose frames the switch filters as the store says: at once after each change, where the real firewall
 * takes up to 10 seconds. It ends with this process, and what it put on hosts and switch with the lab.
 *
 * @example
 * const lab = await Lab.start({ hosts: [{ name: "gw-a" }, { name: "pve1" }] });
 * const { pve } = await pveOn(lab, { nodes: ["pve1"], guests: { "gw-a": { id: 101, node: "pve1", net0: "firewall=1" } } });
 */
export async function pveOn(lab: Lab, options: LabPveOptions): Promise<LabPve> {
  const nodes = options.nodes.map((name) => lab.host(name));
  const [first] = nodes;
  if (!first) throw new Error("pve: nodes: none, allowed are 1 or more; name a host of the lab");
  const hosts = new Map(Object.entries(options.guests).map(([name, { id }]) => [id, lab.host(name)]));
  const still = Object.entries(options.bridges ?? {}).flatMap(([bridge, its]) =>
    Number(its["bridge-disable-mac-learning"] ?? 0) === 1 ? [bridge] : [],
  );
  const hardware = new LabHardware(hosts, new Map(nodes.map((host) => [host.name, host])), still);
  const guests = Object.entries(options.guests).map(([name, guest]) => ({
    id: guest.id,
    node: guest.node,
    kind: guest.kind ?? ("qemu" as const),
    config: configOf(lab.host(name), guest),
    firewall: guest.firewall,
    running: lab.host(name).isOn,
  }));
  for (const host of nodes) mkdirSync(hardware.snippets(host.name), { recursive: true });
  const directory = join(first.root, "etc/pve");
  const names = nodes.flatMap(({ address, address6 }) => [address, address6]);
  const pve = await PveStandIn.start({ names, ...options, guests, directory }, hardware);
  const tools: Server[] = [];
  const timer = setInterval(() => hardware.changed(), loop);
  const stop = async () => {
    clearInterval(timer);
    for (const server of tools) await new Promise((resolve) => server.close(resolve));
    await pve.stop();
    await hardware.end(first.switch);
  };
  try {
    const tool = ([name = "", ...words]: string[], host: Host) =>
      name === "bridge" ? hardware.bridge(words) : pve.run([name, ...words], host.name);
    for (const host of nodes) tools.push(await install(host, pve, tool));
    await hardware.begin(pve, first.switch);
  } catch (error) {
    await stop();
    throw error;
  }
  const nft = (command: string) => inNamespace(first.switch, command);
  const forget = ["ports4", "ports6", "plain4", "plain6"].map((set) => `nft flush set bridge pve ${set}`);
  return {
    pve,
    stop,
    rules: async () => {
      await hardware.settled();
      return await nft("nft list table bridge pve");
    },
    forgetConnections: async () => void (await nft(forget.join("; "))),
  };
}

function configOf(host: Host, guest: LabGuest): string {
  const address = mac(Number(host.address.split(".").pop())).toUpperCase();
  const more = guest.net0 ? `,${guest.net0}` : "";
  const [name, nic] =
    guest.kind === "lxc"
      ? ["hostname", `name=eth0,bridge=vmbr0,hwaddr=${address}${more},type=veth`]
      : ["name", `virtio=${address},bridge=vmbr0${more}`];
  const lines = [
    ...(guest.config ?? "").split("\n").filter(Boolean),
    `${name}: ${host.name}`,
    `net0: ${nic}`,
  ];
  return lines
    .sort()
    .map((line) => `${line}\n`)
    .join("");
}

/** Puts the tools and the API's port on a node. */
async function install(
  host: Host,
  pve: PveStandIn,
  run: (words: string[], host: Host) => Promise<Output>,
): Promise<Server> {
  const at = (path: string) => join(host.root, path);
  mkdirSync(at(sockets), { recursive: true });
  // The bridge that a node's guests are on is the lab's switch.
  const tools = ["usr/bin/pvesh", "usr/sbin/qm", "usr/sbin/pct", "usr/sbin/bridge"];
  for (const path of tools) {
    copyFileSync(join(__dirname, "host", "tool.pl"), at(path));
    chmodSync(at(path), 0o755);
  }
  const unit = (name: string, text: string) => writeFileSync(at(`etc/systemd/system/${name}`), text);
  unit("pveproxy.socket", "[Socket]\nListenStream=8006\n[Install]\nWantedBy=sockets.target\n");
  const relay = "/lib/systemd/systemd-socket-proxyd";
  unit("pveproxy.service", `[Service]\nExecStart=${relay} /${sockets}/api.sock\n`);
  mkdirSync(at("etc/systemd/system/sockets.target.wants"), { recursive: true });
  symlinkSync("../pveproxy.socket", at("etc/systemd/system/sockets.target.wants/pveproxy.socket"));
  await pve.listen(host.name, at(`${sockets}/api.sock`));
  const server = toolServer((argv) => run(argv, host));
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(at(`${sockets}/tools.sock`), resolve);
  });
  await host.exec("systemctl daemon-reload && systemctl start pveproxy.socket");
  return server;
}

/** net0 and so on of a host, and the port of the switch that each is plugged into. */
const portsOf = (host: Host): Record<string, string> =>
  Object.fromEntries(
    [host.port, ...host.segments.map((_, index) => portOfNic(host.name, index + 1))].map((port, index) => [
      `net${index}`,
      port,
    ]),
  );

/** The lab's hosts as guests, its switch as their bridge. */
class LabHardware implements Hardware {
  readonly storage = "/var/lib/vz";
  private standIn: PveStandIn | undefined;
  private switchNamespace = "";
  private inForce = "";
  private work: Promise<void> = Promise.resolve();
  /** Why the switch still has older rules than the store says. */
  private refused: Error | undefined;

  constructor(
    private readonly guests: ReadonlyMap<number, Host>,
    private readonly nodes: ReadonlyMap<string, Host>,
    /** Names of bridges that do not learn. */
    private readonly still: readonly string[],
  ) {}

  /** `bridge` of a node. */
  async bridge(words: readonly string[]): Promise<Output> {
    const { code, stdout, stderr } = await run(["bridge", "-n", this.switchNamespace, ...words], {
      check: false,
    });
    return { code: code ?? 1, stdout, stderr };
  }

  async begin(pve: PveStandIn, switchNamespace: string): Promise<void> {
    this.standIn = pve;
    this.switchNamespace = switchNamespace;
    for (const id of this.guests.keys()) await this.newPorts(id);
    this.changed();
    await this.settled();
  }

  async end(switchNamespace: string): Promise<void> {
    this.standIn = undefined;
    await this.work;
    await inNamespace(switchNamespace, "nft delete table bridge pve 2>/dev/null || :");
  }

  changed(): void {
    this.work = this.work.then(async () => {
      try {
        await this.apply();
        this.refused = undefined;
      } catch (error) {
        this.refused = error as Error;
      }
    });
  }

  /** Fails where the rules in force are not what the store says. */
  async settled(): Promise<void> {
    await this.work;
    if (this.refused !== undefined) throw this.refused;
  }

  private async apply(): Promise<void> {
    if (!this.standIn) return;
    const plugged = [...this.guests].map(([id, host]): PluggedGuest => ({
      id,
      ports: portsOf(host),
    }));
    const rules = switchFilter(this.standIn.store, plugged);
    if (rules === this.inForce) return;
    await inNamespace(this.switchNamespace, "nft -f -", rules);
    this.inForce = rules;
  }

  private host(id: number): Host | undefined {
    return this.guests.get(id);
  }

  /** The tap leaves its bridge and comes back, with the flags of a new port; the guest's own link stays up. */
  async replug(id: number, nic: string, now: Properties): Promise<void> {
    const host = this.host(id);
    if (!host?.isOn) return;
    const index = Number(nic.slice("net".length));
    const port = index === 0 ? host.port : portOfNic(host.name, index);
    const bridge = index === 0 ? "br0" : `br-${host.segments[index - 1] ?? ""}`;
    const link = (...words: string[]) => run(["ip", "-n", host.switch, "link", "set", port, ...words]);
    await link("nomaster");
    await new Promise((resolve) => setTimeout(resolve, replugGap));
    if (now.bridge && now.link_down !== "1") await link("master", bridge);
    await this.newPorts(id);
  }

  async powerOn(id: number): Promise<void> {
    await this.host(id)?.boot();
    await this.newPorts(id);
  }

  /** On a bridge that does not learn a new port delivers to the NIC's own MAC, and to no other. */
  private async newPorts(id: number): Promise<void> {
    await this.nameTaps(id);
    const host = this.host(id);
    const place = this.standIn?.store.find(id);
    if (!this.standIn || !host?.isOn || !place) return;
    const { main } = this.standIn.store.loadGuest(place);
    for (const [nic, port] of Object.entries(portsOf(host))) {
      const text = main.values.get(nic);
      const { bridge, macaddr, hwaddr } = text === undefined ? {} : readNic(place.kind, text);
      if (bridge === undefined || !this.still.includes(bridge)) continue;
      const own = macaddr ?? hwaddr ?? "";
      await this.bridge(["link", "set", "dev", port, "learning", "off", "flood", "off"]);
      await this.bridge(["fdb", "append", own, "dev", port, "master", "static"]);
    }
  }

  /**
   * Ports are called as PVE calls the taps of their guests, too, for whoever sets a port's flags: tap101i0, and fwpr101p0
   * while the NIC's firewall flag is on, of a container veth101i0. A new port has none of these names.
   */
  private async nameTaps(id: number): Promise<void> {
    const host = this.host(id);
    const place = this.standIn?.store.find(id);
    if (!this.standIn || !host?.isOn || !place) return;
    const { main } = this.standIn.store.loadGuest(place);
    for (const [nic, port] of Object.entries(portsOf(host))) {
      const number = nic.slice("net".length);
      const text = main.values.get(nic);
      const names = [
        ...(text === undefined ? [] : [`${place.kind === "qemu" ? "tap" : "veth"}${id}i${number}`]),
        ...(text !== undefined && readNic(place.kind, text).firewall === "1" ? [`fwpr${id}p${number}`] : []),
      ];
      const change = (verb: string, name: string) =>
        run(["ip", "-n", host.switch, "link", "property", verb, "dev", port, "altname", name], {
          check: false,
        });
      for (const name of [`tap${id}i${number}`, `veth${id}i${number}`, `fwpr${id}p${number}`])
        await change(names.includes(name) ? "add" : "del", name);
    }
  }

  async powerOff(id: number): Promise<void> {
    await this.host(id)?.powerOff();
  }

  address(node: string): string | undefined {
    return this.nodes.get(node)?.address;
  }

  snippets(node: string): string {
    return join(this.nodes.get(node)?.root ?? "", "var/lib/vz/snippets");
  }

  /** On the node, but in the network of the switch, which is where the ports are; /sys still is the node's own. */
  async hook(node: string, script: string, id: number, phase: string): Promise<void> {
    const host = this.nodes.get(node);
    if (!host) return;
    const [file, ...words] = host.enter([`/var/lib/vz/snippets/${script}`, String(id), phase]);
    await run([file, `--net=/run/netns/${host.switch}`, ...words]);
  }
}
