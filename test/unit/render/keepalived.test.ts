import fc from "fast-check";

import { renderHost } from "../../../render";
import { HostPlan } from "../../../spec";
import { instance, plan, session } from "./plan";

const CONF = "/etc/keepalived/keepalived.conf";

function conf(host: HostPlan): string {
  return renderHost(host).find((file) => file.path === CONF)!.text;
}

/** The lines of a block, without indentation: from its head to its closing brace. */
function block(text: string, head: string): string[] {
  const lines = text.split("\n");
  const from = lines.findIndex((line) => line.trim() === `${head} {`);
  const indent = /^ */.exec(lines[from] ?? "")![0];
  const to = lines.indexOf(`${indent}}`, from);
  return lines.slice(from + 1, to).map((line) => line.trim());
}

test("global_defs names the router, the script user and the one reader of the notify FIFO", () => {
  expect(block(conf(plan()), "global_defs")).toEqual(
    expect.arrayContaining([
      "router_id gw-a",
      "script_user root",
      "enable_script_security",
      'vrrp_notify_fifo_script "/usr/bin/env sh /usr/lib/vrrp-agent/vrrp-agent notify" root',
    ]),
  );
});

test("an instance that names no script user gets none, so that the policy pack can say so", () => {
  expect(conf(plan([instance()], { scriptUser: undefined }))).not.toContain("script_user");
});

test("a unicast instance says where its adverts come from and go to", () => {
  const lines = block(conf(plan()), "vrrp_instance gw");
  expect(lines).toEqual(
    expect.arrayContaining([
      "state BACKUP",
      "interface eth0",
      "virtual_router_id 51",
      "priority 100",
      "advert_int 1",
      "version 3",
      "unicast_src_ip 192.168.1.2",
    ]),
  );
  expect(block(conf(plan()), "unicast_peer")).toEqual(["192.168.1.3"]);
});

test("a multicast instance has neither peers nor a unicast source", () => {
  const text = conf(plan([instance({ multicast: true, mcastSrcIp: "192.168.1.2" })]));
  expect(text).toContain("mcast_src_ip 192.168.1.2");
  expect(text).not.toContain("unicast");
});

test.each([
  [{ nopreempt: true }, "nopreempt"],
  [{ preemptDelay: 300 }, "preempt_delay 300"],
  [{ advertInt: 0.03 }, "advert_int 0.03"],
  [{ state: "MASTER" as const }, "state MASTER"],
  [{ garpMasterDelay: 0 }, "garp_master_delay 0"],
  [{ garpMasterRepeat: 1 }, "garp_master_repeat 1"],
  [{ garpMasterRefresh: 0 }, "garp_master_refresh 0"],
  [{ garpMasterRefreshRepeat: 2 }, "garp_master_refresh_repeat 2"],
  [{ garpLowerPrioRepeat: 0 }, "garp_lower_prio_repeat 0"],
  [{ garpLowerPrioDelay: 0 }, "garp_lower_prio_delay 0"],
  [{ trackSrcIp: true }, "track_src_ip"],
  [{ unicastTtl: 64 }, "unicast_ttl 64"],
  [{ downTimerAdverts: 5 }, "down_timer_adverts 5"],
  [{ notifyMaster: "/bin/echo 'a b' c" }, `notify_master "/bin/echo 'a b' c"`],
  [{ notifyBackup: "/bin/true" }, "notify_backup /bin/true"],
  [{ notifyFault: "/bin/true x" }, 'notify_fault "/bin/true x"'],
])("%j is written as %s", (changes, line) => {
  expect(block(conf(plan([instance(changes)])), "vrrp_instance gw")).toContain(line);
});

test.each([
  "nopreempt",
  "preempt_delay",
  " garp_",
  "notify_master",
  "include",
  "track_script",
  "track_process",
  "track_interface",
  "track_src_ip",
  "ttl",
  "down_timer",
  "bfd",
  "startup_delay",
  "rt_priority",
  "_interval",
  "vrrp_sync_group",
])("what is not asked for is not written: %s", (word) => {
  expect(conf(plan())).not.toContain(word);
});

