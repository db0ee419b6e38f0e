import { NetHost, SHELLS } from "./examine-net-tools";

/** What nft 1.0.6 lists of the table. */
const LISTED = `table netdev vrrp_doctor_77 {
	set nic14 {
		type ipv4_addr . ipv4_addr . inet_service . inet_service
		size 1024
		flags dynamic
		elements = { 10.0.0.2 . 10.0.0.1 . 8499 . 25601 counter packets 3 bytes 120,
			     10.0.0.2 . 10.0.0.1 . 2048 . 2048 counter packets 30 bytes 1200,
			     10.0.0.9 . 224.0.0.18 . 12595 . 64001 counter packets 4 bytes 128 }
	}

	set nic16 {
		type ipv6_addr . ipv6_addr . inet_service . inet_service
		size 1024
		flags dynamic
		elements = { fe80::2 . ff02::12 . 12605 . 23041 counter packets 5 bytes 300 }
	}

	set vmac6 {
		type ether_addr . ipv6_addr . inet_service
		size 1024
		flags dynamic
		elements = { 00:00:5e:00:02:3d . fe80::2 . 12605 counter packets 5 bytes 300 }
	}

	set peers4 {
		type ipv4_addr
		elements = { 10.0.0.2 }
	}

	set frames4 {
		type ipv4_addr
		size 1024
		flags dynamic
		elements = { 10.0.0.2 counter packets 12 bytes 1008 }
	}

	chain nic1 {
		type filter hook ingress device "eth0" priority -500; policy accept;
		ip protocol vrrp th sport 2048 add @nic14 { ip saddr . ip daddr . th sport . th sport counter }
	}
}
table inet vrrp_doctor_77 {
	set sent4 {
		type ipv4_addr . ipv4_addr . inet_service . inet_service
		size 1024
		flags dynamic
		elements = { 10.0.0.1 . 10.0.0.2 . 2048 . 2048 counter packets 29 bytes 1160 }
	}

	set left4 {
		type ipv4_addr . ipv4_addr . inet_service . inet_service
		size 1024
		flags dynamic
		elements = { 10.0.0.1 . 10.0.0.2 . 2048 . 2048 counter packets 29 bytes 1160 }
	}

	set entered4 {
		type ipv4_addr . ipv4_addr . inet_service . inet_service
		size 1024
		flags dynamic
		elements = { 10.0.0.2 . 10.0.0.1 . 8499 . 25601 counter packets 3 bytes 120,
			     10.0.0.2 . 10.0.0.1 . 2048 . 2048 counter packets 31 bytes 1240 }
	}

	set passed4 {
		type ipv4_addr . ipv4_addr . inet_service . inet_service
		size 1024
		flags dynamic
		elements = { 10.0.0.2 . 10.0.0.1 . 8499 . 25601 counter packets 3 bytes 120 }
	}

	set entered6 {
		type ipv6_addr . ipv6_addr . inet_service . inet_service
		size 1024
		flags dynamic
		elements = { fe80::2 . ff02::12 . 12605 . 23041 counter packets 10 bytes 600 }
	}

	set refused4 {
		type ipv4_addr
		size 1024
		flags dynamic
		elements = { 10.0.0.2 counter packets 7 bytes 400 }
	}

	set stray4 {
		type ipv4_addr
		size 1024
		flags dynamic
		elements = { 10.0.0.200 counter packets 2 bytes 160 }
	}
}
`;

const trace = (id: string, words: string) => `trace id ${id} ${words}`;
const packet = (id: string, chain: string, from: string, to: string) =>
  trace(
    id,
    `inet vrrp_doctor_77 ${chain} packet: iif "eth0" ether saddr 02:00:00:00:00:02 ip saddr ${from} ip daddr ${to} ip protocol vrrp ip length 40 @th,0,96 0x800 `,
  );
const mark = (id: string, chain: string, comment: string) =>
  trace(
    id,
    `inet vrrp_doctor_77 ${chain} rule ip protocol vrrp limit rate 5/second burst 5 packets meta nftrace set 1 comment "${comment}" (verdict continue)`,
  );

