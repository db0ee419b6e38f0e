import { clusterInput, CONF, Pair } from "./pair";

const two = ["a", "b"];

const SIX = clusterInput(two, {
  virtualIpAddresses: ["2001:db8::100/64"],
  nodes: { a: { unicastSrcIp: "2001:db8::1" }, b: { unicastSrcIp: "2001:db8::2" } },
});
const CHECKED = clusterInput(two, {
  checks: [{ name: "web", kind: "process", process: "nginx" }],
});
const ACTIVE = clusterInput(two, {
  virtualRouters: [{ name: "two", virtualRouterId: 52, virtualIpAddresses: ["10.0.0.101/24"], primary: "b" }],
});
const TWO_NETWORKS = clusterInput(two, {
  virtualRouters: [
    {
      name: "lan",
      virtualRouterId: 52,
      virtualIpAddresses: ["10.1.0.100/24"],
      nodes: [
        { name: "a", interface: "eth1", unicastSrcIp: "10.1.0.1" },
        { name: "b", interface: "eth1", unicastSrcIp: "10.1.0.2" },
      ],
    },
  ],
});
const MULTICAST = clusterInput(two, {
  multicast: true,
  nodes: {
    a: { unicastSrcIp: undefined, mcastSrcIp: "10.0.0.1" },
    b: { unicastSrcIp: undefined, mcastSrcIp: "10.0.0.2" },
  },
});

