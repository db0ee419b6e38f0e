import { checkCluster, parseCluster, UNKNOWN } from "../../../spec";
import { clusterInput, nodeInput } from "./cluster-input";

const endpoints = ["http://203.0.113.9:2379"];

/** A pair with a witness that has a vote. */
const witnessed = (witness: unknown = { endpoints }, rest: Record<string, unknown> = {}) =>
  clusterInput({ preemption: "sticky", witness, ...rest });

const found = (input: unknown) => checkCluster(input).map((p) => [p.rule, p.path]);

function witnessOf(witness: unknown) {
  const parsed = parseCluster(witnessed(witness));
  return "value" in parsed ? parsed.value.witness : parsed.problems;
}

describe("a witness", () => {
  it("is an etcd of one or three members, whose votes count for 10 s", () => {
    expect(witnessOf({ endpoints })).toEqual({ kind: "lease", endpoints, ttl: 10 });
    const three = ["http://198.51.100.1", "https://etcd.example.org/", "https://[2001:db8::9]:1234"];
    expect(witnessOf({ endpoints: three, ttl: 9 })).toEqual({
      kind: "lease",
      endpoints: ["http://198.51.100.1:2379", "https://etcd.example.org:2379", "https://[2001:db8::9]:1234"],
      ttl: 9,
    });
  });

  it("may show the servers a certificate", () => {
    const files = { caFile: "/etc/ssl/ca.pem", certFile: "/etc/ssl/gw.pem", keyFile: "/etc/ssl/gw.key" };
    const https = ["https://203.0.113.9:2379"];
    expect(witnessOf({ endpoints: https, ...files })).toEqual({
      kind: "lease",
      endpoints: https,
      ttl: 10,
      ...files,
    });
  });

  it("can be a target of pings, which any cluster may have", () => {
    const ping = { ping: "203.0.113.1" };
    expect(witnessOf(ping)).toEqual({ kind: "ping", target: "203.0.113.1" });
    expect(found(clusterInput({ witness: ping }))).toEqual([]);
  });

  it.each([
    ["nothing", {}, "witness"],
    ["both kinds", { endpoints, ping: "203.0.113.1" }, "witness"],
    ["a ttl of pings", { ping: "203.0.113.1", ttl: 5 }, "witness"],
    [
      "two members, of which both are needed",
      { endpoints: [...endpoints, "http://203.0.113.8"] },
      "witness.endpoints",
    ],
    ["no member", { endpoints: [] }, "witness.endpoints"],
    ["a URL with a path", { endpoints: ["http://203.0.113.9:2379/v3"] }, "witness.endpoints[0]"],
    ["a URL with a password", { endpoints: ["http://root:secret@203.0.113.9"] }, "witness.endpoints[0]"],
    ["an address that is no URL", { endpoints: ["203.0.113.9:2379"] }, "witness.endpoints[0]"],
    ["a port that is none", { endpoints: ["http://203.0.113.9:70000"] }, "witness.endpoints[0]"],
    ["a ttl too short for a lost packet", { endpoints, ttl: 4 }, "witness.ttl"],
    ["a ttl of more than a minute", { endpoints, ttl: 61 }, "witness.ttl"],
    ["a name to ping", { ping: "example.org" }, "witness.ping"],
    ["a file with a blank", { endpoints: ["https://203.0.113.9"], caFile: "/etc/my ca" }, "witness.caFile"],
  ])("is refused as %s, with the property by name", (_name, witness, path) => {
    expect(found(witnessed(witness))).toEqual([["bounds", path]]);
  });

  it("shows no password of a URL", () => {
    const problems = checkCluster(witnessed({ endpoints: ["http://root:hunter2@203.0.113.9"] }));
    expect(JSON.stringify(problems)).not.toContain("hunter2");
  });

  it("waits for what is known later", () => {
    expect(found(witnessed(UNKNOWN))).toEqual([]);
    expect(found(witnessed({ endpoints: [UNKNOWN] }))).toEqual([]);
  });
});

const script = { name: "web", script: "/bin/true", weight: -1 };

it.each([
  [
    "three nodes",
    { nodes: [nodeInput("a", 2), nodeInput("b", 3), nodeInput("c", 4)] },
    "witness-node-count",
    "nodes",
  ],
  ["an order of nodes", { preemption: "prefer-primary" }, "witness-not-sticky", "preemption"],
  ["a script that keepalived runs", { trackScripts: [script] }, "witness-unseen", "trackScripts"],
  [
    "a process that it looks for",
    { trackProcesses: [{ name: "web", process: "nginx" }] },
    "witness-unseen",
    "trackProcesses",
  ],
  [
    "an interface that one node tracks",
    { nodes: [{ ...nodeInput("a", 2), trackInterfaces: [{ interface: "eth1" }] }, nodeInput("b", 3)] },
    "witness-unseen",
    "nodes[0].trackInterfaces",
  ],
  [
    "addresses that move by themselves",
    { virtualRouters: [{ name: "web", virtualRouterId: 52, virtualIpAddresses: ["192.168.1.9/24"] }] },
    "witness-router-alone",
    "virtualRouters[0].syncGroup",
  ],
])("a witness with a vote is refused beside %s, one that is pinged is not", (_name, rest, rule, path) => {
  expect(found(witnessed({ endpoints }, rest))).toContainEqual([rule, path]);
  const pinged = found(witnessed({ ping: "203.0.113.1" }, rest)).map(([id]) => id);
  expect(pinged).not.toContain(rule);
});

it("further addresses that move with the cluster's own have a place beside a witness", () => {
  const web = { name: "web", virtualRouterId: 52, virtualIpAddresses: ["192.168.1.9/24"], syncGroup: true };
  expect(found(witnessed({ endpoints }, { virtualRouters: [web] }))).toEqual([]);
});

it.each([
  ["a node's source", { endpoints: ["http://192.168.1.2"] }, "witness.endpoints[0]"],
  ["where a node is reached over SSH", { endpoints: ["http://10.0.0.3"] }, "witness.endpoints[0]"],
  ["a virtual address", { ping: "192.168.1.1" }, "witness.ping"],
])("a witness on %s is no third place", (_name, witness, path) => {
  expect(found(witnessed(witness))).toEqual([["witness-inside", path]]);
});

it.each([
  ["files without TLS", { endpoints, caFile: "/etc/ca.pem" }, "witness.caFile"],
  [
    "a certificate without its key",
    { endpoints: ["https://203.0.113.9"], certFile: "/etc/c.pem" },
    "witness.keyFile",
  ],
])("a witness with %s is refused", (_name, witness, path) => {
  expect(found(witnessed(witness))).toEqual([["witness-tls", path]]);
});
