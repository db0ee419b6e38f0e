import { type Host, Image, Lab, Stack, until } from "../../lab";
import { configure, holders, nodeOf } from "../e2e/pair/cluster";

interface Action {
  name: string;
  state: string;
  role: string | null;
  words: string;
}

interface Role {
  wanted: string;
  reached: string;
  actions: Action[];
}

interface Event {
  kind: string;
  name: string;
  state: string;
  from?: string;
  to?: string;
  cause?: string;
  ms?: number;
  words?: string;
}

/** A program that two commands start and stop, with no unit, as a panel keeps them under a prefix of its own. */
const PANEL = `#!/bin/sh
case $1 in
start) /usr/bin/setsid /bin/sleep 100000 </dev/null >/dev/null 2>&1 & echo $! >/run/panel.pid ;;
stop) [ ! -e /run/panel.pid ] || { kill "$(cat /run/panel.pid)"; rm -f /run/panel.pid; } ;;
status) [ -e /run/panel.pid ] && kill -0 "$(cat /run/panel.pid)" ;;
esac
`;

const actions = [
  { name: "cron", kind: "service", service: "cron", onMaster: "start", onBackup: "mask" },
  { name: "web", kind: "service", service: "nginx" },
  {
    name: "panel",
    kind: "service",
    start: "/opt/panel start",
    stop: "/opt/panel stop",
    status: "/opt/panel status",
  },
  { name: "standby", kind: "service", service: "standby.timer", onMaster: "stop", onBackup: "start" },
  { name: "job", kind: "file", path: "/etc/cron.d/backup" },
  { name: "sync", kind: "file", path: "/etc/cron.d/sync", content: "# m h\n", on: "backup" },
  {
    name: "tell",
    kind: "command",
    onMaster: "echo $VRRP_ROLE >>/srv/told",
    onBackup: "echo $VRRP_ROLE >>/srv/told",
    timeout: 5,
    retries: 1,
  },
];

/** What a host runs, in one line. */
const serving = `
  for unit in cron nginx standby.timer; do echo "$unit $(systemctl is-active $unit)"; done
  /opt/panel status && echo panel runs || echo panel rests
  ls /etc/cron.d | tr '\\n' ' '`;

const MASTER = ["cron active", "nginx active", "standby.timer inactive", "panel runs", "backup e2scrub_all"];
const BACKUP = ["cron inactive", "nginx inactive", "standby.timer active", "panel rests", "e2scrub_all sync"];

