import { RULES } from "../../../spec";
import { instanceProps, judgeInstance, Props } from "./fixtures";

const SCRIPT = { name: "web", script: "/bin/true" };
const SESSION = { name: "up", neighborIp: "192.168.1.254" };
const MULTICAST = { multicast: true, unicastSrcIp: undefined, unicastPeers: undefined };
const FAST = { advertInt: 0.2, startupDelay: 2 };

/** One mutation of the compliant instance per violation: policy, change, what the message says. */
const MUTATIONS: [string, string, Props, RegExp][] = [
  ["unicast-src-ip-missing", "no source", { unicastSrcIp: undefined }, /^unicastSrcIp: \(missing\)/],
  [
    "unicast-src-ip-foreign",
    "a virtual address as source",
    { unicastSrcIp: "192.168.1.1" },
    /a virtual address/,
  ],
  ["unicast-src-ip-foreign", "a peer as source", { unicastSrcIp: "192.168.1.3" }, /also in unicastPeers/],
  ["unicast-peers-empty", "an empty list of peers", { unicastPeers: [] }, /^unicastPeers: \(empty list\)/],
  ["unicast-peers-empty", "no list of peers", { unicastPeers: undefined }, /^unicastPeers: \(empty list\)/],
  [
    "address-family",
    "a virtual address of the other family",
    { virtualIpAddresses: ["192.168.1.1/24", "2001:db8::1/64"] },
    /^virtualIpAddresses\[1\]: 2001:db8::1/,
  ],
  ["address-family", "a peer of the other family", { unicastPeers: ["2001:db8::3"] }, /^unicastPeers\[0\]/],
  ["priority-255", "priority 255", { priority: 255 }, /^priority: 255; allowed: 1 to 254/],
  ["nopreempt-with-master", "nopreempt with MASTER", { nopreempt: true, state: "MASTER" }, /^state: MASTER/],
  [
    "nopreempt-with-weight",
    "nopreempt with a weighted script",
    { nopreempt: true, scriptUser: "root", trackScripts: [{ ...SCRIPT, weight: -20 }] },
    /^trackScripts\[0\]\.weight: -20/,
  ],
  [
    "nopreempt-with-weight",
    "nopreempt with a weighted process",
    { nopreempt: true, trackProcesses: [{ name: "web", process: "nginx", weight: 20 }] },
    /^trackProcesses\[0\]\.weight: 20/,
  ],
  [
    "preempt-delay-with-weight",
    "a delay with a weighted script",
    { preemptDelay: 25, scriptUser: "root", trackScripts: [{ ...SCRIPT, weight: -20 }] },
    /^trackScripts\[0\]\.weight: -20; allowed: 0, because preemptDelay is 25/,
  ],
  [
    "preempt-delay-with-master",
    "a delay with MASTER",
    { preemptDelay: 5, state: "MASTER" },
    /^state: MASTER/,
  ],
  ["advert-int-range", "a fraction in version 2", { version: 2, advertInt: 1.5 }, /^advertInt: 1\.5/],
  ["advert-int-range", "a minute in version 3", { advertInt: 60 }, /0\.01 to 40\.95 seconds/],
  [
    "ipv6-with-v2",
    "IPv6 in version 2",
    {
      version: 2,
      unicastSrcIp: "2001:db8::2",
      unicastPeers: ["2001:db8::3"],
      virtualIpAddresses: ["2001:db8::1/64"],
    },
    /^version: 2/,
  ],
  ["auth-too-long", "a long password", { version: 2, authPass: "hunter2hunter2" }, /^authPass: \(secret\)/],
  ["auth-with-v3", "a password in version 3", { authPass: "hunter2" }, /^authPass: \(secret\)/],
  [
    "preempt-delay-with-nopreempt",
    "a delay with nopreempt",
    { preemptDelay: 5, nopreempt: true },
    /^preemptDelay: 5; allowed: 0, because nopreempt is set/,
  ],
  [
    "weight-clamped",
    "weights below 1",
    { trackProcesses: [{ name: "web", process: "nginx", weight: -200 }] },
    /^priority: 108, -92 with its weights/,
  ],
  ["interface-loopback", "the loopback", { interface: "lo" }, /^interface: lo/],
  [
    "multicast-on-wireguard",
    "multicast in a tunnel",
    { interface: "wg0", multicast: true, unicastPeers: [] },
    /^interface: wg0/,
  ],
  [
    "script-stops-keepalived",
    "a check that ends keepalived",
    { scriptUser: "root", trackScripts: [{ name: "web", script: "/usr/bin/pkill keepalived" }] },
    /^trackScripts\[0\]\.script: \/usr\/bin\/pkill \.\.\.;/,
  ],
  [
    "check-loop",
    "a hook that stops what a check tests",
    {
      scriptUser: "root",
      notifyBackup: "/usr/bin/systemctl stop nginx",
      trackProcesses: [{ name: "web", process: "nginx" }],
    },
    /^notifyBackup: \/usr\/bin\/systemctl \.\.\.; allowed: a program that does not stop nginx/,
  ],
  ["script-without-user", "a script without user", { trackScripts: [SCRIPT] }, /^scriptUser: \(missing\)/],
  [
    "nopreempt-with-weight",
    "nopreempt with a weighted interface",
    { nopreempt: true, trackInterfaces: [{ interface: "wan0", weight: -20 }] },
    /^trackInterfaces\[0\]\.weight: -20/,
  ],
  [
    "preempt-delay-with-weight",
    "a delay with a weighted router",
    { preemptDelay: 25, bfd: [{ ...SESSION, weight: -20 }] },
    /^bfd\[0\]\.weight: -20/,
  ],
  ["ttl-with-multicast", "a TTL with multicast", { ...MULTICAST, unicastTtl: 9 }, /^unicastTtl: 9/],
  ["ttl-with-multicast", "a lowest TTL with multicast", { ...MULTICAST, minTtl: 9 }, /^minTtl: 9/],
  [
    "track-src-ip-without-source",
    "a source that is not stated",
    { ...MULTICAST, trackSrcIp: true },
    /^trackSrcIp: true/,
  ],
  [
    "track-interface-twice",
    "its own interface",
    { trackInterfaces: [{ interface: "eth0" }] },
    /^trackInterfaces\[0\]\.interface: eth0; allowed: another/,
  ],
  [
    "track-interface-twice",
    "an interface twice",
    { trackInterfaces: [{ interface: "wan0" }, { interface: "wan0" }] },
    /^trackInterfaces\[1\]\.interface: wan0; allowed: each interface once/,
  ],
  [
    "down-timer-adverts-one",
    "a takeover by one lost advert",
    { downTimerAdverts: 1 },
    /^downTimerAdverts: 1; allowed: 2 to 100/,
  ],
  ["fast-without-realtime", "30 ms", { advertInt: 0.03, startupDelay: 2 }, /^advertInt: 0\.03/],
  [
    "fast-without-realtime",
    "two adverts of 0.14 s",
    { advertInt: 0.14, downTimerAdverts: 2, startupDelay: 2 },
    /^advertInt: 0\.14/,
  ],
  ["fast-over-tunnel", "200 ms over wg0", { ...FAST, interface: "wg0" }, /^advertInt: 0\.2.*over wg0$/],
  ["fast-without-startup-delay", "200 ms", { advertInt: 0.2 }, /^startupDelay: \(missing\)/],
  ["bfd-in-cluster", "a peer", { bfd: [{ ...SESSION, neighborIp: "192.168.1.3" }] }, /^bfd\[0\]\.neighborIp/],
  ["bfd-in-cluster", "itself", { bfd: [{ ...SESSION, neighborIp: "192.168.1.2" }] }, /192\.168\.1\.2/],
  [
    "bfd-in-cluster",
    "an address that moves",
    { bfd: [{ ...SESSION, neighborIp: "192.168.1.1" }] },
    /192\.168\.1\.1/,
  ],
  ["bfd-family", "two families", { bfd: [{ ...SESSION, sourceIp: "2001:db8::2" }] }, /^bfd\[0\]\.sourceIp/],
  ["bfd-twice", "a router twice", { bfd: [SESSION, { ...SESSION, name: "b" }] }, /^bfd\[1\]\.neighborIp/],
  [
    "bfd-multihop-without-hops",
    "a router that is far and near",
    { bfd: [{ ...SESSION, multihop: true }] },
    /^bfd\[0\]\.maxHops: 0/,
  ],
  [
    "bfd-too-fast",
    "10 ms",
    { bfd: [{ ...SESSION, minRx: 10 }] },
    /^bfd\[0\]\.minRx: 10; allowed: 34 or more/,
  ],
  [
    "script-without-user",
    "a notify program without user",
    { notifyBackup: "/bin/true" },
    /^scriptUser: \(missing\)/,
  ],
];

