import { canonical } from "../../../../spec/addresses";
import { diagnose, More } from "../../../../doctor/pair";
import { Diagnosis, NodeFacts } from "../../../../doctor";
import { parseFacts } from "../../../../doctor/facts";
import { renderHost } from "../../../../render";
import { Cluster, hostPlan, InstanceConfig, parseCluster } from "../../../../spec";

export const CONF = "/etc/keepalived/keepalived.conf";
export const WINDOW = 24;

/** Input of a cluster that is right; nodes a, b ... with the addresses 10.0.0.1, 10.0.0.2 ... */
export function clusterInput(names: readonly string[] = ["a", "b"], changes: object = {}): object {
  return {
    name: "gw",
    nodes: names.map((name, i) => ({
      name,
      connection: { host: `10.0.0.${i + 1}`, user: "root", password: "x", insecureHostKey: true },
      interface: "eth0",
      unicastSrcIp: `10.0.0.${i + 1}`,
      ...(changes as { nodes?: Record<string, object> }).nodes?.[name],
    })),
    virtualRouterId: 51,
    virtualIpAddresses: ["10.0.0.100/24"],
    version: 3,
    ...Object.fromEntries(Object.entries(changes).filter(([key]) => key !== "nodes")),
  };
}

function parsed(input: object): Cluster {
  const result = parseCluster(input);
  if ("problems" in result) throw new Error(JSON.stringify(result.problems, null, 1));
  return result.value;
}

const macOf = (i: number) => `02:00:00:00:00:0${i + 1}`;

/** What `vrrp-agent examine` says on the nodes of a healthy cluster; a test breaks what it is about. */
export class Pair {
  readonly lines = new Map<string, string[]>();
  readonly problems = new Map<string, string>();
  private readonly cluster: Cluster;

  /** `masters`: the node that holds each instance. @default the first */
  constructor(input: object = clusterInput(), masters: Readonly<Record<string, string>> = {}) {
    this.cluster = parsed(input);
    for (const { name } of this.cluster.nodes) this.lines.set(name, this.healthy(name, masters));
  }

  get names(): string[] {
    return [...this.lines.keys()];
  }

  /** Replaces the lines that begin with these words. */
  set(node: string, start: string, ...lines: string[]): this {
    return this.drop(node, start).add(node, ...lines);
  }

  add(node: string, ...lines: string[]): this {
    this.lines.get(node)!.push(...lines);
    return this;
  }

  drop(node: string, ...starts: string[]): this {
    const is = (line: string) => starts.some((start) => line === start || line.startsWith(`${start} `));
    this.lines.set(
      node,
      this.lines.get(node)!.filter((line) => !is(line)),
    );
    return this;
  }

  /** On every node. */
  each(change: (node: string, others: string[]) => unknown): this {
    for (const name of this.names)
      change(
        name,
        this.names.filter((other) => other !== name),
      );
    return this;
  }

  unreachable(node: string, problem = "no answer within 10 s"): this {
    this.problems.set(node, problem);
    return this;
  }

  /** keepalived.conf as somebody has edited it. */
  edit(node: string, from: string | RegExp, to: string): this {
    const old = this.text(node);
    const text = old.replace(from, to);
    if (text === old) throw new Error(`nothing of keepalived.conf on ${node} is ${String(from)}`);
    const applied = this.lines.get(node)!.some((line) => line.startsWith("applied-text "));
    if (!applied) this.add(node, ...textLines("applied-text", CONF, old));
    return this.replaceText(node, text).set(node, `file ${CONF}`, `file ${CONF} changed`);
  }

  text(node: string): string {
    const lines = this.lines.get(node)!;
    const at = lines.findIndex((line) => line.startsWith(`text ${CONF} `));
    return textAt(lines, at);
  }

