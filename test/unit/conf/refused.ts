/** What real keepalived refuses, with what the reader says of it: the kind of its note, and the line. */
export interface Refused {
  name: string;
  text: string;
  kind: string;
  line: number;
}

/** An instance that is right but for the given lines, which begin at line 2; `vip`: the line of its address. */
function instance(lines: string, vip = "192.168.1.1/24"): string {
  const has = (keyword: string) => new RegExp(`^ *${keyword}\\b`, "m").test(lines);
  return [
    "vrrp_instance gw {",
    lines,
    ...(has("interface") ? [] : ["  interface eth0"]),
    ...(has("virtual_router_id") ? [] : ["  virtual_router_id 51"]),
    ...(has("virtual_ipaddress") ? [] : ["  virtual_ipaddress {", `    ${vip}`, "  }"]),
    "}",
    "",
  ].join("\n");
}

const RIGHT = instance("  priority 100");
const SCRIPT =
  "global_defs { enable_script_security\nscript_user root }\nvrrp_script web { script /usr/bin/true }\n";

/** What the others are made of: right without what is wrong with them. */
export const right = [RIGHT, SCRIPT + instance("  track_script { web }")];

const inInstance: [lines: string, kind: string, line?: number][] = [
  ...["0", "256", "abc", "-1", "1.5", '"1 2"'].map((n): [string, string] => [
    `  priority ${n}`,
    "argument-invalid",
  ]),
  ["  priority", "argument-missing"],
  ["  virtual_router_id 0", "argument-invalid"],
  ["  virtual_router_id 51\\", "argument-invalid"],
  ["  virtual_router_id $ID", "argument-invalid"],
  ["  advert_int 0", "argument-invalid"],
  ["  advert_int 256", "argument-invalid"],
  ["  advert_int 1s", "argument-invalid"],
  ["  state MASTR", "argument-invalid"],
  ["  state MASTER\n  state BACKUP", "duplicate", 3],
  ["  version 4", "argument-invalid"],
  ["  preempt_delay 1001", "argument-invalid"],
  ["  garp_master_repeat 0", "argument-invalid"],
  ["  garp_master_delay 4295", "argument-invalid"],
  ["  unicast_src_ip 192.168.1", "argument-invalid"],
  ["  unicast_peer {\n    gw-b\n  }", "argument-invalid", 3],
  ["  unicast_peer {\n    192.168.1.3 ttl 5\n  }", "argument-invalid", 3],
  ["  unicast_peer {\n    192.168.1.3 min_ttl 256\n  }", "argument-invalid", 3],
  ["  prioritty 100", "keyword-unknown"],
  ["  track_script {\n    web\n  }", "reference-unknown", 3],
  ["  track_process {\n    web\n  }", "reference-unknown", 3],
  ["  track_file {\n    web\n  }", "reference-unknown", 3],
  ["  track_bfd {\n    web\n  }", "reference-unknown", 3],
  ["  track_interface {\n    eth0 weight 300\n  }", "argument-invalid", 3],
  ["  track_interface {\n    eth0 weight\n  }", "argument-invalid", 3],
  ["  track_interface {\n    eth0 weight 3 backwards\n  }", "argument-invalid", 3],
  ["  authentication {\n    auth_type PASS\n  }", "missing", 2],
  ["  authentication {\n    auth_type AH\n  }", "missing", 2],
  ["  authentication {\n    auth_kind PASS\n  }", "keyword-unknown", 3],
  ['  notify_master "/usr/bin/true', "unmatched-quote"],
  ["  virtual_ipaddress {\n  }\n  version 3", "missing", 1],
  ["  priority 100 {\n  }", "unbalanced-brace"],
  ["  virtual_ipaddress {\n    192.168.1.1/24 {\n    }\n  }", "unbalanced-brace", 3],
];

