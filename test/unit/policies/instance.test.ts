import { RULES } from "../../../spec";
import { instanceProps, judgeInstance, Props } from "./fixtures";

const SCRIPT = { name: "web", script: "/bin/true" };

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
  ["script-without-user", "a script without user", { trackScripts: [SCRIPT] }, /^scriptUser: \(missing\)/],
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
])("does not fire: %s", (_what, change) => {
  expect(judgeInstance(instanceProps(2, 3, change))).toEqual([]);
});

it("has a mutation for every policy over one instance", () => {
  const ids = RULES.filter((rule) => rule.scope === "instance").map((rule) => rule.id);
  expect([...new Set(MUTATIONS.map(([policy]) => policy))].sort()).toEqual([...ids].sort());
});

it("never shows a secret", () => {
  const said = judgeInstance(
    instanceProps(2, 3, { authPass: "hunter2hunter2", connection: { password: "hunter2" } }),
  );
  expect(said).toHaveLength(2);
  expect(JSON.stringify(said)).not.toContain("hunter2");
});
