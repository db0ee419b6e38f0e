import { checkCluster, parseCluster, parseConnection, Problem, SpecContext, UNKNOWN } from "../../../spec";
import { clusterInput, HOST_KEY, mixedInput, nodeInput } from "./cluster-input";

function problemsOf(input: unknown, context?: SpecContext): Problem[] {
  const parsed = parseCluster(input, context);
  return "problems" in parsed ? parsed.problems.filter((p) => p.severity === "error") : [];
}

function clusterOf(input: unknown, context?: SpecContext) {
  const parsed = parseCluster(input, context);
  if ("problems" in parsed) {
    throw new Error(JSON.stringify(parsed.problems));
  }
  return parsed.value;
}

/** The node of the compliant cluster that a case changes, and the other one. */
function withNode(change: Record<string, unknown>, rest: Record<string, unknown> = {}) {
  return clusterInput({ nodes: [nodeInput("gw-a", 2), { ...nodeInput("gw-b", 3), ...change }], ...rest });
}

function withConnection(change: Record<string, unknown>) {
  return withNode({ connection: { ...nodeInput("gw-b", 3).connection, ...change } });
}

describe("a compliant cluster", () => {
  it("gets every default", () => {
    expect(clusterOf(clusterInput())).toMatchObject({
      name: "gw",
      advertInt: 1,
      version: 3,
      multicast: false,
      preemption: "prefer-primary",
      preemptDelay: 0,
      scriptUser: "root",
      trackScripts: [],
      trackProcesses: [],
      nonlocalBind: false,
      vipOffLink: false,
      firewall: true,
      openPorts: [],
      nodes: [
        { name: "gw-a", routerId: "gw-a", priority: 100, connection: { port: 22, user: "root" } },
        { name: "gw-b", routerId: "gw-b", priority: 90 },
      ],
    });
  });

  it("takes its name from the caller when it states none", () => {
    expect(clusterOf(clusterInput({ name: undefined }), { name: "edge" }).name).toBe("edge");
    expect(clusterOf(clusterInput(), { name: "edge" }).name).toBe("gw");
  });

  it("gives a check's interval as its timeout", () => {
    const trackScripts = [{ name: "web", script: "/usr/bin/curl -sf http://localhost/", interval: 5 }];
    expect(clusterOf(clusterInput({ trackScripts })).trackScripts[0]).toEqual({
      name: "web",
      script: "/usr/bin/curl -sf http://localhost/",
      interval: 5,
      timeout: 5,
      fall: 2,
      rise: 2,
      weight: 0,
    });
  });

  it("holds IPv6 addresses in canonical text", () => {
    expect(clusterOf(mixedInput()).virtualIpAddresses[1]?.address).toBe("2001:db8::1");
  });

  it("accepts sources that are IPv6 only when all virtual addresses are", () => {
    const nodes = [2, 3].map((n) => ({ ...nodeInput(`gw-${n}`, n), unicastSrcIp: `2001:db8::${n}` }));
    expect(problemsOf(clusterInput({ nodes, virtualIpAddresses: ["2001:db8::1/64"] }))).toEqual([]);
  });

  it("gives every node of any number a priority of its own from 1 to 100", () => {
    for (const count of [2, 3, 10, 11, 12, 50, 100]) {
      const nodes = Array.from({ length: count }, (_unused, i) => nodeInput(`n${i}`, i + 2));
      const priorities = clusterOf(clusterInput({ nodes })).nodes.map((n) => n.priority);
      expect(priorities[0]).toBe(100);
      expect(new Set(priorities).size).toBe(count);
      expect(Math.min(...priorities)).toBeGreaterThanOrEqual(1);
      expect(priorities).toEqual([...priorities].sort((a, b) => b - a));
    }
  });

  it("gives sticky nodes one priority", () => {
    expect(clusterOf(clusterInput({ preemption: "sticky" })).nodes.map((n) => n.priority)).toEqual([
      100, 100,
    ]);
  });
});

