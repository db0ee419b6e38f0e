import { checkCluster, UNKNOWN } from "../../../spec";
import { clusterInput, mixedInput, nodeInput } from "./cluster-input";

function found(input: unknown) {
  return checkCluster(input).map((p) => [p.rule, p.path]);
}

function pair(a: Record<string, unknown>, b: Record<string, unknown>, rest: Record<string, unknown> = {}) {
  return clusterInput({
    nodes: [
      { ...nodeInput("gw-a", 2), ...a },
      { ...nodeInput("gw-b", 3), ...b },
    ],
    ...rest,
  });
}

/** Three nodes: 100, 90, 80. */
const three = (rest: Record<string, unknown>) =>
  clusterInput({ nodes: [nodeInput("gw-a", 2), nodeInput("gw-b", 3), nodeInput("gw-c", 4)], ...rest });

const connection = (change: Record<string, unknown>) => ({
  connection: { ...nodeInput("gw-b", 3).connection, ...change },
});

const proxy = { ...nodeInput("jump", 9).connection };

it.each([
  ["two nodes of one name", pair({}, { name: "gw-a" }), ["duplicate-name", "nodes[1].name"]],
  [
    "two checks of one name",
    clusterInput({
      trackScripts: [{ name: "web", script: "/bin/true" }],
      trackProcesses: [{ name: "web", process: "nginx" }],
    }),
    ["duplicate-name", "trackProcesses[0].name"],
  ],
  [
    "two nodes behind one SSH server",
    pair({}, connection({ host: "10.0.0.2" })),
    ["duplicate-host", "nodes[1].connection.host"],
  ],
  [
    "two nodes with one source",
    pair({}, { unicastSrcIp: "192.168.1.2" }),
    ["unicast-src-ip-of-other-node", "nodes[1].unicastSrcIp"],
  ],
  [
    "a source that is the other node's SSH address",
    pair(connection({ host: "192.168.1.9" }), { unicastSrcIp: "192.168.1.9" }),
    ["unicast-src-ip-of-other-node", "nodes[1].unicastSrcIp"],
  ],
  [
    "an address given twice",
    clusterInput({ virtualIpAddresses: ["192.168.1.1/24", "192.168.1.1/24 dev eth0"] }),
    ["duplicate-vip", "virtualIpAddresses[1]"],
  ],
  [
    "SSH over a virtual address",
    pair({}, connection({ host: "192.168.1.1" })),
    ["vip-is-ssh-address", "nodes[1].connection.host"],
  ],
  [
    "SSH over a virtual IPv6 address in another spelling",
    mixedInput({
      nodes: [
        { ...nodeInput("gw-a", 2), unicastSrcIp6: "2001:db8::2", ...connection({ host: "2001:DB8:0::1" }) },
        { ...nodeInput("gw-b", 3), unicastSrcIp6: "2001:db8::3" },
      ],
    }),
    ["vip-is-ssh-address", "nodes[0].connection.host"],
  ],
  [
    "a proxy that is reached over a virtual address",
    pair({}, connection({ proxy: { ...proxy, host: "192.168.1.1" } })),
    ["vip-is-ssh-address", "nodes[1].connection.proxy.host"],
  ],
  [
    "a unicast source that is a virtual address",
    pair({}, { unicastSrcIp: "192.168.1.1" }),
    ["unicast-src-ip-foreign", "nodes[1].unicastSrcIp"],
  ],
  [
    "a multicast source that is a virtual address",
    pair({}, { mcastSrcIp: "192.168.1.1" }, { multicast: true }),
    ["vip-is-source", "nodes[1].mcastSrcIp"],
  ],
  [
    "an address outside the sources' network",
    clusterInput({ virtualIpAddresses: ["192.168.2.1/24"] }),
    ["vip-outside-network", "virtualIpAddresses[0]"],
  ],
  [
    "an address of its own without vipOffLink",
    clusterInput({ virtualIpAddresses: ["192.168.1.1/32"] }),
    ["vip-outside-network", "virtualIpAddresses[0]"],
  ],
  [
    "IPv6 addresses without an IPv6 source",
    clusterInput({ virtualIpAddresses: ["192.168.1.1/24", "2001:db8::1/64"] }),
    ["unicast-src-ip-missing", "nodes[0].unicastSrcIp6"],
    ["unicast-src-ip-missing", "nodes[1].unicastSrcIp6"],
  ],
  [
    "multicast without a source of the family",
    clusterInput({ multicast: true, virtualIpAddresses: ["192.168.1.1/24", "2001:db8::1/64"] }),
    ["source-missing", "nodes[0].unicastSrcIp6"],
    ["source-missing", "nodes[1].unicastSrcIp6"],
  ],
  [
    "IPv6 in version 2",
    mixedInput({ version: 2, virtualIpAddresses: ["2001:db8::1/64"] }),
    ["ipv6-with-v2", "version"],
  ],
  ["a password with version 3", clusterInput({ authPass: "12345678" }), ["auth-with-v3", "authPass"]],
  [
    "a fraction in version 2",
    clusterInput({ version: 2, advertInt: 1.5 }),
    ["advert-int-range", "advertInt"],
  ],
  ["priority 255", pair({ priority: 255 }, {}), ["priority-255", "nodes[0].priority"]],
  ["equal priorities", pair({ priority: 90 }, {}), ["equal-priorities", "nodes[1].priority"]],
  [
    "sticky nodes of different priority",
    pair({ priority: 101 }, {}, { preemption: "sticky" }),
    ["sticky-priorities", "nodes[1].priority"],
    ["sticky-without-uplink-check", "preemption"],
  ],
  [
    "a weight within the gap",
    clusterInput({ trackScripts: [{ name: "web", script: "/bin/true", weight: -10 }] }),
    ["weight-too-small", "trackScripts[0].weight"],
  ],
  [
    "a sticky pair that does not look at its uplink",
    clusterInput({ preemption: "sticky", trackInterfaces: [{ interface: "wan0" }] }),
    ["sticky-without-uplink-check", "preemption"],
  ],
  [
    "a sticky pair whose check is slower than a takeover",
    clusterInput({
      preemption: "sticky",
      trackScripts: [{ name: "up", script: "/bin/true", interval: 1, fall: 3 }],
    }),
    ["sticky-with-slow-check", "trackScripts"],
  ],
  [
    "a sticky pair whose router is missed more slowly than a takeover",
    clusterInput({
      preemption: "sticky",
      advertInt: 0.1,
      bfd: [{ name: "up", neighborIp: "192.168.1.254" }],
    }),
    ["sticky-with-slow-check", "bfd"],
  ],
  [
    "a delay before a takeover that a sticky pair does not make",
    clusterInput({
      preemption: "sticky",
      preemptDelay: 5,
      bfd: [{ name: "up", neighborIp: "192.168.1.254" }],
    }),
    ["preempt-delay-when-sticky", "preemptDelay"],
  ],
  [
    "sticky nodes whose IPv4 and IPv6 addresses are not in one order",
    mixedInput({
      preemption: "sticky",
      bfd: [{ name: "up", neighborIp: "192.168.1.254" }],
      // 10 comes behind 9, though not as text.
      nodes: [
        { ...nodeInput("gw-a", 9), unicastSrcIp6: "2001:db8::9" },
        { ...nodeInput("gw-b", 10), unicastSrcIp6: "2001:db8::8" },
      ],
    }),
    ["sticky-address-order", "nodes[1].unicastSrcIp6"],
  ],
  [
    "a weight that does not reach the last of three nodes",
    three({ trackScripts: [{ name: "web", script: "/bin/true", weight: -15 }] }),
    ["weight-too-small-for-last", "trackScripts[0].weight"],
  ],
  [
    "a weight that does not even reach the second of three nodes, once",
    three({ trackScripts: [{ name: "web", script: "/bin/true", weight: -5 }] }),
    ["weight-too-small", "trackScripts[0].weight"],
  ],
  [
    "a tracked interface whose weight is within the gap",
    clusterInput({ trackInterfaces: [{ interface: "wan0", weight: -10 }] }),
    ["weight-too-small", "trackInterfaces[0].weight"],
  ],
  [
    "a node's own BFD session whose weight is within the gap",
    pair({ bfd: [{ name: "up", neighborIp: "192.168.1.254", weight: -10 }] }, {}),
    ["weight-too-small", "nodes[0].bfd[0].weight"],
  ],
  [
    "the interface of the addresses among those that are tracked",
    clusterInput({ trackInterfaces: [{ interface: "wan0" }, { interface: "eth0" }] }),
    ["track-interface-twice", "trackInterfaces[1].interface"],
  ],
  [
    "BFD with a node",
    clusterInput({ bfd: [{ name: "up", neighborIp: "192.168.1.3" }] }),
    ["bfd-in-cluster", "bfd[0].neighborIp"],
  ],
  [
    "BFD with a node over multicast",
    clusterInput({ multicast: true, bfd: [{ name: "up", neighborIp: "192.168.1.3" }] }),
    ["bfd-in-cluster", "bfd[0].neighborIp"],
  ],
  [
    "one source of BFD for all nodes",
    clusterInput({ bfd: [{ name: "up", neighborIp: "192.168.1.254", sourceIp: "192.168.1.2" }] }),
    ["bfd-source-shared", "bfd[0].sourceIp"],
  ],
  [
    "a BFD session and a check of one name",
    clusterInput({
      trackProcesses: [{ name: "up", process: "nginx" }],
      bfd: [{ name: "up", neighborIp: "192.168.1.254" }],
    }),
    ["duplicate-name", "bfd[0].name"],
  ],
  [
    "two BFD sessions of one name on a node",
    pair(
      {
        bfd: [
          { name: "up", neighborIp: "192.168.1.254" },
          { name: "up", neighborIp: "192.168.1.253" },
        ],
      },
      {},
    ),
    ["duplicate-name", "nodes[0].bfd[1].name"],
  ],
  ["a TTL that IPv6 adverts do not have", mixedInput({ minTtl: 255 }), ["min-ttl-too-high", "minTtl"]],
  [
    "a fast pair without real-time scheduling",
    clusterInput({ advertInt: 0.03 }),
    ["fast-without-realtime", "advertInt"],
  ],
  [
    "a fast pair that is not to wait at its start",
    clusterInput({ advertInt: 0.1, startupDelay: 0 }),
    ["fast-without-startup-delay", "startupDelay"],
  ],
])("refuses %s", (_name, input, ...expected) => {
  expect(found(input)).toEqual(expected);
});

