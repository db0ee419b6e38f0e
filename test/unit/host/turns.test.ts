import { AGENT, bundleOf, FakeHost, generation, nodeFiles, SHELLS } from "./fake-host";

const CONF = "/etc/keepalived/keepalived.conf";
const TURN = "run/vrrp-agent/gw/turn";

describe.each(SHELLS)("changes that come at the same time, under %s", (shell) => {
  let host: FakeHost;
  beforeEach(async () => {
    host = await FakeHost.create(shell);
  });
  afterEach(() => host.close());

  const stage = (n: number) =>
    host.succeed(
      ["stage"],
      bundleOf(nodeFiles({ [CONF]: `vrrp_instance gw {\n  # ${n}\n}\n` }), { generation: generation(n) }),
    );
  const step = (verb: string, n: number) => host.agent([verb, "gw", generation(n)]);
  const observations = (n: number) =>
    ["a", "b"]
      .map(
        (node) =>
          `vip 10.0.0.100 ${node === "a" ? "holder" : "free"} ${node}\ngeneration ${generation(n)} ${node}\n`,
      )
      .join("");
  const confirm = (n: number) => host.agent(["confirm", "gw", generation(n)], observations(n));
  const uptime = () => Number(host.read("proc/uptime").split(".")[0]);
  let since = 0;
  const waited = () => uptime() - since;
  const applied = (n: number) => {
    stage(n);
    step("activate", n);
    confirm(n);
  };
  /** A second goes by, and something happens meanwhile. */
  const duringSleep = (words: string) =>
    host.program(
      "sleep",
      `read -r up _ <"$VRRP_ROOT/proc/uptime" && echo "$((\${up%%.*} + $1)).00 0" >"$VRRP_ROOT/proc/uptime"\n${words}`,
    );
  beforeEach(() => {
    applied(1);
    stage(2);
    stage(3);
  });

  test("the second waits until the first is confirmed, and is then made", () => {
    step("activate", 2);
    since = uptime();
    // The first is confirmed while the second waits.
    duringSleep(`[ "\${up%%.*}" -ne ${since + 3} ] || "$FAKE/confirm"`);
    host.state("observations", observations(2));
    const agent = `${host.command.join(" ")} "$AGENT" confirm gw ${generation(2)} <"$FAKE/observations"`;
    host.program("../confirm", `sh -c 'exec 9>&-; VRRP_LOCK_SECONDS=9 ${agent}' >"$FAKE/confirmed" 2>&1`);
    const { status } = host.agent(["activate", "gw", generation(3)], "", { AGENT });
    expect(status).toBe(0);
    expect(host.read("fake/confirmed")).toBe(`confirmed ${generation(2)}\n`);
    expect(waited()).toBeLessThan(10);
    expect(host.read(CONF)).toContain("# 3");
    expect(confirm(3).status).toBe(0);
  });

  test("one whose pulumi shows no sign of life for a minute is no longer waited for", () => {
    step("activate", 2);
    since = uptime();
    expect(step("activate", 3)).toMatchObject({ status: 0 });
    expect(waited()).toBeGreaterThanOrEqual(60);
    expect(waited()).toBeLessThan(70);
    expect(host.read(CONF)).toContain("# 3");
  });

  test("one that shows signs of life is not disturbed: the second fails, and changes nothing", () => {
    step("activate", 2);
    since = uptime();
    // Another step of it every second.
    duringSleep(`echo "${generation(2)} \${up%%.*} going" >"$VRRP_ROOT/${TURN}"`);
    expect(step("activate", 3)).toMatchObject({
      status: 1,
      stderr: `vrrp-agent: a: activate: generation ${generation(2)} is being applied here for more than 90 s; run pulumi up again when that has ended\n`,
    });
    expect(host.read(CONF)).toContain("# 2");
  });

  test("one that a peer went back from, and that was never in force here, is not waited for", () => {
    host.state("ipv6", "fe80::1/64");
    host.addresses("eth0", ["10.0.0.1/24", "10.0.0.100/24"]);
    expect(step("activate", 2).stdout).toBe("deferred\n");
    since = uptime();
    host.program("ping", `for last; do :; done; case $last in fe80:*) exit 0 ;; esac; exit 1`);
    expect(step("activate", 3).stdout).toBe("deferred\n");
    expect(waited()).toBeLessThan(5);
  });

  test("a step of a change that another one has come before leaves the host alone", () => {
    host.addresses("eth0", ["10.0.0.1/24", "10.0.0.100/24"]);
    step("activate", 2);
    step("activate", 3);
    step("finish", 3);
    confirm(3);
    expect(step("finish", 2)).toMatchObject({ status: 0, stdout: "deferred\n" });
    expect(host.read(CONF)).toContain("# 3");
  });

  test("after it was taken back nobody waits for it", () => {
    step("activate", 2);
    expect(host.agent(["rollback", "gw"]).status).toBe(0);
    since = uptime();
    step("activate", 3);
    expect(waited()).toBeLessThan(5);
    expect(host.read(CONF)).toContain("# 3");
  });
});