describe("what is chosen where a spec says nothing", () => {
  const globalOf = (change: Record<string, unknown>) => clusterOf(clusterInput(change)).global;

  it.each([
    [{}, 0, []],
    [{ advertInt: 0.25 }, 0, []],
    [{ advertInt: 0.24 }, 2, ["startupDelay"]],
    [{ advertInt: 0.24, downTimerAdverts: 4 }, 0, []],
    [{ advertInt: 0.24, startupDelay: 2 }, 2, []],
    [{ advertInt: 0.24, startupDelay: 0 }, 0, []],
  ])("a pair with %j waits %d s at its start", (change, startupDelay, chosen) => {
    expect(globalOf(change)).toMatchObject({ startupDelay, chosen });
  });

  it("a real-time process may compute for half a second, unless the spec says how long", () => {
    expect(globalOf({ realtime: { priority: 50 } })).toMatchObject({
      realtime: { priority: 50, rlimitRttime: 500000, noSwap: false },
      chosen: ["rlimitRttime"],
    });
    expect(globalOf({ realtime: { priority: 50, rlimitRttime: 9 } })).toMatchObject({
      realtime: { rlimitRttime: 9 },
      chosen: [],
    });
  });

  it("hangs on what is known later, and so is known later, too", () => {
    expect(problemsOf(clusterInput({ advertInt: UNKNOWN })).map((p) => p.path)).toEqual([
      "advertInt",
      "global.startupDelay",
    ]);
    expect(checkCluster(clusterInput({ advertInt: 0.03, realtime: UNKNOWN }))).toEqual([]);
  });
});

const COMMANDS = {
  good: ["/bin/true", "/bin/sh -c 'exit 0'", "/opt/é # ! {x} @", `/${"a".repeat(949)}`],
  bad: [
    "true",
    "",
    "/",
    "/ x",
    '/bin/echo "x"',
    "/bin/a\n/bin/b",
    "/bin/echo \\n",
    "/bin/echo it's",
    "/bin/echo $_X",
    "/bin/echo ${X}",
    `/${"a".repeat(950)}`,
    `/${"é".repeat(475)}`,
    7,
  ],
};