  private replaceText(node: string, text: string): this {
    const lines = this.lines.get(node)!;
    const at = lines.findIndex((line) => line.startsWith(`text ${CONF} `));
    const count = Number(lines[at]!.split(" ")[2]);
    lines.splice(at, count + 1, ...textLines("text", CONF, text));
    return this;
  }

  /** Sets what the daemon has of an instance. */
  load(node: string, key: string, value: string, instance = "gw"): this {
    return this.set(node, `loaded ${instance} ${key}`, `loaded ${instance} ${key} ${value}`);
  }

  /** The node becomes master, too, or no more. */
  become(node: string, state: "MASTER" | "BACKUP", instance = "gw"): this {
    const lines = this.lines.get(node)!;
    const word = state === "MASTER" ? "held" : "free";
    const vips = lines.filter((line) => line.startsWith(`vip ${instance} `));
    const own = vips.map((line) => line.replace(/ (held|free)$/, ` ${word}`));
    this.set(node, `vip ${instance}`, ...own).set(node, `state ${instance}`, `state ${instance} ${state}`);
    this.set(node, `reported ${instance}`, `reported ${instance} ${state} 100 2`);
    for (const line of own) {
      const [, , address, dev] = line.split(" ");
      const kept = this.lines.get(node)!.filter((one) => !one.startsWith(`address ${dev} ${address}/`));
      this.lines.set(node, state === "MASTER" ? [...kept, `address ${dev} ${address}/24`] : kept);
    }
    return this;
  }

  /** Nothing of protocol 112 from one node reaches the other's NIC; `all`: nothing else does, either. */
  cut(from: string, to: string, what: "protocol" | "all" = "protocol"): this {
    this.lines.set(
      to,
      this.lines
        .get(to)!
        .filter((line) => what !== "all" || !line.startsWith(`mac ${from} `))
        .map((line) => {
          const words = line.split(" ");
          if (words[1] === from && words[0] === "came") return [...words.slice(0, 5), 0, 0, 0].join(" ");
          if (what === "all" && words[0] === "frames" && words[1] === from)
            return [...words.slice(0, 3), 0].join(" ");
          if (what === "all" && words[0] === "echo" && words[1] === from)
            return [...words.slice(0, 3), "no"].join(" ");
          return line;
        })
        .filter((line) => !line.startsWith("heard ") || !this.sources(from).includes(line.split(" ")[1]!)),
    );
    if (what === "all")
      this.lines.set(
        from,
        this.lines
          .get(from)!
          .map((line) =>
            line.startsWith(`echo ${to} `) ? line.split(" ").slice(0, 3).concat("no").join(" ") : line,
          ),
      );
    return this;
  }

  /** keepalived is stopped, and its peer has taken over. */
  stop(node: string, other: string): this {
    this.drop(node, "loaded", "state", "count", "discard").set(node, "daemon", "daemon stopped");
    this.add(node, "daemon-unit inactive dead success 0", "loaded-none keepalived does not run");
    this.silence(node);
    const held = this.lines
      .get(node)!
      .filter((line) => line.startsWith("vip "))
      .map((line) => line.replace(/held$/, "free"));
    this.set(node, "vip", ...held);
    for (const line of held) {
      const [, instance = "", address, dev] = line.split(" ");
      this.lines.set(
        node,
        this.lines.get(node)!.filter((one) => !one.startsWith(`address ${dev} ${address}/`)),
      );
      this.become(other, "MASTER", instance).set(
        node,
        `reported ${instance}`,
        `reported ${instance} STOPPED 100 60`,
      );
    }
    return this;
  }

  /** It sends no adverts. */
  silence(node: string): this {
    for (const other of this.names.filter((name) => name !== node)) {
      this.lines.set(
        other,
        this.lines
          .get(other)!
          .filter((line) => !line.startsWith("heard ") || !this.sources(node).includes(line.split(" ")[1]!))
          .map((line) =>
            line.startsWith(`came ${node} `) && line.split(" ")[4] === "advert"
              ? [...line.split(" ").slice(0, 5), 0, 0, 0].join(" ")
              : line,
          ),
      );
    }
    return this;
  }

