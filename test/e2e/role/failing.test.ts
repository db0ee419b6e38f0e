import { type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { join } from "node:path";

import { type Host, Image, Lab, Stack, until } from "../../../lab";
import { giveReplicationAccount, serveZone } from "../../roles/prepare";
import { configure, nodeOf } from "../pair/cluster";

const RECEIVERS = join(__dirname, "../pair/programs/receivers/receivers.mjs");
const CLUSTER = "pulumi-keepalived:cluster";
/** Seconds between two looks and two tries, which are 30 where nobody says otherwise. */
const LOOK = 3;

interface Event {
  kind: string;
  name: string;
  state: string;
  role: string;
  words: string;
}

/** A program without a unit, which does not start where /run/broken is. */
const PANEL = `#!/bin/sh
case $1 in
start)
  [ ! -e /run/broken ] || { echo "no licence" >&2; exit 1; }
  touch /run/panel
  ;;
stop) rm -f /run/panel ;;
status) [ -e /run/panel ] ;;
esac
`;

const all = { retries: 1, timeout: 20, onFailure: "continue" };
const ACTIONS: Record<string, unknown>[] = [
  { name: "jobs", kind: "service", service: "cron", ...all },
  {
    name: "panel",
    kind: "service",
    start: "/opt/panel start",
    stop: "/opt/panel stop",
    status: "/opt/panel status",
    ...all,
  },
  { name: "file", kind: "file", path: "/srv/jobs/nightly", content: "# m h\n", ...all },
  {
    name: "command",
    kind: "command",
    onMaster: "[ ! -e /run/broken ] || { echo 'no such luck' >&2; exit 7; }",
    ...all,
  },
  { name: "hook", kind: "webhook", ...all },
  { name: "mail", kind: "mail", from: "gw@example.org", to: ["admin@example.org"], ...all },
  { name: "dns", kind: "dns", zone: "example.org", record: "www.example.org", ...all },
  { name: "db", kind: "mariadb", replicationCredentials: "/etc/mysql/vrrp.cnf", ...all },
  { name: "last", kind: "command", onMaster: "touch /run/last" },
];

const dropIn = (unit: string) => `/run/systemd/system/${unit}.d`;
/** A unit whose start fails, and does no more. */
const failing = (unit: string) =>
  `mkdir -p ${dropIn(unit)} && printf '[Service]\\nExecStartPre=/bin/false\\n' >${dropIn(unit)}/broken.conf && systemctl daemon-reload`;
const starting = (unit: string) => `rm ${dropIn(unit)}/broken.conf && systemctl daemon-reload`;

/** What breaks each on a host, and mends it; and what is told then. */
const FAULTS: { name: string; break: string; mend: string; says: RegExp; retries?: number }[] = [
  {
    name: "conntrack",
    break: `${failing("vrrp-conntrackd-gw.service")} && systemctl stop vrrp-conntrackd-gw`,
    mend: starting("vrrp-conntrackd-gw.service"),
    says: /^conntrackd does not start: Job for vrrp-conntrackd-gw\.service failed/,
    // As every action that the spec makes has.
    retries: 2,
  },
  {
    name: "jobs",
    break: failing("cron.service"),
    mend: starting("cron.service"),
    says: /^start failed: Job for cron\.service failed/,
  },
  { name: "panel", break: "touch /run/broken", mend: "rm /run/broken", says: /^start failed: no licence/ },
  {
    name: "file",
    break: "mount -t tmpfs -o ro tmpfs /srv/jobs",
    mend: "umount /srv/jobs",
    says: /^cannot write \/srv\/jobs\/nightly/,
  },
  { name: "command", break: ":", mend: ":", says: /^the command ended with 7: no such luck/ },
  {
    name: "db",
    break: "systemctl stop mariadb",
    mend: "systemctl start mariadb",
    says: /^the server does not answer: ERROR 2002/,
  },
  { name: "dns", break: ":", mend: ":", says: /10\.20\.30\.\d+/ },
];

/** What waits in a queue: the role's change is done, what it tells is not. */
const QUEUED = ["hook", "mail"];

describe("every kind of action, where what it needs is broken", () => {
  let lab: Lab;
  let stack: Stack;
  let a: Host;
  let b: Host;
  let ns: Host;
  let receivers: ChildProcess | undefined;

  const events = async (host: Host, name: string) =>
    (await host.exec("cat /var/log/vrrp-agent/events.jsonl")).stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Event)
      .filter((event) => event.name === name);
  const roleOf = async (host: Host) => {
    const { stdout } = await host.exec("vrrp-agent status --json");
    const { clusters } = JSON.parse(stdout) as {
      clusters: {
        role: { wanted: string; reached: string; actions: { name: string; state: string; words: string }[] };
      }[];
    };
    return clusters[0]!.role;
  };
  const reaches = (host: Host, role: string) =>
    until(`${host.name} is ${role}`, 120_000, async () => (await roleOf(host)).reached === role);
  const receive = () => {
    receivers = lab.client.spawn([process.execPath, RECEIVERS], { stdio: ["ignore", "ignore", "inherit"] });
  };

  beforeAll(async () => {
    const tsig = randomBytes(32).toString("base64");
    const hosts = ["gw-a", "gw-b", "ns"].map((name) => ({
      name,
      image: Image.Services,
      diskMegabytes: 1024,
    }));
    lab = await Lab.start({ hosts });
    [a, b, ns] = lab.hosts as [Host, Host, Host];
    await serveZone(ns, tsig);
    receive();
    const drop = `[Service]\nEnvironment=VRRP_ROLE_LOOK_SECONDS=${LOOK} VRRP_ROLE_RETRY_SECONDS=${LOOK}\n`;
    await Promise.all(
      [a, b].map(async (host) => {
        await host.writeFile("/etc/systemd/system/vrrp-role-gw.service.d/test.conf", drop);
        await host.writeFile("/opt/panel", PANEL, "755");
        await host.exec("mkdir -p /srv/jobs && systemctl --quiet enable --now mariadb cron");
        await giveReplicationAccount(host);
      }),
    );
    stack = await Stack.create({ client: lab.client });
    const client = lab.client.address;
    const of: Record<string, Record<string, unknown>> = {
      mail: { server: `smtp://${client}:2525` },
      dns: {
        server: ns.address,
        addresses: { "gw-a": [a.address], "gw-b": [b.address] },
        tsig: { name: "gw" },
      },
    };
    const actions = ACTIONS.map((action) => ({ ...action, ...of[action.name as string] }));
    await configure(stack, lab, [nodeOf(a), nodeOf(b)], {
      preemption: "sticky",
      connectionState: {},
      role: { settle: 1, actions },
    });
    const values = { "actions[4].url": `http://${client}:8080/`, "actions[6].tsig.secret": tsig };
    for (const [path, stdin] of Object.entries(values)) {
      await stack.pulumi(["config", "set", "--secret", "--path", `${CLUSTER}.role.${path}`], { stdin });
    }
    await stack.up();
    await Promise.all([reaches(a, "master"), reaches(b, "backup")]);
  });
  afterAll(async () => {
    receivers?.kill("SIGKILL");
    stack?.remove();
    await lab?.stop();
  });

  it("fails on the node that becomes master, and those behind it are done all the same", async () => {
    receivers?.kill("SIGKILL");
    await ns.exec("systemctl stop named");
    for (const fault of FAULTS) await b.exec(fault.break);
    await a.powerOff();
    await until(
      "gw-b has done the last",
      180_000,
      async () => (await b.exec("ls /run/last", { check: false })).code === 0,
    );
    const { wanted, reached } = await roleOf(b);
    expect({ wanted, reached }).toEqual({ wanted: "master", reached: "none" });
  });

  it.each(FAULTS.map((fault) => [fault.name, fault] as const))(
    "of %s: it is tried again, and event and status say why it failed",
    async (name, fault) => {
      const list = (await events(b, name)).filter(({ role }) => role === "master");
      const { retries = 1 } = fault;
      const states = list.slice(0, retries + 1).map(({ state }) => state);
      expect(states).toEqual([...Array<string>(retries).fill("retry"), "failed"]);
      for (const { words } of list.slice(0, retries + 1)) expect(words).toMatch(fault.says);
      expect((await roleOf(b)).actions.find((action) => action.name === name)).toMatchObject({
        state: "failed",
        words: expect.stringMatching(fault.says) as string,
      });
    },
  );

  it.each(QUEUED)("of %s: it waits, and event and status say so", async (name) => {
    await until("it has failed", 60_000, async () =>
      (await events(b, name)).some(({ state }) => state === "failed"),
    );
    expect((await roleOf(b)).actions.find((action) => action.name === name)!.words).toMatch(/1 waits?, /);
  });

  it("is done once what it needs is mended, by itself", async () => {
    receive();
    await ns.exec("systemctl start named");
    for (const fault of FAULTS) await b.exec(fault.mend);
    await reaches(b, "master");
    const { actions } = await roleOf(b);
    expect(actions.filter(({ state }) => state !== "done")).toEqual([]);
    for (const name of QUEUED) {
      await until(`${name} was sent`, 60_000, async () => (await events(b, name)).at(-1)?.state === "sent");
    }
    const { stdout } = await ns.exec(["dig", `@${ns.address}`, "+short", "www.example.org", "A"]);
    expect(stdout.trim()).toBe(b.address);
  });
});
