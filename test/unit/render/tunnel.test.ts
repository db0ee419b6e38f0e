import fc from "fast-check";

import { bundle, forwardRules, RenderedFile, renderTunnel, tunnelRules, wordRules } from "../../../render";
import { parseTunnel, TunnelPeer, TunnelPlan, tunnelPlan } from "../../../spec";
import { key, PUBLIC_KEYS, tunnelInput } from "../spec/tunnel-input";

const CONF = "/etc/wireguard/wg0.conf";
const NODE_CONF = "/etc/vrrp-agent/sites/node.conf";
const SYSCTL = "/etc/sysctl.d/60-vrrp-sites.conf";

/** The plan of gw-a, read from a spec. */
function planOf(...args: Parameters<typeof tunnelInput>): TunnelPlan {
  const parsed = parseTunnel(tunnelInput(...args));
  if ("problems" in parsed) {
    throw new Error(JSON.stringify(parsed.problems));
  }
  return tunnelPlan(parsed.value, "gw-a", PUBLIC_KEYS);
}

function fileOf(files: RenderedFile[], path: string): RenderedFile {
  const file = files.find((f) => f.path === path);
  if (file === undefined) {
    throw new Error(`no ${path} among ${files.map((f) => f.path).join(", ")}`);
  }
  return file;
}

const textOf = (plan: TunnelPlan, path: string) => fileOf(renderTunnel(plan), path).text;

const everything = () =>
  planOf(
    { presharedKey: key(7), virtualIpAddresses: ["10.99.0.100", "fd99::100"], undoAfter: 120 },
    {
      addresses: ["10.99.0.1/24", "fd99::1/64"],
      listenPort: 4500,
      subnets: ["192.168.1.0/24"],
      keyNumber: 2,
      wanInterface: "eth1",
      privateKey: key(8),
    },
    { addresses: ["10.99.0.2/24", "fd99::2/64"], endpoint: undefined, subnets: ["192.168.2.0/24"] },
  );

test("wg-quick's file has the interface, where its keys are, and the peer", () => {
  expect(textOf(everything(), CONF).split("\n").slice(1).join("\n")).toBe(`[Interface]
Address = 10.99.0.1/24
Address = fd99::1/64
ListenPort = 4500
MTU = 1420
PostUp = wg set %i private-key /etc/wireguard/wg0.key
PostUp = wg set %i peer ${key(2)} preshared-key /etc/wireguard/wg0.gw-b.psk

[Peer]
# gw-b
PublicKey = ${key(2)}
AllowedIPs = 10.99.0.2/32, fd99::2/128, 10.99.0.100/32, fd99::100/128, 192.168.2.0/24
PersistentKeepalive = 25
`);
});

test("a peer that is dialled has an endpoint, and no keepalive where nobody is behind NAT", () => {
  const text = textOf(planOf({}, {}, { endpoint: "[2001:db8::2]:4500" }), CONF);
  expect(text).toContain("\nEndpoint = [2001:db8::2]:4500\n");
  expect(text).not.toContain("PersistentKeepalive");
  expect(text.match(/^PostUp.*/gm)).toEqual(["PostUp = wg set %i private-key /etc/wireguard/wg0.key"]);
  expect(textOf(planOf({}, {}, { endpoint: "b.example.org" }), CONF)).toContain(
    "\nEndpoint = b.example.org:51820\n",
  );
});

test("the agent is told all that it needs of the tunnel", () => {
  expect(textOf(everything(), NODE_CONF)).toBe(`cluster sites
node gw-a
interface wg0
peer gw-b 10.99.0.2
peer gw-b fd99::2
wan eth1
tunnel wg0 4500 1420
tunnel-address wg0 10.99.0.1/24
tunnel-address wg0 fd99::1/64
tunnel-link wg0 fe80::1/64
tunnel-key wg0 2
tunnel-peer wg0 gw-b ${key(2)} none 25
tunnel-peer-address wg0 gw-b 10.99.0.2
tunnel-peer-address wg0 gw-b fd99::2
tunnel-psk wg0 gw-b
peers-elsewhere no
off-link yes
settle 30
undo 120
`);
});

test("a node that names no interface and no preshared key has no line of them", () => {
  expect(textOf(planOf(), NODE_CONF)).toBe(`cluster sites
node gw-a
interface wg0
peer gw-b 10.99.0.2
tunnel wg0 51820 1420
tunnel-address wg0 10.99.0.1/24
tunnel-link wg0 fe80::1/64
tunnel-key wg0 1
tunnel-peer wg0 gw-b ${key(2)} 192.0.2.2:51820 0
tunnel-peer-address wg0 gw-b 10.99.0.2
peers-elsewhere no
off-link yes
settle 30
undo 300
`);
});

