import { checkCluster, Cluster, hostPlan, membersOf, parseCluster, UNKNOWN } from "../../../spec";
import { clusterInput, mixedInput, nodeInput } from "./cluster-input";

function cluster(input: unknown): Cluster {
  const parsed = parseCluster(input);
  if ("problems" in parsed) {
    throw new Error(JSON.stringify(parsed.problems));
  }
  return parsed.value;
}

function found(input: unknown) {
  return checkCluster(input).map((p) => [p.rule, p.path]);
}

const web = { name: "web", virtualRouterId: 52, virtualIpAddresses: ["192.168.1.9/24"] };

/** A cluster with one further virtual router. */
const withRouter = (router: Record<string, unknown> = {}, rest: Record<string, unknown> = {}) =>
  clusterInput({ virtualRouters: [{ ...web, ...router }], ...rest });

/** Name, interface, priority and source of each instance of a node. */
const instancesOf = (input: unknown, node: string) =>
  hostPlan(cluster(input), node).instances.map((i) => [i.name, i.interface, i.priority, i.unicastSrcIp]);

describe("a further virtual router", () => {
  it("is an instance of its own on every node, with the cluster's transport, priority, checks and timers", () => {
    const trackScripts = [{ name: "web", script: "/bin/true" }];
    const [own, other] = membersOf(cluster(withRouter({}, { advertInt: 2, trackScripts })));
    expect(other?.map(({ node }) => node)).toEqual(["gw-a", "gw-b"]);
    expect(other?.[1]?.instance).toEqual({
      ...own?.[1]?.instance,
      name: "gw-web",
      virtualRouterId: 52,
      virtualIpAddresses: [{ address: "192.168.1.9", prefixLength: 24, family: 4 }],
    });
  });

  it("crosses the priorities with a primary of its own", () => {
    const input = withRouter({ primary: "gw-b" });
    expect(instancesOf(input, "gw-a").map(([, , priority]) => priority)).toEqual([100, 90]);
    expect(instancesOf(input, "gw-b").map(([, , priority]) => priority)).toEqual([90, 100]);
  });

  it("keeps the order of the others behind its primary, also with stated priorities", () => {
    const nodes = [["gw-a", 2, 50] as const, ["gw-b", 3, 150] as const, ["gw-c", 4, 120] as const].map(
      ([name, n, priority]) => ({ ...nodeInput(name, n), priority }),
    );
    const [, members] = membersOf(cluster(withRouter({ primary: "gw-a" }, { nodes })));
    expect(members?.map(({ instance }) => instance.priority)).toEqual([150, 120, 50]);
  });

  it("has on a node what is stated for it there; another interface leaves the node's other addresses behind", () => {
    const nodes = [
      { name: "gw-a", interface: "eth1", unicastSrcIp: "10.9.0.2", priority: 77 },
      { name: "gw-b", interface: "eth1", unicastSrcIp: "10.9.0.3" },
    ];
    const input = withRouter({ virtualIpAddresses: ["10.9.0.1/24"], nodes });
    expect(instancesOf(input, "gw-a")[1]).toEqual(["gw-web", "eth1", 77, "10.9.0.2"]);
    expect(hostPlan(cluster(input), "gw-a")).toMatchObject({
      instances: [{}, { unicastPeers: ["10.9.0.3"] }],
      peers: [{ name: "gw-b", addresses: ["192.168.1.3", "10.9.0.3"] }],
    });
    expect(found(withRouter({ nodes: [{ name: "gw-b", interface: "eth1" }] }))).toContainEqual([
      "unicast-src-ip-missing",
      "virtualRouters[0].nodes[0].unicastSrcIp",
    ]);
  });

  it("says where a second family's address on another interface is missing", () => {
    const onEth1 = (n: number) => ({
      name: n === 2 ? "gw-a" : "gw-b",
      interface: "eth1",
      unicastSrcIp: `10.9.0.${n}`,
    });
    const router = { virtualIpAddresses: ["10.9.0.1/24", "2001:db8:9::1/64"], nodes: [onEth1(2), onEth1(3)] };
    expect(found(mixedInput({ virtualRouters: [{ ...web, ...router }] }))).toEqual([
      ["unicast-src-ip-missing", "virtualRouters[0].nodes[0].unicastSrcIp6"],
      ["unicast-src-ip-missing", "virtualRouters[0].nodes[1].unicastSrcIp6"],
    ]);
  });

  it("keeps the node's addresses where the interface that is stated is the node's own", () => {
    const input = withRouter({ nodes: [{ name: "gw-b", interface: "eth0", priority: 77 }] });
    expect(instancesOf(input, "gw-b")[1]).toEqual(["gw-web", "eth0", 77, "192.168.1.3"]);
    expect(found(withRouter({ nodes: [{ name: "gw-b", interface: UNKNOWN }] }))).toEqual([]);
  });

  it("follows an interface of its own by itself, where the cluster tracks that one, too; the cluster's own may not", () => {
    const nodes = ["gw-a", "gw-b"].map((name, i) => ({
      name,
      interface: "eth1",
      unicastSrcIp: `10.9.0.${2 + i}`,
    }));
    const router = { virtualIpAddresses: ["10.9.0.1/24"], nodes };
    const tracks = (names: string[]) => ({
      trackInterfaces: names.map((name) => ({ interface: name, weight: -20 })),
    });
    const { instances } = hostPlan(cluster(withRouter(router, tracks(["eth1", "eth2"]))), "gw-a");
    expect(instances.map((i) => i.trackInterfaces.map((one) => one.interface))).toEqual([
      ["eth1", "eth2"],
      ["eth2"],
    ]);
    expect(found(withRouter(router, tracks(["eth0"])))).toEqual([
      ["track-interface-twice", "trackInterfaces[0].interface"],
    ]);
    // The place in what was written, not in what is left of it.
    const weights = { trackInterfaces: [{ interface: "eth1" }, { interface: "eth2", weight: -15 }] };
    const priorities = { nodes: [{ ...nodes[0]!, priority: 150 }, nodes[1]!] };
    expect(found(withRouter({ ...router, ...priorities }, weights))).toEqual([
      ["weight-too-small", "trackInterfaces[1].weight"],
    ]);
  });

  it.each([
    ["the cluster's own", ["192.168.1.1/24"], ["2001:db8::9/64"]],
    ["a further one", ["2001:db8::1/64"], ["192.168.1.9/24"]],
  ])("with IPv6 only has version 3 without a password, where %s has IPv4 in version 2", (_, own, further) => {
    const input = mixedInput({
      virtualIpAddresses: own,
      virtualRouters: [{ ...web, virtualIpAddresses: further }],
      version: 2,
      authPass: "hush",
    });
    const told = hostPlan(cluster(input), "gw-a").instances.map((i) => [i.family, i.version, i.authPass]);
    expect(told.sort()).toEqual([
      [4, 2, "hush"],
      [6, 3, undefined],
    ]);
    const six = { virtualIpAddresses: ["2001:db8::1/64"], version: 2 };
    const later = [{ ...web, virtualIpAddresses: [UNKNOWN] }];
    expect(found(mixedInput({ ...six, virtualRouters: later }))).toEqual([]);
    expect(found(mixedInput({ ...six, virtualRouters: UNKNOWN }))).toEqual([]);
    const otherSix = [{ ...web, virtualIpAddresses: ["2001:db8::9/64"] }];
    expect(found(mixedInput({ ...six, virtualRouters: otherSix }))).toEqual([["ipv6-with-v2", "version"]]);
  });

  it("moves by itself; with syncGroup it is in one group with the cluster's own, and both families always are", () => {
    const groups = (input: unknown) => hostPlan(cluster(input), "gw-a").syncGroups;
    expect(groups(withRouter())).toEqual([]);
    expect(groups(withRouter({ syncGroup: true }))).toEqual([{ name: "gw", instances: ["gw", "gw-web"] }]);
    const both = ["192.168.1.9/24", "2001:db8::9/64"];
    expect(groups(mixedInput({ virtualRouters: [{ ...web, virtualIpAddresses: both }] }))).toEqual([
      { name: "gw", instances: ["gw", "gw-6"] },
      { name: "gw-web", instances: ["gw-web", "gw-web-6"] },
    ]);
  });

  it("names each address of a peer once", () => {
    expect(hostPlan(cluster(withRouter()), "gw-a").peers).toEqual([
      { name: "gw-b", addresses: ["192.168.1.3"] },
    ]);
  });
});

