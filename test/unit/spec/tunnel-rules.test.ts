import fc from "fast-check";

import { checkTunnel, TUNNEL_RULES, UNKNOWN } from "../../../spec";
import { key, PUBLIC_KEYS, tunnelInput, tunnelNodeInput } from "./tunnel-input";

const lan = (text: string) => ({ subnets: [text] });
const ssh = (host: string, rest: object = {}) => ({
  connection: { ...tunnelNodeInput("x", 9).connection, host, ...rest },
});
const proxy = (host: string) => ({ proxy: { ...tunnelNodeInput("x", 9).connection, host } });
const nobody = { endpoint: undefined };

function found(input: unknown, publicKeys?: Record<string, string>): string[][] {
  return checkTunnel(input, {}, publicKeys).map((p) => [p.rule, p.path]);
}

it.each([
  ["one node", tunnelInput({ nodes: [tunnelNodeInput("gw-a", 1)] }), ["tunnel-node-count", "nodes"]],
  [
    "three nodes",
    tunnelInput({ nodes: ["a", "b", "c"].map((name, i) => tunnelNodeInput(name, i + 1)) }),
    ["tunnel-node-count", "nodes"],
  ],
  ["two nodes of one name", tunnelInput({}, {}, { name: "gw-a" }), ["duplicate-name", "nodes[1].name"]],
  [
    "two nodes behind one SSH server",
    tunnelInput({}, {}, ssh("192.0.2.1")),
    ["duplicate-host", "nodes[1].connection.host"],
  ],
  [
    "one address on both",
    tunnelInput({}, {}, { addresses: ["10.99.0.1/24"] }),
    ["tunnel-overlap", "nodes[1].addresses[0]"],
  ],
  [
    "one address twice on a node, where wg-quick would give up",
    tunnelInput({}, { addresses: ["10.99.0.1/24", "10.99.0.1/24"] }),
    ["tunnel-overlap", "nodes[0].addresses[1]"],
  ],
  [
    "one network behind both",
    tunnelInput({}, lan("192.168.1.0/24"), lan("192.168.1.0/24")),
    ["tunnel-overlap", "nodes[1].subnets[0]"],
  ],
  [
    "a network behind one that holds a network behind the other",
    tunnelInput({}, lan("192.168.0.0/16"), lan("192.168.7.0/24")),
    ["tunnel-overlap", "nodes[1].subnets[0]"],
  ],
  [
    "a network behind one that holds the other's tunnel address",
    tunnelInput({}, {}, lan("10.99.0.0/28")),
    ["tunnel-overlap", "nodes[1].subnets[0]"],
  ],
  [
    "a virtual address in a network behind a node",
    tunnelInput({}, lan("10.99.0.96/28")),
    ["tunnel-overlap", "virtualIpAddresses[0]"],
  ],
  [
    "a virtual address in a network behind a node, the tunnel having none",
    tunnelInput(
      { virtualIpAddresses: ["192.168.1.9"] },
      { addresses: ["10.1.1.1/32"], ...lan("192.168.1.0/24") },
      { addresses: ["10.2.2.2/32"] },
    ),
    ["tunnel-overlap", "virtualIpAddresses[0]"],
  ],
  [
    "a virtual address in a network behind a node and not in the tunnel's",
    tunnelInput({ virtualIpAddresses: ["192.168.1.9"] }, lan("192.168.1.0/24")),
    ["tunnel-vip-outside", "virtualIpAddresses[0]"],
  ],
  [
    "addresses of two networks",
    tunnelInput({ virtualIpAddresses: [] }, {}, { addresses: ["10.98.0.2/24"] }),
    ["tunnel-address-network", "nodes[1].addresses[0]"],
  ],
  [
    "a prefix length that leaves the peer out",
    tunnelInput({ virtualIpAddresses: [] }, { addresses: ["10.99.0.1/30"] }, { addresses: ["10.99.0.9/24"] }),
    ["tunnel-address-network", "nodes[0].addresses[0]"],
  ],
  [
    "IPv6 on one node only",
    tunnelInput({}, { addresses: ["10.99.0.1/24", "fd99::1/64"] }),
    ["tunnel-address-network", "nodes[0].addresses[1]"],
  ],
  [
    "addresses of their own in different families",
    tunnelInput({ virtualIpAddresses: [] }, { addresses: ["10.99.0.1/32"] }, { addresses: ["fd99::2/128"] }),
    ["tunnel-address-network", "nodes[1].addresses"],
  ],
  [
    "a virtual address outside of the tunnel's network",
    tunnelInput({ virtualIpAddresses: ["10.98.0.100"] }),
    ["tunnel-vip-outside", "virtualIpAddresses[0]"],
  ],
  [
    "a virtual address of a family that the tunnel does not have",
    tunnelInput({ virtualIpAddresses: ["fd99::100/64"] }),
    ["tunnel-vip-outside", "virtualIpAddresses[0]"],
  ],
  [
    "a virtual address that is the network's broadcast address",
    tunnelInput({ virtualIpAddresses: ["10.99.0.255"] }),
    ["tunnel-vip-outside", "virtualIpAddresses[0]"],
  ],
  [
    "a virtual address that is a node's own",
    tunnelInput({ virtualIpAddresses: ["10.99.0.2/32"] }),
    ["tunnel-vip-is-address", "virtualIpAddresses[0]"],
  ],
  [
    "a virtual address given twice",
    tunnelInput({ virtualIpAddresses: ["10.99.0.100", "10.99.0.100/32 dev wg0"] }),
    ["duplicate-vip", "virtualIpAddresses[1]"],
  ],
  [
    "SSH over a virtual address",
    tunnelInput({}, {}, ssh("10.99.0.100")),
    ["vip-is-ssh-address", "nodes[1].connection.host"],
  ],
  ["nobody who is dialled", tunnelInput({}, nobody, nobody), ["tunnel-no-endpoint", "nodes[0].endpoint"]],
  [
    "an endpoint that is the tunnel's own address",
    tunnelInput({}, { endpoint: "10.99.0.1:51820" }),
    ["tunnel-endpoint-inside", "nodes[0].endpoint"],
  ],
  [
    "an endpoint in the tunnel's network",
    tunnelInput({}, { endpoint: "10.99.0.77" }),
    ["tunnel-endpoint-inside", "nodes[0].endpoint"],
  ],
  [
    "an endpoint in a network behind its own node",
    tunnelInput({}, { ...lan("198.51.100.0/24"), endpoint: "198.51.100.7" }),
    ["tunnel-endpoint-inside", "nodes[0].endpoint"],
  ],
  [
    "an endpoint in a network behind the other node",
    tunnelInput({}, lan("192.0.2.0/25"), ssh("gw-b.example.org")),
    ["tunnel-endpoint-inside", "nodes[0].endpoint"],
    ["tunnel-endpoint-inside", "nodes[1].endpoint"],
    ["tunnel-ssh-inside", "nodes[0].connection.host"],
  ],
  [
    "one endpoint for both",
    tunnelInput({}, { endpoint: "vpn.example.org" }, { endpoint: "VPN.example.org:51820" }),
    ["tunnel-endpoint-shared", "nodes[1].endpoint"],
  ],
  [
    "no keepalive behind NAT",
    tunnelInput({}, {}, { ...nobody, keepalive: 0 }),
    ["tunnel-keepalive-behind-nat", "nodes[1].keepalive"],
  ],
  [
    "an MTU below IPv6's least",
    tunnelInput(
      { mtu: 1279 },
      { addresses: ["fd99::1/64", "10.99.0.1/24"] },
      { addresses: ["fd99::2/64", "10.99.0.2/24"] },
    ),
    ["tunnel-mtu-ipv6", "mtu"],
  ],
  [
    "an MTU below IPv6's least that follows from the way under it",
    tunnelInput({ underlayMtu: 1359, virtualIpAddresses: [] }, lan("2001:db8:1::/48")),
    ["tunnel-mtu-ipv6", "mtu"],
  ],
  ["an MTU that the way has no room for", tunnelInput({ mtu: 1441 }), ["tunnel-mtu-too-large", "mtu"]],
  [
    "an MTU that the way has no room for over IPv6",
    tunnelInput({ mtu: 1421 }, { endpoint: "[2001:db8::1]:51820" }),
    ["tunnel-mtu-too-large", "mtu"],
  ],
  [
    "SSH through the tunnel",
    tunnelInput({}, {}, ssh("10.99.0.2")),
    ["tunnel-ssh-inside", "nodes[1].connection.host"],
  ],
  [
    "SSH to an address behind a node",
    tunnelInput({}, { ...lan("192.168.1.0/24"), ...ssh("192.168.1.1") }),
    ["tunnel-ssh-inside", "nodes[0].connection.host"],
  ],
  [
    "a proxy behind a node",
    tunnelInput({}, { ...lan("192.168.1.0/24"), ...ssh("gw-a", proxy("192.168.1.5")) }),
    ["tunnel-ssh-inside", "nodes[0].connection.proxy.host"],
  ],
  [
    "one private key for both, in two spellings of its unused bits",
    tunnelInput(
      {},
      { privateKey: key(8) },
      { privateKey: Buffer.alloc(32, 8).fill(9, 0, 1).toString("base64") },
    ),
    ["tunnel-equal-keys", "nodes[1].privateKey"],
  ],
] as [string, unknown, ...string[][]][])(
  "%s is found, and nothing beside it",
  (_what, input, ...expected) => {
    expect(found(input)).toEqual(expected);
  },
);

