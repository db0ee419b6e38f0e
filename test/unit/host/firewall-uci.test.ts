import { FakeHost, SHELLS } from "./fake-host";
import { FIREWALL, likeOpenWrt } from "./openwrt-tools";

const RULES = `ipt4 input -i eth0 -s 10.0.0.2 -d 10.0.0.1 -p 112
nft4 input iifname "eth0" ip saddr 10.0.0.2 ip daddr 10.0.0.1 meta l4proto 112
ipt6 output -o eth0 -d fe80::2 -p icmpv6 --icmpv6-type echo-request
ipt4 input -p udp --dport 51820
ipt4 forward -o wg0 -s 192.168.1.0/24
`;

/** Sections of ours, without the digests in their names. */
const sections = (text: string) =>
  text
    .slice(text.indexOf("config rule 'vrrp_"))
    .replace(/(vrrp_gw_|vrrp-agent:gw:)[0-9a-f]{12}/g, "$1N")
    .replaceAll("\t", "")
    .trim();

describe.each(SHELLS)("OpenWrt's firewall through UCI, under %s", (shell) => {
  let host: FakeHost;
  beforeEach(async () => {
    host = await FakeHost.create(shell);
    likeOpenWrt(host);
    host.write("/etc/vrrp-agent/gw/firewall.rules", RULES);
  });
  afterEach(() => host.close());

  const read = () => host.read("/etc/config/firewall");

  test("each rule becomes a named section, by its lines for iptables, and all are loaded once", () => {
    host.succeed(["firewall", "ensure"]);
    expect(sections(read())).toBe(`config rule 'vrrp_gw_N'
option name 'vrrp-agent:gw:N'
option family 'ipv4'
option src '*'
option device 'eth0'
option direction 'in'
option proto '112'
option src_ip '10.0.0.2'
option dest_ip '10.0.0.1'
option target 'ACCEPT'

config rule 'vrrp_gw_N'
option name 'vrrp-agent:gw:N'
option family 'ipv6'
option dest '*'
option device 'eth0'
option direction 'out'
option proto 'icmp'
option icmp_type 'echo-request'
option dest_ip 'fe80::2'
option target 'ACCEPT'

config rule 'vrrp_gw_N'
option name 'vrrp-agent:gw:N'
option family 'ipv4'
option src '*'
option proto 'udp'
option dest_port '51820'
option target 'ACCEPT'

config rule 'vrrp_gw_N'
option name 'vrrp-agent:gw:N'
option family 'ipv4'
option src '*'
option dest '*'
option device 'wg0'
option direction 'out'
option proto 'all'
option src_ip '192.168.1.0/24'
option target 'ACCEPT'`);
    expect(host.calls()).toEqual(["firewall reload"]);
    expect(host.succeed(["firewall", "check"])).toBe("");
  });

  test("nothing is written or loaded where it is so already", () => {
    host.succeed(["firewall", "ensure"]);
    const before = read();
    host.calls();
    host.succeed(["firewall", "ensure"]);
    expect(read()).toBe(before);
    expect(host.calls()).toEqual([]);
  });

  test("a rule that is gone goes, one that is new comes, and the others stay as they are", () => {
    host.succeed(["firewall", "ensure"]);
    const [, first] = /config rule '(vrrp_gw_[0-9a-f]+)'/.exec(read())!;
    host.write(
      "/etc/vrrp-agent/gw/firewall.rules",
      `${RULES.split("\n")[0]}\nipt4 input -p tcp --dport 80\n`,
    );
    host.succeed(["firewall", "ensure"]);
    expect(read().match(/vrrp_gw_/g)).toHaveLength(2);
    expect(read()).toContain(first);
    expect(read()).toContain("option dest_port '80'");
  });

  test("when ours are gone the file is as it was, byte for byte", () => {
    host.succeed(["firewall", "ensure"]);
    expect(read()).not.toContain("# We need");
    host.succeed(["firewall", "remove"]);
    expect(read()).toBe(FIREWALL);
    expect(host.calls()).toEqual(["firewall reload", "firewall reload"]);
  });

  test("what somebody has added since stays when ours go", () => {
    host.succeed(["firewall", "ensure"]);
    host.write("/etc/config/firewall", `${read()}config rule 'mine'\n\toption target 'DROP'\n`);
    host.succeed(["firewall", "remove"]);
    expect(read()).toContain("config rule 'mine'\n\toption target 'DROP'\n");
    expect(read()).not.toContain("vrrp");
  });

  test("a change that somebody has not committed is neither taken along nor lost", () => {
    host.write("/fake/.keep", "");
    host.state("tmp-uci/firewall", "firewall.mine='rule'\nfirewall.mine.target='DROP'\n");
    host.succeed(["firewall", "ensure"]);
    expect(read()).not.toContain("mine");
    host.succeed(["firewall", "remove"]);
    expect(read()).toBe(FIREWALL);
  });

  test("a rule that is written and not in force is told, and ensure loads it", () => {
    host.succeed(["firewall", "ensure"]);
    host.state("fw4");
    expect(host.agent(["firewall", "check"]).stderr).toContain(
      "the firewall of UCI has not loaded the rules of vrrp-agent; run: vrrp-agent firewall ensure",
    );
    host.succeed(["firewall", "ensure"]);
    expect(host.succeed(["firewall", "check"])).toBe("");
  });

  test("of fw3 the loaded rules are those that iptables lists", () => {
    host.remove("/tmp/run/fw4.state");
    host.write("/tmp/run/fw3.state", "");
    for (const tool of ["iptables-save", "ip6tables-save"])
      host.program(
        tool,
        `sed 's/.*"!fw4: \\(.*\\)"/-A INPUT -i eth0 -m comment --comment "!fw3: \\1" -j ACCEPT/' "$FAKE/fw4"`,
      );
    expect(host.agent(["firewall", "check"]).stderr).toContain("the rules of vrrp-agent are not there");
    host.succeed(["firewall", "ensure"]);
    expect(host.succeed(["firewall", "check"])).toBe("");
    host.state("fw4");
    expect(host.agent(["firewall", "check"]).stderr).toContain("has not loaded the rules of vrrp-agent");
  });

  test("a firewall that is not running gets none", () => {
    host.remove("/tmp/run/fw4.state");
    host.succeed(["firewall", "ensure"]);
    expect(read()).toBe(FIREWALL);
  });
});