describe("bounds", () => {
  it.each([
    ["virtualRouterId", [1, 255], [0, 256, 1.5, "51", null]],
    ["preemptDelay", [0, 1000, 0.5], [-1, 1000.5]],
    ["advertInt", [0.01, 40.95, 0.07, 1], [0, 0.001, 40.96, 0.015]],
    ["version", [2, 3], [1, 4, "3"]],
    ["preemption", ["prefer-primary"], ["Sticky", "none"]],
    ["multicast", [true, false], ["yes", 1]],
    ["name", ["a", "gw-1_x"], ["", "a b", "a/b", "-a", "a".repeat(41)]],
    ["scriptUser", ["root", "keepalived_script"], ["", "a b", "1a"]],
    ["garpMasterDelay", [0, 5, 4294], [-1, 0.5, 4295, "5"]],
    ["garpMasterRepeat", [1, 4294967295], [0, 1.5, 4294967296]],
    ["garpMasterRefresh", [0, 4294967295], [-1, 0.5, 4294967296]],
    ["garpMasterRefreshRepeat", [1, 4294967295], [0, 1.5, 4294967296]],
    ["garpLowerPrioRepeat", [0, 2147483647], [-1, 0.5, 2147483648]],
    ["garpLowerPrioDelay", [0, 4294], [-1, 0.5, 4295]],
    ["trackSrcIp", [true, false], ["yes", 1]],
    ["unicastTtl", [1, 255], [0, 256, 1.5]],
    ["minTtl", [1, 255], [0, 256, 1.5]],
    ["downTimerAdverts", [1, 100], [0, 101, 2.5]],
    ["startupDelay", [0, 0.001, 60], [-1, 0.0005, 60.001, "2"]],
    ["garpInterval", [0.001, 1], [0, 0.0001, 1.001]],
    ["gnaInterval", [0.001, 1], [0, 0.0001, 1.001]],
    ["notifyMaster", COMMANDS.good, COMMANDS.bad],
    ["notifyBackup", COMMANDS.good, COMMANDS.bad],
    ["notifyFault", COMMANDS.good, COMMANDS.bad],
  ])("%s accepts %j and refuses %j", (property, good, bad) => {
    for (const value of good) {
      expect([value, problemsOf(clusterInput({ [property]: value })).map((p) => p.path)]).toEqual([
        value,
        [],
      ]);
    }
    for (const value of bad) {
      const found = problemsOf(clusterInput({ [property]: value }));
      expect([value, found.map((p) => p.path)]).toEqual([value, [property]]);
    }
  });

  it.each([
    ["priority", [1, 254], [0, 255, 256, 1.5]],
    ["interface", ["eth0", "br-lan.10", "a".repeat(15)], ["", "a".repeat(16), "eth0 up", "../x"]],
    ["unicastSrcIp", ["192.168.1.9"], ["192.168.1.300", "192.168.1.9/24", "224.0.0.18", "0.0.0.0", "host"]],
    ["unicastSrcIp6", ["2001:db8::9"], ["192.168.1.9", "::", "ff02::12", "fe80::9%eth0"]],
    ["routerId", ["LVS_1"], ["", "a b"]],
  ])("of a node: %s accepts %j and refuses %j", (property, good, bad) => {
    for (const value of good) {
      expect([value, problemsOf(withNode({ [property]: value })).map((p) => p.path)]).toEqual([value, []]);
    }
    for (const value of bad) {
      const found = problemsOf(withNode({ [property]: value }));
      expect([value, found.map((p) => p.path)]).toEqual([value, [`nodes[1].${property}`]]);
    }
  });

  it.each([
    ["script", COMMANDS.good, COMMANDS.bad],
    ["interval", [1, 4294], [0, 0.5, 4295]],
    ["timeout", [1, 4294], [0, 0.5, 4295]],
    ["fall", [1], [0, 1.5]],
    ["rise", [1], [0]],
    ["weight", [-253, 253], [-254, 254, 1.5]],
    ["name", ["web-1"], ["", "a b"]],
  ])("of a track script: %s accepts %j and refuses %j", (property, good, bad) => {
    const withScript = (value: unknown) =>
      clusterInput({ trackScripts: [{ name: "web", script: "/bin/true", [property]: value }] });
    for (const value of good) {
      expect([value, problemsOf(withScript(value)).map((p) => p.path)]).toEqual([value, []]);
    }
    for (const value of bad) {
      const found = problemsOf(withScript(value));
      expect([value, found.map((p) => p.path)]).toEqual([value, [`trackScripts[0].${property}`]]);
    }
  });

  it.each([
    ["process", ["nginx"], ["", "nginx -g x"]],
    ["quorum", [1, 65535], [0, 65536]],
    ["weight", [-254, 254], [-255, 255]],
  ])("of a track process: %s accepts %j and refuses %j", (property, good, bad) => {
    const withProcess = (value: unknown) =>
      clusterInput({ trackProcesses: [{ name: "web", process: "nginx", [property]: value }] });
    for (const value of good) {
      expect([value, problemsOf(withProcess(value)).map((p) => p.path)]).toEqual([value, []]);
    }
    for (const value of bad) {
      const found = problemsOf(withProcess(value));
      expect([value, found.map((p) => p.path)]).toEqual([value, [`trackProcesses[0].${property}`]]);
    }
  });

  it.each([
    ["interface", ["wan0"], ["", "a b", "a".repeat(16)]],
    ["weight", [-253, 253], [-254, 254, 1.5]],
  ])("of a tracked interface: %s accepts %j and refuses %j", (property, good, bad) => {
    const withTracked = (value: unknown) =>
      clusterInput({ trackInterfaces: [{ interface: "wan0", weight: -20, [property]: value }] });
    // A weight within the gap of the priorities is refused by a rule, at the same place.
    for (const value of good) {
      expect([value, problemsOf(withTracked(value)).map((p) => p.path)]).toEqual([value, []]);
    }
    for (const value of bad) {
      const found = problemsOf(withTracked(value));
      expect([value, found.map((p) => p.path)]).toEqual([value, [`trackInterfaces[0].${property}`]]);
    }
  });

  it.each([
    ["name", ["up", "a".repeat(31)], ["", "a b", "a".repeat(32)]],
    ["neighborIp", ["192.168.1.254", "2001:db8::254"], ["", "host", "224.0.0.1", "192.168.1.254/24"]],
    ["minRx", [1, 4294967], [0, 4294968, 0.5]],
    ["minTx", [1, 4294967], [0, 4294968, 0.5]],
    ["idleTx", [1000, 4294967], [999, 4294968]],
    ["multiplier", [1, 255], [0, 256]],
    ["maxHops", [0, 254], [-1, 255]],
    ["multihop", [false], ["yes"]],
    ["passive", [true, false], ["yes"]],
    ["weight", [-253, 253], [-254, 254]],
  ])("of a BFD session: %s accepts %j and refuses %j", (property, good, bad) => {
    const withSession = (value: unknown) =>
      clusterInput({ bfd: [{ name: "up", neighborIp: "192.168.1.254", [property]: value }] });
    for (const value of good) {
      // The longest idleTx takes longer to come up than any undoAfter waits.
      const found = problemsOf(withSession(value)).map((p) => p.path);
      expect([value, found.filter((path) => path !== "undoAfter")]).toEqual([value, []]);
    }
    for (const value of bad) {
      const found = problemsOf(withSession(value));
      expect([value, found.map((p) => p.path)]).toEqual([value, [`bfd[0].${property}`]]);
    }
  });

  it.each([
    ["priority", [1, 99], [0, 100, 1.5, undefined]],
    ["rlimitRttime", [2, 4294967295], [1, 4294967296]],
    ["noSwap", [true], [1]],
    ["cpuAffinity", [[0], [1, 1023]], [[], "0"]],
  ])("of realtime: %s accepts %j and refuses %j", (property, good, bad) => {
    const withRealtime = (value: unknown) => clusterInput({ realtime: { priority: 50, [property]: value } });
    for (const value of good) {
      expect([value, problemsOf(withRealtime(value)).map((p) => p.path)]).toEqual([value, []]);
    }
    for (const value of bad) {
      const found = problemsOf(withRealtime(value));
      expect([value, found.map((p) => p.path)]).toEqual([value, [`realtime.${property}`]]);
    }
  });

  it.each([
    ["protocol", ["tcp", "udp"], ["TCP", "icmp", "", 6]],
    ["port", [1, 65535], [0, 65536, 80.5, "80"]],
    ["from", ["192.168.1.9", "192.168.1.0/24", "10.0.0.1/32", "2001:db8::/32", "2001:DB8::1"], []],
  ])("of an open port: %s accepts %j and refuses %j", (property, good, bad) => {
    const withPort = (value: unknown) =>
      clusterInput({ openPorts: [{ protocol: "tcp", port: 443, [property]: value }] });
    for (const value of good) {
      expect([value, problemsOf(withPort(value)).map((p) => p.path)]).toEqual([value, []]);
    }
    for (const value of bad) {
      const found = problemsOf(withPort(value));
      expect([value, found.map((p) => p.path)]).toEqual([value, [`openPorts[0].${property}`]]);
    }
  });

  it.each([
    ["host", /write it as in/],
    ["192.168.1.300", /write it as in/],
    ["192.168.1.0/24/24", /write it as in/],
    ["192.168.1.0 ", /write it as in/],
    ["fe80::1%eth0", /write it as in/],
    ["0.0.0.0/0", /leave 'from' out/],
    ["::/0", /leave 'from' out/],
    ["192.168.1.0/33", /prefix length/],
    ["192.168.1.0/", /prefix length/],
    ["2001:db8::/129", /prefix length/],
    ["192.168.1.9/24", /write '192\.168\.1\.0\/24', or '192\.168\.1\.9' for the one address/],
    ["2001:db8::1/64", /write '2001:db8::\/64', or '2001:db8::1'/],
  ])("of an open port: from '%s' is refused with what to write", (from, fix) => {
    expect(problemsOf(clusterInput({ openPorts: [{ protocol: "udp", port: 53, from }] }))).toEqual([
      expect.objectContaining({
        rule: "bounds",
        path: "openPorts[0].from",
        value: from,
        fix: expect.stringMatching(fix) as string,
      }),
    ]);
  });

  it("says the bound of a priority that will hold", () => {
    expect(problemsOf(withNode({ priority: 256 }))[0]?.allowed).toBe("a whole number from 1 to 254");
    expect(problemsOf(withNode({ priority: 255 }))[0]?.allowed).toBe("1 to 254");
  });

  it("shows the quotes of a text that stands where a number or a flag belongs", () => {
    const values = problemsOf(clusterInput({ virtualRouterId: "51", firewall: "true" })).map((p) => p.value);
    expect(values.sort()).toEqual(['"51"', '"true"']);
    expect(problemsOf(clusterInput({ virtualRouterId: "no" }))[0]?.value).toBe("no");
  });

  it("needs two nodes, and still judges the one there is", () => {
    const found = problemsOf(clusterInput({ nodes: [{ ...nodeInput("gw-a", 2), priority: 255 }] }));
    expect(found.map((p) => [p.rule, p.path])).toEqual([
      ["bounds", "nodes"],
      ["priority-255", "nodes[0].priority"],
    ]);
  });

  it.each([undefined, null, 3, "gw", []])("refuses %j as a whole", (input) => {
    expect(problemsOf(input)).toHaveLength(1);
  });
});

