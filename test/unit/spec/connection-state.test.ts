import { checkCluster, hostPlan, parseCluster, UNKNOWN } from "../../../spec";
import { clusterInput, nodeInput } from "./cluster-input";

type Input = Record<string, unknown>;

const links = {
  "gw-a": { interface: "eth2", address: "192.168.254.1" },
  "gw-b": { interface: "eth2", address: "192.168.254.2" },
};

function plan(connectionState: Input, change: Input = {}, node = "gw-a") {
  const parsed = parseCluster(clusterInput({ connectionState, ...change }));
  if ("problems" in parsed) {
    throw new Error(JSON.stringify(parsed.problems));
  }
  return hostPlan(parsed.value, node);
}

const found = (connectionState: Input, change: Input = {}) =>
  checkCluster(clusterInput({ connectionState, ...change })).map((p) => [p.rule, p.path, p.value]);

test("each node tells the other by what VRRP goes over, or by a link of its own", () => {
  expect(plan({}).connectionState).toEqual({
    port: 3780,
    interface: "eth0",
    address: "192.168.1.2",
    peer: "192.168.1.3",
    own: ["192.168.1.2", "192.168.1.3"],
  });
  expect(plan({ port: 4000, links }, {}, "gw-b").connectionState).toEqual({
    port: 4000,
    interface: "eth2",
    address: "192.168.254.2",
    peer: "192.168.254.1",
    own: ["192.168.1.2", "192.168.1.3", "192.168.254.1", "192.168.254.2"],
  });
});

test("the firewall lets in the other node alone, and is left alone where the spec says so", () => {
  expect(plan({}).openPorts).toEqual([
    { protocol: "udp", port: 3780, from: { text: "192.168.1.3", family: 4 } },
  ]);
  expect(plan({}, { firewall: false }).openPorts).toEqual([]);
});

test("it is the first action of the role, which it makes where there is none", () => {
  const names = (change: Input = {}) => plan({}, change).role!.actions.map(({ name }) => name);
  expect(names()).toEqual(["conntrack"]);
  const role = { actions: [{ name: "web", kind: "service", service: "cron" }] };
  expect(names({ role, gateway: { upstreams: [{ address: "10.0.0.11:80" }] } })).toEqual([
    "conntrack",
    "gateway",
    "web",
  ]);
});

test("what cannot work is refused", () => {
  const three = [nodeInput("gw-a", 2), nodeInput("gw-b", 3), nodeInput("gw-c", 4)];
  expect(found({}, { nodes: three })).toEqual([
    ["connection-state-nodes", "connectionState", "a cluster of 3 nodes"],
  ]);
  expect(found({ links: { "gw-a": links["gw-a"], "gw-x": links["gw-b"] } })).toEqual([
    ["connection-state-links", "connectionState.links.gw-b", "(missing)"],
    ["connection-state-links", "connectionState.links.gw-x", "gw-x"],
  ]);
  const other = (address: string) => ({ links: { ...links, "gw-b": { interface: "eth2", address } } });
  const path = "connectionState.links.gw-b.address";
  expect(found(other("192.168.254.1"))).toEqual([["connection-state-ends", path, "192.168.254.1"]]);
  expect(found(other("fd00::2"))).toEqual([["connection-state-ends", path, "fd00::2"]]);
  expect(found(other("192.168.1.1"))).toEqual([["connection-state-ends", path, "192.168.1.1"]]);
  const router = { name: "r", virtualRouterId: 52, virtualIpAddresses: ["192.168.1.9/24"] };
  expect(found({}, { virtualRouters: [router] })).toEqual([
    ["connection-state-routers", "virtualRouters[0].syncGroup", "false"],
  ]);
  expect(found({}, { virtualRouters: [{ ...router, syncGroup: true }] })).toEqual([]);
  expect(found(other("192.168.1.9"), { virtualRouters: [{ ...router, syncGroup: true }] })).toEqual([
    ["connection-state-ends", path, "192.168.1.9"],
  ]);
  expect(
    found({
      links: {
        ...links,
        "gw-a": { interface: "eth2", address: "fe80::1" },
        "gw-b": { interface: "eth2", address: "fe80::2" },
      },
    }).length,
  ).toBe(2);
  const role = { actions: [{ name: "conntrack", kind: "service", service: "nginx" }] };
  expect(found({}, { role })).toEqual([["duplicate-name", "role.actions[0].name", "conntrack"]]);
  expect(found({ port: 0 })).toEqual([["bounds", "connectionState.port", "0"]]);
});

test("a node that sends to a group needs a link", () => {
  const nodes = [nodeInput("gw-a", 2), nodeInput("gw-b", 3)].map(({ unicastSrcIp, ...node }) => ({
    ...node,
    mcastSrcIp: unicastSrcIp,
  }));
  const multicast = { multicast: true, nodes };
  expect(found({ links }, multicast)).toEqual([]);
  expect(found({}, multicast)).toEqual([["connection-state-links", "connectionState.links", "(missing)"]]);
});

test("what is not known yet is not judged", () => {
  expect(found(UNKNOWN as unknown as Input)).toEqual([]);
  expect(found({ links: UNKNOWN })).toEqual([]);
  expect(found({ links: { ...links, "gw-b": { interface: "eth2", address: UNKNOWN } } })).toEqual([]);
});