it("accepts the compliant instance", () => {
  expect(judgeInstance(instanceProps(2, 3))).toEqual([]);
});

it.each(MUTATIONS)("%s rejects %s, and nothing else does", (policy, _what, change, message) => {
  expect(judgeInstance(instanceProps(2, 3, change))).toEqual([
    { policy, message: expect.stringMatching(message) as string, urn: undefined },
  ]);
});

it.each([
  [
    "unicast-src-ip-missing and unicast-peers-empty on multicast",
    { multicast: true, unicastSrcIp: undefined, unicastPeers: undefined },
  ],
  [
    "nopreempt with a check of weight 0",
    { nopreempt: true, trackProcesses: [{ name: "web", process: "nginx" }] },
  ],
  [
    "a delay with a check of weight 0",
    { preemptDelay: 25, trackProcesses: [{ name: "web", process: "nginx" }] },
  ],
  ["a password of 8 characters in version 2", { version: 2, authPass: "12345678" }],
  ["a script with its user", { trackScripts: [SCRIPT], scriptUser: "nobody" }],
  ["state MASTER alone", { state: "MASTER" }],
  ["a fast instance in real time", { ...FAST, advertInt: 0.02, realtime: { priority: 50 } }],
  ["a fast BFD session in real time", { bfd: [{ ...SESSION, minRx: 10 }], realtime: { priority: 50 } }],
  ["a second over a tunnel", { interface: "wg0" }],
  ["the source of multicast", { ...MULTICAST, mcastSrcIp: "192.168.1.2", trackSrcIp: true }],
])("does not fire: %s", (_what, change) => {
  expect(judgeInstance(instanceProps(2, 3, change))).toEqual([]);
});

it("has a mutation for every policy over one instance, but for preemption, which it does not state", () => {
  const ids = RULES.filter((rule) => rule.scope === "instance").map((rule) => rule.id);
  const ofPreemption = ["sticky-without-uplink-check", "sticky-with-slow-check", "preempt-delay-when-sticky"];
  const tried = [...new Set(MUTATIONS.map(([policy]) => policy)), ...ofPreemption];
  expect(tried.sort()).toEqual([...ids].sort());
});

it("never shows a secret", () => {
  const said = judgeInstance(
    instanceProps(2, 3, { authPass: "hunter2hunter2", connection: { password: "hunter2" } }),
  );
  expect(said).toHaveLength(2);
  expect(JSON.stringify(said)).not.toContain("hunter2");
});
