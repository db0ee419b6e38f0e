import { type Host, Image, Lab, Stack, until } from "../../../lab";
import { configure, nodeOf, staysWith, VIP } from "./cluster";
import { changes, type HostState, statesOf } from "./hostState";

const NFTABLES = `#!/usr/sbin/nft -f
flush ruleset
table inet filter {
	set trusted {
		type ipv4_addr
		elements = { 10.20.30.100 }
	}
	chain input {
		type filter hook input priority filter; policy drop;
		iifname "lo" accept
		ct state established,related accept
		ip saddr @trusted tcp dport 22 accept
		meta l4proto { icmp, ipv6-icmp } accept
		meta l4proto 112 counter drop comment "stray VRRP"
	}
	chain forward {
		type filter hook forward priority filter; policy drop;
	}
}
`;

const IPTABLES = `*filter
:INPUT ACCEPT [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
-A INPUT -i lo -j ACCEPT
-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT
-A INPUT -p icmp -j ACCEPT
-A INPUT -p vrrp -m comment --comment "stray VRRP" -j DROP
-A INPUT -j REJECT --reject-with icmp-port-unreachable
COMMIT
`;

/** Commands that print a host's rules without counters, and the packets that a rule has counted. */
const TOOLS: Record<string, { list: string; count: (comment: string) => string }> = {
  "gw-nft": {
    list: "nft --stateless list ruleset",
    count: (comment) =>
      `nft list ruleset | sed -n 's/.* counter packets \\([0-9]*\\) .*"${comment}".*/\\1/p'`,
  },
  "gw-ipt": {
    list: "iptables-save | sed -e '/^#/d' -e 's/ \\[.*//'",
    count: (comment) => `iptables --list INPUT --numeric --verbose --exact | awk '/${comment}/ { print $1 }'`,
  },
};

/** The rules of everybody else. */
async function foreignRules(host: Host): Promise<string> {
  const { stdout } = await host.exec(TOOLS[host.name]!.list);
  const lines = stdout.split("\n");
  return lines.filter((line) => !line.includes('"vrrp-agent:') && !line.includes(" vrrp-agent:")).join("\n");
}

/** Packets that the one rule with this in its comment has seen. */
async function counted(host: Host, comment: string): Promise<number> {
  const { stdout } = await host.exec(TOOLS[host.name]!.count(comment));
  expect(stdout).toMatch(/^\d+\n$/);
  return Number(stdout);
}

describe("a pair behind firewalls that let in SSH only, one of nftables and one of iptables", () => {
  let lab: Lab;
  let stack: Stack;
  let nft: Host;
  let ipt: Host;
  let before: Record<string, HostState>;
  let foreign: string[];

  beforeAll(async () => {
    lab = await Lab.start({
      name: "firewall",
      hosts: [{ name: "gw-nft" }, { name: "gw-ipt", image: Image.Installable }],
    });
    [nft, ipt] = lab.hosts as [Host, Host];
    await nft.writeFile("/etc/nftables.conf", NFTABLES, "755");
    await nft.exec("systemctl --quiet enable --now nftables");
    await ipt.exec("DEBIAN_FRONTEND=noninteractive apt-get --quiet=2 --yes install iptables-persistent");
    await ipt.writeFile("/etc/iptables/rules.v4", IPTABLES, "600");
    await ipt.exec("systemctl --quiet enable netfilter-persistent; systemctl restart netfilter-persistent");
    before = await statesOf(lab.hosts);
    foreign = await Promise.all(lab.hosts.map((host) => foreignRules(host)));
    stack = await Stack.create({ client: lab.client });
    await configure(stack, lab, [nodeOf(nft), nodeOf(ipt)]);
  });
  afterAll(async () => {
    stack?.remove();
    await lab?.stop();
  });

  /** Exactly one holder, heard by the other by virtue of our rule, and nobody else's rule touched. */
  async function isInForce(): Promise<void> {
    await until("both keepalived run", 20_000, async () => {
      const active = lab.hosts.map(
        async (host) => (await host.exec("systemctl is-active keepalived", { check: false })).code === 0,
      );
      return (await Promise.all(active)).every(Boolean);
    });
    await staysWith(nft, lab.hosts);
    for (const [index, host] of lab.hosts.entries()) {
      await host.exec("vrrp-agent firewall check");
      expect(await foreignRules(host)).toBe(foreign[index]);
    }
  }

  test("after up there is one holder, and the client reaches it", async () => {
    await stack.up();
    await isInForce();
    await lab.client.exec(["ping", "-c1", "-W2", VIP]);
  });

  test("a stranger's VRRP is still dropped", async () => {
    for (const host of lab.hosts) {
      const start = await counted(host, "stray VRRP");
      await lab.client.exec([
        "python3",
        "-c",
        `import socket; socket.socket(socket.AF_INET, socket.SOCK_RAW, 112).sendto(b"x" * 20, ("${host.address}", 0))`,
      ]);
      await until(
        `${host.name} drops the stranger's packet`,
        5000,
        async () => (await counted(host, "stray VRRP")) > start,
      );
    }
  });

  test("our rules survive a restart of nftables, and its file loaded by hand once that service has run", async () => {
    await nft.exec("systemctl restart nftables");
    await isInForce();
    await nft.exec("nft -f /etc/nftables.conf && systemctl reload nftables");
    await isInForce();
    await nft.exec("nft -f /etc/nftables.conf && systemctl restart nftables");
    await isInForce();
  });

  test("our rules survive a restart of netfilter-persistent", async () => {
    await ipt.exec("systemctl restart netfilter-persistent");
    await isInForce();
  });

  test("both hosts may be rebooted at once", async () => {
    await Promise.all(lab.hosts.map((host) => host.reboot()));
    await isInForce();
  });

  test("a host that was rebooted hears the holder before it has sent anything itself", async () => {
    await ipt.reboot();
    await isInForce();
    // A node that has only been BACKUP has sent no advert: no connection is tracked, only our rule lets the holder's in.
    const { stdout } = await ipt.exec("journalctl --boot --no-pager --quiet --unit keepalived");
    expect(stdout).toContain("Entering BACKUP STATE");
    expect(stdout).not.toContain("Entering MASTER STATE");
    expect(await counted(ipt, "vrrp-agent:gw:")).toBeGreaterThan(0);
  });

  test("destroy removes exactly our rules", async () => {
    await stack.destroy();
    const after = await statesOf(lab.hosts);
    for (const { name } of lab.hosts) expect(changes(before[name]!, after[name]!)).toEqual([]);
  });
});
