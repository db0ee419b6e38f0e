import { CONF_RULES, lint } from "../../../lint";
import { HOST_RULES } from "../../../spec";
import { conf, files, said, script, TRACKED } from "./files";

const peer = (own: number, other: number) =>
  `unicast_src_ip 192.0.2.${own}\n    unicast_peer {\n        192.0.2.${other}\n    }`;
const password = (text: string) =>
  `authentication {\n        auth_type PASS\n        auth_pass ${text}\n    }`;
const user = "script_user root\n    enable_script_security";
const TWO = "track_script {\nweb\nother\n}";
const OTHER = 'vrrp_script other {\nscript "/usr/bin/test -e /run/other"\nweight -10\n}';
const OVER_IPV6 = (words: string) => conf(`version 2\n    ${words}`, { vips: "2001:db8::10/64" });
const ipv6 = (count: number) =>
  Array.from({ length: count }, (_, i) => `2001:db8::${(i + 1).toString(16)}/64`).join("\n");
const bfd = (words: string) => `bfd_instance up {\n    min_rx 100\n    min_tx 100\n    ${words}\n}`;

/** What is wrong, the configurations of all nodes, and all that lint says about them. */
const CASES: [string, string[], string[]][] = [
  [
    "a unicast instance without source",
    [conf("unicast_peer {\n192.0.2.3\n}")],
    ["a.conf warning unicast-src-ip-missing"],
  ],
  ["a virtual address as source", [conf(peer(10, 3))], ["a.conf error unicast-src-ip-foreign"]],
  ["its own address among the peers", [conf(peer(2, 2))], ["a.conf warning unicast-peer-own"]],
  [
    "a unicast instance without interface",
    [conf(peer(2, 3)).replace("interface eth0", "")],
    ["a.conf error unicast-without-interface"],
  ],
  [
    "one source on two nodes",
    [conf(peer(2, 3)), conf(`priority 90\n${peer(2, 3)}`)],
    ["b.conf error unicast-src-ip-of-other-node"],
  ],
  [
    "an empty list of peers",
    [conf("unicast_src_ip 192.0.2.2\nunicast_peer {\n}")],
    ["a.conf error unicast-peers-empty"],
  ],
  [
    "a peer that is not listed",
    [conf(peer(2, 3)), conf(`priority 90\n${peer(3, 9)}`)],
    ["b.conf error unicast-peers-mirror"],
  ],
  [
    "unicast on one node, multicast on the other",
    [conf(peer(2, 3)), conf("priority 90")],
    ["b.conf error transport-mismatch"],
  ],
  [
    "addresses of two families",
    [conf("", { vips: "192.0.2.10/24\n2001:db8::10/64" })],
    ["a.conf error address-family"],
  ],
  [
    "two ids for one address",
    [conf(""), conf("priority 90", { id: 52 })],
    ["b.conf error virtual-router-id-mismatch"],
  ],
  [
    "one id twice on an interface",
    [`${conf("")}${conf("", { vips: "192.0.2.11/24" }).replace("VI {", "VI_2 {")}`],
    ["a.conf error virtual-router-id-reused"],
  ],
  [
    "one id for two routers of a network",
    [
      conf("priority 100"),
      conf("priority 90"),
      conf("priority 100", { vips: "192.0.2.11/24" }),
      conf("priority 90", { vips: "192.0.2.11/24" }),
    ],
    ["c.conf error virtual-router-id-on-segment", "d.conf error virtual-router-id-on-segment"],
  ],
  [
    "lists of addresses that differ",
    [conf(""), conf("priority 90", { vips: "192.0.2.10/24\n192.0.2.11/24" })],
    ["b.conf error vip-list-mismatch"],
  ],
  [
    "prefix lengths that differ",
    [conf(""), conf("priority 90", { vips: "192.0.2.10/25" })],
    ["b.conf warning vip-prefix-mismatch"],
  ],
  [
    "an address in two instances",
    [`${conf("")}${conf("", { id: 52 }).replace("VI {", "VI_2 {")}`],
    ["a.conf error vip-in-two-instances"],
  ],
  ["the loopback", [conf("").replace("eth0", "lo")], ["a.conf error interface-loopback"]],
  [
    "multicast in a WireGuard tunnel",
    [conf("").replace("eth0", "wg0")],
    ["a.conf error multicast-on-wireguard"],
  ],
  ["priority 255", [conf("priority 255")], ["a.conf warning priority-255"]],
  ["state MASTER without a priority, which is 255", [conf("state MASTER")], ["a.conf warning priority-255"]],
  [
    "equal priorities and a MASTER",
    [conf("state MASTER\npriority 100"), conf("")],
    ["b.conf error equal-priorities"],
  ],
  [
    "equal priorities below that of the primary",
    [conf("state MASTER\npriority 101"), conf("priority 100"), conf("priority 100")],
    ["c.conf warning equal-priorities"],
  ],
  ["equal priorities and no check", [conf(""), conf("")], ["a.conf warning equal-priorities-unchecked"]],
  [
    "two nodes that start as MASTER",
    [conf("state MASTER\npriority 100"), conf("state MASTER\npriority 90")],
    ["b.conf warning state-master-twice"],
  ],
  [
    "a MASTER of lower priority",
    [conf("priority 100"), conf("state MASTER\npriority 90")],
    ["b.conf warning state-against-priority"],
  ],
  [
    "a weight within the gap",
    [
      conf(`priority 100\n${TRACKED}`, { before: script(undefined, "weight -10"), globals: user }),
      conf(`priority 90\n${TRACKED}`, { before: script(undefined, "weight -10"), globals: user }),
    ],
    ["a.conf error weight-too-small"],
  ],
  [
    "weights that exceed the gap only together",
    [
      conf(`priority 100\n${TWO}`, { before: `${script(undefined, "weight -10")}\n${OTHER}`, globals: user }),
      conf(`priority 90\n${TWO}`, { before: `${script(undefined, "weight -10")}\n${OTHER}`, globals: user }),
    ],
    ["a.conf warning weight-too-small", "a.conf warning weight-too-small"],
  ],
  [
    "weights below 1",
    [conf(TRACKED, { before: script(undefined, "weight -200"), globals: user })],
    ["a.conf warning weight-clamped"],
  ],
  [
    "weights above 254",
    [conf(TRACKED, { before: script(undefined, "weight 200"), globals: user })],
    ["a.conf warning weight-clamped"],
  ],
  [
    "nopreempt with MASTER",
    [conf("state MASTER\npriority 100\nnopreempt")],
    ["a.conf error nopreempt-with-master"],
  ],
  [
    "nopreempt with a weight",
    [conf(`nopreempt\n${TRACKED}`, { before: script(undefined, "weight -20"), globals: user })],
    ["a.conf error nopreempt-with-weight"],
  ],
  [
    "nopreempt against the other's weight",
    [
      conf(`priority 100\n${TRACKED}`, { before: script(undefined, "weight -20"), globals: user }),
      conf("priority 90\nnopreempt"),
    ],
    ["b.conf error nopreempt-against-weight"],
  ],
  [
    "a delay with MASTER",
    [conf("state MASTER\npriority 100\npreempt_delay 5")],
    ["a.conf error preempt-delay-with-master"],
  ],
  [
    "a delay with nopreempt",
    [conf("nopreempt\npreempt_delay 5")],
    ["a.conf error preempt-delay-with-nopreempt"],
  ],
  [
    "a delay with a weight",
    [conf(`preempt_delay 5\n${TRACKED}`, { before: script(undefined, "weight -20"), globals: user })],
    ["a.conf warning preempt-delay-with-weight"],
  ],
  ["half seconds in version 2", [conf("advert_int 1.5")], ["a.conf error advert-int-range"]],
  [
    "two intervals in version 2",
    [conf(""), conf("priority 90\nadvert_int 2")],
    ["b.conf error advert-int-mismatch"],
  ],
  [
    "two intervals in version 3",
    [conf("version 3"), conf("version 3\npriority 90\nadvert_int 2")],
    ["b.conf warning advert-int-mismatch"],
  ],
  ["two versions", [conf(""), conf("priority 90\nversion 3")], ["b.conf error version-mismatch"]],
  ["IPv6 in version 2", [conf("version 2", { vips: "2001:db8::10/64" })], ["a.conf warning ipv6-with-v2"]],
  ["a password of nine characters", [conf(password("123456789"))], ["a.conf warning auth-too-long"]],
  ["a password in version 3", [conf(`version 3\n${password("1234")}`)], ["a.conf warning auth-with-v3"]],
  [
    "two passwords",
    [conf(password("1234")), conf(`priority 90\n${password("4321")}`)],
    ["b.conf error auth-mismatch"],
  ],
  [
    "two types of authentication",
    [conf(password("1234")), conf(`priority 90\n${password("1234").replace("PASS", "AH")}`)],
    ["b.conf error auth-mismatch"],
  ],
  [
    "passwords over IPv6 in version 2, which nobody sends",
    [OVER_IPV6(password("1234")), OVER_IPV6(`priority 90\n${password("4321")}`)],
    [
      "a.conf error auth-over-ipv6",
      "a.conf warning ipv6-with-v2",
      "b.conf error auth-over-ipv6",
      "b.conf warning ipv6-with-v2",
    ],
  ],
  [
    "AH over IPv6 beside a node without authentication, which is what it comes to",
    [OVER_IPV6(password("1234").replace("PASS", "AH")), OVER_IPV6("priority 90")],
    ["a.conf warning auth-over-ipv6", "a.conf warning ipv6-with-v2", "b.conf warning ipv6-with-v2"],
  ],
  [
    "AH over IPv6 in version 3",
    [conf(password("1234").replace("PASS", "AH"), { vips: "2001:db8::10/64" })],
    ["a.conf warning auth-with-v3"],
  ],
  [
    "a password that is another one's only in its first eight bytes",
    [conf(password("paßwör")), conf(`priority 90\n${password("paßwörd")}`)],
    ["b.conf warning auth-too-long"],
  ],
  ["a script without user", [conf(TRACKED, { before: script() })], ["a.conf warning script-without-user"]],
  [
    "a check that ends keepalived",
    [conf(TRACKED, { before: script('"/usr/bin/pkill keepalived"'), globals: user })],
    ["a.conf error script-stops-keepalived"],
  ],
  [
    "a hook that stops what a check tests",
    [
      conf(`notify_backup "/usr/bin/systemctl stop nginx"\n${TRACKED}`, {
        before: script('"/usr/bin/systemctl is-active --quiet nginx"'),
        globals: user,
      }),
    ],
    ["a.conf error check-loop"],
  ],
  [
    "256 addresses",
    [
      conf("", {
        vips: Array.from({ length: 256 }, (_, i) => `198.51.${100 + (i >> 7)}.${(i & 127) + 1}/16`).join(
          "\n",
        ),
      }),
    ],
    ["a.conf error too-many-vips"],
  ],
  [
    "a unicast source without peers",
    [conf("unicast_src_ip 192.0.2.2")],
    ["a.conf error unicast-without-peers"],
  ],
  [
    "a multicast group with unicast peers",
    [conf(`mcast_dst_ip 224.0.0.99\n${peer(2, 3)}`)],
    ["a.conf warning multicast-group-with-unicast"],
  ],
  ["a virtual MAC with unicast", [conf(`use_vmac\n${peer(2, 3)}`)], ["a.conf warning vmac-with-unicast"]],
  [
    "a weight under priority 255",
    [conf(`priority 255\n${TRACKED}`, { before: script(undefined, "weight -20"), globals: user })],
    ["a.conf error weight-of-owner", "a.conf warning priority-255"],
  ],
  [
    "unicast in strict mode",
    [conf(peer(2, 3), { globals: "vrrp_strict" })],
    ["a.conf warning strict-drops-packets", "a.conf error strict-with-unicast"],
  ],
  [
    "a password in strict mode",
    [conf(`${password("1234")}`, { globals: "vrrp_strict" })],
    ["a.conf warning strict-drops-packets", "a.conf warning strict-with-authentication"],
  ],
  [
    "a MASTER in strict mode",
    [conf("state MASTER\npriority 100\nversion 3\naccept", { globals: "vrrp_strict" })],
    ["a.conf warning strict-with-master"],
  ],
  [
    "scripts without script security",
    [conf(TRACKED, { before: script(), globals: "script_user root" })],
    ["a.conf warning script-security-missing"],
  ],
  [
    "a notify program without script security",
    [conf("notify_master /usr/local/bin/role", { globals: "script_user root" })],
    ["a.conf warning script-security-missing"],
  ],
  [
    "more IPv6 addresses than a frame of 1500 bytes takes",
    [conf("", { vips: ipv6(90) })],
    ["a.conf warning too-many-vips"],
  ],
  [
    "no time between gratuitous ARPs",
    [conf("", { globals: "vrrp_garp_interval 0" })],
    ["a.conf error argument-invalid"],
  ],
  [
    "words behind the only value of a keyword",
    [
      conf(
        "priority 100 ; state MASTER\ninterface eth0 eth1\nunicast_src_ip 192.0.2.2 192.0.2.4\nunicast_peer {\n192.0.2.3\n}",
      ),
    ],
    ["a.conf warning argument-surplus", "a.conf warning argument-surplus", "a.conf warning argument-surplus"],
  ],
  [
    "an argument behind a notify program",
    [conf("notify_master /usr/local/bin/role master", { globals: user })],
    ["a.conf error notify-arguments-unquoted"],
  ],
  [
    "an argument behind a script",
    [conf(TRACKED, { before: script("/usr/bin/test -e /run/web"), globals: user })],
    ["a.conf error script-arguments-unquoted"],
  ],
  ["a script that nobody tracks", [conf("", { before: script() })], ["a.conf warning script-untracked"]],
  [
    "a timeout above the interval",
    [conf(TRACKED, { before: script(undefined, "interval 2\ntimeout 10"), globals: user })],
    ["a.conf warning script-timeout"],
  ],
  [
    "root's script in a user's directory",
    [conf(TRACKED, { before: script('"/home/ops/check"'), globals: `${user}\nenable_script_security` })],
    ["a.conf error script-insecure-path"],
  ],
  [
    "one router_id on two nodes",
    [conf("priority 100", { globals: "router_id LVS" }), conf("priority 90", { globals: "router_id LVS" })],
    ["b.conf warning router-id-twice"],
  ],
  ["mail without a server", [conf("smtp_alert")], ["a.conf warning mail-without-server"]],
  [
    "a weight within the gap to the last of three",
    [100, 90, 50].map((priority) =>
      conf(`priority ${priority}\n${TRACKED}`, { before: script(undefined, "weight -20"), globals: user }),
    ),
    ["a.conf warning weight-too-small-for-last"],
  ],
  [
    "a TTL with multicast",
    [conf("unicast_ttl 64\nversion 3")],
    ["a.conf error ttl-with-multicast", "a.conf error unicast-without-peers"],
  ],
  [
    "a TTL below what the peer takes",
    [
      conf(`unicast_ttl 64\n${peer(2, 3)}`),
      conf("priority 90\nunicast_src_ip 192.0.2.3\nunicast_peer {\n192.0.2.2 min_ttl 255\n}"),
    ],
    ["b.conf error min-ttl-too-high"],
  ],
  [
    "nodes that wait for different numbers of adverts",
    [conf("version 3"), conf("version 3\npriority 90\ndown_timer_adverts 2")],
    ["b.conf warning down-timer-adverts-mismatch"],
  ],
  [
    "a wait for a single advert",
    [conf("version 3\ndown_timer_adverts 1")],
    ["a.conf warning down-timer-adverts-one"],
  ],
  [
    "a takeover within 0.1 s without real-time scheduling",
    [conf("version 3\nadvert_int 0.03", { globals: "vrrp_startup_delay 2" })],
    ["a.conf warning fast-without-realtime"],
  ],
  [
    "a takeover within a second without a delay at the start",
    [conf("version 3\nadvert_int 0.2")],
    ["a.conf warning fast-without-startup-delay"],
  ],
  [
    "a takeover within a second over a tunnel",
    [
      conf(`version 3\nadvert_int 0.2\n${peer(2, 3)}`, { globals: "vrrp_startup_delay 2" }).replace(
        "eth0",
        "wg0",
      ),
    ],
    ["a.conf warning fast-over-tunnel"],
  ],
  [
    "a source to track that is not stated",
    [conf("track_src_ip")],
    ["a.conf warning track-src-ip-without-source"],
  ],
  [
    "an interface that is tracked anyway",
    [conf("track_interface {\neth0\n}")],
    ["a.conf warning track-interface-twice"],
  ],
  [
    "a weight of the own interface, which keepalived leaves out",
    [conf("track_interface {\neth0 weight 20\n}")],
    ["a.conf error track-interface-twice"],
  ],
  [
    "the own interface, tracked and not tracked",
    [conf("dont_track_primary\ntrack_interface {\neth0\n}")],
    ["a.conf error track-interface-twice"],
  ],
  [
    "BFD with the peer",
    [conf(`${peer(2, 3)}\ntrack_bfd {\nup\n}`, { before: bfd("neighbor_ip 192.0.2.3") })],
    ["a.conf error bfd-in-cluster"],
  ],
  [
    "BFD between two families",
    [conf("track_bfd {\nup\n}", { before: bfd("neighbor_ip 192.0.2.1\nsource_ip 2001:db8::2") })],
    ["a.conf error bfd-family"],
  ],
  [
    "two BFD sessions between the same addresses",
    [
      conf("track_bfd {\nup\nup2\n}", {
        before: `${bfd("neighbor_ip 192.0.2.1")}\n${bfd("neighbor_ip 192.0.2.1").replace("up {", "up2 {")}`,
      }),
    ],
    ["a.conf error bfd-twice"],
  ],
  [
    "BFD over routers without saying how many",
    [conf("track_bfd {\nup\n}", { before: bfd("neighbor_ip 192.0.2.1\nmultihop") })],
    ["a.conf error bfd-multihop-without-hops"],
  ],
  [
    "BFD that a busy CPU takes down",
    [conf("track_bfd {\nup\n}", { before: "bfd_instance up {\nneighbor_ip 192.0.2.1\n}" })],
    ["a.conf warning bfd-too-fast"],
  ],
];

