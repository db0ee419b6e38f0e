import { bundleOf, FakeHost, generation, nodeFiles, SHELLS } from "./fake-host";

describe.each(SHELLS)("a host that waits for the holder, under %s", (shell) => {
  let host: FakeHost;
  beforeEach(async () => {
    host = await FakeHost.create(shell);
    host.state("ipv6", "fe80::1/64");
    // The peer b holds the address.
    host.state("arp.10.0.0.100", "Unicast reply from 10.0.0.100 [02:00:00:00:00:02]  0.6ms\n");
    host.state("neighbour.10.0.0.2", "10.0.0.2 lladdr 02:00:00:00:00:02 REACHABLE\n");
    host.succeed(["stage"], bundleOf(nodeFiles(), { generation: generation(1) }));
  });
  afterEach(() => host.close());

  const step = (verb: string) => host.agent([verb, "gw", generation(1)]);
  /** As if the peer said everything there is to say of this generation. */
  const peerHasIt = () =>
    host.program("ping", `for last; do :; done; case $last in fe80:*) exit 0 ;; esac; exit 1`);
  const activate = () => {
    expect(step("activate").stdout).toBe(
      `activated ${generation(1)}; keepalived starts when the holder has it, too\n`,
    );
    host.calls();
    peerHasIt();
  };

  test("starts keepalived in join", () => {
    activate();
    expect(step("join")).toEqual({ status: 0, stdout: `joined ${generation(1)}\n`, stderr: "" });
    expect(host.calls()).toContain("systemctl start keepalived.service");
  });

  test("goes back when keepalived does not start with the new files, and says both", () => {
    activate();
    host.state("broken");
    const { status, stderr } = step("join");
    expect(status).toBe(1);
    expect(stderr).toMatch(/^vrrp-agent: a: join: keepalived: systemctl start failed; .*\n/);
    expect(stderr).toMatch(/\nvrrp-agent: a: join: the host is back at generation 0\n$/);
    expect(host.has("etc/keepalived/keepalived.conf")).toBe(false);
    expect(host.has("var/lib/vrrp-agent/gw/pending")).toBe(false);
  });

  test("goes on waiting when a later change takes over, though it differs little from the one that waits", () => {
    expect(step("activate").stdout).toContain("keepalived starts when the holder has it");
    host.calls();
    const next = nodeFiles({ "/etc/keepalived/keepalived.conf": "vrrp_instance gw {\n  # 2\n}\n" });
    host.succeed(["stage"], bundleOf(next, { generation: generation(2) }));
    expect(host.succeed(["activate", "gw", generation(2)])).toBe(
      `activated ${generation(2)}; keepalived starts when the holder has it, too\n`,
    );
    expect(host.calls()).not.toContain("systemctl start keepalived.service");
  });

  test("a step that fails before anything is in force tells the others, and the next change need not wait", () => {
    host.remove(`var/lib/vrrp-agent/gw/generations/${generation(1)}/manifest`);
    expect(step("activate").status).toBe(1);
    expect(host.read("run/vrrp-agent/gw/turn")).toMatch(/ over\n$/);
    expect(host.read("run/vrrp-agent/gw/told")).toMatch(/^refused /);
  });

  test("has systemd give up a daemon that it is about to start again before other files are in its place", () => {
    const was = host.read("fake/bin/systemctl");
    host.program(
      "systemctl",
      `case "$*" in "is-active keepalived.service") echo activating; exit 3 ;; esac\n${was}`,
    );
    // As the real one, which has nothing to stop.
    host.state("keepalived.pid", "0\n");
    step("activate");
    const calls = host.calls();
    expect(calls).toContain("systemctl stop keepalived.service");
  });
});
