import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import {
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";

import { AGENT, FakeHost, nodeFiles, EVERY_SHELL } from "./fake-host";

/** Waits until a condition holds. */
async function until(what: string, condition: () => boolean): Promise<void> {
  const end = Date.now() + 30_000;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`did not happen within 30 s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

describe.each(EVERY_SHELL)("notify under %s", (shell) => {
  let host: FakeHost;
  let fifo: string;
  let keepalived: number;
  let notify: ChildProcess;

  beforeEach(async () => {
    host = await FakeHost.create(shell);
    host.withoutProgram("sleep");
    for (const { path, text } of nodeFiles()) host.write(path, text);
    fifo = join(host.root, "notify.fifo");
    execFileSync("mkfifo", [fifo]);
    // As keepalived does: for reading and writing, so that opening does not wait for the other side.
    keepalived = openSync(fifo, "r+");
    notify = start();
  });
  afterEach(async () => {
    notify.kill("SIGTERM");
    await until("its end", () => notify.exitCode !== null || notify.signalCode !== null);
    await until("no process", () => processes().length === 0);
    closeSync(keepalived);
    host.close();
  });

  const start = () => {
    const [program = "", ...before] = host.command;
    return spawn(program, [...before, AGENT, "notify", fifo], {
      env: { ...host.env, VRRP_HEARTBEAT_SECONDS: "0.1" },
      stdio: ["ignore", "ignore", "inherit"],
    });
  };
  const tell = (line: string) => writeSync(keepalived, `${line}\n`);
  const stateFile = () =>
    host.has("run/vrrp-agent/gw/gw.state") ? host.read("run/vrrp-agent/gw/gw.state") : "";
  const value = (key: string) => new RegExp(`^${key} (.*)$`, "m").exec(stateFile())?.[1];
  const events = () =>
    host.has("var/log/vrrp-agent/events.jsonl")
      ? host
          .read("var/log/vrrp-agent/events.jsonl")
          .trimEnd()
          .split("\n")
          .map((line) => JSON.parse(line) as Record<string, string>)
      : [];
  /** Processes that were started with this FIFO: notify and its ticker. */
  const processes = () =>
    readdirSync("/proc")
      .filter((pid) => /^\d+$/.test(pid) && existsSync(`/proc/${pid}/cmdline`))
      .filter((pid) => {
        try {
          return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").includes(fifo);
        } catch {
          return false; // It ended meanwhile.
        }
      });

  test("a master that has heard a lower priority is one still", async () => {
    tell('INSTANCE "gw" MASTER 100');
    tell('INSTANCE "gw" MASTER_RX_LOWER_PRI 100');
    await until("two events", () => events().length === 2);
    expect(events()[1]!.state).toBe("MASTER_RX_LOWER_PRI");
    const beat = value("heartbeat");
    // By then the line is done with.
    await until("a heartbeat", () => value("heartbeat") !== beat);
    expect(value("state")).toBe("MASTER");
  });

  test("each line becomes an event in its order, and the last one the state", async () => {
    const lines = ["BACKUP", "MASTER", "FAULT", "BACKUP", "MASTER"];
    for (const state of lines) tell(`INSTANCE "gw" ${state} 100`);
    tell('GROUP "all" MASTER 0');
    await until("six events", () => events().length === 6);
    expect(events().map((event) => event.state)).toEqual([...lines, "MASTER"]);
    expect(events()[0]).toEqual({
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/) as string,
      node: expect.any(String) as string,
      cluster: "gw",
      kind: "INSTANCE",
      name: "gw",
      state: "BACKUP",
      priority: "100",
    });
    expect([value("state"), value("priority")]).toEqual(["MASTER", "100"]);
  });

  test("a state that cannot be written is written once there is room, and what the file says does not look fresh", async () => {
    tell('INSTANCE "gw" BACKUP 100');
    await until("the state", () => value("state") === "BACKUP");
    // Root writes everywhere: a file stands where its directory was.
    const directory = join(host.root, "run/vrrp-agent/gw");
    renameSync(directory, `${directory}.away`);
    writeFileSync(directory, "");
    tell('INSTANCE "gw" FAULT 100');
    tell('INSTANCE "gw" MASTER 90');
    await until("its events", () => events().length === 3);
    rmSync(directory);
    await until("the last state", () => value("state") === "MASTER");
    expect([value("priority"), Number(value("since")) <= Number(value("heartbeat"))]).toEqual(["90", true]);
    const heartbeat = Number(value("heartbeat"));
    await until("a later heartbeat", () => Number(value("heartbeat")) >= heartbeat + 1);
    expect(value("state")).toBe("MASTER");
  });

  test("an instance that is none of ours is logged and has no state file", async () => {
    tell('INSTANCE "by \\hand" MASTER 7');
    await until("its event", () => events().length === 1);
    expect(events()[0]).toMatchObject({ cluster: "", name: "by \\hand" });
    expect(readdirSync(join(host.root, "run/vrrp-agent"))).toEqual([]);
  });

  test("the heartbeat goes on without events and leaves the rest alone", async () => {
    tell('INSTANCE "gw" MASTER 100');
    await until("the state", () => value("state") === "MASTER");
    const { since, heartbeat } = { since: value("since"), heartbeat: Number(value("heartbeat")) };
    await until("a later heartbeat", () => Number(value("heartbeat")) >= heartbeat + 1);
    expect([value("state"), value("since"), events().length]).toEqual(["MASTER", since, 1]);
  });

  test("it ends when keepalived closes the FIFO and leaves no process; cleanup says STOPPED", async () => {
    tell('INSTANCE "gw" MASTER 100');
    await until("the state", () => value("state") === "MASTER");
    closeSync(keepalived);
    await until("its end", () => notify.exitCode === 0);
    await until("no process", () => processes().length === 0);
    expect(value("state")).toBe("MASTER");
    host.succeed(["cleanup"]);
    expect([value("state"), value("priority")]).toEqual(["STOPPED", "100"]);
    keepalived = openSync("/dev/null", "r");
  });

  test("one that a reload starts goes on with the state, which keepalived does not tell again", async () => {
    tell('INSTANCE "gw" MASTER 100');
    await until("the state", () => value("state") === "MASTER");
    host.write("run/vrrp-agent/gw/former.state", "state BACKUP\npriority 1\nsince 1\nheartbeat 1\n");
    const { since, heartbeat } = { since: value("since"), heartbeat: Number(value("heartbeat")) };
    notify.kill("SIGTERM");
    await until("its end", () => notify.exitCode === 0);
    notify = start();
    await until("a later heartbeat", () => Number(value("heartbeat")) >= heartbeat + 1);
    expect([value("state"), value("since")]).toEqual(["MASTER", since]);
    expect(host.has("run/vrrp-agent/gw/former.state")).toBe(false);
  });

  test("killed with -9 it leaves no ticker behind, and the heartbeat stops", async () => {
    tell('INSTANCE "gw" MASTER 100');
    await until("the state", () => value("state") === "MASTER");
    notify.kill("SIGKILL");
    await until("no process", () => processes().length === 0);
    const last = stateFile();
    expect(last).toContain("state MASTER");
    expect(stateFile()).toBe(last);
  });

  test("the log is rotated before it grows beyond a mebibyte and a line", async () => {
    host.write("var/log/vrrp-agent/events.jsonl", `${"x".repeat(1024 * 1024)}\n`);
    tell('INSTANCE "gw" MASTER 100');
    await until("a fresh log", () => host.has("var/log/vrrp-agent/events.jsonl.1") && events().length === 1);
    expect(events()[0]).toMatchObject({ state: "MASTER" });
  });
});