it.each(CASES)("tells of %s, and of nothing else", (_what, texts, expected) => {
  expect(said(texts).sort()).toEqual([...expected].sort());
});

it("tells of a word that the host's keepalived is too old for", () => {
  const text = conf("version 3\ndown_timer_adverts 2");
  expect(said([text])).toEqual([]);
  expect(said([text], { version: "2.2.7" })).toEqual([]);
  expect(said([text], { version: "2.1.5" })).toEqual(["a.conf error keyword-too-new"]);
});

it("has a case for every rule that a keepalived.conf can break", () => {
  const tried = new Set(CASES.flatMap(([, , expected]) => expected.map((line) => line.split(" ")[2])));
  const ids = [...CONF_RULES, ...HOST_RULES].map(({ id }) => id).filter((id) => !tried.has(id));
  // What a cluster wants, as sticky, is no word of keepalived's, and the last one is a matter of the version.
  expect(ids).toEqual([
    "sticky-priorities",
    "preempt-delay-when-sticky",
    "sticky-without-uplink-check",
    "sticky-with-slow-check",
    "keyword-too-new",
  ]);
});

it("takes no word for unknown that a newer keepalived than the reader's knows", () => {
  const text = conf("auth_hmac {\nactive_key 1\n}", { globals: "vrrp_delay_after_boot 2" });
  expect(said([text])).toEqual([]);
  expect(said([text], { version: "2.3.1" })).toEqual([
    "a.conf error keyword-too-new",
    "a.conf error keyword-too-new",
  ]);
  expect(said([conf("auth_hmca 1")])).toEqual(["a.conf error keyword-unknown"]);
});

