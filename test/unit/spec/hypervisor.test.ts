import { checkCluster, parseCluster } from "../../../spec";
import { clusterInput, HOST_KEY, nodeInput } from "./cluster-input";

const TOKEN = "pulumi@pve!nics=11111111-2222-3333-4444-555555555555";
const API = { endpoint: "https://pve1.example.org:8006", token: TOKEN };
const SSH = { connection: { host: "192.0.2.200", privateKey: "KEY", hostKey: HOST_KEY } };

/** A pair whose nodes are guests; `null` takes a node's guest away. */
function input(hypervisor: object | undefined, guests: (object | null)[] = [{ id: 101 }, { id: 102 }]) {
  const nodes = guests.map((guest, i) => ({
    ...nodeInput(`gw-${"ab"[i]}`, i + 2),
    ...(guest !== null && { guest }),
  }));
  return clusterInput({ nodes, ...(hypervisor !== undefined && { hypervisor }) });
}

test.each([
  ["SSH to a node", { kind: "pve", ...SSH }],
  ["the API with a token", { kind: "pve", ...API }],
  ["the API with its authority", { kind: "pve", ...API, insecure: false }],
  [
    "words",
    { kind: "pve", ...API, firewall: false, promiscuous: true, macChanges: true, forgedTransmits: true },
  ],
])("a hypervisor by %s has nothing wrong with it", (_, hypervisor) => {
  expect(checkCluster(input(hypervisor))).toEqual([]);
});

test("what is read of it holds no way and no secret", () => {
  const parsed = parseCluster(
    input({ kind: "pve", ...API, firewall: false }, [{ id: 101 }, { id: 102, nic: "net1" }]),
  );
  if ("problems" in parsed) throw new Error(JSON.stringify(parsed.problems));
  expect(parsed.value.hypervisor).toEqual({ kind: "pve", firewall: false });
  expect(parsed.value.nodes.map(({ guest }) => guest)).toEqual([
    { id: 101, nic: "net0" },
    { id: 102, nic: "net1" },
  ]);
});

test("a node that is a machine of its own may stand beside a guest", () => {
  expect(checkCluster(input({ kind: "pve", ...API }, [{ id: 101 }, null]))).toEqual([]);
});

test("guests that all have a way of their own need none of the hypervisor's", () => {
  expect(
    checkCluster(
      input({ kind: "pve" }, [
        { id: 101, ...API },
        { id: 101, ...SSH },
      ]),
    ),
  ).toEqual([]);
});

test.each<[string, object | undefined, (object | null)[] | undefined, string, string]>([
  [
    "a guest without a hypervisor",
    undefined,
    [{ id: 101 }, null],
    "guest-without-hypervisor",
    "nodes[0].guest",
  ],
  ["no guest", { kind: "pve", ...API }, [null, null], "hypervisor-without-guest", "nodes[0].guest"],
  ["no way", { kind: "pve" }, undefined, "hypervisor-access", "hypervisor"],
  ["a token alone", { kind: "pve", token: TOKEN }, undefined, "hypervisor-access", "hypervisor"],
  [
    "two ways",
    { kind: "pve", endpoint: API.endpoint, ...SSH },
    undefined,
    "hypervisor-access",
    "hypervisor.endpoint",
  ],
  [
    "ESXi by an API",
    { kind: "esxi", endpoint: API.endpoint },
    [{ portGroup: "a" }, { portGroup: "b" }],
    "hypervisor-access",
    "hypervisor.endpoint",
  ],
  [
    "firewall on ESXi",
    { kind: "esxi", ...SSH, firewall: false },
    [{ portGroup: "a" }, { portGroup: "b" }],
    "hypervisor-words",
    "hypervisor.firewall",
  ],
  [
    "a VMID on ESXi",
    { kind: "esxi", ...SSH },
    [{ portGroup: "a", id: 101 }, { portGroup: "b" }],
    "guest-unnamed",
    "nodes[0].guest.id",
  ],
  ["a guest without VMID", { kind: "pve", ...API }, [{}, { id: 102 }], "guest-unnamed", "nodes[0].guest.id"],
  [
    "one guest twice",
    { kind: "pve", ...API },
    [{ id: 101 }, { id: 101 }],
    "guest-twice",
    "nodes[1].guest.id",
  ],
  [
    "words that contradict",
    { kind: "pve", ...API, macChanges: true, forgedTransmits: false },
    undefined,
    "hypervisor-words",
    "hypervisor.forgedTransmits",
  ],
  [
    "the node as its hypervisor",
    { kind: "pve", connection: { ...SSH.connection, host: "10.0.0.2" } },
    undefined,
    "hypervisor-is-node",
    "hypervisor.connection.host",
  ],
  ["a VMID below 100", { kind: "pve", ...API }, [{ id: 99 }, { id: 102 }], "bounds", "nodes[0].guest.id"],
  [
    "a NIC by the guest's name",
    { kind: "pve", ...API },
    [{ id: 101, nic: "eth0" }, { id: 102 }],
    "bounds",
    "nodes[0].guest.nic",
  ],
  [
    "a path in the endpoint",
    { kind: "pve", ...API, endpoint: "https://pve1:8006/api2/json" },
    undefined,
    "bounds",
    "hypervisor.endpoint",
  ],
  [
    "a misspelt word",
    { kind: "pve", ...API, promiscous: true },
    undefined,
    "unknown-key",
    "hypervisor.promiscous",
  ],
])("%s is one problem", (_, hypervisor, guests, rule, path) => {
  const problems = checkCluster(input(hypervisor, guests));
  expect(problems.map((problem) => [problem.rule, problem.path])).toEqual([[rule, path]]);
  expect(problems[0]!.fix).not.toBe("");
  expect(JSON.stringify(problems)).not.toContain(TOKEN);
});
