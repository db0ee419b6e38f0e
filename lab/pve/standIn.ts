import { mkdtempSync, mkdirSync, rmSync } from "node:fs";
import type { AddressInfo } from "node:net";
import type { Server } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Certificates, makeCertificates } from "./certificate";
import { type Output, runTool } from "./cli";
import { type Answer, type Request, answer } from "./engine";
import type { Lacking } from "./guestOptions";
import { Guests } from "./guests";
import { type Hardware, NoHardware } from "./hardware";
import type { Kind } from "./nic";
import type { Api } from "./route";
import { ConnectionCut, apiServer } from "./server";
import { Store } from "./store";
import { Tasks } from "./tasks";

/** A guest to begin with. */
export interface GuestOptions {
  id: number;
  node: string;
  kind: Kind;
  /** Text of its ID.conf, taken as it is. */
  config: string;
  /** Text of its ID.fw. @default none */
  firewall?: string;
  /** Whether it runs. @default false */
  running?: boolean;
}

/** An API token and what it may do. */
export interface TokenOptions {
  /** USER@REALM!ID */
  id: string;
  secret: string;
  /** Roles by path; of the token where it has rights of its own, which are the default, and of its user. */
  roles: Record<string, string>;
  /** Roles of its user, of which a token has no more. @default Administrator on / */
  userRoles?: Record<string, string>;
}

export interface PveOptions {
  /** Names of the cluster's nodes. */
  nodes: string[];
  guests?: GuestOptions[];
  /** Text of cluster.fw. @default none, so that the firewall is off */
  clusterFirewall?: string;
  tokens?: TokenOptions[];
  /** Settings of bridges of every node, by name, as /nodes/NODE/network tells them. @default vmbr0 with none */
  bridges?: Record<string, Record<string, string | number>>;
  /** Rights of further roles, by name. */
  roles?: Record<string, string[]>;
  /** What the storage `local` takes. @default "snippets,iso,vztmpl,backup" */
  localContent?: string;
  /** As `/version` tells it. @default "9.1.4" */
  version?: string;
  /** What an old PVE does not know. @default nothing */
  lacking?: Lacking;
  /** Names and addresses of the nodes, for their certificate. @default the nodes' names */
  names?: string[];
  /** Where /etc/pve is. @default a new directory, which goes with `stop` */
  directory?: string;
  /** Milliseconds before whoever is not let in is told so; the real one waits 3000. @default 0 */
  refusalDelay?: number;
}

/** What happens to a request: nothing, it is lost, or it is carried out and its answer is lost. */
export type Fate = "passes" | "lost" | "answer lost";

/**
 * Stands in for a Proxmox VE cluster: the API of its nodes over HTTPS, and pvesh, qm and pct of root on a node, over one
 * directory with the files of /etc/pve. Texts, checks, messages, digests, pending changes, locks and rights follow the
 * sources of PVE 9 (qemu-server 9.2, pve-container, pve-firewall, pve-access-control).
 *
 * It does not: tickets and passwords, groups and pools of users, drives (names are known, values are kept), creating,
 * cloning and removing guests, snapshots, HA, SDN but for its right to use a bridge, security groups over the API, and
 * macros but for a few. Requests are carried out one at a time.
 *
 * @example
 * const pve = await PveStandIn.start({ nodes: ["pve1"], guests: [{ id: 101, node: "pve1", kind: "qemu", config }] });
 * await pve.pvesh(["get", "/nodes/pve1/qemu/101/config", "--output-format", "json"]);
 * await pve.stop();
 */
export class PveStandIn {
  /** `https://127.0.0.1:PORT` */
  endpoint = "";
  /** Requests that came in, in order. */
  readonly requests: Request[] = [];
  /** Decides what happens to each request before it is carried out; may change the store as somebody else would. */
  onRequest: (request: Request) => Fate | void | Promise<Fate | void> = () => undefined;

  /** Nodes that no other reaches. */
  readonly offline = new Set<string>();
  readonly store: Store;
  readonly guests: Guests;
  readonly tasks = new Tasks();
  readonly certificates: Certificates;
  readonly hardware: Hardware;