  sources(node: string): string[] {
    return this.instances(node).flatMap(({ unicastSrcIp, mcastSrcIp }) => {
      const source = unicastSrcIp ?? mcastSrcIp;
      return source === undefined ? [] : [canonical(source)];
    });
  }

  facts(): NodeFacts[] {
    return this.cluster.nodes
      .filter(({ name }) => this.lines.has(name))
      .map(({ name, connection }): NodeFacts => {
        const { host: address } = connection;
        const problem = this.problems.get(name);
        if (problem !== undefined) return { node: address, address, problem };
        const read = parseFacts(["vrrp-facts 1", ...this.lines.get(name)!, "end", ""].join("\n"));
        if ("problem" in read) throw new Error(read.problem);
        return { node: name, address, facts: read.facts };
      });
  }

  look(more?: More): Diagnosis {
    return diagnose(this.facts(), more);
  }

  private instances(node: string): InstanceConfig[] {
    return hostPlan(this.cluster, node).instances;
  }

  private healthy(node: string, masters: Readonly<Record<string, string>>): string[] {
    const plan = hostPlan(this.cluster, node);
    const files = renderHost(plan);
    const nodeConf = files.find(({ path }) => path.endsWith("/node.conf"))!.text;
    const index = this.cluster.nodes.findIndex(({ name }) => name === node);
    const first = this.cluster.nodes[0]!.name;
    const isMaster = (instance: string) => (masters[instance] ?? first) === node;
    const others = plan.peers.map(({ name }) => name);
    const devs = [...new Set(plan.instances.map((instance) => instance.interface))];
    return [
      `node ${node}`,
      `cluster gw ${"0".repeat(64)}`,
      ...nodeConf
        .trim()
        .split("\n")
        .map((line) => `want ${line}`),
      `clock 1796100000000 synchronised`,
      `daemon running ${800 + index} 86400`,
      "daemon-enabled yes",
      "conf-test ok",
      ...files.map(({ path }) => `file ${path} same`),
      ...textLines("text", CONF, files.find(({ path }) => path === CONF)!.text),
      ...plan.instances.flatMap((instance) => [
        ...loadedLines(instance, isMaster(instance.name)),
        ...vipLines(instance, isMaster(instance.name)),
      ]),
      ...plan.checks.flatMap(({ name, kind }) => [
        `check ${name} ${kind} passing passing 2026-12-01T00:00:00Z`,
        `check-run ${name} passing 12`,
      ]),
      ...(plan.role === undefined
        ? []
        : [
            `role ${["master", "master"].map(() => (isMaster(plan.instances[0]!.name) ? "master" : "backup")).join(" ")} 2026-12-01T00:00:00Z 2 -`,
            "role-loop running",
          ]),
      "directory /var/lib/vrrp-agent ok",
      "directory /run/vrrp-agent ok",
      "firewall-manager chains",
      ...devs.map((dev) => `link ${dev} up carrier 1500 ${macOf(index)}`),
      "address lo 127.0.0.1/8",
      ...[...new Set(this.sources(node))].map(
        (address) => `address ${devs[0]} ${address}/${address.includes(":") ? 64 : 24}`,
      ),
      ...others.flatMap((other) => this.traffic(node, other, masters)),
      ...plan.instances.flatMap((instance) =>
        isMaster(instance.name)
          ? []
          : instance.virtualIpAddresses.map(({ address }) => {
              const holder = masters[instance.name] ?? first;
              return `answers ${address} ${macOf(this.cluster.nodes.findIndex(({ name }) => name === holder))}`;
            }),
      ),
    ];
  }