const HEALTHY: Record<string, () => Pair> = {
  "a pair": () => new Pair(),
  "three nodes": () => new Pair(clusterInput(["a", "b", "c"])),
  "five nodes, of which the last holds": () => new Pair(clusterInput(["a", "b", "c", "d", "e"]), { gw: "e" }),
  IPv6: () => new Pair(SIX),
  "both families": () =>
    new Pair(
      clusterInput(two, {
        virtualIpAddresses: ["10.0.0.100/24", "2001:db8::100/64"],
        nodes: { a: { unicastSrcIp6: "2001:db8::1" }, b: { unicastSrcIp6: "2001:db8::2" } },
      }),
    ),
  multicast: () => new Pair(MULTICAST),
  "VRRPv2 with a password": () =>
    new Pair(clusterInput(two, { version: 2, advertInt: 1, authPass: "secret" })),
  "sticky nodes, of which the second holds": () =>
    new Pair(
      clusterInput(two, {
        preemption: "sticky",
        checks: [{ name: "up", kind: "network", interval: 1, targets: ["10.0.0.254"] }],
      }),
      { gw: "b" },
    ),
  "sticky nodes with a preemptDelay that does nothing": () =>
    new Pair(clusterInput(two, { preemption: "sticky", preemptDelay: 30 })),
  "a primary that waits out preemptDelay after a failover": () =>
    new Pair(clusterInput(two, { preemptDelay: 60 }), { gw: "b" })
      .add("a", "flaps gw 2 600")
      .add("b", "flaps gw 1 600"),
  "two virtual routers, each with a master of its own": () => new Pair(ACTIVE, { "gw-two": "b" }),
  "other clusters with other virtual router ids": () =>
    new Pair()
      .each((node) => {
        void node;
      })
      .add("a", "heard 10.0.0.7 77 2 200 multicast 3", "heard 10.0.0.8 52 3 255 unicast 3")
      .add("b", "heard 10.0.0.7 77 2 200 multicast 3"),
  "another cluster's id on another of its interfaces": () =>
    new Pair(TWO_NETWORKS).add("a", "heard 10.1.0.7 51 2 200 multicast 3 eth1"),
  "another family's cluster with the same id": () =>
    new Pair().add("b", "heard fe80::7 51 3 100 multicast 3"),
  "foreign firewall rules": () =>
    new Pair().set("a", "firewall-manager", "firewall-manager ufw", "firewall-manager chains"),
  "a peer that is drained and stopped for maintenance": () =>
    new Pair().add("a", "drained").stop("a", "b").set("a", "daemon-enabled", "daemon-enabled no"),
  "a drained primary": () => new Pair(clusterInput(), { gw: "b" }).add("a", "drained"),
  "a promoted secondary": () => new Pair(clusterInput(), { gw: "b" }).add("b", "promoted"),
  "a change that is under way on one node": () =>
    new Pair()
      .edit("a", "virtual_router_id 51", "virtual_router_id 52")
      .add("a", "pending")
      .load("a", "vrid", "52"),
  "peers that are applied elsewhere": () =>
    new Pair()
      .each((node) => {
        void node;
      })
      .set("a", "want peers-elsewhere", "want peers-elsewhere yes")
      .drop("a", "want keeps"),
  "one node of which nothing was asked": () => {
    const pair = new Pair();
    pair.lines.delete("b");
    return pair;
  },
  "nodes without nftables": () =>
    new Pair()
      .each(() => undefined)
      .drop("a", "sent", "came", "frames", "heard")
      .drop("b", "sent", "came", "frames", "heard")
      .add("a", "lacks nft traffic")
      .add("b", "lacks nft traffic"),
  "nodes that can count at no NIC": () => {
    const pair = new Pair();
    for (const [node, lines] of pair.lines)
      pair.lines.set(
        node,
        lines.map((line) =>
          line.startsWith("came ") ? line.replace(/ \d+ (\d+) (\d+)$/, " - $1 $2") : line,
        ),
      );
    return pair;
  },
  "a daemon that tells nothing of itself": () =>
    new Pair()
      .drop("a", "loaded", "state")
      .add("a", "loaded-none it knows no dump")
      .drop("b", "loaded", "state")
      .add("b", "loaded-none it knows no dump"),
  "a quiet look": () =>
    new Pair().drop("a", "sent", "came", "frames", "answers").drop("b", "sent", "came", "frames", "answers"),
  "some probes that the two looks did not share": () =>
    new Pair().set("b", "came a 10.0.0.1 unicast probe", "came a 10.0.0.1 unicast probe 21 21 21"),
  "a peer that answers no ping": () =>
    new Pair().set("a", "echo b", "echo b 10.0.0.2 no").set("b", "echo a", "echo a 10.0.0.1 no"),
  "a virtual address that is routed to the nodes": () =>
    new Pair(clusterInput(two, { vipOffLink: true, virtualIpAddresses: ["192.0.2.100/32"] })).set(
      "b",
      "answers",
      "answers 192.0.2.100 none",
    ),
  "a neighbour entry that nobody uses any more": () =>
    new Pair().add("b", "neighbour 10.0.0.100 02:00:00:00:00:02 FAILED", "neighbour 10.0.0.100 - INCOMPLETE"),
  "a stray broadcast": () => new Pair().add("b", "stray 10.0.0.100 0"),
  "old log lines of a fault that is over": () =>
    new Pair().add(
      "a",
      "log vrid 3 (gw) received an invalid VRID",
      "log auth 9 (gw) received an invalid passwd!",
    ),
  "checks that pass": () => new Pair(CHECKED),
  "a check that fails on purpose for the backup: a vote": () =>
    new Pair(CHECKED).add("b", "check witness witness failing failing 2026-12-01T00:00:00Z the peer has it"),
  "a node of which only its own address differs in spelling": () =>
    new Pair(SIX).set("a", "loaded gw source", "loaded gw source 2001:DB8:0::1"),
  "a node that is told under another address than it is reached by": () =>
    new Pair().set("a", "session-on", "session-on 198.51.100.7"),
  "an answer without a MAC": () => new Pair().set("b", "answers", "answers 10.0.0.100 00:00:00:00:00:00"),
  "a file whose mode alone was changed": () => new Pair().set("a", `file ${CONF}`, `file ${CONF} mode`),
};

describe("nothing is wrong with", () => {
  test.each(Object.entries(HEALTHY))("%s", (_name, make) => {
    const { findings, ask } = make().look();
    expect(findings.filter(({ cause }) => cause !== "conf-drift")).toEqual([]);
    expect(ask).toBeUndefined();
  });

  test.each(Object.entries(HEALTHY).filter(([name]) => !name.includes("mode alone")))(
    "%s: and nothing is to be seen",
    (_name, make) => {
      expect(make().look().symptoms).toEqual([]);
    },
  );
});