describe("virtual addresses", () => {
  it.each([
    "192.168.1.1/24 dev eth0 label eth0:vip",
    "192.168.1.1/24 label eth0:vip",
    "192.168.1.1/24  dev  eth0",
  ])("reads '%s'", (vip) => {
    expect(problemsOf(clusterInput({ virtualIpAddresses: [vip] }))).toEqual([]);
  });

  it.each([
    ["192.168.1.1", /'192\.168\.1\.1\/24'.*'192\.168\.1\.1\/32' together with vipOffLink/],
    ["2001:db8::1", /'2001:db8::1\/64'.*'2001:db8::1\/128' together with vipOffLink/],
    ["192.168.1.0/24", /network address/],
    ["192.168.1.255/24", /broadcast address/],
    ["192.168.1.1/0", /prefix length/],
    ["192.168.1.1/33", /prefix length/],
    ["2001:db8::1/129", /prefix length/],
    ["999.1.1.1/24", /write it as in/],
    ["192.168.1.1/24/24", /write it as in/],
    ["192.168.1.1/24 dev", /complete 'dev'/],
    ["192.168.1.1/24 dev eth0 dev eth1", /complete 'dev eth1'/],
    ["192.168.1.1/24 scope link", /complete 'scope link'/],
    ["2001:db8::1/64 label eth0:vip", /remove the label/],
    ["224.0.0.18/32", /another address/],
    ["127.0.0.1/32", /another address/],
  ])("refuses '%s' and says what to write", (vip, fix) => {
    const found = problemsOf(clusterInput({ virtualIpAddresses: [vip] }));
    expect(found).toEqual([
      expect.objectContaining({
        path: "virtualIpAddresses[0]",
        value: vip,
        fix: expect.stringMatching(fix) as string,
      }),
    ]);
  });

  it("may be on both addresses of a /31", () => {
    const nodes = [nodeInput("gw-a", 2), nodeInput("gw-b", 3)];
    expect(
      problemsOf(clusterInput({ nodes, virtualIpAddresses: ["10.9.9.0/31"], vipOffLink: true })),
    ).toEqual([]);
  });
});