it.each([
  ["an instance's, in global_defs", conf("", { globals: "unicast_ttl 64" })],
  ["that of global_defs, in an instance", conf("vrrp_delay_after_boot 2")],
  ["an instance's, in a block within it", conf("authentication {\nunicast_ttl 64\n}")],
])("takes a word for unknown that versions know in another block only: %s", (_what, text) => {
  expect(said([text])).toEqual(["a.conf error keyword-unknown"]);
});

it("points at the type of authentication that another node does not have", () => {
  const pair = [conf(password("1234")), conf(`priority 90\n${password("1234").replace("PASS", "AH")}`)];
  expect(lint(files(...pair)).findings).toMatchObject([
    { file: "b.conf", line: 10, message: "VI: auth_type: AH; allowed: PASS, as on a.conf" },
  ]);
});

it("points at the peer that is the node itself, and says what to do", () => {
  const [found, ...others] = lint(files(conf(peer(2, 2)))).findings;
  expect(others).toEqual([]);
  expect(found).toMatchObject({ line: 10, fix: "remove it from unicast_peer" });
});

it("takes no further offence at an address whose prefix length keepalived replaces", () => {
  const pair = [conf("", { vips: "192.0.2.10/33" }), conf("priority 90", { vips: "192.0.2.10/32" })];
  expect(said(pair)).toEqual(["a.conf error argument-invalid"]);
});

