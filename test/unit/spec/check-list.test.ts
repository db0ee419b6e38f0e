import { checkCluster, hostPlan, membersOf, parseCluster, Problem, UNKNOWN } from "../../../spec";
import { nodesOf, whatIf } from "../../../simulate/whatIf";
import { clusterInput, nodeInput } from "./cluster-input";

const KEY = "yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk=";

type Input = Record<string, unknown>;

const web = { name: "web", kind: "http", url: "http://127.0.0.1/health" };

function cluster(checks: Input[], change: Input = {}) {
  const parsed = parseCluster(clusterInput({ checks, ...change }));
  if ("problems" in parsed) {
    throw new Error(JSON.stringify(parsed.problems));
  }
  return parsed.value;
}

function problems(checks: Input[], change: Input = {}): Problem[] {
  return checkCluster(clusterInput({ checks, ...change }));
}

/** What is said of one check. */
const found = (check: Input, change: Input = {}) =>
  problems([{ name: "c", ...check }], change).map((p) => [p.rule, p.path]);

const scripts = (checks: Input[], change: Input = {}) =>
  membersOf(cluster(checks, change)).map((members) =>
    members.map(({ instance: { trackScripts } }) => trackScripts),
  );

describe("the defaults of a check", () => {
  const common = { interval: 2, timeout: 2, fall: 2, rise: 2, effect: "yield" };
  it.each([
    ["tunnel", {}, { maxHandshakeAge: 200, uplink: ["gateway"], interface: undefined, peers: undefined }],
    ["network", {}, { targets: ["gateway", "peer"], count: 1, minSuccesses: 1 }],
    ["tcp", { host: "2001:DB8:0::9", port: 22 }, { host: "2001:db8::9" }],
    ["http", { url: "https://[::1]/x?y=1" }, { expectStatus: "200-399", expectText: undefined }],
    ["process", { process: "nginx" }, {}],
    ["file", { path: "/run/x y" }, { present: true, maxAge: undefined }],
    ["command", { command: "/bin/x 'a b'" }, {}],
  ])("of kind %s", (kind, given, defaults) => {
    const [check] = cluster([{ name: "c", kind, ...given }]).checks;
    expect(check).toEqual({ name: "c", kind, ...common, ...given, ...defaults });
  });

  it("is a timeout of the interval, and with preemptDelay FAULT: a weight would wait for it", () => {
    expect(cluster([{ ...web, interval: 5 }]).checks[0]).toMatchObject({ timeout: 5, effect: "yield" });
    expect(cluster([web], { preemptDelay: 30 }).checks[0]).toMatchObject({ effect: "fault" });
    expect(problems([web], { preemptDelay: 30 })).toEqual([]);
  });
});

describe("a property", () => {
  it.each([
    [{ kind: "process", process: "x", url: "http://a/" }, "checks[0].url", "unknown-key"],
    [{ kind: "tcp", host: "a", port: 1, targets: [] }, "checks[0].targets", "unknown-key"],
    [{ kind: "webb" }, "checks[0].kind", "bounds"],
    [{}, "checks[0].kind", "missing"],
    [{ kind: "tcp", host: "a" }, "checks[0].port", "missing"],
    [{ kind: "tcp", host: "a b", port: 1 }, "checks[0].host", "bounds"],
    [{ kind: "network", targets: ["router"] }, "checks[0].targets[0]", "bounds"],
    [{ kind: "network", targets: ["fe80::1"] }, "checks[0].targets[0]", "bounds"],
    [{ kind: "tunnel", uplink: ["FEBF:0::1"] }, "checks[0].uplink[0]", "bounds"],
    [{ kind: "tcp", host: "fe80::1", port: 1 }, "checks[0].host", "bounds"],
    [{ kind: "network", targets: [] }, "checks[0].targets", "bounds"],
    [{ kind: "network", count: 6 }, "checks[0].count", "bounds"],
    [{ kind: "tunnel", uplink: ["peer"] }, "checks[0].uplink[0]", "bounds"],
    [{ kind: "tunnel", maxHandshakeAge: 179 }, "checks[0].maxHandshakeAge", "bounds"],
    [{ kind: "tunnel", peers: ["10.0.0.2"] }, "checks[0].peers[0]", "bounds"],
    [{ kind: "http", url: "http://me:pw@a/" }, "checks[0].url", "bounds"],
    [{ kind: "http", url: "ftp://a/" }, "checks[0].url", "bounds"],
    [{ kind: "http", url: "http://a/", expectStatus: "399-200" }, "checks[0].expectStatus", "bounds"],
    [{ kind: "http", url: "http://a/", expectText: "a\nb" }, "checks[0].expectText", "bounds"],
    [{ kind: "file", path: "run/x" }, "checks[0].path", "bounds"],
    [{ kind: "command", command: "true" }, "checks[0].command", "bounds"],
    [{ ...web, name: "witness" }, "checks[0].name", "bounds"],
    [{ ...web, interval: 0.5 }, "checks[0].interval", "bounds"],
    [{ ...web, effect: "weight" }, "checks[0].effect", "bounds"],
  ])("that a kind does not have, or out of bounds, is refused by name: %j", (check, path, rule) => {
    expect(found(check)).toEqual([[rule, path]]);
  });

  it("is told with what is allowed, and what was meant", () => {
    const [age, key, kind] = [
      { kind: "tunnel", maxHandshakeAge: 100 },
      { kind: "network", target: ["peer"] },
      { kind: "ping" },
    ].map((check) => problems([{ name: "c", ...check }])[0]);
    expect(age).toMatchObject({
      value: "100",
      allowed: expect.stringContaining("120 to 180 s old") as string,
    });
    expect(key).toMatchObject({ value: "target", fix: "did you mean 'targets'?" });
    expect(kind?.allowed).toBe("one of 'tunnel', 'network', 'tcp', 'http', 'process', 'file', 'command'");
  });

  it("is accepted where it belongs", () => {
    const tunnel = { kind: "tunnel", peers: [KEY], maxHandshakeAge: 180, uplink: ["gateway", "192.0.2.1"] };
    expect(found(tunnel)).toEqual([]);
    expect(found({ kind: "network", targets: ["2001:db8::99"], count: 5 })).toEqual([]);
    expect(found({ kind: "tcp", host: "127.0.0.1", port: 22 })).toEqual([]);
  });

  it("that is known only later is no problem, nor is what hangs on it", () => {
    expect(
      problems([{ ...web, kind: UNKNOWN }, { ...web, name: UNKNOWN }, UNKNOWN as unknown as Input]),
    ).toEqual([]);
    expect(problems([{ ...web, effect: "yield" }], { preemptDelay: UNKNOWN })).toEqual([]);
  });

  it("of 51 checks is one list too long", () => {
    const list = Array.from({ length: 51 }, (_, i) => ({ ...web, name: `c${i}`, effect: "fault" }));
    expect(problems(list).map((p) => p.path)).toEqual(["checks"]);
    expect(problems(list.slice(1))).toEqual([]);
  });
});