  /** What goes between a node and another one. */
  private traffic(node: string, other: string, masters: Readonly<Record<string, string>>): string[] {
    const first = this.cluster.nodes[0]!.name;
    const [own, theirs] = [this.instances(node), this.instances(other)];
    const isMaster = (of: string, name: string) => (masters[name] ?? first) === of;
    const index = this.cluster.nodes.findIndex(({ name }) => name === other);
    const lines = theirs.flatMap((instance) => {
      const source = canonical((instance.multicast ? instance.mcastSrcIp : instance.unicastSrcIp) ?? "");
      const same = own.find(({ name }) => name === instance.name)!;
      const transports = instance.multicast ? ["unicast", "multicast"] : ["unicast"];
      return [
        ...transports.flatMap((transport) => {
          const isHow = (transport === "multicast") === instance.multicast;
          const adverts = (of: string) => (isHow && isMaster(of, same.name) ? 3 : 0);
          const [out, came] = [adverts(node), adverts(other)];
          return [
            `sent ${other} ${source} ${transport} probe ${WINDOW} ${WINDOW}`,
            `sent ${other} ${source} ${transport} advert ${out} ${out}`,
            `came ${other} ${source} ${transport} probe ${WINDOW} ${WINDOW} ${WINDOW}`,
            `came ${other} ${source} ${transport} advert ${came} ${came} ${came}`,
          ];
        }),
        `frames ${other} ${source} 9`,
        `echo ${other} ${source} yes`,
        ...(isMaster(other, instance.name)
          ? [
              `heard ${source} ${instance.virtualRouterId} ${instance.version} ${instance.priority} ${instance.multicast ? "multicast" : "unicast"} 3`,
            ]
          : []),
      ];
    });
    return [...new Set([...lines, `mac ${other} ${macOf(index)}`])];
  }
}

function textAt(lines: readonly string[], at: number): string {
  const count = Number(lines[at]!.split(" ")[2]);
  return lines
    .slice(at + 1, at + 1 + count)
    .map((line) => `${line.slice(1)}\n`)
    .join("");
}

export function textLines(kind: string, path: string, text: string): string[] {
  const lines = text.replace(/\n$/, "").split("\n");
  return [`${kind} ${path} ${lines.length} ended`, ...lines.map((line) => `|${line}`)];
}

function loadedLines(instance: InstanceConfig, isMaster: boolean): string[] {
  const { name, priority, multicast } = instance;
  const source = multicast ? instance.mcastSrcIp : instance.unicastSrcIp;
  return [
    ["vrid", instance.virtualRouterId],
    ["interface", instance.interface],
    ["version", instance.version],
    ["advert-int", Math.round(instance.advertInt * 1000)],
    ["priority", priority],
    ["effective-priority", priority],
    ["source", source ?? "-"],
    ...instance.unicastPeers.map((peer) => ["peer", peer]),
    ...instance.virtualIpAddresses.map((vip) => [
      "vip",
      `${vip.address}/${vip.prefixLength} ${vip.dev ?? instance.interface}`,
    ]),
    ["nopreempt", instance.nopreempt ? "yes" : "no"],
    ["auth", instance.authPass === undefined ? "none" : "PASS"],
    ["transport", multicast ? "multicast" : "unicast"],
    ["vmac", "no"],
    ["state", isMaster ? "MASTER" : "BACKUP"],
  ]
    .map((words) => `loaded ${name} ${words.join(" ")}`)
    .concat([
      `state ${name} ${isMaster ? "MASTER" : "BACKUP"}`,
      `reported ${name} ${isMaster ? "MASTER" : "BACKUP"} ${priority} 2`,
      `count ${name} received 100`,
      `count ${name} sent 100`,
    ]);
}

function vipLines(instance: InstanceConfig, isMaster: boolean): string[] {
  return instance.virtualIpAddresses.flatMap((vip) => {
    const dev = vip.dev ?? instance.interface;
    return [
      `vip ${instance.name} ${vip.address} ${dev} ${isMaster ? "held" : "free"}`,
      ...(isMaster ? [`address ${dev} ${vip.address}/${vip.prefixLength}`] : []),
    ];
  });
}