it.each([
  [
    "a sticky pair with a check of its uplink",
    clusterInput({ preemption: "sticky", bfd: [{ name: "up", neighborIp: "192.168.1.254" }] }),
  ],
  [
    "a weight that reaches the last of three nodes",
    three({ trackScripts: [{ name: "web", script: "/bin/true", weight: -21 }] }),
  ],
  [
    "a weight of one on three sticky nodes",
    three({
      preemption: "sticky",
      trackScripts: [{ name: "web", script: "/bin/true", interval: 1, weight: -1 }],
    }),
  ],
  [
    "sticky nodes whose IPv4 and IPv6 addresses are in one order",
    mixedInput({
      preemption: "sticky",
      bfd: [{ name: "up", neighborIp: "192.168.1.254" }],
      nodes: [
        { ...nodeInput("gw-a", 9), unicastSrcIp6: "2001:db8::9" },
        { ...nodeInput("gw-b", 10), unicastSrcIp6: "2001:db8::10" },
      ],
    }),
  ],
  ["a fast pair in real time", clusterInput({ advertInt: 0.02, realtime: { priority: 50 } })],
  ["an interval of 100 ms", clusterInput({ advertInt: 0.1 })],
  ["a TTL that all nodes send with", mixedInput({ minTtl: 255, unicastTtl: 255 })],
  [
    "a weight of one when sticky",
    clusterInput({
      preemption: "sticky",
      trackScripts: [
        { name: "web", script: "/bin/true", weight: -1 },
        { name: "up", script: "/bin/true", interval: 1 },
      ],
    }),
  ],
  [
    "a weight above the gap",
    clusterInput({ trackScripts: [{ name: "web", script: "/bin/true", weight: -11 }] }),
  ],
  [
    "two nodes behind one address on two ports",
    pair(connection({ host: "localhost", port: 2201 }), connection({ host: "localhost", port: 2202 })),
  ],
  [
    "two nodes named alike behind two proxies",
    pair(
      connection({ host: "localhost", proxy }),
      connection({ host: "localhost", proxy: { ...proxy, port: 23 } }),
    ),
  ],
  [
    "an address outside every network with vipOffLink",
    clusterInput({ virtualIpAddresses: ["10.9.9.9/32"], vipOffLink: true }),
  ],
  ["an address on another interface", clusterInput({ virtualIpAddresses: ["10.9.9.9/24 dev eth1"] })],
  [
    "link-local sources",
    mixedInput({ nodes: [2, 3].map((n) => ({ ...nodeInput(`gw-${n}`, n), unicastSrcIp6: `fe80::${n}` })) }),
  ],
  ["both families in version 2 with a password", mixedInput({ version: 2, authPass: "12345678" })],
  ["multicast", clusterInput({ multicast: true })],
  [
    "a node's own source as the address that both are reached by",
    pair(connection({ host: "192.168.1.2", port: 2201 }), connection({ host: "192.168.1.2", port: 2202 })),
  ],
])("accepts %s", (_name, input) => {
  expect(found(input)).toEqual([]);
});

