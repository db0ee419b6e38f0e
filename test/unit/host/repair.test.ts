import { generation, SHELLS } from "./fake-host";
import { RepairHost } from "./repair-host";

const CONF = "etc/keepalived/keepalived.conf";

describe.each(SHELLS)("repair under %s", (shell) => {
  let pair: RepairHost;
  beforeEach(async () => {
    pair = await RepairHost.create(shell);
  });
  afterEach(() => pair.close());

  const well = (words: string) => ({ status: 0, stdout: `nothing to do: ${words}\n`, stderr: "" });

  test("an unknown action, and words too few or too many, are told with what there is, and change nothing", () => {
    const before = pair.host.tree("etc", "var");
    expect(pair.repair("frobnicate")).toMatchObject({
      status: 2,
      stderr: expect.stringContaining(
        "unknown action 'frobnicate'; there are start-daemon enable-daemon reload",
      ) as string,
    });
    expect(pair.repair("release", "10.0.0.100")).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("release takes 2 words more, not 1") as string,
    });
    expect(pair.repair("start-daemon", "now").status).toBe(2);
    expect(pair.repair("--undo")).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("there is no repair of gw that could be taken back") as string,
    });
    expect(pair.host.tree("etc", "var")).toBe(before);
    expect(pair.events()).toEqual([]);
  });

  test("a cluster that is not there, or with a change under way, is left alone", () => {
    expect(pair.host.agent(["repair", "other", "start-daemon"]).stderr).toContain(
      "there is no cluster other",
    );
    pair.host.write("var/lib/vrrp-agent/gw/pending", `0 ${generation(1)} boot-1 5000\n`);
    expect(pair.repair("start-daemon")).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("a change of gw is under way") as string,
    });
    expect(pair.host.calls()).toEqual([]);
  });

  test("what is well is left as it is", () => {
    pair.reports("BACKUP");
    expect(pair.repair("start-daemon")).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^nothing to do: keepalived runs \(pid \d+\)\n$/) as string,
    });
    expect(pair.repair("enable-daemon")).toEqual(well("keepalived is started at boot"));
    expect(pair.repair("reapply")).toMatchObject({ status: 0 });
    expect(pair.repair("sysctl")).toEqual(well("the settings of the kernel are as they were applied"));
    expect(pair.repair("write-state")).toEqual(well("the state files tell what is"));
    expect(pair.repair("release", "10.0.0.100", "eth0")).toEqual(well("10.0.0.100 is not on eth0"));
    expect(pair.host.calls()).toEqual([]);
    expect(pair.events()).toEqual([]);
  });

  test("a dead daemon is started, told as an event and in the log, and stopped by --undo", () => {
    pair.host.withoutState("keepalived.pid");
    expect(pair.repair("start-daemon")).toEqual({
      status: 0,
      stdout: "keepalived was started\n",
      stderr: "",
    });
    expect(pair.host.calls()).toContain("systemctl start keepalived.service");
    expect(pair.events()).toEqual([{ name: "start-daemon", state: "done" }]);
    expect(pair.host.stateOf("log")).toContain("gw: repair start-daemon: done");
    expect(pair.repair("--undo")).toMatchObject({ status: 0, stdout: "took back: start-daemon\n" });
    expect(pair.host.calls()).toContain("systemctl stop keepalived.service");
    expect(pair.events()).toContainEqual({ name: "start-daemon", state: "undone" });
    expect(pair.repair("--undo").status).toBe(1);
  });

  test("--undo takes back no start of the daemon that is older than what was done last", () => {
    pair.host.withoutState("keepalived.pid");
    expect(pair.repair("start-daemon")).toMatchObject({ status: 0, stdout: "keepalived was started\n" });
    expect(pair.repair("reload").stdout).not.toMatch(/^nothing to do/);
    expect(pair.repair("--undo")).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("there is no repair of gw that could be taken back") as string,
    });
    expect(pair.host.calls()).not.toContain("systemctl stop keepalived.service");
  });

  test("a daemon whose config is refused is not started", () => {
    pair.host.withoutState("keepalived.pid");
    pair.host.state("refused");
    const { status, stderr } = pair.repair("start-daemon");
    expect(status).toBe(1);
    expect(stderr).toContain("Unknown keyword 'nonsense'");
    expect(stderr).toContain(
      "keepalived does not accept /etc/keepalived/keepalived.conf; run vrrp-agent repair gw reapply",
    );
    expect(pair.host.calls()).toEqual([]);
    expect(pair.events()).toMatchObject([{ name: "start-daemon", state: "failed" }]);
  });

  test("a daemon that does not start is told in its own words, and what was done is taken back", () => {
    pair.host.withoutState("keepalived.pid");
    pair.host.state("broken");
    const { status, stderr } = pair.repair("start-daemon");
    expect(status).toBe(1);
    expect(stderr).toContain("the fake daemon is broken");
    expect(stderr).toContain("what was done is taken back");
    expect(pair.events()[0]).toMatchObject({
      state: "failed",
      words: expect.stringContaining("taken back") as string,
    });
  });

  test("a service that is not enabled is", () => {
    pair.host.withoutState("enabled");
    expect(pair.repair("enable-daemon")).toMatchObject({
      status: 0,
      stdout: "keepalived is started at boot\n",
    });
    expect(pair.repair("--undo").status).toBe(0);
    expect(pair.host.calls()).toEqual([
      "systemctl enable keepalived.service",
      "systemctl disable keepalived.service",
    ]);
  });

  test("a reload is for files that are as they were applied", () => {
    expect(pair.repair("reload")).toMatchObject({ status: 0, stdout: "keepalived has loaded its files\n" });
    expect(pair.host.calls()).toEqual(["systemctl reload keepalived.service"]);
    pair.host.write(CONF, "by hand\n");
    expect(pair.repair("reload")).toMatchObject({
      status: 1,
      stderr: expect.stringContaining(`/${CONF} is not as it was applied`) as string,
    });
    expect(pair.host.calls()).toEqual([]);
    expect(pair.host.read(CONF)).toBe("by hand\n");
  });

  test("what was changed by hand is put right, kept, and brought back by --undo", () => {
    pair.host.write(CONF, "by hand\n");
    expect(pair.repair("reapply")).toMatchObject({
      status: 0,
      stdout: expect.stringContaining(`put right what had drifted of gw:\n  /${CONF}\n`) as string,
    });
    expect(pair.host.read(CONF)).toBe("vrrp_instance gw {\n}\n");
    expect(pair.repair("--undo").status).toBe(0);
    expect(pair.host.read(CONF)).toBe("by hand\n");
  });

  test("only a reader of the FIFO that is the agent's own is ended", () => {
    expect(pair.repair("notify")).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("the reader of keepalived's FIFO is not vrrp-agent's own") as string,
    });
  });

  test("--undo is refused once the cluster was applied anew", () => {
    pair.host.withoutState("enabled");
    pair.repair("enable-daemon");
    pair.host.write("var/lib/vrrp-agent/gw/repair/done", `${generation(7)} enable-daemon\n`);
    expect(pair.repair("--undo").stderr).toContain(
      "gw was applied anew since the last repair (enable-daemon)",
    );
    expect(pair.host.calls()).toEqual(["systemctl enable keepalived.service"]);
  });
});

