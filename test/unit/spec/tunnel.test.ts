import fc from "fast-check";
import { generateKeyPairSync } from "node:crypto";

import { checkTunnel, parseTunnel, publicKeyOf, Tunnel, tunnelPlan, UNKNOWN } from "../../../spec";
import { key, PUBLIC_KEYS, tunnelInput } from "./tunnel-input";

function tunnel(...args: Parameters<typeof tunnelInput>): Tunnel {
  const parsed = parseTunnel(tunnelInput(...args));
  if ("problems" in parsed) {
    throw new Error(JSON.stringify(parsed.problems, null, 2));
  }
  return parsed.value;
}

const nobody = { endpoint: undefined };

describe("defaults", () => {
  it("fill in all that is absent", () => {
    expect(tunnel()).toMatchObject({
      name: "sites",
      interface: "wg0",
      mtu: 1420,
      underlayMtu: 1500,
      forward: "subnets",
      firewall: true,
      undoAfter: 300,
      nodes: [{ listenPort: 51820, keepalive: 0, keyNumber: 1, subnets: [] }, {}],
      virtualIpAddresses: [{ address: "10.99.0.100", prefixLength: 32, family: 4 }],
    });
  });

  it("leave 80 bytes for WireGuard, whatever is under it", () => {
    expect(tunnel({ underlayMtu: 1492 }).mtu).toBe(1412);
    expect(tunnel({ underlayMtu: 1492, mtu: 1300 }).mtu).toBe(1300);
  });

  it("have both nodes send keepalives where one is behind NAT", () => {
    expect(tunnel({}, {}, nobody).nodes.map(({ keepalive }) => keepalive)).toEqual([25, 25]);
    expect(tunnel({}, { keepalive: 0 }, nobody).nodes.map(({ keepalive }) => keepalive)).toEqual([0, 25]);
  });

  it("take the name of the resource", () => {
    const parsed = parseTunnel(tunnelInput({ name: undefined }), { name: "wan" });
    expect(parsed).toMatchObject({ value: { name: "wan" } });
  });
});

describe("an endpoint", () => {
  it.each([
    ["vpn.Example.org", { host: "vpn.example.org", port: 51820 }],
    ["vpn.example.org:4500", { host: "vpn.example.org", port: 4500 }],
    ["203.0.113.7", { host: "203.0.113.7", port: 51820, family: 4 }],
    ["203.0.113.7:1", { host: "203.0.113.7", port: 1, family: 4 }],
    ["2001:DB8::7", { host: "2001:db8::7", port: 51820, family: 6 }],
    ["[2001:db8:0::7]:65535", { host: "2001:db8::7", port: 65535, family: 6 }],
    ["[2001:db8::7]", { host: "2001:db8::7", port: 51820, family: 6 }],
  ])("%s is read", (endpoint, expected) => {
    expect(tunnel({}, { endpoint }).nodes[0]!.endpoint).toEqual(expected);
  });

  it("has the port that the node listens on", () => {
    expect(tunnel({}, { listenPort: 4500 }).nodes[0]!.endpoint).toMatchObject({ port: 4500 });
  });

  it.each([
    "",
    "vpn.example.org:",
    "vpn.example.org:0",
    "vpn.example.org:65536",
    "vpn.example.org:wg",
    "vpn example.org",
    "-vpn.example.org",
    "203.0.113.777",
    "203.0.113",
    "127.0.0.1",
    "224.0.0.18",
    "0.0.0.0",
    "fe80::1",
    "[203.0.113.7]:51820",
    "[2001:db8::7",
    "2001:db8::7]:51820",
    "2001:db8::g",
    "$(reboot)",
    "a\nPostUp = reboot",
  ])("%j is refused", (endpoint) => {
    expect(checkTunnel(tunnelInput({}, { endpoint }))).toMatchObject([
      { rule: "bounds", path: "nodes[0].endpoint" },
    ]);
  });
});