it("holds an instance without addresses for an error where keepalived leaves it out, and for a warning elsewhere", () => {
  const without = (words: string, globals = "") =>
    said([conf(words, { globals, vips: "" }).replace(/ {4}virtual_ipaddress \{\s*\}/, "")]);
  expect(without("")).toEqual(["a.conf warning missing"]);
  expect(without("version 3")).toEqual(["a.conf error missing"]);
  expect(without("no_virtual_ipaddress", "vrrp_strict")).toContain("a.conf error missing");
});

it("does not say that state MASTER makes a node start as one", () => {
  const texts = [conf("state MASTER\npriority 100"), conf("state MASTER\npriority 90")];
  expect(lint(files(...texts)).findings[0]?.why).toContain("make nopreempt and preempt_delay void");
});

it("names the word that was likely meant, in a block and outside of one", () => {
  const messages = (text: string) => lint(files(text)).findings.map(({ message }) => message);
  expect(messages(conf("prioriti 100"))).toEqual([expect.stringContaining("did you mean 'priority'?")]);
  expect(messages(conf("", { before: "vrrp_scrpt web {\n}" }))).toEqual([
    expect.stringContaining("did you mean 'vrrp_script'?"),
  ]);
  expect(messages(conf("zzzzzzzzzz 100"))).toEqual([expect.not.stringContaining("did you mean")]);
});