const SYSCTL = "/etc/sysctl.d/60-vrrp-gw.conf";
const KNOB = "proc/sys/net/ipv4/ip_nonlocal_bind";

describe.each(SHELLS)("repairs of settings and rules under %s", (shell) => {
  test("a setting of the kernel is again what was applied, and back by --undo", async () => {
    const pair = await RepairHost.create(shell, { [SYSCTL]: "net.ipv4.ip_nonlocal_bind = 1\n" });
    pair.host.write(KNOB, "0\n");
    expect(pair.repair("sysctl")).toMatchObject({
      status: 0,
      stdout: "net.ipv4.ip_nonlocal_bind is 1 again; it was 0\n",
    });
    expect(pair.host.read(KNOB)).toBe("1\n");
    pair.repair("--undo");
    expect(pair.host.read(KNOB)).toBe("0\n");
    pair.close();
  });

  test("a role whose loop is gone is started, and one that cannot be reached is told", async () => {
    const conf = [
      "cluster gw",
      "node a",
      "instance gw 4 51 eth0",
      "vip gw 10.0.0.100/24 eth0",
      "peer b 10.0.0.2",
      "role 3 gw",
    ];
    const pair = await RepairHost.create(shell, { "/etc/vrrp-agent/gw/node.conf": `${conf.join("\n")}\n` });
    expect(pair.repair("role")).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("the role is not backup after 60 s; see vrrp-agent status") as string,
    });
    expect(pair.host.calls()).toContain("systemctl --quiet restart vrrp-role-gw.service");
    pair.close();
  });

  test("without rules in the spec none is added, and the peers are named", async () => {
    const pair = await RepairHost.create(shell);
    expect(pair.repair("firewall")).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("accept IP protocol 112 from 10.0.0.2") as string,
    });
    pair.close();
  });

  test("where our rules are in force the one that drops is for a person", async () => {
    const pair = await RepairHost.create(shell, {
      "/etc/vrrp-agent/gw/firewall.rules": "nft4 input ip saddr 10.0.0.2 ip protocol 112\n",
    });
    expect(pair.repair("firewall")).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("what drops the adverts is for a person to remove") as string,
    });
    pair.close();
  });
});