describe("open ports", () => {
  const open = { protocol: "tcp", port: 443 };

  it("are held in canonical text, one address as such", () => {
    const openPorts = [open, { ...open, from: "2001:DB8::/32" }, { ...open, from: "10.0.0.1/32" }];
    expect(clusterOf(clusterInput({ openPorts })).openPorts).toEqual([
      open,
      { ...open, from: { text: "2001:db8::/32", family: 6 } },
      { ...open, from: { text: "10.0.0.1", family: 4 } },
    ]);
  });

  it("need a firewall that is ours to change", () => {
    expect(problemsOf(clusterInput({ openPorts: [open], firewall: false }))).toMatchObject([
      {
        rule: "open-ports-without-firewall",
        path: "openPorts",
        value: "(list of 1)",
        allowed: expect.stringContaining("firewall: false") as string,
        fix: expect.stringContaining("firewall: true") as string,
      },
    ]);
    expect(problemsOf(clusterInput({ openPorts: [], firewall: false }))).toEqual([]);
    expect(checkCluster(clusterInput({ openPorts: [open], firewall: UNKNOWN }))).toEqual([]);
  });

  it("are stated once each, however they are written", () => {
    const from = { ...open, from: "2001:db8::1" };
    const openPorts = [
      open,
      from,
      { ...open, protocol: "udp" },
      open,
      { ...open, from: "2001:DB8:0::1/128" },
    ];
    expect(problemsOf(clusterInput({ openPorts }))).toMatchObject([
      { rule: "duplicate-port", path: "openPorts[3]", value: "tcp 443 from everybody" },
      {
        rule: "duplicate-port",
        path: "openPorts[4]",
        value: "tcp 443 from 2001:db8::1",
        allowed: "another one than openPorts[1]'s",
      },
    ]);
  });

  it("that are known only later are no problem", () => {
    const openPorts = [open, { protocol: "tcp", port: UNKNOWN }, UNKNOWN, { ...open, from: UNKNOWN }];
    expect(checkCluster(clusterInput({ openPorts }))).toEqual([]);
    expect(checkCluster(clusterInput({ openPorts: UNKNOWN, firewall: false }))).toEqual([]);
  });
});