test("an address keeps its device and its label", () => {
  const vip = {
    address: "192.168.1.1",
    prefixLength: 24,
    family: 4 as const,
    dev: "eth1",
    label: "eth1:vip",
  };
  const text = conf(plan([instance({ virtualIpAddresses: [vip] })]));
  expect(block(text, "virtual_ipaddress")).toEqual(["192.168.1.1/24 dev eth1 label eth1:vip"]);
});

test("two instances are tied together and share the checks, each written once", () => {
  const trackScripts = [
    {
      name: "web",
      script: "/usr/bin/curl -fs http://127.0.0.1/",
      interval: 2,
      timeout: 1,
      fall: 3,
      rise: 2,
      weight: 0,
    },
  ];
  const text = conf(plan([instance({ trackScripts }), instance({ name: "gw-6", family: 6, trackScripts })]));
  expect(block(text, "group")).toEqual(["gw", "gw-6"]);
  expect(text.match(/vrrp_script web/g)).toHaveLength(1);
  expect(block(text, "vrrp_script web")).toEqual([
    'script "/usr/bin/curl -fs http://127.0.0.1/"',
    "interval 2",
    "timeout 1",
    "fall 3",
    "rise 2",
    "weight 0",
  ]);
  expect(text.match(/track_script \{/g)).toHaveLength(2);
});

test("a password lies in a file of its own that is secret, and the config includes it", () => {
  const files = renderHost(plan([instance({ version: 2, authPass: "hush" })]));
  const secret = files.filter((file) => file.secret);
  expect(secret).toEqual([
    expect.objectContaining({ path: "/etc/keepalived/gw.auth.conf", mode: "0600", owner: "root:root" }),
  ]);
  expect(secret[0]!.text).toContain("auth_pass hush\n");
  expect(block(conf(plan([instance({ version: 2, authPass: "hush" })])), "vrrp_instance gw")).toContain(
    "include gw.auth.conf",
  );
});

test("a secret taints only the file that it is rendered into", () => {
  const passwords = fc.stringMatching(/^[!#%-Z^-z]{6,8}$/);
  fc.assert(
    fc.property(passwords, (authPass) => {
      const shown = renderHost(plan([instance({ version: 2, authPass })])).filter((file) => !file.secret);
      return shown.every((file) => !file.text.includes(authPass));
    }),
  );
});

test("two passwords on one host are refused, because its instances include one file", () => {
  const two = [
    instance({ version: 2, authPass: "hush" }),
    instance({ name: "b", version: 2, authPass: "hist" }),
  ];
  expect(() => renderHost(plan(two))).toThrow("authPass differs between the instances of one host");
});

test("two different checks of one name are refused, because keepalived would know only one of them", () => {
  const check = { name: "ssh", process: "sshd", weight: 0, quorum: 1 };
  const two = [
    instance({ trackProcesses: [check] }),
    instance({ name: "b", trackProcesses: [{ ...check, quorum: 2 }] }),
  ];
  expect(() => renderHost(plan(two))).toThrow("trackProcesses has two different checks 'ssh'");
});

test("a sync group keeps what its members' weights do: a drain has one, even where no check has", () => {
  const text = conf(plan([instance(), instance({ name: "gw-6", family: 6 })]));
  expect(block(text, "vrrp_sync_group gw")).toContain("sync_group_tracking_weight");
});

test("every instance tracks the drain file of the cluster, which lies outside of its generations", () => {
  const text = conf(plan([instance(), instance({ name: "gw-6", family: 6 })], { cluster: "lan" }));
  expect(block(text, "vrrp_track_file drain")).toEqual(["file /var/lib/vrrp-agent/lan/drain"]);
  expect(text.match(/vrrp_track_file/g)).toHaveLength(1);
  expect(text.match(/^ {4}track_file \{\n {8}drain weight -253\n {4}\}$/gm)).toHaveLength(2);
});

test("a drain is FAULT with nopreempt, where a lower priority moves nothing", () => {
  expect(block(conf(plan([instance({ nopreempt: true })])), "track_file")).toEqual(["drain weight 0"]);
});

test("a priority of 255 knows no drain: keepalived takes no weight there", () => {
  expect(conf(plan([instance({ priority: 255 })]))).not.toContain("drain weight");
});

test("what arrives from a peer with a lower TTL is dropped, from each of them", () => {
  const peers = ["192.168.1.3", "192.168.1.4"];
  expect(block(conf(plan([instance({ minTtl: 255, unicastPeers: peers })])), "unicast_peer")).toEqual([
    "192.168.1.3 min_ttl 255",
    "192.168.1.4 min_ttl 255",
  ]);
});

test("a tracked interface has its weight, or none where its loss is FAULT", () => {
  const trackInterfaces = [
    { interface: "wan0", weight: 0 },
    { interface: "wan1", weight: -20 },
  ];
  expect(block(conf(plan([instance({ trackInterfaces })])), "track_interface")).toEqual([
    "wan0",
    "wan1 weight -20",
  ]);
});

test("a BFD session is written once for both instances, as RFC 5881 wants its TTL", () => {
  const bfd = [session({ sourceIp: "192.168.1.2", multihop: true, maxHops: 2, passive: true, weight: -9 })];
  const text = conf(plan([instance({ bfd }), instance({ name: "gw-6", family: 6, bfd })]));
  expect(text.match(/bfd_instance up/g)).toHaveLength(1);
  expect(block(text, "bfd_instance up").filter((line) => !line.startsWith("#"))).toEqual([
    "neighbor_ip 192.168.1.254",
    "source_ip 192.168.1.2",
    "min_rx 300",
    "min_tx 300",
    "idle_tx 1000",
    "multiplier 3",
    "ttl 255",
    "max_hops 2",
    "multihop",
    "passive",
    "weight -9",
  ]);
  expect(text.match(/track_bfd \{\n {8}up\n/g)).toHaveLength(2);
});

test("global options are those that were asked for, and real time is for the BFD process, too, where there is one", () => {
  const global = {
    startupDelay: 2.5,
    garpInterval: 0.01,
    gnaInterval: 0.02,
    realtime: { priority: 50, rlimitRttime: 500000, noSwap: true, cpuAffinity: [0, 1] },
    chosen: [],
  };
  const lines = block(conf(plan([instance()], { global })), "global_defs");
  expect(lines.slice(lines.indexOf("vrrp_startup_delay 2.5"))).toEqual([
    "vrrp_startup_delay 2.5",
    "vrrp_garp_interval 0.01",
    "vrrp_gna_interval 0.02",
    "vrrp_rt_priority 50",
    "vrrp_rlimit_rttime 500000",
    "vrrp_cpu_affinity 0 1",
    "vrrp_no_swap",
  ]);
  const both = block(conf(plan([instance({ bfd: [session()] })], { global })), "global_defs");
  expect(both.slice(-4)).toEqual([
    "bfd_rt_priority 50",
    "bfd_rlimit_rttime 500000",
    "bfd_cpu_affinity 0 1",
    "bfd_no_swap",
  ]);
});

test("several virtual routers share sources, peers and rules, each written once, and have sync groups of their own", () => {
  const [own, web, web6] = ["gw", "gw-web", "gw-web-6"].map((name, i) =>
    instance({ name, virtualRouterId: 51 + i }),
  );
  const host = plan([own!, web!, web6!], {
    syncGroups: [{ name: "gw-web", instances: ["gw-web", "gw-web-6"] }],
  });
  expect(block(conf(host), "vrrp_sync_group gw-web").slice(0, 4)).toEqual([
    "group {",
    "gw-web",
    "gw-web-6",
    "}",
  ]);
  expect(conf(host).match(/^vrrp_instance/gm)).toHaveLength(3);
  for (const file of renderHost(host).filter(({ path }) => /node\.conf$|firewall\.rules$/.test(path))) {
    const lines = file.text.trim().split("\n");
    expect(new Set(lines).size).toBe(lines.length);
  }
});