const inAddresses: [vip: string, kind: string][] = [
  ["192.168.1.300/24", "argument-invalid"],
  ["192.168.1.1/33", "argument-invalid"],
  ["192.168.1.1/2 4", "argument-invalid"],
  ["192.168.1.10-20", "argument-invalid"],
  ["192.168.1.1/24 dev", "argument-invalid"],
  ["192.168.1.1/24 nodad", "argument-invalid"],
  ["192.168.1.1/24 label eth0:sixteen-chars", "argument-invalid"],
  ["fd00::1/64 label eth0:1", "argument-invalid"],
  ["fd00::1/64 brd +", "argument-invalid"],
  ["192.168.1.1 brd +", "argument-invalid"],
  ["~SEQ(n, 3, 1, 1) 192.168.1.${n}/24", "definition-invalid"],
];

const whole: [name: string, text: string, kind: string, line: number][] = [
  ["no virtual_router_id", RIGHT.replace("virtual_router_id 51", ""), "missing", 1],
  ["no interface", RIGHT.replace("interface eth0", ""), "missing", 1],
  ["no virtual_ipaddress", RIGHT.replace(/virtual_ipaddress \{[^}]*\}/, "version 3"), "missing", 1],
  ["an instance without a name", RIGHT.replace("vrrp_instance gw", "vrrp_instance"), "argument-missing", 1],
  ["two instances of one name", RIGHT + RIGHT, "duplicate", 9],
  ["a word outside a block", `${RIGHT}hello world\n`, "keyword-unknown", 9],
  ["a word in global_defs", `global_defs {\n  ruoter_id x\n}\n${RIGHT}`, "keyword-unknown", 2],
  ["a startup delay of 0", `global_defs {\n  vrrp_startup_delay 0\n}\n${RIGHT}`, "argument-invalid", 2],
  ["a version 1", `global_defs {\n  vrrp_version 1\n}\n${RIGHT}`, "argument-invalid", 2],
  ["a brace too many", `${RIGHT}}\n`, "unbalanced-brace", 9],
  ["a brace that is missing", RIGHT.replace(/\}\n$/, ""), "unbalanced-brace", 1],
  ["a brace before the first word", `{\n${RIGHT}`, "unbalanced-brace", 1],
  ["a block without braces", `${RIGHT}vrrp_sync_group G\n`, "unbalanced-brace", 9],
  [
    "a script that stands behind its use",
    instance("  track_script { web }") + SCRIPT,
    "reference-unknown",
    2,
  ],
  ["a script without a script", `vrrp_script web {\n  interval 2\n}\n${RIGHT}`, "missing", 1],
  ["an interval of 0", SCRIPT.replace("web {", "web {\ninterval 0\n") + RIGHT, "argument-invalid", 4],
  ["a weight of 254", SCRIPT.replace("web {", "web {\nweight 254\n") + RIGHT, "argument-invalid", 4],
  ["a group without members", `vrrp_sync_group G {\n}\n${RIGHT}`, "missing", 1],
  [
    "a group with a stranger",
    `vrrp_sync_group G {\n  group { gw other }\n}\n${RIGHT}`,
    "reference-unknown",
    2,
  ],
  ["a block of addresses without '{'", instance("  virtual_routes\n  priority 100"), "unbalanced-brace", 2],
  [
    "a weight in a sync group",
    `${SCRIPT}vrrp_sync_group G {\n  group { gw }\n}\n${instance("  track_script { web weight -5 }")}`,
    "ignored",
    8,
  ],
  [
    "two programs for one event",
    `${SCRIPT}${instance("  notify_master /usr/bin/true\n  notify_master /usr/bin/false")}`,
    "duplicate",
    6,
  ],
  ["a line too long", `$X=${"x".repeat(1100)} priority\n${RIGHT}`, "long-line", 1],
  ["a byte order mark before a block", `\uFEFF${RIGHT}`, "byte-order-mark", 1],
  ["a byte order mark before a comment", `\uFEFF# gw\n${RIGHT}`, "byte-order-mark", 1],
];

export const refused: Refused[] = [
  ...inInstance.map(([lines, kind, line = 2]) => ({ name: lines.trim(), text: instance(lines), kind, line })),
  ...inAddresses.map(([vip, kind]) => ({
    name: vip,
    text: instance("  priority 100", vip),
    kind,
    line: 6,
  })),
  ...whole.map(([name, text, kind, line]) => ({ name, text, kind, line })),
];
