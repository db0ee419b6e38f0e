import * as fc from "fast-check";
import { Cluster, hostPlan, membersOf, parseCluster, parseInstance } from "../../../spec";
import { instance, session } from "../render/plan";
import { clusterInput, mixedInput, nodeInput } from "./cluster-input";

function cluster(input: unknown): Cluster {
  const parsed = parseCluster(input);
  if ("problems" in parsed) {
    throw new Error(JSON.stringify(parsed.problems));
  }
  return parsed.value;
}

describe("membersOf", () => {
  it("makes one virtual router of one family, a member for each node", () => {
    expect(membersOf(cluster(clusterInput()))).toEqual([
      [{ node: "gw-a", instance: instance() }, expect.objectContaining({ node: "gw-b" })],
    ]);
  });

  it("has each node track what it states itself, else what the cluster states", () => {
    const wan = { interface: "wan0", weight: -20 };
    const upstream = { name: "up", neighborIp: "192.168.1.254" };
    const nodes = [
      nodeInput("gw-a", 2),
      {
        ...nodeInput("gw-b", 3),
        trackInterfaces: [],
        bfd: [{ ...upstream, sourceIp: "192.168.1.3", neighborIp: "192.168.1.253" }],
      },
    ];
    const [members] = membersOf(cluster(clusterInput({ nodes, trackInterfaces: [wan], bfd: [upstream] })));
    expect(members?.map(({ instance }) => instance.trackInterfaces)).toEqual([[wan], []]);
    expect(members?.map(({ instance }) => instance.bfd)).toEqual([
      [session()],
      [expect.objectContaining({ neighborIp: "192.168.1.253", sourceIp: "192.168.1.3" })],
    ]);
  });

  it("makes two of a mixed list, the second in version 3 and without password", () => {
    const [v4, v6] = membersOf(cluster(mixedInput({ version: 2, authPass: "12345678" })));
    expect(v4?.[0]?.instance).toMatchObject({ name: "gw", version: 2, authPass: "12345678", family: 4 });
    expect(v6?.[0]?.instance).toMatchObject({
      name: "gw-6",
      version: 3,
      family: 6,
      unicastSrcIp: "2001:db8::2",
      unicastPeers: ["2001:db8::3"],
    });
    expect(v6?.[0]?.instance.authPass).toBeUndefined();
    expect(v6?.[0]?.instance.virtualIpAddresses).toEqual([
      { address: "2001:db8::1", prefixLength: 64, family: 6 },
    ]);
  });

  it("names an IPv6-only router as the cluster", () => {
    const [only, ...others] = membersOf(cluster(mixedInput({ virtualIpAddresses: ["2001:db8::1/64"] })));
    expect(others).toEqual([]);
    expect(only?.[0]?.instance).toMatchObject({ name: "gw", family: 6 });
  });

  it("sends multicast from mcastSrcIp, else from unicastSrcIp, and to no peer", () => {
    const nodes = [nodeInput("gw-a", 2), { ...nodeInput("gw-b", 3), mcastSrcIp: "192.168.1.33" }];
    const [members] = membersOf(cluster(clusterInput({ multicast: true, nodes })));
    expect(
      members?.map(({ instance }) => [instance.mcastSrcIp, instance.unicastSrcIp, instance.unicastPeers]),
    ).toEqual([
      ["192.168.1.2", undefined, []],
      ["192.168.1.33", undefined, []],
    ]);
  });

  it.each(["prefer-primary", "sticky"])("never sets nopreempt or state MASTER: %s", (preemption) => {
    for (const { instance } of membersOf(cluster(clusterInput({ preemption }))).flat()) {
      expect(instance).toMatchObject({ nopreempt: false, state: "BACKUP" });
    }
  });

  it("makes peers of every node that mirror each other", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 2, max: 254 }), { minLength: 2, maxLength: 12 }),
        (hosts) => {
          const [members = []] = membersOf(
            cluster(clusterInput({ nodes: hosts.map((n) => nodeInput(`n${n}`, n)) })),
          );
          for (const { instance } of members) {
            const others = members
              .map((m) => m.instance.unicastSrcIp)
              .filter((s) => s !== instance.unicastSrcIp);
            expect(instance.unicastPeers).toEqual(others);
          }
        },
      ),
    );
  });
});

