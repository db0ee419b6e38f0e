import { createHash } from "node:crypto";
import { statSync } from "node:fs";
import { join } from "node:path";
import { bundleOf, EVERY_SHELL, FakeHost, generation, nodeFiles, SHELLS } from "./fake-host";

const RULES = { "/etc/vrrp-agent/gw/firewall.rules": "nft4 input ip saddr 10.0.0.2 meta l4proto 112\n" };

describe.each(EVERY_SHELL)("a firewall that cannot be looked at, under %s", (shell) => {
  let host: FakeHost;
  beforeAll(async () => {
    host = await FakeHost.create(shell);
    host.succeed(["stage"], bundleOf(nodeFiles(RULES)));
    host.succeed(["activate", "gw", generation(1)]);
  });
  beforeEach(() => {
    host.program(
      "nft",
      '[ "$1" = -c ] || { echo "netlink: Error: cache \\"initialization\\" failed"; echo "no memory"; exit 1; } >&2',
    );
  });
  afterAll(() => host.close());

  test("is a problem of the firewall in the status, in the tool's own words", () => {
    const status = JSON.parse(host.succeed(["status", "--json"])) as {
      firewall: { ok: boolean; problems: string[] };
    };
    expect(status.firewall).toEqual({
      ok: false,
      problems: ['nft list ruleset failed: netlink: Error: cache "initialization" failed: no memory'],
    });
    expect(host.succeed(["status"])).toContain("firewall: nft list ruleset failed: netlink: Error:");
  });

  test("does not keep keepalived from starting when a boot undoes a change, and is warned of", () => {
    host.write("/proc/sys/kernel/random/boot_id", "boot-2\n");
    const { status, stderr } = host.agent(["boot"]);
    expect(stderr).toContain("boot: nft list ruleset failed\nnetlink: Error");
    expect(stderr).toContain("boot: the firewall may not let VRRP through; keepalived goes on");
    // Nothing was there before the first apply: that is the only reason left.
    expect({ status, last: stderr.trimEnd().split("\n").at(-1) }).toEqual({
      status: 1,
      last: expect.stringContaining("there is no /etc/keepalived/keepalived.conf any more") as string,
    });
  });

  test("makes a check of the rules fail", () => {
    const { status, stderr } = host.agent(["firewall", "check"]);
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: expect.stringMatching(/firewall check: nft list ruleset failed\n.*\nno memory\n$/) as string,
    });
  });
});

describe("a firewall with a chain for what is forwarded", () => {
  let host: FakeHost;
  beforeEach(async () => {
    host = await FakeHost.create("dash");
  });
  afterEach(() => host.close());

  test("a rule for what is forwarded goes into the chains that decide on that, and into no other", () => {
    const chain = (name: string, hook: string) =>
      `\tchain ${name} { # handle 1\n\t\ttype filter hook ${hook} priority filter; policy drop;\n\t}\n`;
    host.state(
      "ruleset",
      `table inet filter { # handle 1\n${chain("in", "input")}${chain("through", "forward")}}\n`,
    );
    host.program(
      "nft",
      'case "$*" in *list*) cat "$FAKE/ruleset" ;; "-f "*) cat "$2" >>"$FAKE/scripts" ;; esac',
    );
    const rules = { "/etc/vrrp-agent/gw/firewall.rules": 'nft4 forward iifname "wg0"\n' };
    host.succeed(["stage"], bundleOf(nodeFiles(rules)));
    // Nothing is in force for the look afterwards: the stand-in keeps no rule.
    host.agent(["activate", "gw", generation(1)]);
    expect(host.read("fake/scripts").split("\n")[0]).toMatch(
      /^insert rule inet filter through iifname "wg0" accept comment "vrrp-agent:gw:[0-9a-f]{12}"$/,
    );
  });
});