test("the preshared key is in a secret file of its own and nowhere else, the private key nowhere", () => {
  const files = renderTunnel(everything());
  expect(fileOf(files, "/etc/wireguard/wg0.gw-b.psk")).toEqual({
    path: "/etc/wireguard/wg0.gw-b.psk",
    text: `${key(7)}\n`,
    mode: "0600",
    owner: "root:root",
    secret: true,
  });
  const shown = files.filter(({ secret }) => !secret);
  expect(shown).toHaveLength(files.length - 1);
  expect(shown.filter(({ text }) => text.includes(key(7)))).toEqual([]);
  expect(files.filter(({ text, path }) => text.includes(key(8)) || path.endsWith(".key"))).toEqual([]);
});

test("another private key changes no file", () => {
  const files = (byte: number) => renderTunnel(planOf({}, { privateKey: key(byte) }));
  expect(files(8)).toEqual(files(16));
});

test("only what is asked for is forwarded", () => {
  const paths = (plan: TunnelPlan) => renderTunnel(plan).map(({ path }) => path);
  expect(paths(planOf())).not.toContain(SYSCTL);
  expect(
    textOf(planOf({}, { subnets: ["192.168.1.0/24"] }), SYSCTL)
      .split("\n")
      .slice(1),
  ).toEqual(["net.ipv4.ip_forward = 1", "net.ipv4.conf.wg0.rp_filter = 2", ""]);
  expect(
    textOf(planOf({}, { subnets: ["2001:db8:1::/48"] }), SYSCTL)
      .split("\n")
      .slice(1),
  ).toEqual(["net.ipv6.conf.all.forwarding = 1", ""]);
});

test("keepalived wants the tunnel, and is not ordered behind what may look for a name for ever", () => {
  const text = textOf(
    planOf({ interface: "wg-b" }),
    "/etc/systemd/system/keepalived.service.d/vrrp-sites.conf",
  );
  expect(text.split("\n").slice(1)).toEqual(["[Unit]", "Wants=wg-quick@wg-b.service", ""]);
});

test("a reload of wg-quick's unit leaves the tunnel its keys, and the way for what the hosts tell each other", () => {
  const text = textOf(everything(), "/etc/systemd/system/wg-quick@wg0.service.d/vrrp-sites.conf");
  expect(text.split("\n").slice(1)).toEqual([
    "[Service]",
    "ExecReload=/usr/bin/wg set %i private-key /etc/wireguard/wg0.key",
    `ExecReload=/usr/bin/wg set %i peer ${key(2)} preshared-key /etc/wireguard/wg0.gw-b.psk`,
    `ExecReload=/usr/bin/wg set %i peer ${key(2)} allowed-ips 10.99.0.2/32,fd99::2/128,10.99.0.100/32,fd99::100/128,192.168.2.0/24,fe80::/64`,
    "",
  ]);
});

test("a peer that has a name is looked up by a timer, which comes and goes with the tunnel; others need none", () => {
  const [service, timer] = ["service", "timer"].map(
    (kind) => `/etc/systemd/system/vrrp-endpoints-sites.${kind}`,
  ) as [string, string];
  const dropIn = "/etc/systemd/system/wg-quick@wg-b.service.d/vrrp-sites.conf";
  const named = planOf({ interface: "wg-b" }, {}, { endpoint: "b.example.org" });
  expect(textOf(named, service)).toContain("\nExecStart=/usr/lib/vrrp-agent/vrrp-agent endpoints sites\n");
  expect(textOf(named, timer)).toContain("\nPartOf=wg-quick@wg-b.service\n");
  expect(textOf(named, dropIn).split("\n").slice(1, 5)).toEqual([
    "[Unit]",
    "Wants=vrrp-endpoints-sites.timer",
    "",
    "[Service]",
  ]);
  for (const endpoint of ["192.0.2.2", "[2001:db8::2]:4500", undefined]) {
    const files = renderTunnel(planOf({ interface: "wg-b" }, {}, { endpoint }));
    expect(files.filter(({ path }) => path.includes("vrrp-endpoints"))).toEqual([]);
    expect(fileOf(files, dropIn).text).not.toContain("Wants=");
  }
});

test("each end has a link-local address of its own, whatever the order of the nodes in the spec", () => {
  const linksOf = (reversed: boolean) => {
    const input = tunnelInput();
    const parsed = parseTunnel(reversed ? { ...input, nodes: [...(input.nodes as [])].reverse() } : input);
    if ("problems" in parsed) throw new Error(JSON.stringify(parsed.problems));
    return ["gw-a", "gw-b"].map((name) => tunnelPlan(parsed.value, name, PUBLIC_KEYS).linkLocal.address);
  };
  expect(linksOf(false)).toEqual(["fe80::1", "fe80::2"]);
  expect(linksOf(true)).toEqual(["fe80::1", "fe80::2"]);
});

