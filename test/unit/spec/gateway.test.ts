import { checkCluster, hostPlan, membersOf, parseCluster, UNKNOWN } from "../../../spec";
import { clusterInput, mixedInput } from "./cluster-input";

type Input = Record<string, unknown>;

const app = { address: "10.0.0.11:8080" };

function cluster(gateway: Input, change: Input = {}) {
  const parsed = parseCluster(clusterInput({ gateway, ...change }));
  if ("problems" in parsed) {
    throw new Error(JSON.stringify(parsed.problems));
  }
  return parsed.value;
}

/** What is said of a gateway. */
const found = (gateway: Input, change: Input = {}) =>
  checkCluster(clusterInput({ gateway, ...change })).map((p) => [p.rule, p.path]);

const plan = (gateway: Input, change: Input = {}) => hostPlan(cluster(gateway, change), "gw-a");

test("a gateway is its upstreams, and the rest has a default", () => {
  expect(cluster({ upstreams: [app] }).gateway).toEqual({
    program: "nginx",
    listen: [80],
    listenOn: "all",
    upstreams: [{ address: "10.0.0.11", port: 8080, weight: 1, backup: false }],
    user: "www-data",
    connectTimeout: 3,
    readTimeout: 60,
    checkPath: "/",
    runs: "both",
  });
});

test.each([[{ prefix: "/usr/local/nginx" }], [{ program: "openresty" }]])(
  "a user is named for the package's nginx alone, not with %j",
  (change) => {
    expect(cluster({ upstreams: [app], ...change }).gateway!.user).toBeUndefined();
  },
);

test("it brings a check that yields, with preemptDelay one that is FAULT, on every node", () => {
  const scripts = (change: Input) =>
    membersOf(cluster({ upstreams: [app] }, change)).flatMap((members) =>
      members.map(({ instance }) => instance.trackScripts.at(-1)),
    );
  expect(scripts({})).toEqual([
    expect.objectContaining({
      name: "gateway",
      script: "/usr/bin/env sh /usr/lib/vrrp-agent/vrrp-check gw gateway",
      weight: -11,
    }),
    expect.objectContaining({ weight: -11 }),
  ]);
  expect(scripts({ preemptDelay: 30 })[0]).toMatchObject({ weight: 0 });
  expect(found({ upstreams: [app] }, { preemptDelay: 30 })).toEqual([]);
});

describe("its action", () => {
  const own = { name: "gateway", kind: "gateway", onFailure: "continue", settled: false };
  const role = {
    settle: 7,
    actions: [
      { name: "db", kind: "command" },
      { name: "mail", kind: "command" },
    ],
  };
  const names = (gateway: Input) => plan(gateway, { role }).role!.actions.map(({ name }) => name);

  test("is all of a role that nobody has written", () => {
    expect(plan({ upstreams: [app] }).role).toMatchObject({ settle: 3, instances: ["gw"], actions: [own] });
  });

  test("comes before the others, or behind the one that is named", () => {
    expect(names({ upstreams: [app] })).toEqual(["gateway", "db", "mail"]);
    expect(names({ upstreams: [app], after: "db" })).toEqual(["db", "gateway", "mail"]);
    expect(plan({ upstreams: [app] }, { role }).role!.settle).toBe(7);
  });
});

test("its ports are opened, each once, and none where the firewall is left alone", () => {
  const gateway = { upstreams: [app], listen: [80, 8000], probe: { port: 8081 } };
  const openPorts = [
    { protocol: "tcp", port: 80 },
    { protocol: "udp", port: 8000 },
  ];
  expect(plan(gateway, { openPorts }).openPorts.map(({ protocol, port }) => `${protocol} ${port}`)).toEqual([
    "tcp 80",
    "udp 8000",
    "tcp 8000",
    "tcp 8081",
  ]);
  expect(plan(gateway, { firewall: false }).openPorts).toEqual([]);
});

test("where it listens on the virtual addresses a node binds to those that it does not hold", () => {
  expect(plan({ upstreams: [app], listenOn: "vip" }).nonlocalBind).toBe(true);
  expect(plan({ upstreams: [app] }).nonlocalBind).toBe(false);
  expect(found({ upstreams: [app], listenOn: "vip" }, { nonlocalBind: false })).toEqual([
    ["gateway-nonlocal-bind", "nonlocalBind"],
  ]);
});

const conf = "events {}\nhttp { server { listen 80; } }\n";