it.each([
  ["a tunnel between two addresses", tunnelInput()],
  ["one node behind NAT", tunnelInput({}, {}, nobody)],
  [
    "endpoints with names",
    tunnelInput({}, { endpoint: "a.example.org" }, { endpoint: "b.example.org:4500" }),
  ],
  ["two nodes behind one address with two ports", tunnelInput({}, {}, { endpoint: "192.0.2.1:51821" })],
  ["networks behind the nodes", tunnelInput({}, lan("192.168.1.0/24"), lan("192.168.2.0/24"))],
  [
    "both families",
    tunnelInput(
      { virtualIpAddresses: ["10.99.0.100", "fd99::100"], mtu: 1280 },
      { addresses: ["10.99.0.1/24", "FD99::1/64"] },
      { addresses: ["10.99.0.2/24", "fd99:0::2/64"] },
    ),
  ],
  [
    "addresses of their own, and a virtual one beside them",
    tunnelInput(
      { virtualIpAddresses: ["10.5.5.5"] },
      { addresses: ["10.1.1.1/32"] },
      { addresses: ["10.2.2.2/32"] },
    ),
  ],
  ["an IPv4 tunnel over a way of 656 bytes", tunnelInput({ underlayMtu: 656 })],
  ["an MTU of 1440 over IPv4", tunnelInput({ mtu: 1440 })],
  ["a large MTU over a way that has it", tunnelInput({ mtu: 8920, underlayMtu: 9000 })],
  [
    "SSH through a proxy that is at the site",
    tunnelInput({}, { ...lan("192.168.1.0/24"), ...ssh("192.168.1.1", proxy("192.0.2.99")) }),
  ],
  ["keepalive 0 on the node that is dialled", tunnelInput({}, { keepalive: 0 }, nobody)],
  ["given keys", tunnelInput({ presharedKey: key(7) }, { privateKey: key(8) }, { privateKey: key(16) })],
])("%s is right", (_what, input) => {
  expect(checkTunnel(input, {}, PUBLIC_KEYS)).toEqual([]);
});