test("a second peer, which could not have the link-local addresses too, is refused", () => {
  const plan = planOf();
  expect(() => renderTunnel({ ...plan, peers: [...plan.peers, ...plan.peers] })).toThrow(
    "peers is a list of 2: give one, for fe80::/64 can be in the AllowedIPs of one peer only",
  );
});

describe("the host's firewall", () => {
  const lines = (plan: TunnelPlan) =>
    tunnelRules(plan).map(({ tool, hook, match }) => `${tool} ${hook} ${match}`);

  it("lets the tunnel in from the peer's address alone, and out to it", () => {
    expect(lines(planOf())).toEqual([
      "nft4 input ip saddr 192.0.2.2 udp dport 51820",
      "ipt4 input -s 192.0.2.2 -p udp --dport 51820",
      "nft4 output ip daddr 192.0.2.2 udp sport 51820",
      "ipt4 output -d 192.0.2.2 -p udp --sport 51820",
    ]);
    expect(lines(planOf({}, { listenPort: 4500 }, { endpoint: "2001:db8::2" }))).toEqual([
      "nft6 input ip6 saddr 2001:db8::2 udp dport 4500",
      "ipt6 input -s 2001:db8::2 -p udp --dport 4500",
      "nft6 output ip6 daddr 2001:db8::2 udp sport 4500",
      "ipt6 output -d 2001:db8::2 -p udp --sport 4500",
    ]);
  });

  it.each([
    ["behind NAT", undefined],
    ["that has a name", "b.example.org"],
  ])("lets it in from everybody, for a peer %s", (_what, endpoint) => {
    expect(lines(planOf({}, {}, { endpoint }))).toEqual([
      "nft4 input ip version 4 udp dport 51820",
      "ipt4 input -p udp --dport 51820",
      "nft4 output ip version 4 udp sport 51820",
      "ipt4 output -p udp --sport 51820",
      "nft6 input ip6 version 6 udp dport 51820",
      "ipt6 input -p udp --dport 51820",
      "nft6 output ip6 version 6 udp sport 51820",
      "ipt6 output -p udp --sport 51820",
    ]);
  });

  it("lets the hosts ask each other inside the tunnel", () => {
    expect(
      wordRules(planOf({ interface: "wg-b" })).map(({ tool, hook, match }) => `${tool} ${hook} ${match}`),
    ).toEqual([
      'nft6 input iifname "wg-b" ip6 saddr fe80::/64 icmpv6 type echo-request',
      "ipt6 input -i wg-b -s fe80::/64 -p icmpv6 --icmpv6-type echo-request",
      'nft6 output oifname "wg-b" ip6 daddr fe80::/64 icmpv6 type echo-request',
      "ipt6 output -o wg-b -d fe80::/64 -p icmpv6 --icmpv6-type echo-request",
    ]);
  });

  it("lets through what is forwarded to and from the networks behind the node, and no other", () => {
    const forwarded = (...args: Parameters<typeof tunnelInput>) =>
      forwardRules(planOf(...args)).map(({ tool, hook, match }) => `${tool} ${hook} ${match}`);
    expect(forwarded({}, { subnets: ["192.168.1.0/24", "2001:db8:1::/48"] })).toEqual([
      'nft4 forward iifname "wg0" ip daddr 192.168.1.0/24',
      "ipt4 forward -i wg0 -d 192.168.1.0/24",
      'nft4 forward oifname "wg0" ip saddr 192.168.1.0/24',
      "ipt4 forward -o wg0 -s 192.168.1.0/24",
      'nft6 forward iifname "wg0" ip6 daddr 2001:db8:1::/48',
      "ipt6 forward -i wg0 -d 2001:db8:1::/48",
      'nft6 forward oifname "wg0" ip6 saddr 2001:db8:1::/48',
      "ipt6 forward -o wg0 -s 2001:db8:1::/48",
    ]);
    expect(forwarded({ forward: true })).toEqual([
      'nft4 forward iifname "wg0" ip version 4',
      "ipt4 forward -i wg0",
      'nft4 forward oifname "wg0" ip version 4',
      "ipt4 forward -o wg0",
    ]);
    expect(forwarded({ forward: false }, { subnets: ["192.168.1.0/24"] })).toEqual([]);
    expect(forwarded({}, {}, { subnets: ["192.168.2.0/24"] })).toEqual([]);
  });

  it("has the rules in a file, unless it is left alone", () => {
    expect(textOf(planOf(), "/etc/vrrp-agent/sites/firewall.rules").split("\n")).toHaveLength(9);
    const rules = textOf(planOf({}, { subnets: ["192.168.1.0/24"] }), "/etc/vrrp-agent/sites/firewall.rules");
    expect(rules.match(/^\w+ forward /gm)).toHaveLength(4);
    const paths = renderTunnel(planOf({ firewall: false })).map(({ path }) => path);
    expect(paths.filter((path) => /firewall|nftables|netfilter/.test(path))).toEqual([]);
  });
});