test.each<[string, Input, Input, string[][]]>([
  ["nothing to pass requests to", {}, {}, [["gateway-without-upstreams", "gateway.upstreams"]]],
  ["config alone", { config: conf }, {}, []],
  ["config, its port and its host", { config: conf, listen: [8080], serverName: "a.example" }, {}, []],
  [
    "config beside what it says",
    { config: conf, upstreams: [app], user: "web", listenOn: "vip", readTimeout: 9 },
    { nonlocalBind: true },
    ["upstreams", "user", "listenOn", "readTimeout"].map((key) => [
      "gateway-config-and-template",
      `gateway.${key}`,
    ]),
  ],
  [
    "a port twice",
    { upstreams: [app], listen: [80, 81, 80], probe: { port: 81 } },
    {},
    [
      ["gateway-port-twice", "gateway.listen[2]"],
      ["gateway-port-twice", "gateway.probe.port"],
    ],
  ],
  [
    "a virtual address as upstream",
    { upstreams: [{ address: "192.168.1.1:8080" }] },
    {},
    [["gateway-upstream-is-vip", "gateway.upstreams[0].address"]],
  ],
  [
    "itself as upstream",
    { upstreams: [app, { address: "127.0.0.1:80" }, { address: "192.168.1.3:80" }] },
    {},
    [
      ["gateway-upstream-is-gateway", "gateway.upstreams[1].address"],
      ["gateway-upstream-is-gateway", "gateway.upstreams[2].address"],
    ],
  ],
  [
    "an application beside it",
    { upstreams: [{ address: "127.0.0.1:8080" }, { address: "[::1]:1" }] },
    {},
    [],
  ],
  [
    "an upstream twice",
    { upstreams: [app, app] },
    {},
    [["gateway-upstream-twice", "gateway.upstreams[1].address"]],
  ],
  [
    "upstreams that all stand in",
    { upstreams: [{ ...app, backup: true }] },
    {},
    [["gateway-upstreams-all-backup", "gateway.upstreams"]],
  ],
  [
    "what the unit says",
    { config: `daemon off;\npid /tmp/x;\n${conf}` },
    {},
    [
      ["gateway-config-daemon", "gateway.config"],
      ["gateway-config-pid", "gateway.config"],
    ],
  ],
  ["another pid file of an own build", { config: `pid /tmp/x;\n${conf}`, prefix: "/opt/nginx" }, {}, []],
  [
    "a configuration that listens on a virtual address",
    { config: "events {}\nhttp {\n server {\n  listen 192.168.1.1:80;\n }\n}\n" },
    {},
    [["gateway-nonlocal-bind", "nonlocalBind"]],
  ],
  [
    "a probe that nothing includes",
    { config: conf, probe: { port: 8081 } },
    {},
    [["gateway-probe-not-included", "gateway.config"]],
  ],
  [
    "a probe that is included",
    {
      config: "events {}\nhttp { include /etc/vrrp-agent/gw/gateway-probe.conf; }\n",
      probe: { port: 8081 },
    },
    {},
    [],
  ],
  [
    "an action that is not there",
    { upstreams: [app], after: "db" },
    {},
    [["gateway-after-unknown", "gateway.after"]],
  ],
  [
    "a check and an action of its name",
    { upstreams: [app] },
    {
      checks: [{ name: "gateway", kind: "tcp", host: "127.0.0.1", port: 80 }],
      role: { actions: [{ name: "gateway", kind: "command" }] },
    },
    [
      ["duplicate-name", "checks[0].name"],
      ["duplicate-name", "role.actions[0].name"],
    ],
  ],
  [
    "an action about the same service",
    { upstreams: [app] },
    { role: { actions: [{ name: "web", kind: "service", service: "nginx" }] } },
    [["gateway-twice", "role.actions[0].service"]],
  ],
  [
    "a check of what is stopped on a backup",
    { upstreams: [app], runs: "master" },
    { checks: [{ name: "web", kind: "process", process: "nginx" }] },
    [["check-loop", "checks[0].process"]],
  ],
  [
    "a check of what runs on both",
    { upstreams: [app] },
    { checks: [{ name: "web", kind: "process", process: "nginx" }] },
    [],
  ],
])("of %s is said what is wrong", (_what, gateway, change, problems) => {
  expect(found(gateway, change)).toEqual(problems);
});

test.each<[Input, string]>([
  [{ prefix: "usr/local/nginx" }, "gateway.prefix"],
  [{ prefix: "/usr/local/nginx/" }, "gateway.prefix"],
  [{ prefix: "/usr/../x" }, "gateway.prefix"],
  [{ listen: [] }, "gateway.listen"],
  [{ listen: [0] }, "gateway.listen[0]"],
  [{ serverName: "a b" }, "gateway.serverName"],
  [{ checkPath: "/a;b" }, "gateway.checkPath"],
  [{ upstreams: [{ address: "app.example:80" }] }, "gateway.upstreams[0].address"],
  [{ upstreams: [{ address: "10.0.0.11" }] }, "gateway.upstreams[0].address"],
  [{ upstreams: [{ address: "10.0.0.11:80;" }] }, "gateway.upstreams[0].address"],
  [{ upstreams: [{ ...app, weight: 0 }] }, "gateway.upstreams[0].weight"],
  [{ runs: "backup" }, "gateway.runs"],
  [{ probe: {} }, "gateway.probe.port"],
  [{ user: "a b" }, "gateway.user"],
  [{ config: "a\0b" }, "gateway.config"],
])("%j is refused where it stands", (change, path) => {
  expect(found({ upstreams: [app], ...change }).map(([, where]) => where)).toContain(path);
});

test("IPv6 upstreams and addresses are taken", () => {
  const input = mixedInput({ gateway: { upstreams: [{ address: "[2001:DB8::11]:80" }], listenOn: "vip" } });
  const parsed = parseCluster(input);
  expect("value" in parsed && parsed.value.gateway!.upstreams[0]).toMatchObject({
    address: "2001:db8::11",
    port: 80,
  });
});

test.each([["config"], ["upstreams"], ["listen"], ["prefix"], ["probe"], ["runs"], ["listenOn"]])(
  "what is known later of %s is judged later",
  (key) => {
    const gateway = { upstreams: [app], probe: { port: 8081 }, [key]: UNKNOWN };
    expect(found(key === "config" ? { config: UNKNOWN } : gateway)).toEqual([]);
    expect(checkCluster(clusterInput({ gateway: UNKNOWN }))).toEqual([]);
  },
);
