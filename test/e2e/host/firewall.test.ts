import { FirewallHost, requirePrograms, SHELLS } from "./firewall-host";

const IN4 = 'nft4 input iifname "eth0" ip saddr 10.0.0.2 ip daddr 10.0.0.1 meta l4proto 112';
const OUT4 = 'nft4 output oifname "eth0" ip saddr 10.0.0.1 ip daddr 10.0.0.2 meta l4proto 112';
const IN6 = 'nft6 input iifname "eth0" ip6 saddr fe80::/10 ip6 daddr ff02::12 meta l4proto 112';
const IPT_IN4 = "ipt4 input -i eth0 -s 10.0.0.2 -d 10.0.0.1 -p 112";
const IPT_OUT4 = "ipt4 output -o eth0 -s 10.0.0.1 -d 10.0.0.2 -p 112";
const IPT_IN6 = "ipt6 input -i eth0 -s fe80::/10 -d ff02::12 -p 112";
const ALL = [IN4, OUT4, IN6, IPT_IN4, IPT_OUT4, IPT_IN6];

const GATEWAY = `
table inet filter {
  set trusted {
    type ipv4_addr
    elements = { 192.0.2.1, 192.0.2.2, 192.0.2.3, 192.0.2.4, 192.0.2.5, 192.0.2.6 }
  }
  chain input {
    type filter hook input priority 0; policy drop;
    ct state established,related accept
    tcp dport { 22, 80 } counter accept
    ip saddr @trusted log prefix "drop by vrrp-agent:" accept comment "vrrp-agent is not in this"
  }
  chain forwarding {
    type filter hook forward priority 0; policy drop;
  }
  chain output {
    type filter hook output priority 0; policy accept;
  }
}
table ip early {
  chain guard {
    type filter hook input priority -300; policy accept;
    ip saddr 198.51.100.0/24 reject
  }
}
table ip6 late {
  chain guard {
    type filter hook input priority 5; policy drop;
  }
}
`;

const accept4 =
  /^iifname "eth0" ip saddr 10\.0\.0\.2 ip daddr 10\.0\.0\.1 meta l4proto (vrrp|112) accept comment "vrrp-agent:gw:[0-9a-f]{12}"$/;
const accept6 = /^iifname "eth0" ip6 saddr fe80::\/10 ip6 daddr ff02::12 .* accept comment "vrrp-agent:gw:/;

beforeAll(requirePrograms);

