import { type ChildProcess } from "node:child_process";
import { createHmac, randomBytes } from "node:crypto";
import { join } from "node:path";

import { dropVrrp, type Host, Lab, restoreVrrp, Stack, until } from "../../lab";
import { configure, nodeOf, VIP } from "../e2e/pair/cluster";
import {
  findBelow,
  findIn,
  findInLogs,
  type Needle,
  needlesOf,
  ProcessSampler,
} from "../e2e/pair/secretScan";
import { serveZone } from "../roles/prepare";

const PROGRAM = join(__dirname, "../e2e/pair/programs/receivers/receivers.mjs");
const CLUSTER = "pulumi-keepalived:cluster";
const RECORD = "www.example.org";
/** Seconds between two looks, which are 30 where nobody says otherwise. */
const LOOK = 4;

const random = (bytes = 16) => randomBytes(bytes).toString("hex");

interface Request {
  method: string;
  url: string;
  headers: Record<string, string>;
  body: string;
}

/** The HTTP server and the mail server that the nodes talk to; it can be away. */
class Receivers {
  readonly requests: Request[] = [];
  readonly mails: string[] = [];
  private child?: ChildProcess;

  constructor(private readonly lab: Lab) {}

  start(): void {
    this.child = this.lab.client.spawn([process.execPath, PROGRAM], { stdio: ["ignore", "pipe", "inherit"] });
    let partial = "";
    this.child.stdout!.on("data", (chunk: Buffer) => {
      const lines = (partial + chunk.toString()).split("\n");
      partial = lines.pop()!;
      for (const line of lines) {
        const told = JSON.parse(line) as { kind: string; mail: string } & Request;
        if (told.kind === "http") this.requests.push(told);
        else this.mails.push(told.mail);
      }
    });
  }

  async stop(): Promise<void> {
    const child = this.child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.on("close", resolve));
    child.kill("SIGKILL");
    await ended;
  }

  /** Roles that a node has told, in the order in which they came. */
  rolesOf(host: Host): string[] {
    return this.requests
      .map(({ body }) => JSON.parse(body) as { node: string; from: string; role: string })
      .filter(({ node }) => node === host.name)
      .map(({ from, role }) => `${from} to ${role}`);
  }
}