it.each([
  [
    "an id that is taken on the interface",
    { virtualRouterId: 51 },
    "virtual-router-id-reused",
    "virtualRouterId",
  ],
  [
    "an address of the cluster's own",
    { virtualIpAddresses: ["192.168.1.1/24"] },
    "duplicate-vip",
    "virtualIpAddresses[0]",
  ],
  [
    "an address off the network",
    { virtualIpAddresses: ["10.0.0.9/24"] },
    "vip-outside-network",
    "virtualIpAddresses[0]",
  ],
  ["a primary that is no node", { primary: "gw-x" }, "router-node-unknown", "primary"],
  ["a node that is none", { nodes: [{ name: "gw-x" }] }, "router-node-unknown", "nodes[0].name"],
  ["a node twice", { nodes: [{ name: "gw-a" }, { name: "gw-a" }] }, "duplicate-name", "nodes[1].name"],
  ["a primary in a sync group", { primary: "gw-b", syncGroup: true }, "sync-group-priority", "primary"],
  ["equal priorities", { nodes: [{ name: "gw-b", priority: 100 }] }, "equal-priorities", "nodes[0].priority"],
  [
    "a priority beside a primary",
    { primary: "gw-b", nodes: [{ name: "gw-a", priority: 150 }] },
    "primary-with-priority",
    "nodes[0].priority",
  ],
  ["priority 255", { nodes: [{ name: "gw-b", priority: 255 }] }, "priority-255", "nodes[0].priority"],
  ["the name of a second family", { name: "6" }, "bounds", "name"],
])("is refused with %s", (_what, router, rule, path) => {
  expect(found(withRouter(router))).toContainEqual([rule, `virtualRouters[0].${path}`]);
});