describe.each(SHELLS)("what examine makes of what it counted, under %s", (shell) => {
  let host: NetHost;
  beforeEach(() => {
    host = new NetHost(shell);
    host.note("own", ["10.0.0.1 eth0", "fd00::1 eth0"]);
    host.note("peers", ["gw-b 10.0.0.2", "gw-b fd00:0::2"]);
    host.note("vips", ["v4 10.0.0.200 eth0 free", "v4 10.0.0.201 eth0 held"]);
    host.note("targets", [
      "multicast ff02::12 eth0 -",
      "unicast 10.0.0.2 eth0 10.0.0.1",
      "unicast fd00:0::2 eth0 -",
    ]);
    host.program(
      "ip",
      'case $* in "neigh show") echo "10.0.0.2 dev eth0 lladdr 02:00:00:00:00:02 REACHABLE" ;; esac',
    );
  });
  afterEach(() => host.close());

  const counted = (script: string) => {
    host.program("nft", `cat "$FAKE/listed"`);
    host.write("bin/listed", LISTED);
    host.note("nic-names", ["nic1 eth0"]);
    // One listing for both tables.
    return host.run(`net_table=vrrp_doctor_77 table_nic=inet; table_read; table_nic=netdev; ${script}`);
  };

  test("packets are told by peer, way and kind, from the interface to behind the filters", () => {
    expect(counted("traffic_facts")).toEqual([
      "sent gw-b 10.0.0.2 unicast probe 29 29",
      // One more had come when the second set was read.
      "came gw-b 10.0.0.2 unicast probe 30 30 0",
      "sent gw-b 10.0.0.2 unicast advert 0 0",
      "came gw-b 10.0.0.2 unicast advert 3 3 3",
      "sent gw-b fd00:0::2 unicast probe 0 0",
      "came gw-b fd00:0::2 unicast probe 0 0 0",
      "sent gw-b fd00:0::2 unicast advert 0 0",
      "came gw-b fd00:0::2 unicast advert 0 0 0",
      "sent gw-b fd00:0::2 multicast probe 0 0",
      "came gw-b fd00:0::2 multicast probe 0 0 0",
      "sent gw-b fd00:0::2 multicast advert 0 0",
      // From a link-local address that no spec has.
      "came gw-b fd00:0::2 multicast advert 5 5 0",
      "frames gw-b 10.0.0.2 12",
      "frames gw-b fd00:0::2 0",
      "unreachable gw-b 10.0.0.2 7",
      "unreachable gw-b fd00:0::2 0",
      "stray 10.0.0.200 2",
    ]);
  });

  test("adverts are told by who sends them, strangers among them, probes not", () => {
    expect(counted("heard_facts")).toEqual([
      "heard 10.0.0.2 51 2 100 unicast 3 eth0",
      "heard 10.0.0.9 51 3 250 multicast 4 eth0",
      "heard fe80::2 61 3 90 multicast 5 eth0",
      "heard-vmac fe80::2 61 5",
    ]);
  });

  test("without nft, tcpdump's lines stand for what reaches the interface", () => {
    const lines = [
      "04:31:57.314396 02:00:00:00:00:02 > 02:00:00:00:00:01, ethertype IPv4 (0x0800), length 60: 10.0.0.2 > 10.0.0.1: VRRPv0, unknown type (8), length 20",
      "04:31:57.414396 00:00:5e:00:01:33 > 01:00:5e:00:00:12, ethertype IPv4 (0x0800), length 60: 10.0.0.2 > 224.0.0.18: VRRPv2, Advertisement, vrid 51, prio 100, authtype simple, intvl 1s, length 20",
      "04:31:57.514396 02:00:00:00:00:03 > 33:33:00:00:00:12, ethertype IPv6 (0x86dd), length 94: fe80::3 > ff02::12: VRRPv3, Advertisement, vrid 61, prio 90, intvl 100cs, length 40",
      "04:31:57.614396 IP 10.9.0.2 > 10.9.0.1: VRRPv8, unknown type (0), length 20",
    ];
    expect(host.run("captured eth0", lines.join("\n"))).toEqual([
      "nic 1 10.0.0.2 10.0.0.1 2048 2048 eth0",
      "nic 1 10.0.0.2 224.0.0.18 8499 25600 eth0",
      "vmac 1 00:00:5e:00:01:33 10.0.0.2 8499",
      "nic 1 fe80::3 ff02::12 12605 23040 eth0",
      "vmac 1 02:00:00:00:00:03 fe80::3 12605",
      "nic 1 10.9.0.2 10.9.0.1 32768 32768 eth0",
    ]);
    host.note("capture.eth0", [...lines.slice(0, 2)]);
    const facts = host.run("traffic_facts; heard_facts");
    expect(facts).toContain("came gw-b 10.0.0.2 unicast probe 1 - -");
    expect(facts).toContain("heard 10.0.0.2 51 2 100 multicast 1 eth0");
    expect(facts.filter((line) => line.startsWith("sent "))).toEqual([]);
  });

  test("the rule that ended a packet is told, not what only looked at it", () => {
    host.note("trace", [
      packet("a1", "in", "10.0.0.2", "10.0.0.1"),
      mark("a1", "in", "vrrp-doctor in probe"),
      trace("a1", "inet vrrp_doctor_77 in policy accept "),
      trace("a1", "inet filter input rule ip saddr 10.0.0.0/24 jump bad (verdict jump bad)"),
      trace(
        "a1",
        'inet filter bad rule ip protocol vrrp counter packets 7 bytes 280 drop comment "(verdict accept)" (verdict drop)',
      ),
      packet("a2", "in", "10.0.0.2", "10.0.0.1"),
      mark("a2", "in", "vrrp-doctor in advert"),
      trace("a2", "inet filter input rule ct state established,related accept (verdict accept)"),
      trace(
        "a2",
        "ip other INPUT rule meta l4proto vrrp  counter packets 1 bytes 40 reject with icmp type host-prohibited (verdict drop)",
      ),
      packet("a3", "out", "10.0.0.1", "10.0.0.2"),
      mark("a3", "out", "vrrp-doctor out advert"),
      trace("a3", "inet fw4 output policy drop "),
      // Somebody else's packet, and somebody else's trace.
      trace("a4", "inet filter input packet: ip saddr 10.0.0.2 ip daddr 10.0.0.1 ip protocol vrrp "),
      trace("a4", "inet filter input rule drop (verdict drop)"),
      // The same again, from a concurrent look.
      packet("a5", "in", "10.0.0.2", "10.0.0.1").replace("_77", "_78"),
      mark("a5", "in", "vrrp-doctor in probe").replace("_77", "_78"),
      trace(
        "a5",
        'inet filter bad rule ip protocol vrrp counter packets 8 bytes 320 drop comment "(verdict accept)" (verdict drop)',
      ),
      packet("a6", "in", "10.0.0.2", "10.0.0.1"),
      mark("a6", "in", "vrrp-doctor in probe"),
      trace("a6", "inet firewalld filter_INPUT rule reject with icmpx admin-prohibited (verdict drop)"),
    ]);
    expect(host.run("verdict_facts")).toEqual([
      'verdict in gw-b probe drop - inet:filter bad ip protocol vrrp counter drop comment "(verdict accept)"',
      "verdict in gw-b advert reject - ip:other INPUT meta l4proto vrrp  counter reject with icmp type host-prohibited",
      "verdict out gw-b advert drop uci inet:fw4 output policy drop",
      "verdict in gw-b probe reject firewalld inet:firewalld filter_INPUT reject with icmpx admin-prohibited",
    ]);
  });

  test("where adverts go to the group, nothing is told of a probe to the node itself that no filter lets pass", () => {
    host.note("group-only", ["10.0.0.2"]);
    const facts = counted("traffic_facts");
    expect(facts).toContain("came gw-b 10.0.0.2 unicast probe 30 30 -");
    expect(facts).toContain("sent gw-b 10.0.0.2 unicast probe 29 29");
    expect(facts).toContain("came gw-b 10.0.0.2 unicast advert 3 3 3");
    expect(facts).toContain("came gw-b fd00:0::2 unicast probe 0 0 0");
    const drops = (id: string, to: string, what: string) => [
      packet(id, "in", "10.0.0.2", to),
      mark(id, "in", `vrrp-doctor in ${what}`),
      trace(id, "inet filter input policy drop "),
    ];
    host.note("trace", [...drops("a1", "10.0.0.1", "probe"), ...drops("a2", "10.0.0.1", "advert")]);
    expect(host.run("verdict_facts")).toEqual([
      "verdict in gw-b advert drop - inet:filter input policy drop",
    ]);
    host.note("trace", drops("a3", "224.0.0.18", "probe"));
    expect(host.run("verdict_facts")).toEqual(["verdict in gw-b probe drop - inet:filter input policy drop"]);
  });

  test.each([
    ["6 packets transmitted, 6 received, 0% packet loss, time 1032ms", "yes"],
    ["12 packets transmitted, 11 received, 8.33333% packet loss, time 1032ms", "yes 8%"],
    ["6 packets transmitted, 6 packets received, 0% packet loss", "yes"],
    ["4 packets transmitted, 0 received, 100% packet loss, time 3010ms", "no"],
    ["4 packets transmitted, 0 received, +4 errors, 100% packet loss, time 3010ms", "no"],
    ["ping: connect: Network is unreachable", "no"],
  ])("ping's words %p mean %p", (words, meaning) => {
    expect(host.run("echo_result", `${words}\n`)).toEqual([meaning]);
  });

  test("a peer is asked by the interface whose network it is of, adverts' own source is taken where the host has it", () => {
    host.program(
      "ip",
      `
      case $* in
      "-o address show dev eth0") echo "2: eth0 inet 10.0.0.1/24 scope global eth0" ;;
      "-o address show dev eth1") echo "3: eth1 inet 10.1.0.1/24 scope global eth1" ;;
      "-o address show") echo "2: eth0 inet 10.0.0.1/24 scope global eth0"; echo "3: eth1 inet 10.1.0.1/24 scope global eth1" ;;
      esac`,
    );
    for (const dev of ["eth0", "eth1"]) host.write(`sys/class/net/${dev}/flags`, "0x1003\n");
    host.write(
      "etc/vrrp-agent/gw/node.conf",
      [
        "instance a 4 51 eth0",
        "instance b 4 52 eth1",
        "instance c 6 53 eth1",
        "agree a 2 1 unicast 10.0.0.1",
        "agree b 2 1 multicast 10.1.0.7",
        "agree c 3 1 unicast any",
        "vip b 10.1.0.200/24 eth1",
        "peer gw-b 10.1.0.2",
        "peer gw-b 10.0.0.2",
        "peer gw-b fd00::2",
        "",
      ].join("\n"),
    );
    host.run("net_plan $root/etc/vrrp-agent/gw/node.conf");
    expect(host.run("cat $net_dir/targets $net_dir/devs")).toEqual([
      "multicast 224.0.0.18 eth1 10.1.0.7",
      "unicast 10.0.0.2 eth0 10.0.0.1",
      "unicast 10.1.0.2 eth1 10.1.0.7",
      "unicast fd00::2 eth1 -",
      "eth0",
      "eth1",
    ]);
    // The one whose interface sends to the group.
    expect(host.run("cat $net_dir/group-only")).toEqual(["10.1.0.2"]);
    host.note("wg-ports", []);
    const rules = host.run("table_name=t table_nic=netdev table_track=zone table_level=; table_rules");
    expect(rules.filter((line) => / saddr set /.test(line))).toEqual([
      expect.stringMatching(/^ +ip daddr 10\.0\.0\.2 .*@th,128,32 0x5a5a5a5a ip saddr set 10\.0\.0\.1$/),
    ]);
    expect(rules.filter((line) => /ct zone set/.test(line))).toHaveLength(4);
    expect(rules.filter((line) => /hook ingress device/.test(line))).toHaveLength(2);
    // What `firewall` would take for a rule that can decide has no place in it.
    expect(rules.join("\n").replace(/"[^"]*"/g, "")).not.toMatch(
      /\b(drop|reject|jump|goto|queue|return|vmap|continue)\b/,
    );
  });

  test("a table of a run that is dead is removed, one of a run that lives is not", () => {
    host.program(
      "nft",
      `
      case $* in
      "list tables") printf 'table inet filter\\ntable inet vrrp_doctor_11\\ntable netdev vrrp_doctor_11\\ntable inet vrrp_doctor_12\\ntable inet vrrp_doctor_13\\n' ;;
      *) echo "$*" >>"$FAKE/calls" ;;
      esac`,
    );
    host.write("proc/12/cmdline", "sh\0/usr/lib/vrrp-agent/vrrp-agent\0examine\0gw\0");
    host.write("proc/13/cmdline", "bash\0");
    host.run("table_stale");
    expect(host.run("cat $root/bin/calls")).toEqual([
      "delete table inet vrrp_doctor_11",
      "delete table netdev vrrp_doctor_11",
      "delete table inet vrrp_doctor_13",
    ]);
  });

  test("a MAC that this host only remembers is no answer", () => {
    host.program("ping", "exit 1");
    host.write("sys/class/net/eth0/flags", "0x1003\n");
    const ask = (entry: string) => {
      host.program("ip", `echo "${entry}"`);
      return host.run("ask_for fd00::200 eth0 free");
    };
    expect(ask("fd00::200 lladdr 02:00:00:00:00:02 router STALE")).toEqual([]);
    expect(ask("fd00::200 lladdr 02:00:00:00:00:02 DELAY")).toEqual([]);
    expect(ask("fd00::200 lladdr 02:00:00:00:00:0A REACHABLE")).toEqual([
      "answers fd00::200 02:00:00:00:00:0a",
    ]);
    expect(ask("fd00::200 FAILED")).toEqual(["answers fd00::200 none"]);
  });
});
