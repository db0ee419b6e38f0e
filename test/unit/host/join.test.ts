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

describe.each(SHELLS)(
  "a host that holds some of the addresses while its peer holds the others, under %s",
  (shell) => {
    let host: FakeHost;
    const drain = "var/lib/vrrp-agent/gw/drain";
    const files = (id: number, settle = 4, peers = ["peer b 10.0.0.2", "peer c 10.0.0.3"]) =>
      nodeFiles({
        "/etc/keepalived/keepalived.conf": `vrrp_instance gw {\n  virtual_router_id ${id}\n  track_file {\n    drain weight -253\n  }\n}\n`,
        "/etc/vrrp-agent/gw/node.conf": [
          "cluster gw",
          "node a",
          "interface eth0",
          "source 10.0.0.1 eth0",
          `instance gw 4 ${id} eth0`,
          "instance gw-web 4 99 eth0",
          "vip gw 10.0.0.100/24 eth0",
          "vip gw-web 10.0.0.101/24 eth0",
          ...peers,
          "off-link no",
          `settle ${settle}`,
          "hand-over 3",
          "",
        ].join("\n"),
      });
    const stage = (n: number, list: ReturnType<typeof files>) =>
      host.succeed(["stage"], bundleOf(list, { generation: generation(n) }));
    const activate = (n: number) => host.agent(["activate", "gw", generation(n)]);

    beforeEach(async () => {
      host = await FakeHost.create(shell);
      stage(1, files(51));
      host.succeed(["activate", "gw", generation(1)]);
      host.state("arp.10.0.0.101", "Unicast reply from 10.0.0.101 [02:00:00:00:00:02]  0.6ms\n");
      host.state("neighbour.10.0.0.2", "10.0.0.2 lladdr 02:00:00:00:00:02 REACHABLE\n");
      host.addresses("eth0", ["10.0.0.1/24", "10.0.0.100/24"]);
      const seen = `generation ${generation(1)} a\nvip 10.0.0.100 holder a\nvip 10.0.0.101 free a\n`;
      const others = ["b", "c"].map((name) => {
        const word = name === "b" ? "holder" : "free";
        return `generation ${generation(1)} ${name}\nvip 10.0.0.100 free ${name}\nvip 10.0.0.101 ${word} ${name}\n`;
      });
      host.succeed(["confirm", "gw", generation(1)], [seen, ...others].join(""));
      host.calls();
    });
    afterEach(() => host.close());

    /** The peer takes the addresses of a drained host within a second. */
    const peerTakesOver = () => {
      const eth0 = "2: eth0    inet 10.0.0.1/24 scope global eth0";
      const sleep = host.read("fake/bin/sleep").replace("#!/bin/sh\n", "");
      host.program(
        "sleep",
        `${sleep}\n[ ! -e "$VRRP_ROOT/${drain}" ] || { cat "$VRRP_ROOT/${drain}" >>"$FAKE/calls"; echo "${eth0}" >"$FAKE/addresses.eth0"; }`,
      );
    };

    test("is drained and then stopped for a change on which the daemons must agree, and waits for the other", () => {
      peerTakesOver();
      stage(2, files(52));
      expect(activate(2).stdout).toBe(
        `activated ${generation(2)}; keepalived starts when the holder has it, too\n`,
      );
      expect(host.calls().filter((call) => !call.startsWith("systemd-run"))).toEqual([
        "1 activate",
        "systemctl stop keepalived.service",
      ]);
    });

    test("stays as it was when nobody takes its addresses", () => {
      stage(2, files(52));
      const before = host.tree("etc");
      const { status, stderr } = activate(2);
      expect(status).toBe(1);
      expect(stderr).toMatch(
        /^vrrp-agent: a: activate: no peer took the addresses of gw within 3 s, and one host must hold all of them/,
      );
      expect(host.tree("etc")).toBe(before);
      expect(host.has(drain)).toBe(false);
      expect(host.has("var/lib/vrrp-agent/gw/pending")).toBe(false);
      expect(host.calls()).not.toContain("systemctl stop keepalived.service");
    });

    test("gives way, too, to a holder whose MAC is not that of a peer's source, as on another interface", () => {
      host.state("arp.10.0.0.101", "Unicast reply from 10.0.0.101 [02:00:00:00:01:02]  0.6ms\n");
      peerTakesOver();
      stage(2, files(52));
      expect(activate(2).stdout).toMatch(/keepalived starts when the holder has it, too\n$/);
      expect(host.calls()).toContain("1 activate");
    });

    test("refuses to leave all addresses to a holder that the change takes out, and stays as it was", () => {
      peerTakesOver();
      stage(2, files(51, 4, ["peer c 10.0.0.3"]));
      const { status, stderr } = activate(2);
      expect(status).toBe(1);
      expect(stderr).toMatch(
        /an address is held by b, which this change takes out; move it first: on b, systemctl/,
      );
      expect(host.has(drain)).toBe(false);
      expect(host.calls()).not.toContain("systemctl stop keepalived.service");
    });

    test("that changes alone needs no other virtual router to be master than those whose addresses it holds", () => {
      stage(2, files(52));
      host.write("/run/vrrp-agent/gw/gw.state", "state MASTER\n");
      host.write("/run/vrrp-agent/gw/gw-web.state", "state FAULT\n");
      host.remove("fake/arp.10.0.0.101");
      expect(activate(2).stdout).toBe("deferred\n");
      expect(host.succeed(["finish", "gw", generation(2)])).toBe(`activated ${generation(2)}\n`);
      expect(host.calls().filter((call) => call.includes("address del"))).toEqual([]);
    });

    test("defers, and is not drained, for a change that a reload takes up", () => {
      stage(2, files(51, 5));
      expect(activate(2).stdout).toBe("deferred\n");
      expect(host.has(drain)).toBe(false);
    });
  },
);
