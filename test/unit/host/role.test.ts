import { type ChildProcess, spawn } from "node:child_process";
import { renameSync } from "node:fs";
import { join } from "node:path";

import { AGENT, FakeHost, SHELLS } from "./fake-host";

const CONF = "/etc/vrrp-agent/gw/node.conf";
const STATE = "run/vrrp-agent/gw/role/state";
const DONE = "srv/done";

interface Event {
  kind: string;
  name: string;
  state: string;
  words?: string;
}

/** A command that writes down that it ran. */
const notes = (what: string) => `echo ${what}-$VRRP_ROLE >>"$VRRP_ROOT/${DONE}"`;

describe.each(SHELLS)("the loop of a role under %s", (shell) => {
  let host: FakeHost;
  let loop: ChildProcess | undefined;

  beforeEach(async () => {
    host = await FakeHost.create(shell);
    host.withoutProgram("sleep");
    host.program("logger", ":");
    host.state("keepalived.pid", "");
    host.write(DONE, "");
    start = (look = "0") => {
      const [program = "", ...before] = host.command;
      const quick = {
        VRRP_HEARTBEAT_SECONDS: "1",
        VRRP_ROLE_LOOK_SECONDS: look,
        VRRP_ROLE_RETRY_SECONDS: "0",
      };
      loop = spawn(program, [...before, AGENT, "role", "gw"], {
        env: { ...host.env, ...quick },
        stdio: "ignore",
      });
    };
  });
  afterEach(async () => {
    await end();
    host.close();
  });

  let start: (look?: string) => void;
  const end = async () => {
    const process = loop;
    loop = undefined;
    if (process === undefined || process.exitCode !== null) return;
    await new Promise((resolve) => {
      process.once("exit", resolve);
      process.kill("SIGTERM");
    });
  };
  const configure = (actions: Record<string, string[]>, settle = 0) =>
    host.write(
      CONF,
      [
        "cluster gw",
        "node a",
        "vip gw 10.0.0.100/24 eth0",
        "vip other 10.0.0.200/24 eth0",
        `role ${settle} gw`,
        ...Object.entries(actions).flatMap(([head, settings]) => [
          `action ${head}`,
          ...settings.map((line) => `action-set ${head.split(" ")[0]} ${line}`),
        ]),
        "",
      ].join("\n"),
    );
  /** Interface and daemon are so from now on; notify would wake the loop, and it looks by itself. */
  const becomes = (role: "master" | "backup") => {
    host.addresses("eth0", role === "master" ? ["10.0.0.1/24", "10.0.0.100/24"] : ["10.0.0.1/24"]);
    host.program("systemctl", `case $1 in show) echo "MainPID=$(cat "$FAKE/daemon")" ;; *) exit 1 ;; esac`);
  };
  const has = (key: string, value: string) =>
    host.has(STATE) && host.read(STATE).includes(`${key} ${value}\n`);
  const until = async (what: string, holds: () => boolean) => {
    const end = Date.now() + 60_000;
    while (!holds()) {
      if (Date.now() > end)
        throw new Error(`not within 60 s: ${what}; ${host.has(STATE) ? host.read(STATE) : ""}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  const reached = (role: string) =>
    until(`${role} is reached`, () => has("reached", role) && has("wanted", role));
  const done = () => host.read(DONE).split("\n").filter(Boolean);
  const EVENTS = "var/log/vrrp-agent/events.jsonl";
  const events = (): Event[] =>
    (host.has(EVENTS) ? host.read(EVENTS) : "")
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Event);

  const both = (name: string) => [`on-master ${notes(name)}`, `on-backup ${notes(name)}`];

  it("does the actions in their order as master, and in reverse as backup", async () => {
    configure({ "one command 5 0 stop no": both("one"), "two command 5 0 stop no": both("two") });
    becomes("master");
    start();
    await reached("master");
    expect(host.has("run/vrrp-agent/gw/role/master")).toBe(true);
    becomes("backup");
    await reached("backup");
    expect(done()).toEqual(["one-master", "two-master", "two-backup", "one-backup"]);
    expect(host.has("run/vrrp-agent/gw/role/master")).toBe(false);
    expect(host.has("run/vrrp-agent/gw/role/backup")).toBe(true);
  });

  it("goes on where a loop that was killed has left off, and does nothing twice", async () => {
    configure({ "one command 5 0 stop no": both("one") });
    becomes("master");
    start();
    await reached("master");
    loop!.kill("SIGKILL");
    await new Promise((resolve) => loop!.once("exit", resolve));
    start();
    await until("it beats again", () => has("doing", "-"));
    await reached("master");
    expect(done()).toEqual(["one-master"]);
  });

  it("asks whether it is done already, and does and tells nothing then", async () => {
    configure({ "one command 5 0 stop no": [...both("one"), "reached true"] });
    becomes("master");
    start();
    await reached("master");
    expect(done()).toEqual([]);
    expect(events().map(({ kind }) => kind)).toEqual(["ROLE"]);
  });

  it("does a command that an apply has changed, for the role that holds, and not one of the other role", async () => {
    configure({ "one command 5 0 stop no": both("one") });
    becomes("master");
    start();
    await reached("master");
    configure({ "one command 5 0 stop no": [`on-master ${notes("one")}`, "on-backup false"] });
    await until(
      "it was looked at",
      () =>
        host.has("run/vrrp-agent/gw/role/seen") &&
        host.read("run/vrrp-agent/gw/role/seen").includes("on-backup false"),
    );
    configure({ "one command 5 0 stop no": [`on-master ${notes("two")}`, "on-backup false"] });
    await until("the new one was done", () => done().includes("two-master"));
    expect(done()).toEqual(["one-master", "two-master"]);
  });

  it("does again what is no longer as it was", async () => {
    configure({ "one command 5 0 stop no": [...both("one"), 'reached [ ! -e "$VRRP_ROOT/srv/undone" ]'] });
    host.write("/srv/undone", "");
    becomes("master");
    start();
    await until("it was done", () => done().length > 0);
    host.remove("srv/undone");
    await reached("master");
  });

  it.each([
    ["stop", ["one-master"]],
    ["continue", ["one-master", "two-master"]],
  ])("after an action that fails, with onFailure %s, has done %j", async (policy, expected) => {
    const fails = `on-master ${notes("one")}; echo no luck; exit 7`;
    configure({ [`one command 5 0 ${policy} no`]: [fails], "two command 5 0 stop no": both("two") });
    becomes("master");
    start();
    await until("it was tried", () => events().length > 0);
    await until("and what follows", () => done().join().startsWith(expected.join()));
    expect(events()[0]).toMatchObject({ kind: "ACTION", name: "one", state: "failed" });
    expect(events()[0]?.words).toBe("the command ended with 7: no luck");
    expect(has("reached", "master")).toBe(false);
    expect(done().includes("two-master")).toBe(policy === "continue");
  });

  it.each([
    ["command", [`on-master ${notes("one")}; SLEEP & echo $! >"$VRRP_ROOT/srv/pid"`]],
    [
      "service",
      [
        'start SLEEP & echo $! >"$VRRP_ROOT/srv/pid"',
        "on-master start",
        'status test -e "$VRRP_ROOT/srv/pid"',
      ],
    ],
  ])("is not held up by a daemon that a %s leaves behind", async (kind, settings) => {
    const sleeps = settings.map((line) => line.replace("SLEEP", "sleep 1000 </dev/null >/dev/null 2>&1"));
    configure({ [`one ${kind} 5 0 stop no`]: sleeps, "two command 5 0 stop no": both("two") });
    becomes("master");
    start();
    try {
      await reached("master");
      expect(done().at(-1)).toBe("two-master");
      expect(events().filter(({ kind, state }) => kind === "ACTION" && state !== "done")).toEqual([]);
    } finally {
      process.kill(Number(host.read("srv/pid")));
    }
  });

  it("does all of a demotion, whatever fails", async () => {
    configure({ "one command 5 0 stop no": both("one"), "two command 5 0 stop no": ["on-backup false"] });
    becomes("backup");
    start();
    await until("the first was done", () => done().includes("one-backup"));
    expect(events()[0]).toMatchObject({ name: "two", state: "failed" });
  });

  it("tries again as often as it is told, and not what cannot be helped", async () => {
    configure({
      "one command 5 1 continue no": ["on-master exit 3"],
      "two command 5 5 stop no": ["on-master exit 127"],
    });
    becomes("master");
    start();
    await until("both were tried", () => host.has("run/vrrp-agent/gw/role/actions/two"));
    await until("the second is told", () => events().some(({ name }) => name === "two"));
    expect(
      events()
        .slice(0, 3)
        .map(({ name, state }) => `${name} ${state}`),
    ).toEqual(["one retry", "one failed", "two given-up"]);
  });

  it("ends an action that hangs, with all that it has started, and says so", async () => {
    configure({ "one command 1 0 continue no": ["on-master sleep 100 & sleep 100"] });
    becomes("master");
    start();
    await until("it has ended", () => host.has("run/vrrp-agent/gw/role/actions/one"));
    await until("it is told", () => events().length > 0);
    expect(events()[0]?.words).toMatch(/^did not end within 1 s/);
  });

  it("turns round between two actions where the role has changed", async () => {
    const waits = `${notes("one")}; until [ -e "$VRRP_ROOT/srv/go" ]; do sleep 0.1; done`;
    configure({
      "one command 30 0 stop no": [`on-master ${waits}`, both("one")[1]!],
      "two command 5 0 stop no": both("two"),
    });
    becomes("master");
    start();
    await until("the first is under way", () => done().includes("one-master"));
    becomes("backup");
    host.write("/srv/go", "");
    await reached("backup");
    expect(done()).toEqual(["one-master", "two-backup", "one-backup"]);
  });

  it("turns round between two actions where an apply has brought another spec", async () => {
    const waits = `${notes("one")}; until [ -e "$VRRP_ROOT/srv/go" ]; do sleep 0.1; done`;
    configure({ "one command 30 0 stop no": [`on-master ${waits}`], "two command 5 0 stop no": both("two") });
    becomes("master");
    start();
    await until("the first is under way", () => done().includes("one-master"));
    // As an apply does it: another file in the place of this one.
    renameSync(join(host.root, CONF), join(host.root, `${CONF}.former`));
    configure({
      "one command 30 0 stop no": [`on-master ${waits}`],
      "three command 5 0 stop no": both("three"),
    });
    host.write("/srv/go", "");
    await reached("master");
    expect(done()).toEqual(["one-master", "three-master"]);
    expect(events().filter(({ kind, state }) => kind === "ACTION" && state !== "done")).toEqual([]);
  });

  it("does a role at once that comes back before the other one was reached, however long it looks on else", async () => {
    const waits = `${notes("two")}; until [ -e "$VRRP_ROOT/srv/go" ]; do sleep 0.1; done`;
    configure({
      "one command 5 0 stop no": both("one"),
      "two command 30 0 stop no": [both("two")[0]!, `on-backup ${waits}`],
    });
    becomes("master");
    start("10000");
    await reached("master");
    becomes("backup");
    await until("the demotion is under way", () => done().includes("two-backup"));
    becomes("master");
    host.write("/srv/go", "");
    await until("it is master again", () => done().length === 4 && has("doing", "-"));
    expect(done()).toEqual(["one-master", "two-master", "two-backup", "two-master"]);
    await reached("master");
    expect(host.has("run/vrrp-agent/gw/role/master")).toBe(true);
  });

  it("waits with what is settled until the role has held for long enough", async () => {
    configure({ "one command 5 0 stop no": both("one"), "two command 5 0 stop yes": both("two") }, 1000);
    becomes("master");
    start();
    await until("the first was done", () => done().length > 0);
    await until("it waits for the second", () => has("doing", "two"));
    expect(done()).toEqual(["one-master"]);
    host.uptime(3000);
    await reached("master");
    expect(done()).toEqual(["one-master", "two-master"]);
  });

  it("undoes an action that has left the spec, or is about something else now", async () => {
    host.write("/etc/cron.d/job", "old\n");
    host.write("/etc/cron.d/other", "other\n");
    const file = (path: string) => [`path ${path}`, "on backup"];
    configure({ "job file 5 0 stop no": file("/etc/cron.d/job") });
    becomes("master");
    start();
    await reached("master");
    expect(host.has("etc/cron.d/job")).toBe(false);
    configure({ "job file 5 0 stop no": file("/etc/cron.d/other") });
    await until("the former one is back", () => host.has("etc/cron.d/job"));
    await until("the other is gone", () => !host.has("etc/cron.d/other"));
    configure({ "tell command 5 0 stop no": both("tell") });
    await until("that is back, too", () => host.has("etc/cron.d/other"));
    expect(host.read("etc/cron.d/job")).toBe("old\n");
  });

  it("ends with its role", async () => {
    configure({ "one command 5 0 stop no": both("one") });
    becomes("master");
    start();
    await reached("master");
    const ended = new Promise((resolve) => loop!.once("exit", resolve));
    host.write(CONF, "cluster gw\nnode a\n");
    expect(await ended).toBe(0);
  });

  it("is the only one", async () => {
    configure({ "one command 5 0 stop no": both("one") });
    becomes("master");
    start();
    await reached("master");
    expect(host.agent(["role", "gw"])).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("another process") as string,
    });
  });
});