describe("unknown keys", () => {
  it.each([
    ["virtual_router_id", "virtualRouterId"],
    ["virtualRouterID", "virtualRouterId"],
    ["autPass", "authPass"],
    ["trackScript", "trackScripts"],
  ])("'%s' is answered with '%s'", (wrong, right) => {
    const found = problemsOf(clusterInput({ [wrong]: 1 }));
    expect(found).toEqual([
      expect.objectContaining({ rule: "unknown-key", path: wrong, fix: `did you mean '${right}'?` }),
    ]);
  });

  it("that resemble nothing are to be removed", () => {
    expect(problemsOf(clusterInput({ colour: "red" }))[0]).toMatchObject({
      fix: "remove it",
      value: "colour",
    });
  });

  it("are found at any depth", () => {
    expect(problemsOf(withConnection({ hostkey: "x" })).map((p) => p.path)).toEqual([
      "nodes[1].connection.hostkey",
    ]);
  });
});

describe("all problems at once", () => {
  it("holds those of the schema and those of the pair", () => {
    const rules = problemsOf(
      withNode({ priority: 100, unicastSrcIp: undefined }, { virtualRouterId: 0, advertint: 1 }),
    ).map((p) => [p.rule, p.path]);
    expect(rules).toEqual([
      ["bounds", "virtualRouterId"],
      ["unknown-key", "advertint"],
      ["unicast-src-ip-missing", "nodes[1].unicastSrcIp"],
      ["equal-priorities", "nodes[1].priority"],
    ]);
  });
});

describe("values that are known only later", () => {
  it("are no problem, and neither is what hangs on them", () => {
    const nodes = [
      { ...nodeInput("gw-a", 2), priority: UNKNOWN },
      { ...nodeInput("gw-b", 3), unicastSrcIp: UNKNOWN, connection: UNKNOWN },
    ];
    expect(checkCluster(clusterInput({ nodes, virtualIpAddresses: [UNKNOWN], authPass: UNKNOWN }))).toEqual(
      [],
    );
  });

  it("are not replaced by defaults", () => {
    const nodes = [nodeInput("gw-a", 2), { ...nodeInput("gw-b", 3), priority: 100 }];
    expect(checkCluster(clusterInput({ nodes, preemption: UNKNOWN }))).toEqual([]);
    expect(checkCluster(clusterInput({ nodes })).map((p) => p.rule)).toEqual(["equal-priorities"]);
  });

  it("leave the rest to be judged", () => {
    const found = checkCluster(clusterInput({ nodes: UNKNOWN, virtualRouterId: 300 }));
    expect(found.map((p) => p.path)).toEqual(["virtualRouterId"]);
  });

  it("make no cluster", () => {
    expect(problemsOf(clusterInput({ virtualRouterId: UNKNOWN }))).toMatchObject([
      { rule: "not-yet-known", path: "virtualRouterId" },
    ]);
  });
});

