import { bundleOf, FakeHost, generation, nodeFiles, SHELLS } from "./fake-host";

const FILE = "var/lib/vrrp-agent/gw/drain";
const CONF = "/etc/keepalived/keepalived.conf";
const NODE = "/etc/vrrp-agent/gw/node.conf";

describe.each(SHELLS)("drain under %s", (shell) => {
  let host: FakeHost;
  beforeEach(async () => {
    host = await FakeHost.create(shell);
    apply(1);
    host.calls();
  });
  afterEach(() => host.close());

  const config = (weight: number) =>
    `vrrp_instance gw {\n    track_file {\n        drain weight ${weight}\n    }\n}\n`;
  const files = (changes: Record<string, string> = {}) => {
    const conf = nodeFiles().find(({ path }) => path === NODE)!.text;
    return nodeFiles({ [CONF]: config(-253), [NODE]: `${conf}hand-over 5\n`, ...changes });
  };
  const apply = (n: number, changes: Record<string, string> = {}) => {
    host.succeed(["stage"], bundleOf(files(changes), { generation: generation(n) }));
    host.succeed(["activate", "gw", generation(n)]);
  };
  const hold = () => host.addresses("eth0", ["10.0.0.1/24", "10.0.0.100/24"]);
  /** As if a peer took over once this host has waited that many seconds. */
  const movesAfter = (seconds: number) => {
    host.program(
      "sleep",
      `echo >>"$FAKE/slept"
       [ "$(wc -l <"$FAKE/slept")" -lt ${seconds} ] || echo '2: eth0 inet 10.0.0.1/24 scope global eth0' >"$FAKE/addresses.eth0"`,
    );
    answers("02:00:00:00:00:02");
  };
  const answers = (mac: string) => {
    host.state("arp.10.0.0.100", `Unicast reply from 10.0.0.100 [${mac.toUpperCase()}]  0.6ms\n`);
    host.state("neighbour.10.0.0.2", "10.0.0.2 lladdr 02:00:00:00:00:02 REACHABLE\n");
  };
  const drain = () => host.agent(["drain", "gw"]);
  const drained = () =>
    (JSON.parse(host.succeed(["status", "--json"])) as { clusters: { drained: boolean }[] }).clusters[0]
      ?.drained;

  test("a host that holds nothing says so and is drained all the same", () => {
    expect(drain()).toEqual({
      status: 0,
      stdout:
        "gw is drained; this host held none of its addresses and takes none while a healthy peer is there\n",
      stderr: "",
    });
    expect(host.read(FILE)).toMatch(/^1\b/);
    expect(drained()).toBe(true);
    expect(host.succeed(["status"])).toContain("drained: takes no address while a healthy peer is there");
  });

  test.each([
    ["1\n", true],
    ["1 drain\n", true],
    ["1 activate\n", false],
  ])(
    "what is drained by %j when the daemon starts stays so: %p; a step's own drain ends with it",
    (text, stays) => {
      host.write(`/${FILE}`, text);
      host.succeed(["boot"]);
      expect(host.has(FILE)).toBe(stays);
    },
  );

  test("over a link without ARP, where nobody has a MAC, whoever answers is the peer", () => {
    // POINTOPOINT, NOARP, UP: a tunnel.
    host.write("/sys/class/net/eth0/flags", "0x91\n");
    hold();
    movesAfter(1);
    host.state("arp.10.0.0.100");
    host.program("ping", `echo "ping $*" >>"$FAKE/calls"; for last; do :; done; [ "$last" = 10.0.0.100 ]`);
    expect(drain().stdout).toBe("gw is drained\n10.0.0.100 is held by b\n");
    // By the way that leads there.
    expect(host.calls()).toEqual(["ping -c 1 -W 1 10.0.0.100"]);
  });

  test("a holder waits until a peer has its address, and says who", () => {
    hold();
    movesAfter(3);
    expect(drain()).toEqual({
      status: 0,
      stdout: "gw is drained\n10.0.0.100 is held by b\n",
      stderr: "",
    });
    expect(host.read("fake/slept")).toBe("\n\n\n");
    expect(drained()).toBe(true);
  });

  test("a holder that nobody relieves in time takes the drain back and fails", () => {
    hold();
    expect(drain()).toEqual({
      status: 1,
      stdout: "",
      stderr: expect.stringMatching(
        /^vrrp-agent: a: drain: no peer took the addresses of gw within 5 s, so they stay here; see /,
      ) as string,
    });
    expect(host.has(FILE)).toBe(false);
    expect(drained()).toBe(false);
  });

  test("a drain that was there before stays when a second one fails", () => {
    drain();
    hold();
    expect(drain().status).toBe(1);
    expect(host.has(FILE)).toBe(true);
  });

  test("an address that is gone from here but with nobody takes the drain back", () => {
    hold();
    movesAfter(1);
    host.withoutState("arp.10.0.0.100");
    expect(drain()).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("nobody took 10.0.0.100 over") as string,
    });
    expect(host.has(FILE)).toBe(false);
  });

  test("with nopreempt a drain lets go at once, so it is refused while no peer answers", () => {
    apply(2, { [CONF]: config(0) });
    hold();
    host.program("ping", "exit 1");
    const before = host.tree("var/lib/vrrp-agent/gw");
    expect(drain()).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("no peer of gw answers") as string,
    });
    expect(host.tree("var/lib/vrrp-agent/gw")).toBe(before);
    movesAfter(1);
    expect(drain()).toMatchObject({ status: 0, stdout: "gw is drained\n10.0.0.100 is held by b\n" });
  });

  test("undrain takes it back, and says when there was nothing to take back", () => {
    drain();
    expect(host.succeed(["undrain"])).toBe("gw is no longer drained\n");
    expect(host.has(FILE)).toBe(false);
    expect(host.succeed(["undrain", "gw"])).toBe("gw was not drained\n");
  });

  test("an apply, a boot and a rollback leave the drain as it is; a destroy removes it", () => {
    drain();
    apply(2, { [CONF]: `# 2\n${config(-253)}` });
    host.succeed(["boot"]);
    expect(host.has(FILE)).toBe(true);
    host.succeed(["rollback", "gw"]);
    expect(host.has(FILE)).toBe(true);
    host.succeed(["restore", "gw", "me"]);
    expect(host.has(FILE)).toBe(false);
  });

  test("a config from before there was a drain is told of, and nothing changes", () => {
    apply(2, { [CONF]: "vrrp_instance gw {\n}\n" });
    expect(drain()).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("knows no drain; apply the cluster again first") as string,
    });
    expect(host.has(FILE)).toBe(false);
  });

  test("a cluster that is not there, or that has no addresses, is refused by its name", () => {
    expect(host.agent(["drain", "other"]).stderr).toContain("there is no cluster other on this host");
    const conf = files().find(({ path }) => path === NODE)!.text;
    apply(2, { [NODE]: conf.replace(/^vip .*\n/m, "") });
    expect(drain().stderr).toContain("the cluster gw has no addresses on this host");
    expect(host.agent(["drain"])).toEqual({ status: 0, stdout: "", stderr: "" });
  });
});