test("public keys are held against each other once they are known", () => {
  expect(found(tunnelInput(), { "gw-a": key(1), "gw-b": key(1) })).toEqual([
    ["tunnel-equal-keys", "publicKeys.gw-b"],
  ]);
  expect(found(tunnelInput(), { "gw-a": key(1) })).toEqual([["tunnel-public-key", "publicKeys.gw-b"]]);
  expect(found(tunnelInput(), { "gw-a": key(1), "gw-b": "public-key" })).toEqual([
    ["tunnel-public-key", "publicKeys.gw-b"],
  ]);
  expect(checkTunnel(tunnelInput(), {}, { "gw-a": UNKNOWN, "gw-b": key(1) })).toEqual([]);
});

test("a finding says what is there, what is allowed and what to do", () => {
  expect(checkTunnel(tunnelInput({}, lan("192.168.0.0/16"), lan("192.168.7.0/24")))).toEqual([
    {
      rule: "tunnel-overlap",
      severity: "error",
      path: "nodes[1].subnets[0]",
      value: "192.168.7.0/24",
      allowed: "nothing that overlaps with nodes[0].subnets[0] (192.168.0.0/16)",
      fix: "renumber one of the two networks, or name only those parts of it that are behind this node alone",
    },
  ]);
});

test("rules have ids of their own, a sentence that ends and a fix that does not", () => {
  expect(new Set(TUNNEL_RULES.map(({ id }) => id)).size).toBe(TUNNEL_RULES.length);
  for (const { id, doc, fix } of TUNNEL_RULES) {
    expect(id).toMatch(/^tunnel(-[a-z0-9]+)+$/);
    expect(doc).toMatch(/^\S.*\.$/);
    expect(fix).toMatch(/^[a-z].*[^.]$/);
  }
});