describe("a chain that keepalived makes for a virtual MAC", () => {
  let host: FakeHost;
  beforeEach(async () => {
    host = await FakeHost.create("dash");
  });
  afterEach(() => host.close());

  test("is nobody's firewall: no rule of ours goes into it, and none is missed there", () => {
    const ruleset = (table: string) =>
      `table ip ${table} { # handle 3\n\tchain out { # handle 1\n\t\ttype filter hook output priority filter; policy accept;\n` +
      `\t\tip protocol igmp oifname @vmac_set drop # handle 4\n\t}\n}\n`;
    host.program("nft", 'case "$*" in *list*) cat "$FAKE/ruleset" ;; esac');
    host.state("ruleset", ruleset("keepalived"));
    const rules = { "/etc/vrrp-agent/gw/firewall.rules": "nft4 output ip daddr 10.0.0.2 meta l4proto 112\n" };
    host.succeed(["stage"], bundleOf(nodeFiles(rules)));
    host.succeed(["activate", "gw", generation(1)]);
    host.succeed(["firewall", "check"]);
    host.state("ruleset", ruleset("keepalived-else"));
    expect(host.agent(["firewall", "check"]).status).not.toBe(0);
  });
});

describe.each(EVERY_SHELL)("rules that somebody has saved while ours were among them, under %s", (shell) => {
  const saved = (ours: string) => `*filter\n:INPUT DROP [0:0]\n${ours}-A INPUT -i lo -j ACCEPT\nCOMMIT\n`;
  const own = (digest: string) =>
    `-A INPUT -p vrrp -m comment --comment "vrrp-agent:gw:${digest}" -j ACCEPT\n`;
  let host: FakeHost;
  beforeEach(async () => {
    host = await FakeHost.create(shell);
    host.succeed(["stage"], bundleOf(nodeFiles(RULES)));
    host.succeed(["activate", "gw", generation(1)]);
  });
  afterEach(() => host.close());

  test("lose ours that are not wanted any more, keep those that are, and their mode", () => {
    const digest = createHash("sha256")
      .update(RULES["/etc/vrrp-agent/gw/firewall.rules"].trimEnd())
      .digest("hex");
    const wanted = own(digest.slice(0, 12));
    host.write("/etc/iptables/rules.v4", saved(wanted + own("0123456789ab")), 0o600);
    host.succeed(["firewall", "ensure"]);
    expect(host.read("/etc/iptables/rules.v4")).toBe(saved(wanted));
    host.succeed(["restore", "gw", "me"]);
    expect(host.read("/etc/iptables/rules.v4")).toBe(saved(""));
    expect(host.tree("etc/iptables")).toMatch(/^-rw------- etc\/iptables\/rules\.v4/m);
  });

  test("of others only are not touched", () => {
    host.write("/etc/nftables.conf", 'add rule x comment "vrrp-agent is fine"\n');
    const before = statSync(join(host.root, "etc/nftables.conf")).ino;
    host.succeed(["firewall", "ensure"]);
    expect(statSync(join(host.root, "etc/nftables.conf")).ino).toBe(before);
  });
});

describe.each(SHELLS)("drop-ins for the services that load iptables' rules, under %s", (shell) => {
  const path = "/etc/systemd/system/iptables.service.d/vrrp-gw.conf";
  const text = "[Service]\nExecReload=-x\n";
  let host: FakeHost;
  beforeEach(async () => {
    host = await FakeHost.create(shell);
  });
  afterEach(() => host.close());

  const apply = () => {
    host.succeed(["stage"], bundleOf(nodeFiles({ ...RULES, [path]: text })));
    host.succeed(["activate", "gw", generation(1)]);
  };

  test("are placed where there is such a service", () => {
    host.write("/usr/lib/systemd/system/iptables.service", "[Service]\n");
    apply();
    expect(host.read(path)).toBe(text);
  });

  test("are left out where the name is another service's, and nothing counts them as missing", () => {
    host.write("/etc/systemd/system/keep", "");
    host.link("/usr/lib/systemd/system/netfilter-persistent.service", "/etc/systemd/system/iptables.service");
    apply();
    expect(host.has(path)).toBe(false);
    const [cluster] = (JSON.parse(host.succeed(["status", "--json"])) as { clusters: { drift: string[] }[] })
      .clusters;
    expect(cluster?.drift).toEqual([]);
    expect(host.succeed(["drift", "gw"])).toContain(path);
  });
});
