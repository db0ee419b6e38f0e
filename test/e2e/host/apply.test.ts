import { type Host, kill, Lab, until } from "../../../lab";
import { holders, OWNER, Pair } from "./pair";

const VIP = "10.20.30.200";

/** A gateway that lets in SSH and ping, and nothing else; loaded at boot by nftables.service. */
const RULES = `#!/usr/sbin/nft -f
flush ruleset
table inet filter {
  chain input {
    type filter hook input priority 0; policy drop;
    iifname "lo" accept
    tcp dport 22 accept
    ip protocol icmp accept
    ip6 nexthdr icmpv6 accept
  }
}
`;

/** Everything under the directories that the agent and the packages write to: kind, mode, owner, path, digest. */
async function tree(host: Host): Promise<string> {
  const { stdout } = await host.exec(`
    cd / && find etc usr/lib/vrrp-agent* usr/sbin var/lib/vrrp-agent var/lib/dpkg/info run/vrrp-agent lib/systemd \
      -not -name '*.cache' \\( -type f -exec sha256sum {} + -o -type d -print \\) 2>/dev/null | sort
    find etc -printf '%M %u:%g %p %l\\n' | sort
    systemctl is-enabled keepalived; systemctl is-active keepalived; nft -s list ruleset
    sysctl net.ipv4.ip_nonlocal_bind; ip -o address show dev eth0 | sed 's/valid_lft.*//'`);
  return stdout;
}

describe("vrrp-agent on a pair behind a firewall", () => {
  let lab: Lab;
  let pair: Pair;
  let before: string[];

  beforeAll(async () => {
    lab = await Lab.start({ hosts: [{ name: "gw-a" }, { name: "gw-b" }] });
    for (const host of lab.hosts) {
      await host.writeFile("/etc/nftables.conf", RULES, "755");
      await host.exec("systemctl enable --now nftables");
    }
    pair = new Pair(lab);
    before = await Promise.all(lab.hosts.map(tree));
    await pair.installAgent();
  });
  afterAll(() => lab?.stop());

  const status = async (host: Host) =>
    JSON.parse((await host.exec("vrrp-agent status --json")).stdout) as {
      keepalived: { running: boolean; pid: number };
      firewall: { ok: boolean };
      clusters: {
        generation: string;
        pending: boolean;
        drift: string[];
        instances: { state: string; reported: { state: string; heartbeatAge: number } }[];
      }[];
    };

  test("a first apply ends with exactly one holder, which the client reaches", async () => {
    const { generation, activated } = await pair.apply();
    expect(activated).toEqual([`activated ${generation}`, `activated ${generation}`]);
    expect(await holders(lab.hosts, VIP)).toEqual(["gw-a"]);
    await lab.client.exec(["ping", "-c1", "-W2", VIP]);
    for (const host of lab.hosts) {
      const { firewall, clusters, keepalived } = await status(host);
      expect({ firewall, running: keepalived.running }).toEqual({
        firewall: { ok: true, problems: [] },
        running: true,
      });
      expect(clusters).toMatchObject([{ generation, pending: false, drift: [] }]);
      const state = host.name === "gw-a" ? "MASTER" : "BACKUP";
      expect(clusters[0]?.instances).toMatchObject([{ state, reported: { state } }]);
      expect(clusters[0]?.instances[0]?.reported.heartbeatAge).toBeLessThanOrEqual(6);
    }
  });

  test("the same generation is staged and activated again without a change", async () => {
    const [host] = lab.hosts;
    const pid = (await status(host!)).keepalived.pid;
    const { generation, activated } = await pair.apply();
    expect(activated).toEqual(Array(2).fill(`generation ${generation} is applied already`));
    expect((await status(host!)).keepalived.pid).toBe(pid);
  });

  test("a change defers the holder, reloads both and moves no address", async () => {
    const pids = await Promise.all(lab.hosts.map(async (host) => (await status(host)).keepalived.pid));
    const { generation, activated } = await pair.with({ preemptDelay: 30 }).apply();
    expect(activated).toEqual(["deferred", `activated ${generation}`]);
    expect(await holders(lab.hosts, VIP)).toEqual(["gw-a"]);
    expect(await Promise.all(lab.hosts.map(async (host) => (await status(host)).keepalived.pid))).toEqual(
      pids,
    );
    expect(await lab.hosts[0]!.readFile("/etc/keepalived/keepalived.conf")).toContain("preempt_delay 30");
  });

  test("the firewall rule survives a restart and a reload of nftables", async () => {
    const [host] = lab.hosts;
    for (const verb of ["restart", "reload"]) {
      await host!.exec(`systemctl ${verb} nftables`);
      await host!.exec("vrrp-agent firewall check");
    }
    expect((await host!.exec("nft list chain inet filter input")).stdout).toContain("vrrp-agent:gw:");
  });

  /** Both steps, for a holder defers the first one. */
  async function putInForce(host: Host, generation: string, ...env: string[]): Promise<void> {
    for (const step of ["activate", "finish"]) {
      await host.exec(["env", ...env, "vrrp-agent", step, "gw", generation]);
    }
  }

  test("a change that nobody confirms is undone by the timer", async () => {
    const [host] = lab.hosts;
    const conf = await host!.readFile("/etc/keepalived/keepalived.conf");
    const next = pair.with({ preemptDelay: 60 });
    const generation = await next.stage();
    await putInForce(host!, generation, "VRRP_UNDO_SECONDS=3");
    expect(await host!.readFile("/etc/keepalived/keepalived.conf")).not.toBe(conf);
    await until("the timer fires", 20_000, async () => !(await status(host!)).clusters[0]!.pending);
    expect(await host!.readFile("/etc/keepalived/keepalived.conf")).toBe(conf);
    expect(await holders(lab.hosts, VIP)).toEqual(["gw-a"]);
  });

  test("a change that is pending when the host goes down is undone before keepalived starts", async () => {
    const host = lab.hosts[1]!;
    const conf = await host.readFile("/etc/keepalived/keepalived.conf");
    const generation = await pair.with({ preemptDelay: 90 }).stage();
    await putInForce(host, generation);
    expect(await host.readFile("/etc/keepalived/keepalived.conf")).not.toBe(conf);
    await host.exec("sync");
    await host.powerOff();
    await host.boot();
    await until("keepalived runs", 20_000, async () => (await status(host)).keepalived.running);
    expect(await host.readFile("/etc/keepalived/keepalived.conf")).toBe(conf);
    expect((await status(host)).clusters[0]).toMatchObject({ pending: false, drift: [] });
    await host.exec("vrrp-agent firewall check");
  });

  test("confirm fails, naming address and node, when two hold it or a host is behind, and goes back", async () => {
    const [a, b] = lab.hosts;
    const conf = await a!.readFile("/etc/keepalived/keepalived.conf");
    const generation = await pair.with({ preemptDelay: 120 }).stage();
    await putInForce(a!, generation);
    const observations = [
      `vip ${VIP} holder gw-a\ngeneration ${generation} gw-a`,
      `vip ${VIP} holder gw-b\ngeneration 0 gw-b`,
    ].join("\n");
    const confirm = ["env", "VRRP_TOGETHER_SECONDS=2", "vrrp-agent", "confirm", "gw", generation];
    const { code, stderr } = await a!.exec(confirm, {
      stdin: observations,
      check: false,
    });
    expect(code).toBe(1);
    expect(stderr).toMatch(
      new RegExp(
        `^vrrp-agent: gw-a: confirm: gw-b is at generation 0, not ${generation}; ${VIP} has 2 holders: gw-a gw-b; this host is back`,
      ),
    );
    expect(await a!.readFile("/etc/keepalived/keepalived.conf")).toBe(conf);
    expect((await status(b!)).clusters[0]).toMatchObject({ pending: false });
  });

  test("a keepalived that is killed leaves no address behind and comes back", async () => {
    const [a] = lab.hosts;
    const { pid } = (await status(a!)).keepalived;
    await kill(a!, "keepalived");
    await until("keepalived is back", 20_000, async () => {
      const now = (await status(a!)).keepalived;
      return now.running && now.pid !== pid;
    });
    expect((await a!.exec("journalctl -u keepalived --no-pager")).stdout).toContain(`removed ${VIP}/24`);
    // The other host took over or this one did again: in the end there is one.
    await until("one holder", 20_000, async () => (await holders(lab.hosts, VIP)).length === 1);
  });

  test("restore leaves another stack's set alone, and puts everything back for its owner", async () => {
    for (const host of lab.hosts) {
      expect(await pair.step(host, "restore", ["gw", "somebody/else"])).toContain("left alone");
      expect((await status(host)).keepalived.running).toBe(true);
    }
    for (const host of [...lab.hosts].reverse()) {
      await pair.step(host, "restore", ["gw", OWNER]);
      expect(await pair.step(host, "restore", ["gw", OWNER])).toContain("nothing to restore");
      await pair.step(host, "uninstall", [OWNER]);
    }
    expect(await Promise.all(lab.hosts.map(tree))).toEqual(before);
  });
});