/** Breaks most rules at once. */
const broken = tunnelInput(
  { mtu: 600, virtualIpAddresses: ["10.99.0.1", "10.50.0.1", "fd01::1", "192.168.1.1"] },
  {
    addresses: ["10.99.0.1/24", "fd99::1/64"],
    endpoint: "10.99.0.1",
    ...lan("192.168.0.0/16"),
    ...ssh("10.99.0.1"),
    privateKey: key(8),
  },
  {
    name: "gw-a",
    addresses: ["10.98.0.1/24"],
    endpoint: undefined,
    keepalive: 0,
    ...lan("192.168.3.0/24"),
    ...ssh("192.168.3.1"),
    privateKey: key(8),
  },
);

/** Paths of all values. */
function leaves(value: unknown, path: (string | number)[] = []): (string | number)[][] {
  if (value !== null && typeof value === "object") {
    return Object.entries(value).flatMap(([k, v]) =>
      leaves(v, [...path, Array.isArray(value) ? Number(k) : k]),
    );
  }
  return value === undefined ? [] : [path];
}

function hide(value: unknown, [key, ...rest]: (string | number)[]): unknown {
  if (key === undefined || value === UNKNOWN) {
    return UNKNOWN;
  }
  if (Array.isArray(value)) {
    return value.map((item: unknown, i) => (i === key ? hide(item, rest) : item));
  }
  return { ...(value as object), [key]: hide((value as Record<string, unknown>)[key], rest) };
}

test("with some values unknown a subset is found of what is found with all of them", () => {
  const all = new Set(checkTunnel(broken).map(({ rule, path }) => `${rule} ${path}`));
  expect(all.size).toBeGreaterThan(12);
  // A list that is known only later, as a whole, too.
  const places = [
    ...leaves(broken),
    ["nodes", 0, "addresses"],
    ["nodes", 1, "subnets"],
    ["nodes", 1],
    ["nodes"],
  ];
  fc.assert(
    fc.property(fc.subarray(places), (hidden) => {
      const input = hidden.reduce<unknown>(hide, broken);
      for (const { rule, path } of checkTunnel(input)) {
        expect(all).toContain(`${rule} ${path}`);
      }
    }),
  );
});

const address = fc.tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 20, max: 32 }));
const net = fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 22, max: 30 }));

/** An IPv4 address as a number. */
function number(text: string): number {
  return text.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
}

test("a tunnel that is accepted has AllowedIPs of which no two nodes have an address in common", () => {
  let accepted = 0;
  fc.assert(
    fc.property(address, address, net, net, fc.integer({ min: 1, max: 60 }), (a, b, s, t, vip) => {
      const subnet = ([third, prefix]: [number, number]) => {
        const start = Math.floor((third * 64) / 2 ** (32 - prefix)) * 2 ** (32 - prefix);
        return `10.0.${Math.floor(start / 256)}.${start % 256}/${prefix}`;
      };
      const input = tunnelInput(
        { virtualIpAddresses: [`10.0.9.${vip}`] },
        { addresses: [`10.0.9.${a[0]}/${a[1]}`], subnets: [subnet(s)] },
        { addresses: [`10.0.9.${b[0]}/${b[1]}`], subnets: [subnet(t)] },
      );
      if (checkTunnel(input).length > 0) {
        return;
      }
      accepted++;
      const range = (text: string) => {
        const [host = "", prefix = "32"] = text.split("/");
        const size = 2 ** (32 - Number(prefix));
        const start = Math.floor(number(host) / size) * size;
        return [start, start + size];
      };
      const [ofA, ofB] = [
        [range(`10.0.9.${a[0]}`), range(subnet(s))],
        [range(`10.0.9.${b[0]}`), range(subnet(t))],
      ];
      for (const [start, end] of ofA) {
        for (const [otherStart, otherEnd] of [...ofB, range(`10.0.9.${vip}`)]) {
          expect(start! >= otherEnd! || otherStart! >= end!).toBe(true);
        }
      }
    }),
    { numRuns: 2000 },
  );
  expect(accepted).toBeGreaterThan(50);
});
