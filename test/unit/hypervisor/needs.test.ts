import { needsOf } from "../../../hypervisor";
import { Cluster, parseCluster } from "../../../spec";
import { clusterInput, mixedInput, nodeInput } from "../spec/cluster-input";

function cluster(input: Record<string, unknown>): Cluster {
  const parsed = parseCluster(input, {});
  if (!("value" in parsed)) {
    throw new Error(JSON.stringify(parsed.problems));
  }
  return parsed.value;
}

const three = (change: Record<string, unknown> = {}) =>
  clusterInput({ nodes: [nodeInput("gw-a", 2), nodeInput("gw-b", 3), nodeInput("gw-c", 4)], ...change });

describe("what a cluster needs of a node's NIC", () => {
  it("is protocol 112 between its source and its peers', and its own addresses with the virtual ones", () => {
    expect(needsOf(cluster(three()), "gw-b")).toEqual([
      {
        interface: "eth0",
        vrrp: [{ family: 4, source: "192.168.1.3", peers: ["192.168.1.2", "192.168.1.4"] }],
        addresses: ["192.168.1.3", "192.168.1.1"],
        virtualMac: false,
        also: [],
      },
    ]);
  });

  it("is the group where adverts are multicast", () => {
    expect(needsOf(cluster(three({ multicast: true })), "gw-a")[0]!.vrrp).toEqual([
      { family: 4, source: "192.168.1.2", peers: ["192.168.1.3", "192.168.1.4"], group: "224.0.0.18" },
    ]);
  });

  it("is both families, each from its own source", () => {
    const [nic] = needsOf(cluster(mixedInput()), "gw-a");
    expect(nic!.vrrp).toEqual([
      { family: 4, source: "192.168.1.2", peers: ["192.168.1.3"] },
      { family: 6, source: "2001:db8::2", peers: ["2001:db8::3"] },
    ]);
    expect(nic!.addresses).toEqual(["192.168.1.2", "192.168.1.1", "2001:db8::2", "2001:db8::1"]);
  });

  it("is once for further virtual routers of the same interface, and apart for one of another", () => {
    const nodes = [2, 3].map((n) => ({
      name: n === 2 ? "gw-a" : "gw-b",
      interface: "eth1",
      unicastSrcIp: `10.9.0.${n}`,
    }));
    const virtualRouters = [
      { name: "second", virtualRouterId: 52, virtualIpAddresses: ["192.168.1.9/24"] },
      { name: "inner", virtualRouterId: 53, virtualIpAddresses: ["10.9.0.1/24"], nodes },
    ];
    expect(needsOf(cluster(clusterInput({ virtualRouters })), "gw-a")).toMatchObject([
      {
        interface: "eth0",
        vrrp: [{ peers: ["192.168.1.3"] }],
        addresses: ["192.168.1.2", "192.168.1.1", "192.168.1.9"],
      },
      { interface: "eth1", vrrp: [{ peers: ["10.9.0.3"] }], addresses: ["10.9.0.2", "10.9.0.1"] },
    ]);
  });

  it("is of a virtual address on another interface only that it is sent from there", () => {
    const input = clusterInput({ virtualIpAddresses: ["192.168.1.1/24", "10.9.0.1/24 dev eth1"] });
    expect(needsOf(cluster(input), "gw-a")).toMatchObject([
      { interface: "eth0", addresses: ["192.168.1.2", "192.168.1.1"] },
      { interface: "eth1", vrrp: [], addresses: ["10.9.0.1"] },
    ]);
  });

  it("says what else goes between the nodes, which nobody opens there", () => {
    const [nic] = needsOf(cluster(clusterInput({ connectionState: {} })), "gw-a");
    expect(nic!.also).toEqual(["connection states: UDP port 3780 from 192.168.1.3 to 192.168.1.2"]);
  });
});