describe("evidence about the peer", () => {
  const network = (change: Input) => found({ kind: "network", ...change });

  it("alone makes no check", () => {
    expect(network({ targets: ["peer"] })).toEqual([["check-of-peer-alone", "checks[0].targets"]]);
    expect(network({ targets: ["peer", "192.168.1.254"] })).toEqual([]);
  });

  it.each([
    [{ kind: "network", targets: ["gateway", "192.168.1.3"] }, "checks[0].targets[1]"],
    [{ kind: "network", targets: ["192.168.1.1"] }, "checks[0].targets[0]"],
    [{ kind: "tunnel", uplink: ["192.168.1.2"] }, "checks[0].uplink[0]"],
    [{ kind: "tcp", host: "192.168.1.3", port: 22 }, "checks[0].host"],
    [{ kind: "http", url: "http://192.168.1.1:8080/x" }, "checks[0].url"],
  ])("is no address of the cluster: %j", (check, path) => {
    expect(found(check)).toEqual([["check-of-cluster-address", path]]);
  });

  it("is neither one of a further virtual router", () => {
    const nodes = [
      { name: "gw-a", interface: "eth1", unicastSrcIp: "10.9.0.2" },
      { name: "gw-b", interface: "eth1", unicastSrcIp: "10.9.0.3" },
    ];
    const virtualRouters = [{ name: "in", virtualRouterId: 52, virtualIpAddresses: ["10.9.0.1/24"], nodes }];
    for (const host of ["10.9.0.1", "10.9.0.3"]) {
      expect(found({ kind: "tcp", host, port: 1 }, { virtualRouters })).toEqual([
        ["check-of-cluster-address", "checks[0].host"],
      ]);
    }
  });
});

it("needs no more answers than there are targets, and no age of what must not be there", () => {
  expect(found({ kind: "network", minSuccesses: 3 })).toEqual([
    ["check-min-successes", "checks[0].minSuccesses"],
  ]);
  expect(found({ kind: "network", minSuccesses: 2 })).toEqual([]);
  expect(found({ kind: "file", path: "/x", present: false, maxAge: 5 })).toEqual([
    ["check-age-of-absent", "checks[0].maxAge"],
  ]);
});

it("has a name that no other check has, of whatever list", () => {
  const change = { trackScripts: [{ name: "web", script: "/bin/true" }] };
  expect(problems([web], change).map((p) => [p.rule, p.path])).toEqual([
    ["duplicate-name", "checks[0].name"],
  ]);
});