describe("hostPlan", () => {
  it("ties two instances by a sync group and knows the peers' addresses of both families", () => {
    const plan = hostPlan(cluster(mixedInput()), "gw-b");
    expect(plan).toMatchObject({
      cluster: "gw",
      node: "gw-b",
      routerId: "gw-b",
      scriptUser: "root",
      syncGroups: [{ name: "gw", instances: ["gw", "gw-6"] }],
      peers: [{ name: "gw-a", addresses: ["192.168.1.2", "2001:db8::2"] }],
      nonlocalBind: false,
      vipOffLink: false,
      firewall: true,
    });
    expect(plan.instances.map((i) => [i.name, i.priority])).toEqual([
      ["gw", 90],
      ["gw-6", 90],
    ]);
  });

  it("gives every instance the timers and the programs of the cluster, and the host its ports", () => {
    const openPorts = [{ protocol: "tcp", port: 443, from: "192.168.1.0/24" }];
    const stated = { garpMasterDelay: 0, garpMasterRefreshRepeat: 3, notifyMaster: "/bin/true a" };
    const plan = hostPlan(cluster(mixedInput({ ...stated, openPorts })), "gw-b");
    expect(plan.instances).toMatchObject([stated, stated]);
    expect(plan.instances.map((i) => i.garpMasterRefresh)).toEqual([undefined, undefined]);
    expect(plan.openPorts).toEqual([
      { protocol: "tcp", port: 443, from: { text: "192.168.1.0/24", family: 4 } },
    ]);
  });

  it("has no sync group around a single instance", () => {
    expect(hostPlan(cluster(clusterInput()), "gw-a").syncGroups).toEqual([]);
  });

  it("knows multicast peers by their sources", () => {
    expect(hostPlan(cluster(clusterInput({ multicast: true })), "gw-a").peers).toEqual([
      { name: "gw-b", addresses: ["192.168.1.3"] },
    ]);
  });

  it("refuses a node that is not in the cluster, by naming those that are", () => {
    expect(() => hostPlan(cluster(clusterInput()), "gw-c")).toThrow(
      "cluster gw has no node 'gw-c': give one of gw-a, gw-b",
    );
  });
});

describe("parseInstance", () => {
  const input = { interface: "eth0", virtualRouterId: 51, virtualIpAddresses: ["192.168.1.1"] };

  it("defaults an instance and leaves what cannot work to the policies", () => {
    const parsed = parseInstance(
      {
        ...input,
        priority: 255,
        state: "MASTER",
        nopreempt: true,
        authPass: "longer-than-8",
        advertInt: 0.5,
        version: 2,
      },
      { name: "loose" },
    );
    expect(parsed).toMatchObject({
      value: {
        cluster: "loose",
        node: "loose",
        firewall: true,
        peersElsewhere: true,
        peers: [],
        instances: [{ name: "loose", priority: 255, unicastPeers: [], multicast: false, family: 4 }],
      },
    });
  });

  it("names a user for scripts where only the agent's own program runs, and leaves track scripts to the policies", () => {
    const scriptUserOf = (changes: object) => {
      const parsed = parseInstance({ ...input, ...changes }, { name: "loose" });
      return "value" in parsed ? parsed.value.scriptUser : parsed;
    };
    const trackScripts = [{ name: "check", script: "/bin/true" }];
    expect(scriptUserOf({})).toBe("root");
    expect(scriptUserOf({ trackScripts })).toBeUndefined();
    expect(scriptUserOf({ trackScripts, scriptUser: "check" })).toBe("check");
    expect(scriptUserOf({ notifyFault: "/bin/true" })).toBeUndefined();
  });

  it("takes timers, programs and ports as a cluster does", () => {
    const stated = { garpMasterRepeat: 1, garpLowerPrioRepeat: 0, notifyBackup: "/bin/true" };
    const openPorts = [{ protocol: "udp", port: 53 }];
    expect(parseInstance({ ...input, ...stated, openPorts }, { name: "loose" })).toMatchObject({
      value: { openPorts, instances: [stated] },
    });
  });

  it.each([
    [{ garpMasterDelay: 4295 }, "garpMasterDelay", "bounds"],
    [{ notifyMaster: "true" }, "notifyMaster", "bounds"],
    [{ openPorts: [{ protocol: "tcp", port: 0 }] }, "openPorts[0].port", "bounds"],
    [
      { openPorts: [{ protocol: "tcp", port: 1 }], firewall: false },
      "openPorts",
      "open-ports-without-firewall",
    ],
    [{ openPorts: Array(2).fill({ protocol: "tcp", port: 1 }) }, "openPorts[1]", "duplicate-port"],
  ])("refuses %j at %s: %s", (changes, path, rule) => {
    expect(parseInstance({ ...input, ...changes }, { name: "loose" })).toMatchObject({
      problems: [{ path, rule }],
    });
  });

  it("knows its peers by their addresses", () => {
    expect(parseInstance({ ...input, unicastPeers: ["192.168.1.3"] }, { name: "loose" })).toMatchObject({
      value: { peers: [{ name: "192.168.1.3", addresses: ["192.168.1.3"] }] },
    });
  });

  it.each([
    ["virtualRouterId", 0],
    ["virtualRouterId", 256],
    ["priority", 0],
    ["priority", 256],
    ["advertInt", 0],
    ["advertInt", 256],
    ["version", 1],
    ["state", "FAULT"],
    ["preemptDelay", 1001],
    ["unicastSrcIp", "192.168.1.2/24"],
    ["virtualIpAddresses", []],
    ["interface", undefined],
    ["mode", "x"],
  ])("refuses %s: %j", (property, value) => {
    expect(parseInstance({ ...input, [property]: value }, { name: "loose" })).toMatchObject({
      problems: [{ path: property }],
    });
  });

  it("checks the connection when there is one", () => {
    expect(
      parseInstance({ ...input, connection: { host: "a", privateKey: "K" } }, { name: "loose" }),
    ).toMatchObject({
      problems: [{ path: "connection.hostKey" }],
    });
  });
});