it("knows since when a peer of unicast has words of its own, and points at them", () => {
  const text = conf("priority 100\nunicast_src_ip 192.0.2.2\nunicast_peer {\n192.0.2.3 min_ttl 255\n}");
  expect(lint(files(text)).findings).toEqual([]);
  expect(lint(files(text), { version: "2.0.20" }).findings).toMatchObject([
    { rule: "keyword-too-new", line: 11, column: 11 },
  ]);
});

it("takes a word for unknown that only JavaScript knows", () => {
  expect(said([conf("constructor 1")])).toEqual(["a.conf error keyword-unknown"]);
  expect(said(["constructor {\n    name x\n}\n"])).toEqual(["a.conf error keyword-unknown"]);
});

it("takes thread_timer_expired for a word of instances, of 2.3.2 and later", () => {
  expect(said([conf("thread_timer_expired 2")])).toEqual([]);
  expect(said([conf("thread_timer_expired 2")], { version: "2.3.1" })).toEqual([
    "a.conf error keyword-too-new",
  ]);
});

it("calls unicast and multicast what keepalived.conf calls them", () => {
  const { findings } = lint(files(conf(peer(2, 3)), conf("priority 90")));
  expect(findings).toMatchObject([
    { rule: "transport-mismatch", message: "VI: unicast_peer: none; allowed: a list of peers, as on a.conf" },
  ]);
});