it.each([
  ["addresses", ["10.99.0.1"]],
  ["addresses", ["10.99.0.1/33"]],
  ["addresses", ["10.99.0.0/24"]],
  ["addresses", ["10.99.0.255/24"]],
  ["addresses", ["127.0.0.1/8"]],
  ["addresses", ["fe80::1/64"]],
  ["addresses", ["10.99.0.1/24 dev wg0"]],
  ["addresses", ["wg0"]],
  ["subnets", ["192.168.1.1/24"]],
  ["subnets", ["0.0.0.0/0"]],
  ["subnets", ["::/0"]],
  ["subnets", ["224.0.0.0/4"]],
  ["subnets", ["lan"]],
] as [string, string[]][])("%s of a node cannot be %j", (property, value) => {
  const problems = checkTunnel(tunnelInput({}, { [property]: value }));
  expect(problems).toMatchObject([{ rule: "bounds", path: `nodes[0].${property}[0]`, value: value[0] }]);
  expect(problems[0]!.fix).not.toMatch(/'from'/);
});

it.each([
  ["interface", "wg0.1"],
  ["interface", "lo"],
  ["interface", "all"],
  ["interface", "a-name-of-16-char"],
  ["interface", "wg0/../../x"],
  ["name", "agent"],
  ["name", "two words"],
  ["mtu", 575],
  ["mtu", 65536],
  ["underlayMtu", 655],
  ["undoAfter", 9],
  ["virtualIpAddresses", "10.99.0.100"],
])("the tunnel's %s cannot be %j", (property, value) => {
  expect(checkTunnel(tunnelInput({ [property]: value }))).toMatchObject([{ rule: "bounds", path: property }]);
});

it.each([
  ["listenPort", 0],
  ["listenPort", 65536],
  ["keepalive", -1],
  ["keepalive", 65536],
  ["keyNumber", 0],
  ["wanInterface", "eth 0"],
])("%s of a node cannot be %j", (property, value) => {
  expect(checkTunnel(tunnelInput({}, { [property]: value }))).toMatchObject([
    { rule: "bounds", path: `nodes[0].${property}` },
  ]);
});

describe("a key", () => {
  const wrong = [
    "",
    "hunter2",
    key(1).slice(1),
    `${key(1)}\n`,
    key(0),
    Buffer.alloc(31, 1).toString("base64"),
    Buffer.alloc(33, 1).toString("base64"),
    // A bit is set that belongs to no byte: wg refuses it.
    key(1).replace(/E=$/, "F="),
    key(251).replaceAll("+", "-").replaceAll("/", "_"),
  ];

  it.each(wrong)("is not %j, and is not shown", (text) => {
    const problems = checkTunnel(tunnelInput({ presharedKey: text }, { privateKey: text }));
    expect(problems.map(({ path }) => path).sort()).toEqual(["nodes[0].privateKey", "presharedKey"]);
    expect(problems.every(({ value }) => value === "(secret)")).toBe(true);
    expect(text.length < 8 || !JSON.stringify(problems).includes(text)).toBe(true);
  });

  it("has the public key that its owner's peer knows", () => {
    const { privateKey, publicKey } = generateKeyPairSync("x25519");
    const raw = privateKey.export({ format: "der", type: "pkcs8" }).subarray(-32).toString("base64");
    expect(publicKeyOf(raw)).toBe(
      publicKey.export({ format: "der", type: "spki" }).subarray(-32).toString("base64"),
    );
  });

  it("can be known later", () => {
    const parsed = parseTunnel(tunnelInput(), {}, { "gw-a": UNKNOWN, "gw-b": UNKNOWN });
    expect(parsed).toMatchObject({ value: { name: "sites" }, warnings: [] });
  });
});

test("everything that is wrong is told at once", () => {
  const problems = checkTunnel(
    tunnelInput(
      { mtu: 1, presharedKey: "x", nodez: 1 },
      { addresses: ["10.99.0.1"] },
      { endpoint: "10.99.0.2" },
    ),
  );
  expect(problems.map(({ rule, path }) => `${rule} ${path}`).sort()).toEqual([
    "bounds mtu",
    "bounds nodes[0].addresses[0]",
    "bounds presharedKey",
    "tunnel-endpoint-inside nodes[1].endpoint",
    "unknown-key nodez",
  ]);
});