  private readonly api: Api;
  private readonly servers: Server[] = [];
  private readonly temporary: string | undefined;
  /** The last request's end; the next waits for it. */
  private turn: Promise<unknown> = Promise.resolve();

  private constructor(
    private readonly options: PveOptions,
    hardware?: Hardware,
  ) {
    this.temporary = options.directory === undefined ? mkdtempSync(join(tmpdir(), "pve-")) : undefined;
    const directory = options.directory ?? join(this.temporary ?? "", "etc");
    const version = options.version ?? "9.1.4";
    this.store = new Store(directory, options.nodes, options.lacking);
    if (!hardware && this.temporary) mkdirSync(join(this.temporary, "snippets"));
    this.hardware = hardware ?? new NoHardware(join(this.temporary ?? directory, "snippets"));
    this.guests = new Guests(this.store, this.hardware);
    this.store.onWrite = () => this.hardware.changed();
    const names = [...options.nodes, ...(options.names ?? [])];
    this.certificates = makeCertificates([...names, "localhost", "127.0.0.1", "::1"]);
    this.store.write("pve-root-ca.pem", this.certificates.authority);
    const mismatch = Number.parseInt(version, 10) < 9 ? "missmatch" : "mismatch";
    this.api = {
      store: this.store,
      guests: this.guests,
      tasks: this.tasks,
      bridges: options.bridges ?? { vmbr0: {} },
      localContent: options.localContent ?? "snippets,iso,vztmpl,backup",
      offline: this.offline,
      version,
      digestMismatch: `checksum ${mismatch} (file change by other user?)`,
    };
    this.fill(options);
  }

  private fill({ guests = [], clusterFirewall, tokens = [] }: PveOptions): void {
    if (clusterFirewall !== undefined) this.store.write("firewall/cluster.fw", clusterFirewall);
    for (const guest of guests) {
      this.store.write(this.store.pathOf(guest), guest.config);
      if (guest.firewall !== undefined) this.store.write(`firewall/${guest.id}.fw`, guest.firewall);
      if (guest.running) this.guests.running.set(guest.id, Date.now());
    }
    this.setTokens(tokens);
  }

  /** Starts it in this process, its API on a free port of the loopback; `hardware` is what stands behind the guests. */
  static async start(options: PveOptions, hardware?: Hardware): Promise<PveStandIn> {
    const pve = new PveStandIn(options, hardware);
    const server = await pve.listen(options.nodes[0] ?? "", 0);
    pve.endpoint = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return pve;
  }