it("says of a name that another file may define nothing that it cannot know", () => {
  const { notes } = lint(files(conf(TRACKED, { globals: user, before: "include scripts.conf" })));
  const messages = notes.map(({ message }) => message);
  expect(messages).toContainEqual(expect.stringContaining("may be defined in a file that was not given"));
  expect(messages).not.toContainEqual(expect.stringContaining("keepalived ignores"));
});

describe("in the versions of keepalived", () => {
  const lists = [conf(""), conf("priority 90", { vips: "192.0.2.10/24\n192.0.2.11/24" })];

  it("lists of addresses that differ are an error where adverts are dropped, and a warning later", () => {
    expect(said(lists, { version: "2.3.2" })).toEqual(["b.conf error vip-list-mismatch"]);
    expect(said(lists, { version: "2.3.3" })).toEqual(["b.conf warning vip-list-mismatch"]);
  });

  it("a unicast instance without interface is an error only where keepalived refuses it", () => {
    const without = (version: string) => said([conf(peer(2, 3)).replace("interface eth0", "")], { version });
    for (const version of ["2.0.20", "2.2.5", "2.2.7"]) {
      expect(without(version)).toEqual(["a.conf error unicast-without-interface"]);
    }
    for (const version of ["2.1.5", "2.2.4", "2.2.8", "2.4.3"]) {
      expect(without(version)).toEqual([]);
    }
  });

  it("unicast in strict mode is an error only where keepalived refuses it", () => {
    const strict = (version: string) => said([conf(peer(2, 3), { globals: "vrrp_strict" })], { version });
    for (const version of ["2.2.4", "2.4.0", "2.4.3"]) {
      expect(strict(version)).toContain("a.conf error strict-with-unicast");
    }
    for (const version of ["2.2.5", "2.2.8", "2.3.4"]) {
      expect(strict(version)).toEqual(["a.conf warning strict-drops-packets"]);
    }
  });
});

