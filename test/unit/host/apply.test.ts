import { readFileSync } from "node:fs";

import { bundleOf, FakeHost, generation, nodeFiles, SHELLS } from "./fake-host";

const CONF = "etc/keepalived/keepalived.conf";
const PLACES = ["etc", "usr", "proc/sys"];

describe.each(SHELLS)("apply under %s", (shell) => {
  let host: FakeHost;
  beforeEach(async () => {
    host = await FakeHost.create(shell);
  });
  afterEach(() => host.close());

  /** Stages and activates generation n with some files changed; what activate printed. */
  const apply = (n: number, changes: Record<string, string> = {}): string => {
    host.succeed(["stage"], bundleOf(nodeFiles(changes), { generation: generation(n) }));
    return host.succeed(["activate", "gw", generation(n)]);
  };
  const confirm = (n: number) =>
    host.agent(
      ["confirm", "gw", generation(n)],
      ["a", "b"]
        .map(
          (node) =>
            `vip 10.0.0.100 ${node === "a" ? "holder" : "free"} ${node}\ngeneration ${generation(n)} ${node}\n`,
        )
        .join(""),
    );
  const changed = (n: number) => ({ [`/${CONF}`]: `vrrp_instance gw {\n  # ${n}\n}\n` });
  const current = () =>
    host
      .succeed(["generations", "gw"])
      .split("\n")
      .find((line) => line.endsWith("current"));

  test("a first apply puts the files into place, enables and starts keepalived and arms the timer", () => {
    expect(apply(1)).toBe(`activated ${generation(1)}\n`);
    expect(host.read(CONF)).toBe("vrrp_instance gw {\n}\n");
    expect(host.tree("etc/keepalived")).toContain("-rw------- etc/keepalived/gw.auth.conf");
    expect(host.tree("etc")).not.toContain(".vrrp-agent ");
    expect(host.calls()).toEqual([
      expect.stringMatching(
        /^systemd-run .*--unit=vrrp-agent-undo-gw-\d+ --on-active=5 --on-unit-inactive=5 .*vrrp-agent undo gw [0-9a-f]{64}$/,
      ),
      "systemctl daemon-reload",
      "systemctl enable keepalived.service",
      "systemctl start keepalived.service",
    ]);
  });

  test("a change reloads keepalived and nothing else; no change does nothing", () => {
    apply(1);
    confirm(1);
    host.calls();
    apply(2, changed(2));
    expect(host.calls().slice(1)).toEqual(["systemctl reload keepalived.service"]);
    apply(3, changed(2));
    expect(host.calls().slice(1)).toEqual([]);
    expect(apply(3, changed(2))).toBe(`generation ${generation(3)} is applied already\n`);
  });

  test("what a reload does not take up is answered with a restart", () => {
    apply(1);
    confirm(1);
    host.calls();
    apply(2, { [`/${CONF}`]: "net_namespace blue\n" });
    expect(host.calls().slice(1)).toEqual(["systemctl restart keepalived.service"]);
  });

  test("a host that holds the address defers, and finish activates it", () => {
    apply(1);
    confirm(1);
    host.addresses("eth0", ["10.0.0.1/24", "10.0.0.100/24"]);
    expect(apply(2, changed(2))).toBe("deferred\n");
    expect(host.read(CONF)).not.toContain("# 2");
    expect(host.succeed(["finish", "gw", generation(2)])).toBe(`activated ${generation(2)}\n`);
    expect(host.read(CONF)).toContain("# 2");
  });

  test("a file that a newer generation does not list becomes what it was before the first apply", () => {
    host.write("/etc/keepalived/gw.auth.conf", "by hand\n", 0o640);
    apply(1);
    confirm(1);
    expect(host.read("etc/keepalived/gw.auth.conf")).toBe("secret\n");
    apply(2, { "/etc/keepalived/gw.auth.conf": "", "/etc/keepalived/new": "new\n" });
    expect(host.tree("etc/keepalived/gw.auth.conf")).toContain("-rw-r-----");
    expect(host.read("etc/keepalived/gw.auth.conf")).toBe("by hand\n");
    confirm(2);
    apply(3, { "/etc/keepalived/gw.auth.conf": "" });
    expect(host.has("etc/keepalived/new")).toBe(false);
  });

  test.each([
    ["does not start", "broken", 1],
    ["dies of the reload", "dies", 2],
  ])("a daemon that %s takes the host back at once, with the tool's words", (_, state, n) => {
    host.write(`/${CONF}`, "by hand\n", 0o640);
    if (n === 2) {
      apply(1);
      confirm(1);
    }
    const before = host.tree(...PLACES);
    host.succeed(["stage"], bundleOf(nodeFiles(changed(n)), { generation: generation(n) }));
    host.state(state);
    if (state === "dies") host.program("logger", "");
    const { status, stdout, stderr } = host.agent(["activate", "gw", generation(n)]);
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr).toMatch(/^vrrp-agent: a: activate: keepalived/);
    expect(stderr).toMatch(/vrrp-agent: a: activate: the host is back at generation /);
    expect(host.tree(...PLACES)).toBe(before);
    expect(host.has("var/lib/vrrp-agent/gw/pending")).toBe(false);
  });

  test("the timer undoes a generation that nobody confirmed, and only that one", () => {
    apply(1);
    confirm(1);
    const before = host.tree(...PLACES);
    apply(2, changed(2));
    host.succeed(["undo", "gw", generation(2)]);
    expect(host.read(CONF)).toContain("# 2");
    host.uptime(2000);
    host.succeed(["undo", "gw", generation(1)]);
    expect(host.read(CONF)).toContain("# 2");
    host.succeed(["undo", "gw", generation(2)]);
    expect(host.tree(...PLACES)).toBe(before);
    expect(current()).toContain(generation(1));
    host.succeed(["undo", "gw", generation(2)]);
    expect(host.tree(...PLACES)).toBe(before);
  });

  test.each([
    ["ttl gw any 255", "keepalived starts when the holder has it, too"],
    ["since 2.1.0 asked minTtl /etc/keepalived/keepalived.conf min_ttl", ""],
  ])("whether the daemons must agree on a new line of node.conf: %s", (line, words) => {
    apply(1);
    confirm(1);
    host.state("arp.10.0.0.100", "Unicast reply from 10.0.0.100 [02:00:00:00:00:02]  1ms\n");
    host.state("neighbour.10.0.0.2", "10.0.0.2 lladdr 02:00:00:00:00:02 REACHABLE\n");
    const path = "/etc/vrrp-agent/gw/node.conf";
    const text = nodeFiles().find((file) => file.path === path)!.text;
    expect(apply(2, { [path]: `${text}${line}\n` })).toBe(
      `activated ${generation(2)}${words && `; ${words}`}\n`,
    );
  });

  test("keepalived that runs in real time is restarted where it could not raise its limit after a reload", () => {
    apply(1);
    confirm(1);
    host.calls();
    host.limitRealtime();
    apply(2, changed(2));
    // The fake daemon has the capabilities that this test has.
    const [, capabilities] = /^CapEff:\s*(\S+)$/m.exec(readFileSync("/proc/self/status", "utf8"))!;
    const mayRaise = (BigInt(`0x${capabilities}`) & (1n << 24n)) !== 0n;
    expect(host.calls().filter((call) => / (reload|restart) /.test(call))).toEqual([
      `systemctl ${mayRaise ? "reload" : "restart"} keepalived.service`,
    ]);
  });

  test("of two clusters that were staged side by side, the second one is not put over the first", () => {
    const other = nodeFiles({ "/etc/keepalived/keepalived.conf": "vrrp_instance other {\n}\n" });
    host.succeed(["stage"], bundleOf(nodeFiles(changed(1)), { generation: generation(1) }));
    host.succeed(["stage"], bundleOf(other, { cluster: "other", generation: generation(2) }));
    host.succeed(["activate", "gw", generation(1)]);
    const before = host.tree(...PLACES);
    const { status, stderr } = host.agent(["activate", "other", generation(2)]);
    expect(status).toBe(1);
    expect(stderr).toContain("keepalived.conf belongs to the cluster gw on this host");
    expect(host.tree(...PLACES)).toBe(before);
  });

  test.each(["confirm", "rollback"])("room for going back is kept on the disk until %s", (end) => {
    const reserve = "var/lib/vrrp-agent/.reserve.gw";
    apply(1);
    expect(host.read(reserve).length).toBeGreaterThan(32 * 1024);
    if (end === "confirm") confirm(1);
    else host.succeed(["rollback", "gw"]);
    expect(host.has(reserve)).toBe(false);
  });

  test.each([
    ["went by itself meanwhile", "", 0],
    ["is still there", "[ -e $FAKE/ends ] || exit 0", 1],
  ])("a confirm whose undo timer cannot be stopped and %s ends accordingly", (_, still, status) => {
    const real = host.read("fake/bin/systemctl");
    apply(1);
    // Active at the first look; after the failed stop only where it is still there.
    host.program(
      "systemctl",
      `case $* in
       *"is-active vrrp-agent-undo"*) ${still || ":"}; [ ! -e "$FAKE/looked" ] && : >"$FAKE/looked"; exit ;;
       "stop vrrp-agent-undo"*) echo "Unit not loaded."; exit 5 ;;
       esac
       ${real}`,
    );
    const done = confirm(1);
    expect(done.status).toBe(status);
    if (status !== 0) expect(done.stderr).toContain("cannot disarm the undo timer\nUnit not loaded.");
  });

  test("two changes that nobody confirmed go back to the last confirmed one", () => {
    apply(1);
    confirm(1);
    const before = host.tree(...PLACES);
    apply(2, changed(2));
    apply(3, { ...changed(3), "/etc/keepalived/new": "new\n" });
    host.uptime(2000);
    host.succeed(["undo", "gw", generation(3)]);
    expect(host.tree(...PLACES)).toBe(before);
  });

  test("boot undoes what is pending from before the boot, not what is being applied now", () => {
    apply(1);
    confirm(1);
    const before = host.tree("etc");
    apply(2, changed(2));
    host.succeed(["boot"]);
    expect(host.read(CONF)).toContain("# 2");
    host.write("/proc/sys/kernel/random/boot_id", "boot-2\n");
    host.calls();
    expect(host.succeed(["boot"])).toContain(`undid generation ${generation(2)}`);
    expect(host.tree("etc")).toBe(before);
    expect(host.calls().filter((call) => /keepalived.service/.test(call))).toEqual([]);
  });

  test("boot after a first apply that was never confirmed keeps keepalived from starting without a config", () => {
    apply(1);
    host.write("/proc/sys/kernel/random/boot_id", "boot-2\n");
    const { status, stderr } = host.agent(["boot"]);
    expect(status).toBe(1);
    expect(stderr).toContain("there is no /etc/keepalived/keepalived.conf any more");
  });

  test("confirm disarms the timer and keeps the last five generations", () => {
    for (let n = 1; n <= 7; n++) {
      apply(n, changed(n));
      expect(confirm(n)).toMatchObject({ status: 0, stdout: `confirmed ${generation(n)}\n` });
    }
    expect(host.succeed(["generations", "gw"]).trimEnd().split("\n")).toEqual([
      "gw 0",
      ...[3, 4, 5, 6].map((n) => `gw ${generation(n)}`),
      `gw ${generation(7)} current`,
    ]);
    expect(host.has(`var/lib/vrrp-agent/gw/generations/${generation(2)}`)).toBe(false);
    expect(host.has("var/lib/vrrp-agent/gw/pending")).toBe(false);
  });

  test.each([
    [
      "nobody holds it",
      "vip 10.0.0.100 free a\ngeneration G a\nvip 10.0.0.100 free b\ngeneration G b\n",
      "nobody holds 10.0.0.100",
    ],
    [
      "two hold it",
      "vip 10.0.0.100 holder a\ngeneration G a\nvip 10.0.0.100 holder b\ngeneration G b\n",
      "10.0.0.100 has 2 holders: a b",
    ],
    [
      "a node is behind",
      "vip 10.0.0.100 holder a\ngeneration G a\nvip 10.0.0.100 free b\ngeneration 0 b\n",
      "b is at generation 0, not G",
    ],
    ["a node is missing", "vip 10.0.0.100 holder a\ngeneration G a\n", "b was not observed"],
    [
      "an address was not looked at",
      "vip 10.0.0.100 holder a\ngeneration G a\ngeneration G b\n",
      "b did not say whether it holds 10.0.0.100",
    ],
    ["nothing arrives", "", "a was not observed; b was not observed"],
  ])("confirm fails when %s, and takes this host back", (_, observations, words) => {
    const before = host.tree(...PLACES).replaceAll(/ *drwx.*\n/g, "");
    apply(1);
    const text = observations.replaceAll("G", generation(1));
    const { status, stderr } = host.agent(["confirm", "gw", generation(1)], text);
    expect(status).toBe(1);
    expect(stderr).toContain(`vrrp-agent: a: confirm: ${words.replaceAll("G", generation(1))}`);
    expect(stderr).toContain("this host is back at generation 0");
    expect(host.tree(...PLACES).replaceAll(/ *drwx.*\n/g, "")).toBe(before);
    expect(host.succeed(["generations", "gw"])).toContain("gw 0 current");
  });

  test("a repeated confirm tries a generation that was undone again and judges by what it sees", () => {
    apply(1);
    host.succeed(["rollback", "gw"]);
    const { status, stderr } = confirm(1);
    expect(status).toBe(1);
    expect(stderr).toContain("nobody holds 10.0.0.100; this host is back at generation 0");
    expect(host.has(CONF)).toBe(false);
    host.addresses("eth0", ["10.0.0.1/24", "10.0.0.100/24"]);
    host.state("arp.10.0.0.100", "Unicast reply from 10.0.0.100 [02:00:00:00:00:02]  1ms\n");
    expect(confirm(1).stderr).toContain("10.0.0.100 has 2 holders: a and 02:00:00:00:00:02");
    host.withoutState("arp.10.0.0.100");
    expect(confirm(1)).toMatchObject({ status: 0 });
    expect(host.has(CONF)).toBe(true);
    expect(host.has("var/lib/vrrp-agent/gw/pending")).toBe(false);
    expect(confirm(1)).toMatchObject({ status: 0 });
  });

  test("confirm fails for a generation that is not on this host", () => {
    expect(confirm(1)).toMatchObject({ status: 1 });
  });

  test("observe says what the interface has, and the generation", () => {
    apply(1);
    expect(host.succeed(["observe", "gw", generation(1)])).toBe(
      `vip 10.0.0.100 free a\ngeneration ${generation(1)} a\n`,
    );
    host.addresses("eth0", ["10.0.0.1/24", "10.0.0.100/24"]);
    expect(host.succeed(["observe", "gw", generation(1)])).toBe(
      `vip 10.0.0.100 holder a\ngeneration ${generation(1)} a\n`,
    );
  });

  test("rollback goes to the generation before, or to the one that is named", () => {
    for (const n of [1, 2, 3]) {
      apply(n, changed(n));
      confirm(n);
    }
    expect(host.succeed(["rollback", "gw"])).toBe(`gw is at generation ${generation(2)}\n`);
    expect(host.read(CONF)).toContain("# 2");
    host.succeed(["rollback", "gw", generation(1)]);
    expect(host.read(CONF)).toContain("# 1");
    expect(host.agent(["rollback", "gw", generation(9)])).toMatchObject({ status: 1 });
  });

  test("a kernel setting is in force with its file and becomes what it was with restore", () => {
    const file = { "/etc/sysctl.d/60-vrrp-gw.conf": "# why\nnet.ipv4.ip_nonlocal_bind = 1\n" };
    apply(1, file);
    expect(host.read("proc/sys/net/ipv4/ip_nonlocal_bind")).toBe("1\n");
    apply(2);
    expect(host.read("proc/sys/net/ipv4/ip_nonlocal_bind")).toBe("0\n");
    apply(3, file);
    host.succeed(["restore", "gw", "me"]);
    expect(host.read("proc/sys/net/ipv4/ip_nonlocal_bind")).toBe("0\n");
  });

  test("restore puts back bytes, modes, links and directories, and stops what was not running", () => {
    host.write("/etc/keepalived/gw.auth.conf", "by hand", 0o640);
    const before = host.tree(...PLACES);
    apply(1);
    confirm(1);
    apply(2, { ...changed(2), "/etc/some/where/new": "new\n" });
    expect(host.succeed(["restore", "gw", "you"])).toContain("managed by another stack: left alone");
    expect(host.read(CONF)).toContain("# 2");
    host.calls();
    expect(host.succeed(["restore", "gw", "me"])).toContain("restored what was there before gw");
    expect(host.tree(...PLACES)).toBe(before);
    expect(host.has("var/lib/vrrp-agent/gw")).toBe(false);
    expect(host.calls().filter((call) => call.includes("keepalived.service"))).toEqual([
      "systemctl stop keepalived.service",
      "systemctl disable keepalived.service",
    ]);
    expect(host.succeed(["restore", "gw", "me"])).toContain("nothing to restore");
  });

  test("restore removes what keepalived itself has made since, where it did not run before, and nothing that was there", () => {
    const file = "/etc/iproute2/rt_addrprotos.d/keepalived.conf";
    host.write("/etc/iproute2/rt_tables", "");
    apply(1);
    host.write(file, "18 keepalived\n");
    host.succeed(["restore", "gw", "me"]);
    expect([host.has(file), host.has("/etc/iproute2/rt_addrprotos.d")]).toEqual([false, false]);
    expect(host.has("/etc/iproute2/rt_tables")).toBe(true);
  });

  test("restore leaves a keepalived that ran before running, with its own config", () => {
    host.write(`/${CONF}`, "by hand\n");
    host.state("keepalived.pid", host.read("fake/daemon"));
    host.state("enabled");
    apply(1);
    host.calls();
    host.succeed(["restore", "gw", "me"]);
    expect(host.calls()).toEqual(["systemctl daemon-reload", "systemctl reload keepalived.service"]);
    expect(host.read(CONF)).toBe("by hand\n");
  });

  test("a path that two clusters share stays until the last of them goes, then becomes what it was", () => {
    const path = "/etc/systemd/system/keepalived.service.d/vrrp-agent.conf";
    const other = { cluster: "other", owner: "you", generation: generation(2) };
    apply(1);
    host.succeed(["stage"], bundleOf([{ path, text: "[Service]\n" }], other));
    host.succeed(["activate", "other", generation(2)]);
    host.succeed(["restore", "gw", "me"]);
    expect(host.read(path)).toBe("[Service]\n");
    host.succeed(["restore", "other", "you"]);
    expect(host.has(path)).toBe(false);
  });

  test("uninstall restores, and removes the agent once nobody else needs it", () => {
    apply(1);
    host.succeed(["stage"], bundleOf([], { cluster: "other", owner: "you", generation: generation(2) }));
    expect(host.succeed(["uninstall", "me"])).toContain("the agent stays: other is managed by another stack");
    expect(host.has(CONF)).toBe(false);
    expect(host.succeed(["uninstall", "you"])).toContain("removed vrrp-agent");
    for (const path of ["etc/vrrp-agent", "var/lib/vrrp-agent", "run/vrrp-agent"])
      expect(host.has(path)).toBe(false);
  });

  test("cleanup removes the addresses that a dead daemon left, and nothing while it runs", () => {
    apply(1);
    host.addresses("eth0", ["10.0.0.1/24", "10.0.0.100/24"]);
    host.calls();
    expect(host.agent(["cleanup"]).status).toBe(1);
    host.withoutState("keepalived.pid");
    expect(host.succeed(["cleanup"])).toContain("removed 10.0.0.100/24, which keepalived left on eth0");
    expect(host.calls()).toEqual(["ip address del 10.0.0.100/24 dev eth0"]);
  });

  test("cleanup leaves the addresses alone that a step holds by hand while it restarts keepalived, for some seconds", () => {
    apply(1);
    confirm(1);
    host.addresses("eth0", ["10.0.0.1/24", "10.0.0.100/24"]);
    host.withoutState("keepalived.pid");
    host.write("/run/vrrp-agent/gw/held", "1005\n10.0.0.100/24 eth0\n");
    host.calls();
    const removes = (uptime: number) => {
      host.uptime(uptime);
      host.agent(["cleanup"]);
      return host.calls();
    };
    expect(removes(1004)).toEqual([]);
    const removed = ["ip address del 10.0.0.100/24 dev eth0"];
    expect(removes(1005)).toEqual(removed);
    // Of a former boot, where /run outlives it.
    expect(removes(40)).toEqual(removed);
  });

  test("status says what interface, daemon and files say, as text and as JSON", () => {
    apply(1);
    type Status = {
      keepalived: { running: boolean; pid?: number };
      firewall: { ok: boolean };
      clusters: {
        cluster: string;
        node: string;
        generation: string;
        pending: boolean;
        drift: string[];
        instances: unknown[];
      }[];
    };
    const json = () => JSON.parse(host.succeed(["status", "--json"])) as Status;
    const instance = (state: string, held: boolean, reported: unknown = null) => [
      { name: "gw", state, vips: [{ address: "10.0.0.100", dev: "eth0", held }], reported },
    ];
    expect(json()).toMatchObject({
      keepalived: { running: true, pid: Number(host.read("fake/daemon")) },
      firewall: { ok: true, problems: [] },
      clusters: [
        {
          cluster: "gw",
          node: "a",
          generation: generation(1),
          pending: true,
          drift: [],
          instances: instance("BACKUP", false),
        },
      ],
    });
    host.addresses("eth0", ["10.0.0.1/24", "10.0.0.100/24"]);
    const now = Math.floor(Date.now() / 1000);
    host.write(
      "run/vrrp-agent/gw/gw.state",
      `state BACKUP\npriority 90\nsince ${now}\nheartbeat ${now - 100}\n`,
    );
    host.write(CONF, "edited by hand\n");
    const [cluster] = json().clusters;
    expect(cluster?.drift).toEqual([`/${CONF}`]);
    expect(cluster?.instances).toMatchObject(
      instance("MASTER", true, { state: "BACKUP", priority: 90, heartbeatAge: expect.any(Number) as number }),
    );
    expect(host.succeed(["status"])).toMatch(
      /gw: MASTER\n.*10\.0\.0\.100 on eth0: held\n.*reported BACKUP \(priority 90, heartbeat 10\d s ago\)/,
    );
    host.write("run/vrrp-agent/gw/gw.state", `state MASTER\npriority \nsince ${now}\nheartbeat \n`);
    expect(json().clusters[0]?.instances).toMatchObject(
      instance("MASTER", true, { state: "MASTER", priority: null, heartbeatAge: null }),
    );
    expect(host.succeed(["status"])).toContain("reported MASTER (priority unknown, no heartbeat)");
    host.write("run/vrrp-agent/gw/gw.state", "");
    expect(json().clusters[0]?.instances).toMatchObject(instance("MASTER", true));
    host.withoutState("keepalived.pid");
    expect(json().clusters[0]?.instances).toMatchObject([{ state: "LEFTOVER" }]);
    expect(json().keepalived).toEqual({ running: false });
  });
});