test("a bundle carries every file, in the order of their paths", () => {
  const files = renderTunnel(everything());
  expect(files.map(({ path }) => path)).toEqual(files.map(({ path }) => path).sort());
  const packages = { wg: "wireguard-tools" };
  const text = bundle({ cluster: "sites", owner: "a/b/c/d@e", generation: "0".repeat(64), packages, files });
  expect(text).toContain("/etc/systemd/system/wg-quick@wg0.service.d/vrrp-sites.conf\n");
});

/** Stands where a user's value goes; no other value of the plan holds it. */
const PLACE = "PLACE";

const peer = (change: Partial<TunnelPeer>) => (plan: TunnelPlan) => ({
  ...plan,
  peers: [{ ...plan.peers[0]!, ...change }],
});
const network = (address: string) => ({ address, prefixLength: 24, family: 4 as const });

/** Everything of a plan that is text, and the property that an error about it names. */
const texts: Record<string, [string, (value: string) => (plan: TunnelPlan) => TunnelPlan]> = {
  tunnel: ["cluster", (tunnel) => (plan) => ({ ...plan, tunnel })],
  node: ["node", (node) => (plan) => ({ ...plan, node })],
  interface: ["interface", (dev) => (plan) => ({ ...plan, interface: dev })],
  linkLocal: ["linkLocal", (address) => (plan) => ({ ...plan, linkLocal: network(address) })],
  wanInterface: ["wanInterface", (wanInterface) => (plan) => ({ ...plan, wanInterface })],
  addresses: ["addresses", (address) => (plan) => ({ ...plan, addresses: [network(address)] })],
  "name of the peer": ["peers.name", (name) => peer({ name })],
  "endpoint of the peer": ["endpoint", (host) => peer({ endpoint: { host, port: 1 } })],
  "address of the peer": ["peers.addresses", (address) => peer({ addresses: [address] })],
  // The rules of its family are its own.
  "network behind the node": [
    "subnets",
    (address) => (plan) => ({ ...plan, forward: [{ family: 4, network: network(address) }] }),
  ],
  "AllowedIPs of the peer": ["allowedIps", (address) => peer({ allowedIps: [network(address)] })],
};

const hostile = fc.oneof(
  fc.string({ minLength: 1 }),
  fc.stringMatching(/^[a-z0-9./:_-]{1,20}$/),
  fc.constantFrom(
    "a\nPostUp = reboot",
    "$(reboot)",
    "`reboot`",
    "a;reboot",
    "a b",
    "a#",
    "../x",
    "a, 0.0.0.0/0",
  ),
);

test.each(Object.entries(texts))(
  "%s is one word where it belongs, or an error names it",
  (_what, [name, set]) => {
    const filesWith = (value: string) => renderTunnel(set(value)(everything()));
    const expected = filesWith(PLACE);
    let accepted = 0;
    fc.assert(
      fc.property(hostile, (value) => {
        let files: RenderedFile[];
        try {
          files = filesWith(value);
        } catch (error) {
          expect((error as Error).message).toMatch(new RegExp(`^${name} is .*: \\S`, "s"));
          return;
        }
        accepted++;
        expect(value).toMatch(/^[A-Za-z0-9_./:%+-]+$/);
        const inPlace = (text: string) => text.replaceAll(PLACE, () => value);
        expect(files.map(({ path, text }) => [path, text]).sort()).toEqual(
          expected.map(({ path, text }) => [inPlace(path), inPlace(text)]).sort(),
        );
      }),
    );
    expect(accepted).toBeGreaterThan(0);
  },
);

test.each([
  ["publicKey", (value: string) => peer({ publicKey: value })],
  ["presharedKey", (value: string) => (plan: TunnelPlan) => ({ ...plan, presharedKey: value })],
])("what is no %s is refused without being shown", (name, set) => {
  fc.assert(
    fc.property(fc.string(), (value) => {
      expect(() => renderTunnel(set(value)(everything()))).toThrow(
        `${name} is no key: give base64 of 32 bytes, 44 characters`,
      );
    }),
  );
});