describe("what a role change tells the world outside", () => {
  let lab: Lab;
  let stack: Stack;
  let a: Host;
  let b: Host;
  let ns: Host;
  let receivers: Receivers;
  let processes: ProcessSampler;
  let needles: Needle[];
  let printed = "";
  const secrets = {
    path: random(),
    token: random(),
    signing: random(),
    tsig: randomBytes(32).toString("base64"),
  };

  beforeAll(async () => {
    const image = "services" as const;
    lab = await Lab.start({
      name: "outside",
      hosts: [
        { name: "gw-a", image },
        { name: "gw-b", image },
        { name: "ns", image },
      ],
    });
    [a, b, ns] = lab.hosts as [Host, Host, Host];
    needles = needlesOf(secrets);
    processes = ProcessSampler.start(needles);
    receivers = new Receivers(lab);
    receivers.start();
    await serveZone(ns, secrets.tsig);
    await until("the zone is served", 30_000, async () => (await dig("ns.example.org", "A")) === ns.address);
    const drop = `[Service]\nEnvironment=VRRP_ROLE_LOOK_SECONDS=${LOOK} VRRP_ROLE_RETRY_SECONDS=${LOOK}\n`;
    for (const host of [a, b]) {
      await host.writeFile("/etc/systemd/system/vrrp-role-gw.service.d/test.conf", drop);
    }
    stack = await Stack.create({ client: lab.client });
    await configureStack();
    const { stdout, stderr } = await stack.up();
    printed += stdout + stderr;
  });
  afterAll(async () => {
    await Promise.allSettled([processes?.stop(), receivers?.stop()]);
    stack?.remove();
    await lab?.stop();
  });

  async function configureStack(): Promise<void> {
    const client = lab.client.address;
    const actions = [
      { name: "hook", kind: "webhook" },
      {
        name: "mail",
        kind: "mail",
        from: "gw@example.org",
        to: ["admin@example.org"],
        server: `smtp://${client}:2525`,
      },
      {
        name: "dns",
        kind: "dns",
        server: ns.address,
        zone: "example.org",
        record: RECORD,
        addresses: { "gw-a": [a.address, a.address6], "gw-b": [b.address] },
        tsig: { name: "gw" },
      },
    ];
    const smtpAlert = {
      server: client,
      port: 2525,
      from: "keepalived@example.org",
      to: ["admin@example.org"],
    };
    await configure(stack, lab, [nodeOf(a), nodeOf(b)], {
      advertInt: 0.5,
      role: { settle: 1, actions },
      smtpAlert,
    });
    const values = {
      "actions[0].url": `http://${client}:8080/${secrets.path}`,
      "actions[0].headers.Authorization": `Bearer ${secrets.token}`,
      "actions[0].secret": secrets.signing,
      "actions[2].tsig.secret": secrets.tsig,
    };
    for (const [path, stdin] of Object.entries(values)) {
      await stack.pulumi(["config", "set", "--secret", "--path", `${CLUSTER}.role.${path}`], { stdin });
    }
  }

  const dig = async (name: string, type: string) =>
    (await ns.exec(["dig", `@${ns.address}`, "+short", name, type])).stdout.trim().split("\n").sort().join();
  const pointsTo = async (host: Host) => (await dig(RECORD, "A")) === host.address;
  const owner = async () => (await dig(`_vrrp.${RECORD}`, "TXT")).replaceAll('"', "");
  const counter = async () => Number(/ n=(\d+) /.exec(await owner())?.[1]);
  const events = async (host: Host, name: string, state: string) =>
    (await host.exec("cat /var/log/vrrp-agent/events.jsonl")).stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, string>)
      .filter((event) => event.name === name && event.state === state);

  it("is told at the first apply: a signed request, a mail, keepalived's own mail, and the name in the DNS", async () => {
    await until(
      "all is told",
      60_000,
      async () =>
        receivers.rolesOf(a).at(-1)?.endsWith("master") === true &&
        receivers.rolesOf(b).at(-1)?.endsWith("backup") === true &&
        receivers.mails.some((mail) => mail.includes("Subject: [gw] gw-a is master")) &&
        receivers.mails.some((mail) => /^From:.*keepalived@example\.org/m.test(mail)) &&
        (await pointsTo(a)),
    );
    const request = receivers.requests.at(-1)!;
    expect(request).toMatchObject({
      method: "POST",
      url: `/${secrets.path}`,
      headers: { authorization: `Bearer ${secrets.token}`, "content-type": "application/json" },
    });
    const signed = `${request.headers["x-vrrp-timestamp"]}.${request.body}`;
    const signature = createHmac("sha256", secrets.signing).update(signed).digest("hex");
    expect(request.headers["x-vrrp-signature"]).toBe(`sha256=${signature}`);
    expect(JSON.parse(request.body)).toMatchObject({ cluster: "gw", address: VIP });
    expect([await dig(RECORD, "AAAA"), await owner()]).toEqual([
      a.address6,
      `v=vrrp1 n=${await counter()} node=gw-a`,
    ]);
    const [mail = ""] = receivers.mails.filter((text) => text.includes("[gw] gw-a is master"));
    expect(mail).toMatch(
      /^Date: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d \+0000\nFrom: gw@example\.org\nTo: admin@example\.org\n/,
    );
    expect(mail).toMatch(/^Message-ID: <[0-9a-f]{32}@example\.org>$/m);
  });

  it("waits while nobody listens, keeps no role waiting, and comes in its order afterwards", async () => {
    await receivers.stop();
    const told = receivers.requests.length;
    const before = receivers.rolesOf(a).length;
    await a.exec("vrrp-agent drain gw");
    await until("the name follows", 60_000, () => pointsTo(b));
    expect(await dig(RECORD, "AAAA")).toBe("");
    await a.exec("vrrp-agent undrain gw");
    await until("the name is back", 60_000, () => pointsTo(a));
    await until("both have found nobody", 30_000, async () => {
      const failed = await Promise.all([a, b].map((host) => events(host, "hook", "failed")));
      return failed.every(({ length }) => length > 0);
    });
    expect((await a.exec("vrrp-agent status")).stdout).toMatch(/hook.*2 wait, the first since /);
    expect(receivers.requests).toHaveLength(told);
    receivers.start();
    await until("all of it has come", 60_000, () => receivers.rolesOf(a).length === before + 2);
    expect(receivers.rolesOf(a).slice(before)).toEqual(["master to backup", "backup to master"]);
    await until("what the other one told, too", 60_000, () =>
      receivers.rolesOf(b).join().endsWith("backup to master,master to backup"),
    );
  });

  it("leaves the name to who took it over later, until that one is master no more", async () => {
    const before = await counter();
    // Both are master now, and both reach the DNS.
    await dropVrrp(b);
    await until("the younger master has the name", 60_000, () => pointsTo(b));
    await until(
      "the older one has seen it",
      60_000,
      async () => (await events(a, "dns", "overtaken")).length === 1,
    );
    const overtaken = await counter();
    expect(overtaken).toBeGreaterThan(before);
    const looks = async () =>
      Number((await a.exec("sed -n 's/^heartbeat //p' /run/vrrp-agent/gw/role/state")).stdout);
    const since = await looks();
    await until("it has looked again", 60_000, async () => {
      expect([await pointsTo(b), await counter()]).toEqual([true, overtaken]);
      return (await looks()) > since + 2 * LOOK;
    });
    expect(await events(a, "dns", "overtaken")).toHaveLength(1);
    await restoreVrrp(b);
    await until("the one that stays master has the name", 60_000, () => pointsTo(a));
    expect(await owner()).toBe(`v=vrrp1 n=${await counter()} node=gw-a`);
    expect(await counter()).toBeGreaterThan(overtaken);
  });

  it("leaves no secret in any argument list, log, event, state or output", async () => {
    const { stdout, stderr } = await stack.preview();
    printed += stdout + stderr;
    const logs = await Promise.all([a, b].map((host) => findInLogs(host, needles)));
    expect([
      ...findIn(printed, needles),
      ...findBelow(stack.directory, needles),
      ...processes.found,
      ...logs.flat(),
    ]).toEqual([]);
    expect(processes.rounds).toBeGreaterThan(10);
  });
});