test("whatever stands in the place of a value, each problem says where, what and how, and shows no key", () => {
  const secrets = [key(64), key(72)];
  const odd = fc.oneof(
    fc.anything(),
    fc.constantFrom<unknown>(...secrets),
    fc.ipV4(),
    fc.ipV6(),
    fc.tuple(fc.oneof(fc.ipV4(), fc.ipV6()), fc.nat(130)).map(([address, prefix]) => `${address}/${prefix}`),
  );
  const ofTunnel = fc.constantFrom(
    "name",
    "interface",
    "nodes",
    "virtualIpAddresses",
    "mtu",
    "presharedKey",
    "forward",
  );
  const ofNode = fc.constantFrom(
    "name",
    "connection",
    "addresses",
    "endpoint",
    "keepalive",
    "subnets",
    "privateKey",
  );
  fc.assert(
    fc.property(ofTunnel, ofNode, odd, odd, fc.boolean(), fc.boolean(), (top, inner, a, b, isList, isTop) => {
      const input = tunnelInput(
        { presharedKey: secrets[0], ...(isTop && { [top]: a }) },
        { privateKey: secrets[1], subnets: ["192.168.1.0/24"], [inner]: isList ? [b] : b },
        { privateKey: secrets[1] },
      );
      // A key that was put where something else belongs is shown there: nobody can know it for one.
      const isMisplaced = [a, b].some((value) => secrets.includes(value as string));
      for (const problem of checkTunnel(input)) {
        const { rule, path, allowed, fix } = problem;
        expect([rule, path, allowed, fix]).not.toContainEqual(expect.stringMatching(/^$|undefined|\[object/));
        expect(isMisplaced || !secrets.some((text) => JSON.stringify(problem).includes(text))).toBe(true);
      }
    }),
    { numRuns: 300 },
  );
});

describe("the plan of a host", () => {
  const whole = () =>
    tunnel(
      { presharedKey: key(7), forward: undefined },
      { subnets: ["192.168.1.0/24"], wanInterface: "eth1", privateKey: key(8), keyNumber: 3 },
      { ...nobody, addresses: ["10.99.0.2/24"], subnets: ["192.168.2.0/24"] },
    );

  it("admits from the peer its addresses, the virtual ones and the networks behind it", () => {
    const [peer] = tunnelPlan(whole(), "gw-a", PUBLIC_KEYS).peers;
    expect(peer!.allowedIps.map(({ address, prefixLength }) => `${address}/${prefixLength}`)).toEqual([
      "10.99.0.2/32",
      "10.99.0.100/32",
      "192.168.2.0/24",
    ]);
    expect(peer).toMatchObject({ name: "gw-b", publicKey: key(2), addresses: ["10.99.0.2"] });
    expect(peer!.endpoint).toBeUndefined();
  });

  it("has what is the host's own, and no private key", () => {
    const plan = tunnelPlan(whole(), "gw-a", PUBLIC_KEYS);
    expect(plan).toMatchObject({
      tunnel: "sites",
      node: "gw-a",
      keyNumber: 3,
      keepalive: 25,
      wanInterface: "eth1",
      forward: [{ family: 4, network: { address: "192.168.1.0", prefixLength: 24, family: 4 } }],
    });
    expect(JSON.stringify(plan)).not.toContain(key(8));
  });

  const lan = { address: "192.168.1.0", prefixLength: 24, family: 4 };
  it.each([
    ["subnets on a node", undefined, { subnets: ["192.168.1.0/24"] }, [[{ family: 4, network: lan }], []]],
    ["forward: true", true, { subnets: ["192.168.1.0/24"] }, [[{ family: 4 }], [{ family: 4 }]]],
    ["forward: false", false, { subnets: ["192.168.1.0/24"] }, [[], []]],
    ["no subnets", undefined, {}, [[], []]],
  ])("forwards as asked: %s", (_what, forward, a, expected) => {
    const parsed = tunnel({ forward }, a);
    expect(["gw-a", "gw-b"].map((node) => tunnelPlan(parsed, node, PUBLIC_KEYS).forward)).toEqual(expected);
  });

  it("is made for nodes of the tunnel, with a key of each", () => {
    expect(() => tunnelPlan(whole(), "gw-c", PUBLIC_KEYS)).toThrow(/no node 'gw-c': give one of gw-a, gw-b/);
    expect(() => tunnelPlan(whole(), "gw-a", { "gw-a": key(1) })).toThrow(
      /publicKeys.gw-b: \(missing\) \[tunnel-public-key\]/,
    );
  });
});