describe("vrrp-agent on a host without keepalived", () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await Lab.start({
      hosts: [
        { name: "bare", image: "bare" },
        { name: "other", image: "installable" },
      ],
    });
  });
  afterAll(() => lab?.stop());

  test("without a package source one error names what is missing; with one it is installed, and purged again", async () => {
    const [bare, other] = lab.hosts;
    const pair = new Pair(lab);
    const before = await Promise.all(lab.hosts.map(tree));
    await pair.installAgent();
    const { generation, bundles } = pair.render();
    const failed = await bare!.exec(["vrrp-agent", "stage"], { stdin: bundles[0], check: false });
    expect(failed.code).toBe(1);
    expect(failed.stderr).toMatch(
      /^vrrp-agent: bare: stage: missing: keepalived; apt-get cannot install keepalived: give the host a package source/,
    );
    const staged = (await pair.step(other!, "stage", [], bundles[1])).split("\n");
    expect(staged).toEqual([
      expect.stringMatching(/^keepalived \d+\.\d+\.\d+ .*VRRP/),
      `staged ${generation}`,
    ]);
    expect((await other!.exec("systemctl is-active keepalived", { check: false })).stdout).toBe("inactive\n");
    await pair.step(other!, "activate", ["gw", generation]);
    await until(
      "it is alone and takes the address",
      20_000,
      async () => (await holders([other!], VIP)).length === 1,
    );
    for (const host of lab.hosts) await pair.step(host, "uninstall", [OWNER]);
    expect(await Promise.all(lab.hosts.map(tree))).toEqual(before);
  });
});