describe("the script of a check", () => {
  it("is the agent's program, behind the user's own", () => {
    const own = { name: "own", script: "/bin/true" };
    const [[trackScripts = []] = []] = scripts([{ ...web, fall: 3, interval: 4 }], { trackScripts: [own] });
    expect(trackScripts).toEqual([
      expect.objectContaining({ name: "own" }),
      {
        name: "web",
        script: "/usr/bin/env sh /usr/lib/vrrp-agent/vrrp-check gw web",
        interval: 4,
        timeout: 4,
        fall: 3,
        rise: 2,
        weight: -11,
      },
    ]);
  });

  it("runs as root where scriptUser is another, but for what a user wrote", () => {
    const command = { name: "own", kind: "command", command: "/bin/true" };
    const [[trackScripts = []] = []] = scripts([web, command], { scriptUser: "nobody" });
    expect(trackScripts.map(({ user }) => user)).toEqual(["root", undefined]);
  });

  it.each([
    ["prefer-primary", {}, -11],
    ["sticky", { preemption: "sticky" }, -1],
    [
      "a virtual router with a gap of its own",
      {
        virtualRouters: [
          {
            name: "in",
            virtualRouterId: 52,
            virtualIpAddresses: ["192.168.1.9/24"],
            nodes: [{ name: "gw-b", priority: 150 }],
          },
        ],
      },
      -51,
    ],
    ["three nodes", { nodes: [nodeInput("a", 2), nodeInput("b", 3), nodeInput("c", 4)] }, -21],
  ])("yields with a weight above the largest gap: %s", (_what, change, weight) => {
    const all = scripts([web, { ...web, name: "f", effect: "fault" }], change).flat(2);
    expect(new Set(all.map((script) => script.weight))).toEqual(new Set([weight, 0]));
    expect(problems([{ ...web, interval: 1 }], change)).toEqual([]);
  });
});

describe("a finding about the script of a check", () => {
  it("names the effect, and what to do about it", () => {
    const own = [{ name: "own", script: "/bin/true" }];
    const change = { preemptDelay: 30, trackScripts: own };
    expect(problems([web, { ...web, name: "b", effect: "yield" }], change)).toEqual([
      {
        rule: "preempt-delay-with-weight",
        severity: "error",
        path: "checks[1].effect",
        value: "yield, which is a weight of -11",
        allowed: "'fault', because preemptDelay is 30",
        fix: "set effect: 'fault', or remove preemptDelay",
      },
    ]);
  });

  it("names it where no weight is large enough", () => {
    const [a, b] = [nodeInput("gw-a", 2), nodeInput("gw-b", 3)];
    const nodes = [
      { ...a, priority: 254 },
      { ...b, priority: 1 },
    ];
    const errors = problems([web], { nodes }).filter(({ severity }) => severity === "error");
    expect(errors.map((p) => [p.rule, p.path, p.fix])).toEqual([
      [
        "weight-too-small",
        "checks[0].effect",
        "set effect: 'fault', or bring the priorities closer together",
      ],
    ]);
  });

  it("names the command, and knows what command and process test", () => {
    const stop = { name: "x", kind: "command", command: "/usr/bin/systemctl stop keepalived" };
    expect(problems([stop]).map((p) => [p.rule, p.path])).toEqual([
      ["script-stops-keepalived", "checks[0].command"],
    ]);
    const nginx = { name: "x", kind: "process", process: "nginx" };
    expect(problems([nginx], { notifyBackup: "/usr/bin/systemctl stop nginx" }).map((p) => p.rule)).toEqual([
      "check-loop",
    ]);
  });

  it("of a sticky pair's uplink names the list of checks", () => {
    const slow = problems([{ name: "c", kind: "network" }], { preemption: "sticky" });
    expect(slow.map((p) => [p.rule, p.path])).toEqual([["sticky-with-slow-check", "checks"]]);
    const fast = { name: "c", kind: "network", interval: 1 };
    expect(problems([fast], { preemption: "sticky" })).toEqual([]);
  });
});

describe.each([
  ["prefer-primary", ["gw-a"]],
  ["sticky", ["gw-b"]],
])("in the simulation of a %s pair a check", (preemption, afterwards) => {
  const outcomes = (effect: string) => {
    const nodes = nodesOf(cluster([{ ...web, interval: 1, effect }], { preemption }));
    const faults = ["check-fails", "check-fails-everywhere", "check-recovers"];
    const all = whatIf(nodes, { faults, phases: [0.5] });
    return faults.map((name) => all.find(({ fault }) => fault === name));
  };

  it("that yields moves the addresses without a gap, and where it fails on all nodes one holds", () => {
    const [fails, everywhere, recovers] = outcomes("yield");
    expect(fails).toMatchObject({ after: [["gw-b"]], gap: { max: 0 } });
    expect(everywhere).toMatchObject({ after: [["gw-a"]], endsUnserved: false });
    expect(recovers).toMatchObject({ after: [afterwards] });
  });

  it("that is FAULT moves them, and where it fails on all nodes nobody holds", () => {
    const [fails, everywhere] = outcomes("fault");
    expect(fails).toMatchObject({ after: [["gw-b"]] });
    expect(everywhere).toMatchObject({ after: [[]], endsUnserved: true });
  });
});

it("gives each host the tunnel's interface", () => {
  const checks = [
    { name: "t", kind: "tunnel" },
    { name: "u", kind: "tunnel", interface: "wg1" },
  ];
  expect(hostPlan(cluster(checks), "gw-b").checks).toMatchObject([
    { interface: "eth0" },
    { interface: "wg1" },
  ]);
});
