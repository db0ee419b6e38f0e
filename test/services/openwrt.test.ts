import { type Host, Lab, Stack, until } from "../../lab";
import { configure, errorsOf, holders, nodeOf, staysWith, VIP } from "../e2e/pair/cluster";
import { type KindSeen, runKind, type Step } from "../hosts/bench";
import { openWrt } from "../hosts/kinds";
import { differences, type Foreign, foreignOf } from "../hosts/state";

describe("a pair of hosts like OpenWrt", () => {
  let seen: KindSeen;
  beforeAll(async () => {
    seen = await runKind(openWrt, () => undefined);
  });

  test.each([
    ["up", "has one holder after up, through fw4, with keepalived from opkg"],
    ["no-op", "is left alone by a second up"],
    ["change", "keeps its holder through a change that opens a port"],
    ["failover", "moves its addresses when the power is lost, and back"],
    ["reload", "goes on through a reload and a restart of the firewall, and moves when keepalived stops"],
    ["reboot", "has one holder after both were rebooted at once, with rules and generations still there"],
    ["destroy", "is byte for byte as it was before when the stack is destroyed"],
  ] satisfies [Step, string][])("%s: it %s", (...[step]) => {
    expect(seen.steps.find((one) => one.step === step)?.failures).toEqual([]);
  });
});

/** What an operator has made with UCI: an instance of his own, with a comment that only the file's bytes have. */
const BY_UCI = `# by hand, do not touch
config globals 'globals'
	option router_id 'mine'

config ipaddress
	option name 'old'
	option address '${VIP}/24'
	option device 'eth0'

config vrrp_instance
	option name 'old'
	option interface 'eth0'
	option state 'BACKUP'
	option virtual_router_id '7'
	option priority '50'
	list virtual_ipaddress 'old'
`;