it.each([
  [
    "MASTER on one node, the higher priority there",
    [conf("state MASTER\npriority 100"), conf("priority 90")],
  ],
  [
    "a password of which the first eight characters are the same",
    [conf(password("12345678")), conf(`priority 90\n${password("12345678")}`)],
  ],
  [
    "killall -0, which kills nothing",
    [conf(TRACKED, { before: script('"/usr/bin/killall -0 keepalived"'), globals: user })],
  ],
  [
    "a hook that restarts what a check tests",
    [
      conf(`notify_backup "/usr/bin/systemctl restart nginx"\n${TRACKED}`, {
        before: script('"/usr/bin/pidof nginx"'),
        globals: user,
      }),
    ],
  ],
  [
    "a notify program with a user and a group",
    [conf("notify_master /usr/local/bin/role nobody nogroup", { globals: user })],
  ],
  ["nopreempt without weights", [conf("priority 100\nnopreempt"), conf("priority 90\nnopreempt")]],
  [
    "nopreempt that MASTER makes void, against a weight",
    [
      conf(`priority 100\n${TRACKED}`, { before: script(undefined, "weight -20"), globals: user }),
      conf(`priority 90\n${TRACKED}`, { before: script(undefined, "weight -20"), globals: user }),
    ],
  ],
  ["one id on two networks", [conf(""), conf("", { vips: "198.51.100.10/24" })]],
  [
    "one id on two unicast routers of a network",
    [
      conf(peer(2, 3)),
      conf(`priority 90\n${peer(3, 2)}`),
      conf(peer(4, 5), { vips: "192.0.2.11/24" }),
      conf(`priority 90\n${peer(5, 4)}`, { vips: "192.0.2.11/24" }),
    ],
  ],
  [
    "a weight counted the other way round",
    [conf("nopreempt\ntrack_script {\nweb weight 20 reverse\n}", { before: script(), globals: user })],
  ],
  [
    "an instance that is to be in FAULT without peers",
    [conf("unicast_src_ip 192.0.2.2\nunicast_fault_no_peer\nunicast_peer {\n}")],
  ],
  [
    "an instance that is to have no addresses",
    [conf("no_virtual_ipaddress", { vips: "" }).replace(/ {4}virtual_ipaddress \{\s*\}/, "")],
  ],
  ["as many IPv6 addresses as a frame of 1500 bytes takes", [conf("", { vips: ipv6(89) })]],
  ["a script without security that nobody runs", [conf("", { globals: "script_user root" })]],
  [
    "the last word of strict mode about a backup",
    [conf("priority 100\nversion 3\naccept", { globals: "vrrp_strict" })],
  ],
])("says nothing about %s", (_what, texts) => {
  expect(said(texts)).toEqual([]);
});
