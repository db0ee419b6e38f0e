import { RULES } from "../../../spec";
import { HA_PAIR } from "../../../policies/resources";
import { nodeInput } from "../spec/cluster-input";
import { instanceProps, judgeStack, pairProps, Props } from "./fixtures";

const SCRIPT = { name: "web", script: "/bin/true" };

/** The compliant two, with a change of the first and of the second. */
function two(first: Props, second: Props = {}): Props[] {
  return [instanceProps(2, 3, first), instanceProps(3, 2, second)];
}

/** One mutation of the compliant two per violation: policy, instances, node at fault, what the message says. */
const MUTATIONS: [string, string, Props[], string, RegExp][] = [
  [
    "virtual-router-id-mismatch",
    "two ids",
    two({}, { virtualRouterId: 52 }),
    "gw-3",
    /^gw-3\.virtualRouterId: 52; allowed: 51, as on gw-2/,
  ],
  [
    "unicast-peers-mirror",
    "a peer that is not listed",
    two({}, { unicastPeers: ["192.168.1.9"] }),
    "gw-3",
    /192\.168\.1\.2, the unicastSrcIp of gw-2/,
  ],
  [
    "vip-list-mismatch",
    "a list with one more",
    two({}, { virtualIpAddresses: ["192.168.1.1/24", "192.168.1.8/24"] }),
    "gw-3",
    /^gw-3\.virtualIpAddresses/,
  ],
  [
    "vip-prefix-mismatch",
    "another prefix length",
    two({}, { virtualIpAddresses: ["192.168.1.1/25"] }),
    "gw-3",
    /192\.168\.1\.1\/25/,
  ],
  [
    "vip-list-mismatch",
    "wholly other addresses",
    two({}, { virtualIpAddresses: ["192.168.1.8/24"] }),
    "gw-3",
    /^gw-3\.virtualIpAddresses: 192\.168\.1\.8; /,
  ],
  [
    "vip-in-two-instances",
    "an address in two instances of a machine",
    [instanceProps(2, 3), instanceProps(2, 3, { node: "again", cluster: "again", virtualRouterId: 52 })],
    "again",
    /^again\.virtualIpAddresses\[0\]: 192\.168\.1\.1; /,
  ],
  [
    "state-master-twice",
    "two that start as MASTER",
    two({ state: "MASTER" }, { state: "MASTER" }),
    "gw-3",
    /^gw-3\.state: MASTER; allowed: BACKUP, because gw-2 has MASTER/,
  ],
  [
    "state-against-priority",
    "a MASTER of lower priority",
    two({}, { state: "MASTER" }),
    "gw-3",
    /^gw-3\.state: MASTER with priority 107/,
  ],
  [
    "nopreempt-against-weight",
    "nopreempt against the other's weight",
    two({ trackProcesses: [{ name: "web", process: "nginx", weight: -20 }] }, { nopreempt: true }),
    "gw-3",
    /^gw-3\.nopreempt: set; allowed: no nopreempt, because a check of gw-2 has a weight/,
  ],
  [
    "equal-priorities",
    "equal priorities and a MASTER",
    two({ state: "MASTER", priority: 100 }, { priority: 100 }),
    "gw-3",
    /^gw-3\.priority: 100/,
  ],
  [
    "equal-priorities",
    "equal priorities and a delay",
    two({ preemptDelay: 5, priority: 100 }, { priority: 100 }),
    "gw-3",
    /^gw-3\.priority: 100/,
  ],
  [
    "weight-too-small",
    "a weight within the gap",
    two({ trackScripts: [{ ...SCRIPT, weight: -1 }], scriptUser: "root" }),
    "gw-2",
    /gap of 1 /,
  ],
  [
    "down-timer-adverts-mismatch",
    "two numbers of adverts",
    two({}, { downTimerAdverts: 5 }),
    "gw-3",
    /^gw-3\.downTimerAdverts: 5; allowed: 3, as on gw-2/,
  ],
  [
    "min-ttl-too-high",
    "a peer with a low TTL",
    two({ minTtl: 255 }, { unicastTtl: 64 }),
    "gw-2",
    /^gw-2\.minTtl: 255; allowed: at most 64, with which gw-3 sends/,
  ],
  [
    "weight-too-small-for-last",
    "a weight that does not reach the last of three",
    [
      instanceProps(2, 3, {
        unicastPeers: [3, 4].map((n) => `192.168.1.${n}`),
        scriptUser: "root",
        trackScripts: [{ ...SCRIPT, weight: -2 }],
      }),
      instanceProps(3, 2, { unicastPeers: [2, 4].map((n) => `192.168.1.${n}`) }),
      instanceProps(4, 2, { unicastPeers: [2, 3].map((n) => `192.168.1.${n}`) }),
    ],
    "gw-2",
    /gap of 2 /,
  ],
  ["advert-int-mismatch", "two intervals", two({}, { advertInt: 2 }), "gw-3", /^gw-3\.advertInt: 2/],
  ["version-mismatch", "two versions", two({}, { version: 2 }), "gw-3", /^gw-3\.version: 2/],
  [
    "transport-mismatch",
    "unicast and multicast",
    two({}, { multicast: true, unicastPeers: [] }),
    "gw-3",
    /^gw-3\.multicast: true/,
  ],
  [
    "auth-mismatch",
    "two passwords",
    two({ version: 2, authPass: "hunter2" }, { version: 2, authPass: "hunter3" }),
    "gw-3",
    /^gw-3\.authPass: \(secret\)/,
  ],
  [
    "auth-mismatch",
    "a password on one node",
    two({ version: 2, authPass: "hunter2" }, { version: 2 }),
    "gw-3",
    /^gw-3\.authPass: \(missing\)/,
  ],
  [
    "unicast-src-ip-of-other-node",
    "one source twice",
    two({ unicastPeers: ["192.168.1.2"] }, { unicastSrcIp: "192.168.1.2" }),
    "gw-3",
    /192\.168\.1\.2 \(gw-2's\)/,
  ],
  [
    "virtual-router-id-reused",
    "one id for two routers of a machine",
    [
      instanceProps(2, 3),
      instanceProps(2, 3, { node: "again", cluster: "again", virtualIpAddresses: ["192.168.1.99/24"] }),
    ],
    "again",
    /^again\.virtualRouterId: 51/,
  ],
];

it("accepts the compliant two", () => {
  expect(judgeStack(two({}))).toEqual([]);
});

it.each(MUTATIONS)("%s-in-stack rejects %s, and nothing else does", (rule, _what, instances, at, message) => {
  expect(judgeStack(instances)).toEqual([
    {
      policy: `${rule}-in-stack`,
      message: expect.stringMatching(message) as string,
      urn: expect.stringMatching(new RegExp(`::${at}$`)) as string,
    },
  ]);
});

it("has a mutation for every policy over several instances, but for preemption, which they do not state", () => {
  const ids = RULES.filter((rule) => rule.scope !== "instance").map((rule) => rule.id);
  const tried = new Set(MUTATIONS.map(([policy]) => policy));
  expect(ids.filter((id) => !tried.has(id))).toEqual(["sticky-priorities"]);
});

it("takes equal priorities without any sign of a primary as sticky", () => {
  expect(judgeStack(two({ priority: 100 }, { priority: 100 }))).toEqual([]);
});

it("never shows a secret", () => {
  const said = judgeStack(two({ version: 2, authPass: "hunter2" }, { version: 2, authPass: "hunter3" }));
  expect(JSON.stringify(said)).not.toContain("hunter");
});

describe("which instances form one virtual router", () => {
  const router = (own: number, peer: number, vip: string, id: number, name: string) =>
    instanceProps(own, peer, {
      node: `${name}-${own}`,
      cluster: name,
      virtualIpAddresses: [vip],
      virtualRouterId: id,
    });

  it("two routers between the same machines stay two", () => {
    const first = [router(2, 3, "192.168.1.1/24", 51, "a"), router(3, 2, "192.168.1.1/24", 51, "a")];
    const second = [router(2, 3, "192.168.1.9/24", 52, "b"), router(3, 2, "192.168.1.9/24", 52, "b")];
    expect(judgeStack([...first, ...second])).toEqual([]);
    expect(judgeStack([first[0]!, second[0]!, second[1]!, first[1]!])).toEqual([]);
  });

  it("two sites with the same addresses and other clusters stay two", () => {
    const site = (name: string, id: number) =>
      [2, 3].map((n) => ({
        ...router(n, 5 - n, "192.168.1.1/24", id, name),
        connection: { host: `${name}-${n}.example`, agent: true },
      }));
    expect(judgeStack([...site("a", 51), ...site("b", 52)])).toEqual([]);
  });

  it("IPv4 and IPv6 of one cluster stay two", () => {
    const v6 = {
      unicastSrcIp: "2001:db8::2",
      unicastPeers: ["2001:db8::3"],
      virtualIpAddresses: ["2001:db8::1/64"],
    };
    const first = two({ cluster: "gw" }, { cluster: "gw" });
    const second = two(
      { ...v6, cluster: "gw", virtualRouterId: 61 },
      {
        ...v6,
        unicastSrcIp: "2001:db8::3",
        unicastPeers: ["2001:db8::2"],
        cluster: "gw",
        virtualRouterId: 61,
      },
    );
    expect(judgeStack([...first, ...second])).toEqual([]);
  });

  it("one cluster is enough, without a shared address or peer", () => {
    const lone = { cluster: "gw", multicast: true, unicastSrcIp: undefined, unicastPeers: [] };
    const said = judgeStack(
      two(lone, { ...lone, virtualRouterId: 52, virtualIpAddresses: ["192.168.1.8/24"] }),
    );
    expect(said.map((v) => v.policy)).toEqual([
      "virtual-router-id-mismatch-in-stack",
      "vip-list-mismatch-in-stack",
    ]);
  });

  it("one id tells which instances belong together, before mere relation does", () => {
    const instances = [
      router(2, 3, "192.168.1.1/24", 51, "a"),
      router(3, 2, "192.168.1.9/24", 52, "b"),
      router(2, 3, "192.168.1.8/24", 52, "b"),
      router(3, 2, "192.168.1.7/24", 51, "a"),
    ].map((props) => ({ ...props, cluster: "gw" }));
    expect(judgeStack(instances).map((v) => v.policy)).toEqual([
      "vip-list-mismatch-in-stack",
      "vip-list-mismatch-in-stack",
    ]);
  });

  it("two instances of one machine are two routers", () => {
    const [first, second] = [
      router(2, 3, "192.168.1.1/24", 51, "a"),
      router(2, 3, "192.168.1.9/24", 52, "b"),
    ].map((props) => ({ ...props, cluster: "gw" }));
    expect(judgeStack([first!, second!])).toEqual([]);
  });

  it("an IPv4 and an IPv6 instance on two machines are two routers", () => {
    const v6 = {
      unicastSrcIp: "2001:db8::3",
      unicastPeers: ["2001:db8::2"],
      virtualIpAddresses: ["2001:db8::1/64"],
      virtualRouterId: 61,
    };
    expect(judgeStack(two({ cluster: "gw" }, { ...v6, cluster: "gw" }))).toEqual([]);
  });

  it("one id on two interfaces or for two families of a machine is no reuse", () => {
    const lone = { multicast: true, unicastPeers: [] };
    const again = (change: Props) =>
      instanceProps(2, 3, { ...lone, node: "again", cluster: "again", ...change });
    const first = instanceProps(2, 3, lone);
    expect(judgeStack([first, again({ interface: "eth1", virtualIpAddresses: ["10.1.0.1/24"] })])).toEqual(
      [],
    );
    expect(judgeStack([first, again({ virtualIpAddresses: ["2001:db8::1/64"] })])).toEqual([]);
    expect(judgeStack([first, again({ virtualIpAddresses: ["10.1.0.1/24"] })])).toHaveLength(1);
  });

  it("a multicast instance is no peer that a unicast one must list", () => {
    const said = judgeStack(two({ unicastPeers: ["192.168.1.9"] }, { multicast: true, unicastPeers: [] }));
    expect(said.map((v) => v.policy)).toEqual(["transport-mismatch-in-stack"]);
  });

  it("unrelated instances are left alone", () => {
    const other = {
      unicastSrcIp: "10.1.0.3",
      unicastPeers: ["10.1.0.4"],
      virtualIpAddresses: ["10.1.0.1/24"],
    };
    expect(judgeStack(two({ unicastPeers: ["192.168.1.7"] }, { ...other, virtualRouterId: 52 }))).toEqual([]);
  });

  it("other resources are not instances", () => {
    expect(
      judgeStack(two({}), [{ type: HA_PAIR, props: pairProps({ nodes: [nodeInput("x", 2)] }) }]),
    ).toEqual([]);
  });
});