/** What a master runs, with real services in real hosts. */
describe("the role of a pair", () => {
  let lab: Lab;
  let stack: Stack;

  const a = () => lab.host("gw-a");
  const b = () => lab.host("gw-b");
  const runs = async (host: Host) =>
    (await host.exec(serving)).stdout
      .split("\n")
      .map((line) => line.trim())
      .filter(Boolean);
  const roleOf = async (host: Host): Promise<Role> => {
    const { stdout } = await host.exec("vrrp-agent status --json");
    return (JSON.parse(stdout) as { clusters: { role: Role }[] }).clusters[0]!.role;
  };
  const eventsOf = async (host: Host): Promise<Event[]> =>
    (await host.readFile("/var/log/vrrp-agent/events.jsonl"))
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Event);
  /** Waits until one host alone has the address and everything of a master, and the other everything of a backup. */
  const settled = (master: Host, backup: Host) =>
    until(`${master.name} is master in all it does`, 60_000, async () => {
      const [held, ofMaster, ofBackup] = await Promise.all([
        holders([master, backup]),
        roleOf(master),
        roleOf(backup),
      ]);
      return held.join() === master.name && ofMaster.reached === "master" && ofBackup.reached === "backup";
    });
  const asTheyShould = async (master: Host, backup: Host) => {
    await settled(master, backup);
    expect(await runs(master)).toEqual(MASTER);
    expect(await runs(backup)).toEqual(BACKUP);
  };

  beforeAll(async () => {
    lab = await Lab.start({
      hosts: [
        { name: "gw-a", image: Image.Services },
        { name: "gw-b", image: Image.Services },
      ],
    });
    stack = await Stack.create({ client: lab.client });
    for (const host of lab.hosts) {
      await host.writeFile("/opt/panel", PANEL, "755");
      await host.writeFile("/etc/cron.d/backup", "# a job of the user's\n");
      await host.writeFile("/etc/systemd/system/standby.timer", "[Timer]\nOnActiveSec=1d\n");
      await host.writeFile(
        "/etc/systemd/system/standby.service",
        "[Service]\nType=oneshot\nExecStart=true\n",
      );
      await host.exec("mkdir -p /srv && systemctl daemon-reload && systemctl enable --now cron nginx");
    }
    await configure(
      stack,
      lab,
      lab.hosts.map((host) => nodeOf(host)),
      { role: { settle: 2, actions } },
    );
    await stack.up();
  });
  afterAll(async () => {
    stack?.remove();
    await lab?.stop();
  });

  test("is what the holder alone runs, after one up from two hosts that ran everything", async () => {
    await asTheyShould(a(), b());
    expect((await b().exec("systemctl is-enabled cron", { check: false })).stdout).toBe("masked\n");
    expect((await stack.up()).stdout).toMatch(/Resources:\n +\d+ unchanged/);
  });

  test("follows a holder that loses its power, and events say what was done", async () => {
    await a().powerOff();
    await until(
      "gw-b is master in all it does",
      60_000,
      async () => (await roleOf(b())).reached === "master",
    );
    expect(await runs(b())).toEqual(MASTER);
    const events = await eventsOf(b());
    const done = events
      .filter(({ kind, state }) => kind === "ACTION" && state === "done")
      .map(({ name }) => name);
    expect(done.slice(-actions.length)).toEqual(actions.map(({ name }) => name));
    expect(events.findLast(({ kind }) => kind === "ROLE")).toMatchObject({
      from: "backup",
      to: "master",
      cause: "keepalived: gw is MASTER",
      ms: expect.any(Number) as number,
    });
  });

  test("is not begun by a host that comes back, at no moment of its boot", async () => {
    await a().boot();
    await asTheyShould(a(), b());
    const { stdout } = await a().exec("journalctl --boot --no-pager --output=cat --unit=nginx.service");
    expect(stdout).not.toMatch(/Started.*nginx[^]*Stopped.*nginx/);
  });

  test("is undone on a host that keepalived leaves, in the reverse order", async () => {
    const before = (await eventsOf(a())).length;
    await a().exec("systemctl stop keepalived");
    await asTheyShould(b(), a());
    const done = (await eventsOf(a()))
      .slice(before)
      .filter(({ kind }) => kind === "ACTION")
      .map(({ name }) => name);
    expect(done).toEqual(actions.map(({ name }) => name).reverse());
    await a().exec("systemctl start keepalived");
    await asTheyShould(a(), b());
  });

  test("is one of a burst of changes only: the newest", async () => {
    const { stdout: before } = await a().exec("wc -l </srv/told");
    await a().exec("for i in 1 2 3 4 5; do systemctl stop keepalived; systemctl start keepalived; done");
    await asTheyShould(a(), b());
    const told = (await a().readFile("/srv/told")).split("\n").slice(Number(before)).filter(Boolean);
    expect(told.at(-1)).toBe("master");
    // What has to hold before it is done was not done in between.
    expect(told.filter((role) => role === "master").length).toBeLessThan(5);
  });

  test("comes back by itself where somebody has stopped or started a service by hand", async () => {
    await b().exec("systemctl start nginx");
    expect(await runs(b())).toEqual(BACKUP);
    await a().exec("systemctl stop nginx");
    await until("nginx runs again on gw-a", 60_000, async () => (await runs(a())).includes("nginx active"));
  });

  test("shows an action that fails, tries it again, and does those behind it when it is told to", async () => {
    const failing = { name: "tell", kind: "command", onMaster: "echo 'no such luck' >&2; false", retries: 1 };
    const after = { name: "after", kind: "command", onMaster: "touch /srv/after" };
    const apply = (onFailure: string) =>
      configure(
        stack,
        lab,
        lab.hosts.map((host) => nodeOf(host)),
        {
          role: { settle: 0, actions: [{ ...failing, onFailure }, after] },
        },
      );
    await apply("stop");
    await stack.up();
    const words = "the command ended with 1: no such luck";
    await until("the action has failed", 60_000, async () =>
      (await roleOf(a())).actions.some(({ state }) => state === "failed"),
    );
    expect((await roleOf(a())).actions[0]).toMatchObject({ state: "failed", role: "master", words });
    expect(await roleOf(a())).toMatchObject({ wanted: "master", reached: "none" });
    expect((await a().exec("ls /srv/after", { check: false })).code).not.toBe(0);
    const events = (await eventsOf(a())).filter(({ name }) => name === "tell").map(({ state }) => state);
    expect(events.slice(-2)).toEqual(["retry", "failed"]);
    await apply("continue");
    await stack.up();
    await until(
      "the one behind it is done",
      60_000,
      async () => (await a().exec("ls /srv/after", { check: false })).code === 0,
    );
    expect(await holders(lab.hosts)).toEqual(["gw-a"]);
  });

  test("is given back to the peer where the spec says so", async () => {
    const fails = {
      name: "tell",
      kind: "command",
      onMaster: "[ $VRRP_NODE = gw-b ]",
      retries: 0,
      onFailure: "yield",
    };
    await configure(
      stack,
      lab,
      lab.hosts.map((host) => nodeOf(host)),
      { role: { settle: 0, actions: [fails] } },
    );
    await stack.up();
    await settled(b(), a());
    expect((await a().exec("vrrp-agent status")).stdout).toContain("drained");
    expect((await eventsOf(a())).at(-1)).toBeDefined();
    expect((await eventsOf(a())).some(({ state }) => state === "yielded")).toBe(true);
    await a().exec("vrrp-agent undrain");
  });

  test("leaves the hosts as they were when its pair is destroyed", async () => {
    await configure(
      stack,
      lab,
      lab.hosts.map((host) => nodeOf(host)),
      { role: { settle: 2, actions } },
    );
    await stack.up();
    await until("one is master in all it does", 60_000, async () =>
      (await Promise.all(lab.hosts.map(roleOf))).some(({ reached }) => reached === "master"),
    );
    await stack.destroy();
    for (const host of lab.hosts) {
      expect(await runs(host)).toEqual([
        "cron active",
        "nginx active",
        "standby.timer inactive",
        "panel rests",
        "backup e2scrub_all",
      ]);
      expect((await host.exec("systemctl is-enabled cron nginx")).stdout).toBe("enabled\nenabled\n");
      expect((await host.exec("ls /etc/systemd/system | grep vrrp", { check: false })).stdout).toBe("");
      expect(await host.readFile("/etc/cron.d/backup")).toBe("# a job of the user's\n");
    }
  });
});