  /** Serves the API of a node on a port of the loopback, or on a socket's path. */
  async listen(node: string, where: number | string): Promise<Server> {
    const server = apiServer(this.certificates, {
      authenticate: (header) => this.store.users().authenticate(header),
      ask: (request) => this.ask({ ...request, node }),
      refusalDelay: this.options.refusalDelay ?? 0,
    });
    this.servers.push(server);
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      const ready = () => resolve();
      if (typeof where === "number") server.listen(where, "127.0.0.1", ready);
      else server.listen(where, ready);
    });
    return server;
  }

  /** Runs `pvesh ARGV` as root on a node. @default on the first */
  pvesh(argv: readonly string[], node?: string): Promise<Output> {
    return this.run(["pvesh", ...argv], node);
  }

  /**
   * Runs pvesh, qm or pct as root on a node; rejects with a ConnectionCut where a fault cuts the connection over which
   * it is run.
   */
  run(argv: readonly string[], node = this.options.nodes[0] ?? ""): Promise<Output> {
    const ask = (request: Omit<Request, "node" | "who">) => this.ask({ ...request, who: "root@pam", node });
    return runTool({ name: node, ask, tasks: this.tasks }, argv);
  }

  /** Carries out a request of a user or token, as if it had come to a node. */
  async ask(request: Request): Promise<Answer> {
    this.requests.push(request);
    const fate = (await this.onRequest(request)) ?? "passes";
    if (fate === "lost") throw new ConnectionCut("the connection was cut before the request was read");
    const work = this.turn.then(() => answer(this.api, request));
    this.turn = work.catch(() => undefined);
    const answered = await work;
    await this.hardware.settled();
    if (fate === "answer lost") throw new ConnectionCut("the connection was cut before the answer came");
    return answered;
  }

  /** Ends it. Nothing of it is left. */
  async stop(): Promise<void> {
    for (const server of this.servers) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
    await this.turn;
    if (this.temporary) rmSync(this.temporary, { recursive: true, force: true });
  }

  // What others do.

  /** Text of a guest's configuration. */
  config(id: number): string {
    return this.store.read(this.pathOf(id));
  }

  /** Somebody edits a guest's configuration. */
  edit(id: number, change: (text: string) => string): void {
    this.store.write(this.pathOf(id), change(this.config(id)));
  }

  private pathOf(id: number): string {
    const place = this.store.find(id);
    if (!place) throw new Error(`pve: no guest ${id}`);
    return this.store.pathOf(place);
  }

  /** Text of a guest's ID.fw; empty where there is none. */
  firewall(id: number): string {
    return this.store.read(`firewall/${id}.fw`);
  }

  /** A backup, or whatever else is named, holds the guest's lock. */
  lock(id: number, lock = "backup"): void {
    const place = this.store.find(id);
    if (!place) throw new Error(`pve: no guest ${id}`);
    const guest = this.store.loadGuest(place);
    guest.main.values.set("lock", lock);
    this.store.saveGuest(place, guest);
  }

  unlock(id: number): void {
    this.edit(id, (text) => text.replace(/^lock: .*\n/m, ""));
  }

  /** The guest is on another node from now on. */
  move(id: number, node: string): void {
    this.store.moveGuest(id, node);
  }

  /** The cluster's nodes see each other, or no longer do: then nothing can be written. */
  set quorate(quorate: boolean) {
    this.store.quorate = quorate;
  }

  /** The guest is gone. */
  remove(id: number): void {
    this.store.write(this.pathOf(id), "");
    this.store.write(`firewall/${id}.fw`, "");
    this.guests.running.delete(id);
  }

  /** Makes these all the tokens that there are. */
  setTokens(tokens: TokenOptions[]): void {
    const lines = ["user:root@pam:1:0::::::"];
    const secrets: string[] = [];
    for (const { id, secret, roles, userRoles = { "/": "Administrator" } } of tokens) {
      const user = id.split("!")[0] ?? "";
      if (user !== "root@pam") lines.push(`user:${user}:1:0::::::`);
      lines.push(`token:${id}:0:1::`);
      const acl = (who: string, its: Record<string, string>) =>
        Object.entries(its).map(([path, role]) => `acl:1:${path}:${who}:${role}:`);
      lines.push(...acl(id, roles), ...(user === "root@pam" ? [] : acl(user, userRoles)));
      secrets.push(`${id} ${secret}`);
    }
    for (const [name, rights] of Object.entries(this.options.roles ?? {}))
      lines.splice(1, 0, `role:${name}:${rights.join(",")}:`);
    this.store.write("user.cfg", [...new Set(lines)].join("\n") + "\n");
    this.store.write("priv/token.cfg", secrets.map((line) => `${line}\n`).join(""));
  }

  /** The next request that would change something is lost on the way, and all after it. */
  dieBetweenReadAndWrite(): void {
    let dead = false;
    this.onRequest = ({ method }) => {
      dead ||= method !== "GET";
      return dead ? "lost" : "passes";
    };
  }

  /** This many requests are answered, and none after them. */
  dieAfter(count: number): void {
    let left = count;
    this.onRequest = () => (left-- > 0 ? "passes" : "lost");
  }

  /** Before the next request that changes something, somebody else changes what it was read from. */
  editBeforeWrite(change: () => void): void {
    let done = false;
    this.onRequest = ({ method }) => {
      if (done || method === "GET") return;
      done = true;
      change();
    };
  }

  /** No more faults. */
  heal(): void {
    this.onRequest = () => undefined;
  }
}