it("two virtual routers of one name are refused, and a primary where nobody takes addresses back", () => {
  const twice = [web, { ...web, virtualRouterId: 53, virtualIpAddresses: ["192.168.1.10/24"] }];
  expect(found(clusterInput({ virtualRouters: twice }))).toEqual([
    ["duplicate-name", "virtualRouters[1].name"],
  ]);
  expect(found(withRouter({ primary: "gw-b" }, { preemption: "sticky" }))).toContainEqual([
    "sticky-primary",
    "virtualRouters[0].primary",
  ]);
});

it("what is wrong with the cluster is told once, at its own place, however many virtual routers there are", () => {
  const nodes = [nodeInput("gw-a", 2), { ...nodeInput("gw-b", 3), unicastSrcIp: undefined }];
  expect(found(withRouter({}, { nodes }))).toEqual([["unicast-src-ip-missing", "nodes[1].unicastSrcIp"]]);
});

it("equal priorities and 255 of the nodes are told where they stand, also where a primary crosses them", () => {
  const nodes = (...priorities: number[]) =>
    priorities.map((priority, i) => ({ ...nodeInput(`gw-${"abc"[i]}`, 2 + i), priority }));
  expect(found(withRouter({ primary: "gw-b" }, { nodes: nodes(100, 100) }))).toEqual([
    ["equal-priorities", "nodes[1].priority"],
  ]);
  expect(found(withRouter({ primary: "gw-c" }, { nodes: nodes(100, 100, 90) }))).toEqual([
    ["equal-priorities", "nodes[1].priority"],
  ]);
  expect(found(withRouter({ primary: "gw-b" }, { nodes: nodes(255, 90) })).map(([, path]) => path)).toEqual([
    "nodes[0].priority",
  ]);
});

