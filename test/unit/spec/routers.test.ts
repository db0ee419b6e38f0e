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
