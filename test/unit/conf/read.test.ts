import { readConf, ReadOptions } from "../../../conf";
import { renderHost } from "../../../render";
import { UNKNOWN } from "../../../spec";
import { plans } from "../../e2e/render/plans";

const read = (text: string, options?: ReadOptions) => readConf([{ name: "f", text }], options);
const gw = (lines: string, options?: ReadOptions) =>
  read(`vrrp_instance gw {\n${lines}\n}`, options).instances[0]!;

test("an instance that states nothing has keepalived's own defaults", () => {
  const { config } = gw("interface eth0\nvirtual_router_id 51\nvirtual_ipaddress { 192.168.1.1 }");
  expect(config).toEqual({
    name: "gw",
    family: 4,
    state: "BACKUP",
    interface: "eth0",
    virtualRouterId: 51,
    priority: 100,
    advertInt: 1,
    version: 2,
    multicast: true,
    mcastSrcIp: undefined,
    unicastPeers: [],
    nopreempt: false,
    preemptDelay: 0,
    authPass: undefined,
    garpMasterDelay: undefined,
    garpMasterRepeat: undefined,
    garpMasterRefresh: undefined,
    garpMasterRefreshRepeat: undefined,
    garpLowerPrioRepeat: undefined,
    notifyMaster: undefined,
    notifyBackup: undefined,
    notifyFault: undefined,
    virtualIpAddresses: [{ address: "192.168.1.1", prefixLength: 32, family: 4 }],
    trackScripts: [],
    trackProcesses: [],
    trackInterfaces: [],
    bfd: [],
  });
});

test.each([
  ["state MASTER", { state: "MASTER", priority: 255 }],
  ["priority 255", { state: "MASTER", priority: 255 }],
  ["state MASTER\npriority 90", { state: "MASTER", priority: 90 }],
  ["virtual_ipaddress { fd00:0::1/64 }", { family: 6, version: 3 }],
  ["virtual_ipaddress { fd00::1/64 }\nversion 2", { family: 6, version: 2 }],
  ["native_ipv6", { family: 6, version: 3 }],
  ["unicast_src_ip 10.0.0.2", { multicast: true, mcastSrcIp: "10.0.0.2" }],
  [
    "mcast_src_ip 10.0.0.2\nunicast_peer { 10.0.0.3 }",
    { multicast: false, unicastSrcIp: "10.0.0.2", unicastPeers: ["10.0.0.3"] },
  ],
  ["unicast_peer {\n}", { multicast: false, unicastPeers: [] }],
  ["unicast_fault_no_peer", { multicast: false, unicastPeers: [] }],
  ["nopreempt\npreempt", { nopreempt: false }],
  ["preempt_delay 1.5", { preemptDelay: 1.5 }],
  ["priority 90\npriority 80", { priority: 80 }],
  ["authentication { auth_type PASS\nauth_pass s3cret }", { authPass: "s3cret" }],
  ["authentication { auth_pass s3cret }", { authPass: undefined }],
  ["notify_master \"/bin/x 'a b'\" root", { notifyMaster: "/bin/x 'a b'" }],
  ["priority 300", { priority: UNKNOWN }],
  ["include other.conf", { priority: UNKNOWN, nopreempt: UNKNOWN, authPass: UNKNOWN, multicast: UNKNOWN }],
  ["@gw-a priority 90", { priority: UNKNOWN }],
  ["virtual_ipaddress {\n@gw-a 10.0.0.1\n10.0.0.2 }", { virtualIpAddresses: UNKNOWN }],
  ["router_id x\npriority ${_RANDOM 1 9}", { priority: UNKNOWN }],
  ["track_script { web }\ninclude scripts.conf", { trackScripts: UNKNOWN }],
])("%j gives %j", (lines, expected) => {
  const { config } = gw(lines);
  expect(config).toMatchObject(expected);
});

test("global_defs gives the version, and who runs scripts, wherever it stands", () => {
  const { globals, instances } = read(
    "vrrp_instance gw {\n}\nglobal_defs {\n vrrp_version 3\n script_user nobody nogroup\n router_id a\n nftables x\n}\nglobal_defs { router_id b }",
  );
  expect(globals).toMatchObject({
    routerId: "b",
    vrrpVersion: 3,
    scriptUser: "nobody",
    scriptGroup: "nogroup",
  });
  expect(globals.extra.map((statement) => statement.keyword)).toEqual(["nftables"]);
  expect(instances[0]?.config.version).toBe(3);
});

test("an address keeps its device and its label, and says where it stands", () => {
  const instance = gw(
    "virtual_ipaddress {\n  10.0.0.1/24 brd + dev eth1 scope link label eth1:a\n  10.0.0.2 no_track\n}\nvirtual_ipaddress_excluded { fd00::1/64 dev eth2 }",
  );
  expect(instance.config.virtualIpAddresses).toEqual([
    { address: "10.0.0.1", prefixLength: 24, family: 4, dev: "eth1", label: "eth1:a" },
    { address: "10.0.0.2", prefixLength: 32, family: 4 },
  ]);
  expect(instance.excludedIpAddresses).toEqual([
    { address: "fd00::1", prefixLength: 64, family: 6, dev: "eth2" },
  ]);
  expect(instance.positions["virtualIpAddresses[1]"]).toMatchObject({ line: 4, column: 3, length: 8 });
});