describe("an address that VRRP is sent from", () => {
  const eth1 = (...addresses: string[]) =>
    addresses.map((unicastSrcIp, i) => ({ name: `gw-${"ab"[i]}`, interface: "eth1", unicastSrcIp }));

  it("is no virtual address of another virtual router, whichever of the two it is", () => {
    expect(
      found(withRouter({ virtualIpAddresses: ["10.9.0.1/24"], nodes: eth1("10.9.0.2", "192.168.1.1") })),
    ).toContainEqual(["vip-is-source", "virtualRouters[0].nodes[1].unicastSrcIp"]);
    const crossed = withRouter({
      virtualIpAddresses: ["192.168.1.3/24"],
      nodes: eth1("192.168.1.8", "192.168.1.9"),
    });
    expect(found(crossed)).toEqual([["vip-is-source", "nodes[1].unicastSrcIp"]]);
    expect(checkCluster(crossed)[0]?.allowed).toContain("virtualRouters[0].virtualIpAddresses[0]");
    const two = [
      { ...web, virtualIpAddresses: ["10.9.0.1/24"], nodes: eth1("10.9.0.2", "10.9.0.3") },
      {
        ...web,
        name: "db",
        virtualRouterId: 53,
        virtualIpAddresses: ["10.9.0.3/24"],
        nodes: eth1("10.9.0.8", "10.9.0.9"),
      },
    ];
    expect(found(clusterInput({ virtualRouters: two }))).toEqual([
      ["vip-is-source", "virtualRouters[0].nodes[1].unicastSrcIp"],
    ]);
  });

  it("is none in multicast, and of the second family, either", () => {
    const six = mixedInput({
      virtualRouters: [
        {
          ...web,
          virtualIpAddresses: ["10.9.0.1/24"],
          nodes: eth1("10.9.0.2", "10.9.0.3").map((node) => ({ ...node, unicastSrcIp6: "2001:db8::1" })),
        },
      ],
    });
    expect(found(six)).toContainEqual(["vip-is-source", "virtualRouters[0].nodes[0].unicastSrcIp6"]);
    const nodes = eth1("10.9.0.2", "10.9.0.3").map((node) => ({ ...node, mcastSrcIp: "192.168.1.1" }));
    expect(
      found(withRouter({ virtualIpAddresses: ["10.9.0.1/24"], nodes }, { multicast: true })),
    ).toContainEqual(["vip-is-source", "virtualRouters[0].nodes[0].mcastSrcIp"]);
  });

  it("is told once where the virtual router itself sends from it", () => {
    expect(found(withRouter({ virtualIpAddresses: ["192.168.1.3/24"] }))).toEqual([
      ["unicast-src-ip-foreign", "nodes[1].unicastSrcIp"],
    ]);
  });
});

it("sticky virtual routers of one sync group have the nodes' addresses in one order; those that move by themselves need not", () => {
  const nodes = ["gw-a", "gw-b"].map((name, i) => ({
    name,
    interface: "eth1",
    unicastSrcIp: `10.9.0.${3 - i}`,
  }));
  const bfd = [{ name: "up", neighborIp: "192.168.1.254" }];
  const sticky = (syncGroup: boolean) =>
    found(
      withRouter({ syncGroup, virtualIpAddresses: ["10.9.0.1/24"], nodes }, { preemption: "sticky", bfd }),
    );
  expect(sticky(true)).toEqual([["sticky-address-order", "virtualRouters[0].nodes[1].unicastSrcIp"]]);
  expect(sticky(false)).toEqual([]);
});

it("what hangs on a value that is known later is not judged", () => {
  const later = [
    withRouter({ primary: UNKNOWN }),
    withRouter({ virtualRouterId: UNKNOWN }),
    withRouter({ nodes: UNKNOWN }),
    withRouter({ nodes: [UNKNOWN] }),
    withRouter({ nodes: [{ name: "gw-a", interface: UNKNOWN, unicastSrcIp: UNKNOWN }] }),
    clusterInput({ virtualRouters: UNKNOWN }),
    clusterInput({ virtualRouters: [UNKNOWN] }),
  ];
  for (const input of later) {
    expect(checkCluster(input)).toEqual([]);
  }
});