it("tells what all nodes share only once", () => {
  expect(found(clusterInput({ advertInt: 50 }))).toEqual([["advert-int-range", "advertInt"]]);
});

describe("an undo timer that ends before the roles have settled", () => {
  const undo = (rest: Record<string, unknown>) =>
    checkCluster(clusterInput(rest)).filter(({ rule }) => rule === "undo-before-settled");

  it("is refused with the seconds that it takes", () => {
    // The down timer of 40 * 10 s and a skew of 10 s * 166 / 256, a second, and what the steps take.
    expect(undo({ advertInt: 10, downTimerAdverts: 40, undoAfter: 412 })).toEqual([
      expect.objectContaining({
        path: "undoAfter",
        value: "412",
        allowed: expect.stringMatching(/^413 or more/) as string,
      }),
    ]);
    expect(undo({ advertInt: 10, downTimerAdverts: 40, undoAfter: 413 })).toEqual([]);
  });

  it("counts that the hosts give way one after another, where virtual routers move by themselves", () => {
    const web = { name: "web", virtualRouterId: 52, virtualIpAddresses: ["192.168.1.9/24"] };
    const nodes = [nodeInput("gw-a", 2), nodeInput("gw-b", 3), nodeInput("gw-c", 4)];
    const several = (undoAfter: number, router = {}, rest = {}) =>
      undo({ nodes, undoAfter, virtualRouters: [{ ...web, ...router }], ...rest }).map(
        ({ allowed }) => allowed,
      );
    // 5 s until the roles have settled, 5 s of steps, and for two hosts 5 s until a peer has taken over.
    expect(several(19)).toEqual([expect.stringMatching(/^20 or more: .* 10 s .*give way/)]);
    expect(several(20)).toEqual([]);
    expect(several(10, { syncGroup: true })).toEqual([]);
    expect(several(10, { syncGroup: UNKNOWN })).toEqual([]);
    // For longer than a minute no host waits.
    expect(several(129, {}, { preemptDelay: 54 })).toEqual([expect.stringMatching(/^130 or more/)]);
    expect(several(10, {}, { preemptDelay: 55 })).toEqual([]);
  });

  it("counts the startup delay and the BFD sessions, and says nothing of what is known later", () => {
    expect(undo({ startupDelay: 60, undoAfter: 60 })).toHaveLength(1);
    expect(
      undo({ bfd: [{ name: "up", neighborIp: "192.168.1.254", idleTx: 20000 }], undoAfter: 60 }),
    ).toHaveLength(1);
    expect(undo({ undoAfter: 10 })).toEqual([]);
    expect(undo({ startupDelay: UNKNOWN, undoAfter: 10 })).toEqual([]);
  });
});
