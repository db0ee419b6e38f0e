import { spawn } from "node:child_process";
import { AGENT, FakeHost, nodeFiles, SHELLS } from "./fake-host";

const DRAIN = "var/lib/vrrp-agent/gw/drain";
const MARK = "run/vrrp-agent/gw/role/quiesced";
const CONF = "/etc/keepalived/keepalived.conf";
const NODE = "/etc/vrrp-agent/gw/node.conf";

/** Waits until a condition holds. */
async function until(what: string, condition: () => boolean): Promise<void> {
  const end = Date.now() + 150_000;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`did not happen within 150 s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe.each(SHELLS)("a planned move of a master under %s", (shell) => {
  let host: FakeHost;

  beforeEach(async () => {
    host = await FakeHost.create(shell);
    const real = shell === "dash" ? "/usr/bin/sleep" : "/bin/busybox sleep";
    // Whole seconds pass in no time; what ends programs in time sleeps really.
    host.program(
      "sleep",
      `case $1 in 1) ;; *) exec ${real} "$@" ;; esac
       awk '{ printf "%.2f 0\\n", $1 + 1 }' "$VRRP_ROOT/proc/uptime" >"$FAKE/up.$$" && mv "$FAKE/up.$$" "$VRRP_ROOT/proc/uptime"
       [ ! -e "$FAKE/moves" ] || echo '2: eth0 inet 10.0.0.1/24 scope global eth0' >"$FAKE/addresses.eth0"`,
    );
    const conf = nodeFiles().find(({ path }) => path === NODE)!.text;
    const note = (word: string) => `echo ${word} $VRRP_ACTION >>$FAKE/done`;
    const action = (name: string) => [
      `action ${name} command 20 0 stop no`,
      `action-set ${name} on-master ${note("master")}`,
      `action-set ${name} quiesce ${note("quiesce")}; test ! -e $FAKE/not-ready.${name}`,
      `action-set ${name} resume ${note("resume")}`,
    ];
    const role = [
      "hand-over 3",
      "role 0 gw",
      ...action("db"),
      ...action("web"),
      "action plain command 20 0 stop no",
      "",
    ];
    host.write("/var/lib/vrrp-agent/gw/owner", "me\n");
    host.write(CONF, "vrrp_instance gw {\n    track_file {\n        drain weight -253\n    }\n}\n");
    host.write(NODE, conf + role.join("\n"));
    host.state("keepalived.pid", host.read("fake/daemon"));
    host.addresses("eth0", ["10.0.0.1/24", "10.0.0.100/24"]);
    host.state("arp.10.0.0.100", "Unicast reply from 10.0.0.100 [02:00:00:00:00:02]  0.6ms\n");
    host.state("neighbour.10.0.0.2", "10.0.0.2 lladdr 02:00:00:00:00:02 REACHABLE\n");
    host.write("/run/vrrp-agent/gw/role/master", "");
    for (const name of ["db", "web", "plain"])
      host.write(`/run/vrrp-agent/gw/role/actions/${name}`, "state done\nrole master\n");
    host.write("/fake/done", "");
  });
  afterEach(() => host.close());

  const done = () => host.read("fake/done").split("\n").filter(Boolean);
  const events = () =>
    host.has("var/log/vrrp-agent/events.jsonl")
      ? host
          .read("var/log/vrrp-agent/events.jsonl")
          .split("\n")
          .filter(Boolean)
          .map((line) => JSON.parse(line) as { name: string; state: string })
          .map(({ name, state }) => `${name} ${state}`)
      : [];

  test("gets its actions ready in reverse, then gives the addresses away, and leaves no mark", () => {
    host.state("moves");
    expect(host.agent(["drain", "gw"])).toMatchObject({ status: 0, stderr: "" });
    expect(done()).toEqual(["quiesce web", "quiesce db"]);
    expect(events()).toEqual(["web quiesced", "db quiesced"]);
    expect(host.has(MARK)).toBe(false);
    expect(host.read(DRAIN)).toBe("1 drain\n");
  });

  test("has them go on, in order, when nobody takes over", () => {
    expect(host.agent(["drain", "gw"]).stderr).toContain("no peer took the addresses of gw within 3 s");
    expect(done()).toEqual(["quiesce web", "quiesce db", "resume db", "resume web"]);
    expect([host.has(MARK), host.has(DRAIN)]).toEqual([false, false]);
  });

  test("does not happen where one cannot get ready, and those that could go on; forced it does", () => {
    host.state("not-ready.db");
    const { status, stderr } = host.agent(["drain", "gw"]);
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr:
        "vrrp-agent: a: drain: gw stays here: db is not ready to move: quiesce ended with 1; mend that, or give --force, and what the peer has not got is missing there\n",
    });
    expect(done()).toEqual(["quiesce web", "quiesce db", "resume db", "resume web"]);
    expect(events()).toEqual(["web quiesced", "db not-ready"]);
    expect([host.has(MARK), host.has(DRAIN)]).toEqual([false, false]);
    host.state("moves");
    expect(host.agent(["drain", "gw", "--force"]).status).toBe(0);
  });

  test("does not hang on what has not become the master's yet", () => {
    host.state("not-ready.db");
    host.write("/run/vrrp-agent/gw/role/actions/db", "state failed\nrole master\n");
    host.state("moves");
    expect(host.agent(["drain", "gw"]).status).toBe(0);
  });

  test("asks nothing of it while no peer answers", () => {
    host.program("ping", "exit 1");
    host.state("neighbour.10.0.0.2", "");
    expect(host.agent(["drain", "gw"]).stderr).toContain(
      "no peer of gw answers, so what this master runs is not made ready",
    );
    expect(done()).toEqual([]);
  });

  test("forced, with nobody to take over, leaves it drained and at work", () => {
    expect(host.agent(["drain", "gw", "--force"])).toMatchObject({
      status: 0,
      stdout: "gw is drained; no peer took its addresses within 3 s, so they stay here until one does\n",
    });
    expect(done().slice(-2)).toEqual(["resume db", "resume web"]);
    expect(host.read(DRAIN)).toBe("1 drain\n");
  });

  test("holds the loop back while it lasts; where it was killed the loop has the master go on", async () => {
    const mark = (until: number) => host.write(`/${MARK}`, `${until}\n`);
    const state = () =>
      host.has("run/vrrp-agent/gw/role/state") ? host.read("run/vrrp-agent/gw/role/state") : "";
    for (const name of ["db", "web", "plain"]) host.remove(`run/vrrp-agent/gw/role/actions/${name}`);
    const now = Number(host.read("proc/uptime").split(".")[0]);
    mark(now + 100);
    const [program = "", ...before] = host.command;
    const loop = spawn(program, [...before, AGENT, "role", "gw"], {
      env: { ...host.env, VRRP_HEARTBEAT_SECONDS: "0.1" },
      stdio: "ignore",
    });
    try {
      await until("the loop beats", () => /^wanted master$/m.test(state()));
      const first = /^heartbeat (\d+)$/m.exec(state())![1];
      await until("it beats again", () => /^heartbeat (\d+)$/m.exec(state())![1] !== first);
      expect(done()).toEqual([]);
      mark(now - 1);
      await until("it is master", () => /^reached master$/m.test(state()));
      expect(done()).toEqual(["resume db", "resume web", "master db", "master web"]);
      expect(host.has(MARK)).toBe(false);
    } finally {
      loop.kill("SIGTERM");
      await until("its end", () => loop.exitCode !== null || loop.signalCode !== null);
    }
  }, 400_000);
});
