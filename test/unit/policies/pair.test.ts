import { nodeInput } from "../spec/cluster-input";
import { judgePair, pairProps, Props } from "./fixtures";

function withSecond(change: Props, rest: Props = {}): Props {
  return pairProps({ nodes: [nodeInput("gw-a", 2), { ...nodeInput("gw-b", 3), ...change }], ...rest });
}

const SCRIPT = { name: "web", script: "/bin/true" };
const PROCESS = { name: "bird", process: "bird" };

it("accepts the compliant pair", () => {
  expect(judgePair(pairProps())).toEqual([]);
});

it.each<[string, string, Props, RegExp]>([
  [
    "unicast-src-ip-missing",
    "a node without source",
    withSecond({ unicastSrcIp: undefined }),
    /^nodes\[1\]\.unicastSrcIp/,
  ],
  [
    "unicast-src-ip-foreign",
    "a virtual address as source",
    withSecond({ unicastSrcIp: "192.168.1.1" }),
    /a virtual address/,
  ],
  [
    "unicast-src-ip-of-other-node",
    "the other node's source",
    withSecond({ unicastSrcIp: "192.168.1.2" }),
    /gw-a's/,
  ],
  ["priority-255", "priority 255", withSecond({ priority: 255 }), /^nodes\[1\]\.priority: 255/],
  ["equal-priorities", "equal priorities", withSecond({ priority: 100 }), /another one than gw-a's/],
  [
    "sticky-priorities",
    "a higher priority when sticky",
    withSecond({ priority: 101 }, { preemption: "sticky", trackProcesses: [PROCESS] }),
    /^nodes\[1\]/,
  ],
  [
    "sticky-without-uplink-check",
    "a sticky pair that does not look at its uplink",
    pairProps({ preemption: "sticky" }),
    /^preemption: sticky/,
  ],
  [
    "preempt-delay-when-sticky",
    "a delay in a sticky pair",
    pairProps({ preemption: "sticky", preemptDelay: 5, trackProcesses: [PROCESS] }),
    /^preemptDelay: 5/,
  ],
  [
    "min-ttl-too-high",
    "a TTL that no node sends with",
    pairProps({ minTtl: 9, unicastTtl: 8 }),
    /^minTtl: 9/,
  ],
  [
    "weight-too-small",
    "a weight within the gap",
    pairProps({ trackScripts: [{ ...SCRIPT, weight: -5 }] }),
    /gap of 10/,
  ],
  [
    "advert-int-range",
    "a fraction in version 2",
    pairProps({ version: 2, advertInt: 0.5 }),
    /^advertInt: 0\.5/,
  ],
  [
    "ipv6-with-v2",
    "IPv6 in version 2",
    pairProps({
      version: 2,
      nodes: [2, 3].map((n) => ({ ...nodeInput(`gw-${n}`, n), unicastSrcIp: `2001:db8::${n}` })),
      virtualIpAddresses: ["2001:db8::1/64"],
    }),
    /^version: 2/,
  ],
  [
    "auth-too-long",
    "a long password",
    pairProps({ version: 2, authPass: "hunter2hunter2" }),
    /^authPass: \(secret\)/,
  ],
  ["auth-with-v3", "a password in version 3", pairProps({ authPass: "hunter2" }), /^authPass: \(secret\)/],
])("%s rejects %s, and nothing else does", (policy, _what, props, message) => {
  expect(judgePair(props)).toEqual([
    { policy, message: expect.stringMatching(message) as string, urn: undefined },
  ]);
});

it("lets a sticky pair and a multicast pair pass", () => {
  expect(judgePair(pairProps({ preemption: "sticky", trackProcesses: [PROCESS] }))).toEqual([]);
  expect(judgePair(pairProps({ multicast: true }))).toEqual([]);
});