describe("hosts like OpenWrt that had a keepalived by UCI before", () => {
  let lab: Lab;
  let stack: Stack;
  let a: Host;
  let b: Host;
  const before: Record<string, Foreign> = {};

  beforeAll(async () => {
    lab = await Lab.start({
      hosts: [
        { name: "gw-a", image: "openwrt-like" },
        { name: "gw-b", image: "openwrt-like" },
      ],
    });
    [a, b] = lab.hosts as [Host, Host];
    for (const host of lab.hosts) {
      await host.exec("opkg install keepalived");
      await host.writeFile("/etc/config/keepalived", BY_UCI, "600");
      await host.exec(host === a ? "/etc/init.d/keepalived restart" : "/etc/init.d/keepalived disable");
    }
    await until("gw-a holds the address by UCI", 20_000, async () => (await holders([a])).length === 1);
    for (const host of lab.hosts) before[host.name] = await foreignOf(host);
    stack = await Stack.create({ client: lab.client });
    await configurePair();
  });
  afterAll(async () => {
    stack?.remove();
    await lab?.stop();
  });

  const configurePair = (changes: Record<string, unknown> = {}) =>
    configure(
      stack,
      lab,
      lab.hosts.map((host) => nodeOf(host)),
      { advertInt: 1, ...changes },
    );

  test("up takes the address over, and writes nothing that only systemd would read", async () => {
    await stack.up();
    await staysWith(a, lab.hosts);
    for (const host of lab.hosts) {
      expect((await host.exec("uci get keepalived.globals.alt_config_file")).stdout).toBe(
        "/etc/vrrp-agent/keepalived.conf\n",
      );
      expect((await host.exec("ls -d /etc/systemd", { check: false })).stdout).toBe("");
    }
  });

  test("status finds nothing wrong, and a daemon that was killed leaves no address behind and comes back", async () => {
    expect((await a.exec("vrrp-agent status")).stdout).not.toMatch(/drift|not as applied/);
    await a.exec("kill -9 $(pidof keepalived)");
    await until("gw-b has it alone", 20_000, async () => (await holders(lab.hosts)).join() === "gw-b");
    await staysWith(a, lab.hosts);
  });

  test("a drain moves the address, and an undrain brings it back", async () => {
    await a.exec("vrrp-agent drain");
    expect(await holders(lab.hosts)).toEqual(["gw-b"]);
    await a.exec("vrrp-agent undrain");
    await staysWith(a, lab.hosts);
  });

  test("a sysupgrade would keep the agent, its state and its configs, and nothing beats on flash", async () => {
    const { stdout } = await a.exec("sysupgrade -l");
    for (const path of [
      "/etc/vrrp-agent/gw/node.conf",
      "/etc/vrrp-agent.state/gw/owner",
      "/etc/keepalived/keepalived.conf",
      "/etc/init.d/vrrp-agent",
      "/usr/sbin/vrrp-agent",
      "/run",
    ]) {
      expect(stdout.split("\n")).toContain(path);
    }
    await a.exec(": >/tmp/mark; sleep 12");
    const written = await a.exec("find / -xdev -newer /tmp/mark -type f 2>/dev/null", { check: false });
    expect(written.stdout).toBe("");
  });

  test("a pending change of the firewall in UCI is refused, and left as it is", async () => {
    await b.exec("uci set firewall.mine=rule && uci set firewall.mine.name=not-yet");
    await configurePair({ openPorts: [{ protocol: "tcp", port: 8443 }] });
    const failed = await stack.up([], { check: false });
    expect(
      errorsOf(failed)
        .map(({ text }) => text)
        .join("\n"),
    ).toContain(
      "firewall has changes that nobody has committed; run: uci commit firewall, or: uci revert firewall",
    );
    expect((await b.exec("uci changes firewall")).stdout).toContain("firewall.mine.name='not-yet'");
    await b.exec("uci revert firewall");
    await stack.up();
    await staysWith(a, lab.hosts);
  });

  test("an action of a role runs where the address is, in a loop that procd keeps", async () => {
    const role = {
      actions: [
        {
          kind: "command",
          name: "mark",
          onMaster: "touch /tmp/is-master",
          onBackup: "rm -f /tmp/is-master",
        },
      ],
    };
    await configurePair({ role });
    await stack.up();
    await until("gw-a has done it", 20_000, async () => {
      return (await a.exec("[ -e /tmp/is-master ]", { check: false })).code === 0;
    });
    expect((await a.exec('ubus call service list \'{"name":"vrrp-agent"}\'')).stdout).toContain('"role-gw"');
    expect((await b.exec("[ -e /tmp/is-master ]", { check: false })).code).not.toBe(0);
  });

  /** Has gw-b, which holds nothing, go to the generation before its present one; nobody confirms that. */
  async function activateFormer(seconds: number): Promise<{ present: string; former: string }> {
    const { stdout } = await b.exec("vrrp-agent generations gw");
    const [former = "", present = ""] = stdout
      .trim()
      .split("\n")
      .slice(-2)
      .map((line) => line.split(" ")[1] ?? "");
    const activated = await b.exec(`VRRP_UNDO_SECONDS=${seconds} vrrp-agent activate gw ${former}`);
    expect(activated.stdout).toContain(`activated ${former}`);
    expect(await currentOf(b)).toBe(`gw ${former} current not confirmed yet`);
    return { present, former };
  }
  const currentOf = async (host: Host) =>
    (await host.exec("vrrp-agent generations gw")).stdout
      .split("\n")
      .find((line) => line.includes("current"));

  test("a change that nobody confirms takes itself back, in time", async () => {
    const { present } = await activateFormer(8);
    await until("gw-b is back", 40_000, async () => (await currentOf(b)) === `gw ${present} current`);
    await staysWith(a, lab.hosts);
  });

  test("and at a boot, before keepalived starts", async () => {
    const { present } = await activateFormer(600);
    await b.reboot();
    await until("gw-b is back", 20_000, async () => (await currentOf(b)) === `gw ${present} current`);
    expect((await b.exec("logread")).stdout).toMatch(/vrrp-agent.*undid generation/);
    await staysWith(a, lab.hosts);
  });

  test("destroy brings the instance of UCI back, with every byte", async () => {
    await stack.destroy();
    for (const host of lab.hosts) {
      expect(differences(before[host.name]!, await foreignOf(host))).toEqual([]);
    }
    await until(
      "gw-a holds the address by UCI again",
      20_000,
      async () => (await holders(lab.hosts)).join() === "gw-a",
    );
    expect(
      (await a.exec("ls -d /run /usr/lib/vrrp-agent* /lib/upgrade/keep.d/vrrp-agent", { check: false }))
        .stdout,
    ).toBe("");
  });
});