const CHECKS = `vrrp_script web {
  script "/bin/web 'a b'"
  interval 5
  weight -20
}
vrrp_track_process ssh { process sshd }
`;

test("a check has the defaults of keepalived, and the weight of the instance before its own", () => {
  const { instances } = read(
    `${CHECKS}vrrp_instance a {\n track_script {\n  web weight -30\n }\n track_process { ssh }\n}\nvrrp_instance b { track_script { web } }`,
  );
  const web = { name: "web", script: "/bin/web 'a b'", interval: 5, timeout: 5, fall: 1, rise: 1 };
  expect(instances[0]?.config).toMatchObject({
    trackScripts: [{ ...web, weight: -30 }],
    trackProcesses: [{ name: "ssh", process: "sshd", weight: 0, quorum: 1 }],
  });
  expect(instances[1]?.config).toMatchObject({ trackScripts: [{ ...web, weight: -20 }] });
  expect(instances.map((i) => i.positions["trackScripts[0].weight"]?.line)).toEqual([9, 4]);
  expect(instances.map((i) => i.positions["trackScripts[0].script"]?.line)).toEqual([2, 2]);
});

test("a sync group's checks are its members', and a member's own weight needs sync_group_tracking_weight", () => {
  const group = (words: string) =>
    read(
      `${CHECKS}vrrp_sync_group g {\n group { a }\n track_process { ssh weight -5 }\n${words}}\nvrrp_instance a { track_script { web } }`,
    );
  expect(group("").instances[0]).toMatchObject({
    syncGroup: "g",
    config: { trackScripts: [], trackProcesses: [{ name: "ssh", weight: -5 }] },
  });
  expect(group("").notes.map((note) => note.kind)).toContain("ignored");
  expect(group("sync_group_tracking_weight\n").instances[0]?.config).toMatchObject({
    trackScripts: [{ name: "web", weight: -20 }],
  });
});

test("what an instance has no property for is kept in its order", () => {
  const { extra, trackInterfaces, peers } = gw(
    "use_vmac vrrp.1\ntrack_interface { eth1 weight 5 reverse }\ndont_track_primary\nunicast_peer { 10.0.0.3 min_ttl 60 }\nsmtp_alert off\nvirtual_routes { default via 10.0.0.9 }\nnotify_master /bin/x root",
  );
  expect(extra.map(({ keyword, args }) => [keyword, ...args.map((word) => word.text)])).toEqual([
    ["use_vmac", "vrrp.1"],
    ["dont_track_primary"],
    ["smtp_alert", "off"],
    ["virtual_routes"],
    ["notify_master", "/bin/x", "root"],
  ]);
  expect(trackInterfaces).toMatchObject([{ name: "eth1", weight: 5, reverse: true }]);
  expect(peers).toMatchObject([{ address: "10.0.0.3", minTtl: 60 }]);
});

test("one file for all hosts is read for each of them", () => {
  const text = "vrrp_instance gw {\n @gw-a priority 110\n @^gw-a priority 90\n}";
  expect(read(text).conditionNames).toEqual(["gw-a"]);
  const priority = (configId: string) => read(text, { configId }).instances[0]?.config.priority;
  expect([priority("gw-a"), priority("gw-b")]).toEqual([110, 90]);
});

test.each([
  "authentication { auth_type PASS\nauth_pass hunter2 }",
  'authentication { auth_type PASS\nauth_pass "hunter2 }',
  "authentication { auth_type PASS\nauth_pass 'hun hunter2' }",
  "auth_pass hunter2",
  "authentication {\nauth_pass $hunter2\nauth_pass {",
  "authentication {\nauth_type PASS\nauth_pass hunter2 hunter2\nhunter2",
  "authentication { auth_pass x}hunter2",
  "authentication { auth_pass {hunter2}hunter2 }",
  "auth_pass a{hunter2}hunter2",
])("no note shows the password of %j", (lines) => {
  const { notes } = read(`vrrp_instance gw {\n${lines}\n}`);
  expect(JSON.stringify(notes)).not.toContain("hunter2");
});

test.each(Object.entries(plans))("what we render for %s is read back as it was", (_name, plan) => {
  const files = renderHost(plan)
    .filter((file) => file.path.startsWith("/etc/keepalived/"))
    .map((file) => ({ name: file.path, text: file.text }))
    .sort(
      (a, b) =>
        Number(a.name !== "/etc/keepalived/keepalived.conf") -
        Number(b.name !== "/etc/keepalived/keepalived.conf"),
    );
  const { instances, notes } = readConf(files);
  expect(notes.filter((note) => note.severity === "error")).toEqual([]);
  expect(instances.map(({ config }) => config)).toEqual(
    plan.instances.map((instance) => ({
      ...instance,
      // A multicast instance sends from nothing else.
      ...(instance.multicast && { unicastSrcIp: undefined }),
    })),
  );
});