describe("a connection", () => {
  const context = { agentSocketPath: "/run/agent" };

  it("uses exactly one way to log in", () => {
    expect(problemsOf(withConnection({ password: "hunter2" }))).toMatchObject([
      { rule: "connection-login", path: "nodes[1].connection", value: "privateKey, password" },
    ]);
    expect(problemsOf(withConnection({ privateKey: undefined }))).toMatchObject([
      { rule: "connection-login", value: "(missing)" },
    ]);
  });

  it("takes the caller's agent", () => {
    const input = withConnection({ privateKey: undefined, agent: true });
    expect(clusterOf(input, context).nodes[1]?.connection.agentSocketPath).toBe("/run/agent");
    expect(problemsOf(input)).toMatchObject([{ path: "nodes[1].connection.agent" }]);
  });

  it("needs a host key unless told otherwise", () => {
    expect(problemsOf(withConnection({ hostKey: undefined }))).toMatchObject([
      { rule: "host-key", path: "nodes[1].connection.hostKey" },
    ]);
    expect(problemsOf(withConnection({ hostKey: undefined, insecureHostKey: true }))).toEqual([]);
  });

  it("finds its host key in known_hosts, and its proxy's", () => {
    const knownHosts = `10.0.0.3 ${HOST_KEY} comment\n[jump.example]:2222 ${HOST_KEY}\n`;
    const input = withConnection({
      hostKey: undefined,
      proxy: { host: "jump.example", port: 2222, agentSocketPath: "/run/agent" },
    });
    expect(clusterOf(input, { knownHosts }).nodes[1]?.connection).toMatchObject({
      hostKey: HOST_KEY,
      proxy: { hostKey: HOST_KEY, port: 2222, user: "root" },
    });
    expect(problemsOf(input, { knownHosts: "" }).map((p) => p.path)).toEqual([
      "nodes[1].connection.hostKey",
      "nodes[1].connection.proxy.hostKey",
    ]);
  });

  it.each(["AAAA", "ssh-ed25519", "ssh-ed25519 AAAAC3NzaC1yc2E=", "-----BEGIN OPENSSH PRIVATE KEY-----"])(
    "refuses '%s' as a host key",
    (hostKey) => {
      expect(problemsOf(withConnection({ hostKey })).map((p) => p.path)).toEqual([
        "nodes[1].connection.hostKey",
      ]);
    },
  );

  it("goes through one proxy only", () => {
    const proxy = { host: "a", privateKey: "K", insecureHostKey: true, proxy: { host: "b" } };
    expect(problemsOf(withConnection({ proxy })).map((p) => p.path)).toEqual([
      "nodes[1].connection.proxy.proxy",
    ]);
  });

  it("is read alone as well", () => {
    const parsed = parseConnection({ host: "10.0.0.9", agent: true, hostKey: HOST_KEY }, context);
    expect(parsed).toMatchObject({ value: { host: "10.0.0.9", port: 22, agentSocketPath: "/run/agent" } });
    expect(parseConnection({ agent: true, hostKey: HOST_KEY }, context)).toMatchObject({
      problems: [{ path: "host", value: "(missing)" }],
    });
  });
});

describe("secrets", () => {
  it("never stand in a problem, where somebody put one before the host's name either", () => {
    const [problem] = problemsOf(withConnection({ host: "root:hunter2@10.0.0.3" }));
    expect(problem).toMatchObject({ path: "nodes[1].connection.host", value: "root:(secret)@10.0.0.3" });
  });

  it("never stand in a problem", () => {
    const secret = "geheim geheim\u0000";
    const connection = {
      host: "192.168.1.1",
      privateKey: secret,
      password: secret,
      privateKeyPassword: { nested: secret },
      pasword: secret,
      hostKey: secret,
      proxy: secret,
    };
    const found = problemsOf(withNode({ connection, unicastSrcIp: "192.168.1.1" }, { authPass: secret }));
    expect(found.length).toBeGreaterThan(5);
    expect(JSON.stringify(found)).not.toContain("geheim");
    expect(JSON.stringify(problemsOf(withNode({ connection: secret })))).not.toContain("geheim");
  });

  it("are named as such", () => {
    expect(problemsOf(clusterInput({ version: 2, authPass: "123456789" }))).toMatchObject([
      { rule: "auth-too-long", path: "authPass", value: "(secret)", allowed: "1 to 8 characters" },
    ]);
  });
});