describe.each(SHELLS.map((shell) => ({ shell, name: shell.join(" ") })))(
  "firewall under $name",
  ({ shell }) => {
    let host: FirewallHost;
    beforeEach(() => {
      host = new FirewallHost(shell);
    });
    afterEach(() => host.close());

    const ensure = () => expect(host.agent("ensure")).toEqual({ status: 0, stderr: "" });
    const isInForce = () => host.agent("check").status === 0;

    test("a host without chains gets no rule and has nothing to complain of", () => {
      host.rules("gw", ALL);
      ensure();
      expect(host.ruleset()).toBe("");
      expect(isInForce()).toBe(true);
    });

    test("the rules stand at the head of every chain that can drop, and in no other", () => {
      host.load(GATEWAY);
      host.rules("gw", ALL);
      expect(isInForce()).toBe(false);
      ensure();
      expect(isInForce()).toBe(true);
      expect(host.chain("inet", "filter", "input").slice(0, 3)).toEqual([
        expect.stringMatching(accept4),
        expect.stringMatching(accept6),
        "ct state established,related accept",
      ]);
      expect(host.chain("ip", "early", "guard")[0]).toMatch(accept4);
      expect(host.chain("ip6", "late", "guard")).toEqual([expect.stringMatching(accept6)]);
      expect(host.chain("inet", "filter", "output")).toEqual([]);
      expect(host.chain("inet", "filter", "forwarding")).toEqual([]);
    });

    test("a second ensure changes nothing, not even a handle", () => {
      host.load(GATEWAY);
      host.rules("gw", ALL);
      ensure();
      const before = host.run("nft", "-a", "list", "ruleset");
      ensure();
      expect(host.run("nft", "-a", "list", "ruleset")).toBe(before);
    });

    test("remove leaves the ruleset as it was, byte for byte", () => {
      host.load(GATEWAY);
      host.run("iptables-nft", "-A", "INPUT", "-i", "lo", "-j", "ACCEPT");
      host.run("iptables-nft", "-P", "INPUT", "DROP");
      const before = host.ruleset();
      host.rules("gw", ALL);
      ensure();
      expect(host.ruleset()).not.toBe(before);
      expect(host.agent("remove").status).toBe(0);
      expect(host.ruleset()).toBe(before);
    });

    test("after a flush and a reload of the foreign rules, ensure puts ours back", () => {
      host.load(GATEWAY);
      host.rules("gw", ALL);
      ensure();
      const before = host.ruleset();
      host.load(`flush ruleset\n${GATEWAY}`);
      expect(isInForce()).toBe(false);
      ensure();
      expect(host.ruleset()).toBe(before);
    });

    test("a foreign rule that drops ahead of ours is noticed and overtaken; one that accepts is let be", () => {
      host.load(GATEWAY);
      host.rules("gw", ALL);
      ensure();
      host.load('insert rule inet filter input tcp dport 443 accept comment "jump"');
      expect(isInForce()).toBe(true);
      host.load("insert rule inet filter input ip protocol 112 drop");
      expect(isInForce()).toBe(false);
      ensure();
      const rules = host.chain("inet", "filter", "input");
      expect(rules[0]).toMatch(accept4);
      expect(rules.filter((rule) => rule.includes("vrrp-agent:gw:"))).toHaveLength(2);
      expect(rules.slice(2, 4)).toEqual(["ip protocol vrrp drop", 'tcp dport 443 accept comment "jump"']);
    });

    test("a rule whose line has gone is taken out, the others stay in force", () => {
      host.load(GATEWAY);
      host.rules("gw", ALL);
      host.rules("other", ["nft4 input ip saddr 203.0.113.7 meta l4proto 112"]);
      ensure();
      host.rules("gw", [IN4.replaceAll("10.0.0.2", "10.0.0.3")]);
      expect(isInForce()).toBe(false);
      ensure();
      const rules = host.chain("inet", "filter", "input");
      expect(rules.filter((rule) => rule.includes('comment "vrrp-agent:'))).toEqual([
        expect.stringContaining("ip saddr 10.0.0.3"),
        expect.stringContaining("ip saddr 203.0.113.7"),
      ]);
      host.forget("gw");
      ensure();
      expect(host.chain("inet", "filter", "input")[0]).toContain("vrrp-agent:other:");
    });

    test("remove CLUSTER takes out that cluster's rules only", () => {
      host.load(GATEWAY);
      host.rules("gw", ALL);
      host.rules("other", ["nft4 input ip saddr 203.0.113.7 meta l4proto 112"]);
      ensure();
      expect(host.agent("remove", "gw").status).toBe(0);
      const ours = host
        .chain("inet", "filter", "input")
        .filter((rule) => rule.includes('comment "vrrp-agent:'));
      expect(ours).toEqual([expect.stringContaining("vrrp-agent:other:")]);
    });

    test("a table of iptables-nft is changed through iptables, which can still read it", () => {
      host.run("iptables-nft", "-P", "INPUT", "DROP");
      host.run("iptables-nft", "-A", "INPUT", "-p", "tcp", "--dport", "22", "-j", "ACCEPT");
      host.run("ip6tables-nft", "-A", "INPUT", "-j", "REJECT");
      const before = [host.iptables("iptables-nft", "filter"), host.iptables("ip6tables-nft", "filter")];
      host.rules("gw", ALL);
      ensure();
      expect(isInForce()).toBe(true);
      expect(host.iptables("iptables-nft", "filter")).toEqual([
        expect.stringMatching(
          /^-A INPUT -s 10\.0\.0\.2\/32 -d 10\.0\.0\.1\/32 -i eth0 -p (112|vrrp) -m comment --comment "?vrrp-agent:gw:[0-9a-f]{12}"? -j ACCEPT$/,
        ),
        "-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT",
      ]);
      expect(host.iptables("ip6tables-nft", "filter")[0]).toContain("vrrp-agent:gw:");
      host.run("iptables-nft", "-I", "INPUT", "-p", "112", "-j", "DROP");
      expect(isInForce()).toBe(false);
      ensure();
      expect(host.iptables("iptables-nft", "filter")[0]).toContain("vrrp-agent:gw:");
      expect(host.iptables("iptables-nft", "filter")).toHaveLength(3);
      host.run("iptables-nft", "-D", "INPUT", "-p", "112", "-j", "DROP");
      expect(host.agent("remove").status).toBe(0);
      expect([host.iptables("iptables-nft", "filter"), host.iptables("ip6tables-nft", "filter")]).toEqual(
        before,
      );
    });

    test("several rules in one iptables chain are replaced without losing a foreign one", () => {
      const two = [IPT_IN4, IPT_IN4.replace("-s 10.0.0.2", "-s 10.0.0.4")];
      host.run("iptables-nft", "-P", "INPUT", "DROP");
      host.run("iptables-nft", "-A", "INPUT", "-i", "lo", "-j", "ACCEPT");
      host.rules("gw", two);
      ensure();
      expect(host.iptables("iptables-nft", "filter")).toHaveLength(3);
      host.rules("gw", [IPT_IN4.replace("-s 10.0.0.2", "-s 10.0.0.5")]);
      ensure();
      expect(host.iptables("iptables-nft", "filter")).toEqual([
        expect.stringContaining("-s 10.0.0.5/32"),
        "-A INPUT -i lo -j ACCEPT",
      ]);
    });

    test("legacy iptables in use is served as well", () => {
      host.run("iptables-legacy", "-P", "INPUT", "DROP");
      host.rules("gw", ALL);
      ensure();
      expect(isInForce()).toBe(true);
      expect(host.iptables("iptables-legacy", "filter")).toEqual([expect.stringContaining("vrrp-agent:gw:")]);
      expect(host.agent("remove").status).toBe(0);
      expect(host.iptables("iptables-legacy", "filter")).toEqual([]);
    });

    test.each(["iptables-nft", "iptables-legacy"])(
      "what somebody does to a chain of %s between the look and the change is not undone, and ours are right",
      (command) => {
        host.run(command, "-P", "INPUT", "DROP");
        host.run(command, "-A", "INPUT", "-i", "lo", "-j", "ACCEPT");
        host.rules("gw", [IPT_IN4]);
        ensure();
        host.rules("gw", [IPT_IN4.replace("-s 10.0.0.2", "-s 10.0.0.5")]);
        // Just before ours, somebody puts rules of his own at the head and takes one of ours out: once.
        const stranger = [
          `${command} -I INPUT -p tcp --dport 22 -j ACCEPT`,
          `${command} -I INPUT -p tcp --dport 23 -j ACCEPT`,
          `${command} -D INPUT $(${command} -S INPUT | grep -n vrrp-agent | cut -d: -f1 | awk '{ print $1 - 1 }')`,
        ];
        host.wrap(`${command}-restore`, "--wait=10", stranger.join("\n"));
        ensure();
        expect(host.iptables(command, "filter")).toEqual([
          expect.stringContaining("-s 10.0.0.5/32"),
          expect.stringContaining("--dport 23"),
          expect.stringContaining("--dport 22"),
          "-A INPUT -i lo -j ACCEPT",
        ]);
      },
    );

    test.each(["iptables-nft", "iptables-legacy"])(
      "remove leaves what is in %s but ours, and what others put there meanwhile, in its order",
      (command) => {
        const foreign = (port: number) => ["-p", "tcp", "-m", "tcp", "--dport", String(port), "-j", "ACCEPT"];
        host.run(command, "-P", "INPUT", "DROP");
        host.run(command, "-A", "INPUT", ...foreign(22));
        host.rules("gw", [IPT_IN4, IPT_IN4.replace("-s 10.0.0.2", "-s 10.0.0.4"), IPT_OUT4]);
        ensure();
        host.run(command, "-I", "INPUT", "2", ...foreign(23));
        host.run(command, "-A", "INPUT", ...foreign(24));
        host.run(command, "-I", "INPUT", "1", ...foreign(25));
        // Ours again, by somebody's copy of the saved rules.
        const ours = host.iptables(command, "filter").find((rule) => rule.includes("vrrp-agent:"))!;
        host.run("sh", "-c", `${command} ${ours}`);
        expect(host.agent("remove")).toEqual({ status: 0, stderr: "" });
        expect(host.iptables(command, "filter")).toEqual(
          [25, 23, 22, 24].map((port) => `-A INPUT ${foreign(port).join(" ")}`),
        );
      },
    );

    test("remove leaves what others put into a chain of nftables meanwhile, in its order", () => {
      host.load(GATEWAY);
      host.rules("gw", ALL);
      ensure();
      host.load(`insert rule inet filter input tcp dport 25 accept
add rule inet filter input tcp dport 24 accept
add rule ip early guard ip saddr 203.0.113.9 drop`);
      const kept = host
        .ruleset()
        .split("\n")
        .filter((line) => !line.includes('comment "vrrp-agent:gw:'));
      expect(host.agent("remove")).toEqual({ status: 0, stderr: "" });
      expect(host.ruleset().split("\n")).toEqual(kept);
    });

    test("a change of nftables that is overtaken by another is planned anew", () => {
      host.load(GATEWAY);
      host.rules("gw", ALL);
      ensure();
      host.rules("gw", [IN4.replaceAll("10.0.0.2", "10.0.0.3")]);
      host.wrap(
        "nft",
        "-f",
        `nft delete rule inet filter input handle $(
        nft -a list chain inet filter input | sed -n '/vrrp-agent:/s/.*# handle //p' | head -n 1)`,
      );
      ensure();
      expect(isInForce()).toBe(true);
      const ours = host.chain("inet", "filter", "input").filter((rule) => rule.includes("vrrp-agent:gw:"));
      expect(ours).toEqual([expect.stringContaining("ip saddr 10.0.0.3")]);
    });

    test("a ruleset that is loaded anew between the look and the change loses no rule to a handle that was ours", () => {
      host.load(GATEWAY);
      host.rules("gw", ALL);
      ensure();
      const handle = Number(
        /comment "vrrp-agent:gw.* # handle (\d+)/.exec(
          host.run("nft", "-a", "list", "chain", "inet", "filter", "input"),
        )![1],
      );
      // As many rules as it takes for a stranger's to have that handle.
      const strangers = Array.from(
        { length: handle },
        (_, n) => `add rule inet filter input tcp dport ${1000 + n} drop`,
      );
      host.write("anew.nft", ["flush ruleset", GATEWAY, ...strangers].join("\n"));
      host.wrap("nft", "-f", `nft -f ${host.path("anew.nft")}`);
      host.rules("gw", [IN4.replaceAll("10.0.0.2", "10.0.0.3")]);
      ensure();
      expect(isInForce()).toBe(true);
      const rules = host.chain("inet", "filter", "input");
      expect(rules.filter((rule) => rule.startsWith("tcp dport 1"))).toHaveLength(strangers.length);
      expect(rules.filter((rule) => rule.includes("vrrp-agent:gw:"))).toHaveLength(1);
      expect(host.ruleset()).not.toContain("witness");
    });

    test("a rule that iptables does not take fails with its own words and changes nothing", () => {
      host.run("iptables-nft", "-P", "INPUT", "DROP");
      host.rules("gw", [IPT_IN4, "ipt4 input -s nonsense.invalid/99"]);
      const { status, stderr } = host.agent("ensure");
      expect(status).toBe(1);
      expect(stderr).toMatch(
        /^vrrp-agent: .*: firewall ensure: iptables-nft-restore refused to change our rules\n.*invalid mask .99/,
      );
      expect(host.iptables("iptables-nft", "filter")).toEqual([]);
    });

    test("a rule that nft does not take fails with nft's own words and changes nothing", () => {
      host.load(GATEWAY);
      const before = host.ruleset();
      host.rules("gw", [IN4, "nft4 input ip saddr nonsense.invalid.name/99 accept"]);
      const { status, stderr } = host.agent("ensure");
      expect(status).toBe(1);
      expect(stderr).toMatch(/^vrrp-agent: .*: firewall ensure: nft refused to change our rules\n.*Error/);
      expect(host.ruleset()).toBe(before);
    });
  },
);
