import { bfdRules, firewallRules, portRules, renderFirewall, renderHost } from "../../../render";
import { VrrpFlow } from "../../../spec";
import { instance, plan, session } from "./plan";

const flow: VrrpFlow = {
  family: 4,
  interface: "eth0",
  source: "192.168.1.2",
  peers: ["192.168.1.3", "192.168.1.4"],
  multicast: false,
};

function lines(flows: VrrpFlow[]): string[] {
  return firewallRules(flows).map((rule) => `${rule.tool} ${rule.hook} ${rule.match}`);
}

test("unicast is let in from each peer to this host, out to each peer, and from nobody else", () => {
  expect(lines([flow])).toEqual([
    'nft4 input iifname "eth0" ip saddr 192.168.1.3 ip daddr 192.168.1.2 meta l4proto 112',
    "ipt4 input -i eth0 -s 192.168.1.3 -d 192.168.1.2 -p 112",
    'nft4 input iifname "eth0" ip saddr 192.168.1.4 ip daddr 192.168.1.2 meta l4proto 112',
    "ipt4 input -i eth0 -s 192.168.1.4 -d 192.168.1.2 -p 112",
    'nft4 output oifname "eth0" ip saddr 192.168.1.2 ip daddr 192.168.1.3 meta l4proto 112',
    "ipt4 output -o eth0 -s 192.168.1.2 -d 192.168.1.3 -p 112",
    'nft4 output oifname "eth0" ip saddr 192.168.1.2 ip daddr 192.168.1.4 meta l4proto 112',
    "ipt4 output -o eth0 -s 192.168.1.2 -d 192.168.1.4 -p 112",
  ]);
});

test("multicast is let in only to VRRP's group, and only from the peers", () => {
  const rules = firewallRules([{ ...flow, multicast: true }]);
  expect(rules.every((rule) => rule.match.includes("224.0.0.18"))).toBe(true);
  expect(lines([{ ...flow, multicast: true, peers: ["192.168.1.3"] }])[0]).toBe(
    'nft4 input iifname "eth0" ip saddr 192.168.1.3 ip daddr 224.0.0.18 meta l4proto 112',
  );
});

test("IPv6 multicast is let in from the peers, or from link-local addresses where nobody set a source", () => {
  const six = { ...flow, family: 6 as const, multicast: true, source: "fd00::2", peers: ["fd00::3"] };
  expect(lines([six])).toEqual([
    'nft6 input iifname "eth0" ip6 saddr fd00::3 ip6 daddr ff02::12 meta l4proto 112',
    "ipt6 input -i eth0 -s fd00::3 -d ff02::12 -p 112",
    'nft6 output oifname "eth0" ip6 saddr fd00::2 ip6 daddr ff02::12 meta l4proto 112',
    "ipt6 output -o eth0 -s fd00::2 -d ff02::12 -p 112",
  ]);
  expect(lines([{ ...six, source: undefined, peers: [] }])).toEqual([
    'nft6 input iifname "eth0" ip6 saddr fe80::/10 ip6 daddr ff02::12 meta l4proto 112',
    "ipt6 input -i eth0 -s fe80::/10 -d ff02::12 -p 112",
    'nft6 output oifname "eth0" ip6 saddr fe80::/10 ip6 daddr ff02::12 meta l4proto 112',
    "ipt6 output -o eth0 -s fe80::/10 -d ff02::12 -p 112",
  ]);
});

test("every rule names protocol 112, an interface and both ends", () => {
  for (const multicast of [true, false]) {
    for (const rule of firewallRules([{ ...flow, multicast }])) {
      expect(rule.match).toMatch(/112$/);
      expect(rule.match).toMatch(/eth0/);
      expect(rule.match).toMatch(/saddr .*daddr|-s .*-d/);
    }
  }
});

test("an open port is let in from whom it is for, over both families from everybody, and goes nowhere else", () => {
  const rules = portRules([
    { protocol: "tcp", port: 443 },
    { protocol: "udp", port: 53, from: { text: "192.168.1.0/24", family: 4 } },
    { protocol: "tcp", port: 22, from: { text: "2001:db8::1", family: 6 } },
  ]);
  expect(rules.map((rule) => `${rule.tool} ${rule.hook} ${rule.match}`)).toEqual([
    "nft4 input ip version 4 tcp dport 443",
    "ipt4 input -p tcp --dport 443",
    "nft6 input ip6 version 6 tcp dport 443",
    "ipt6 input -p tcp --dport 443",
    "nft4 input ip saddr 192.168.1.0/24 udp dport 53",
    "ipt4 input -s 192.168.1.0/24 -p udp --dport 53",
    "nft6 input ip6 saddr 2001:db8::1 tcp dport 22",
    "ipt6 input -s 2001:db8::1 -p tcp --dport 22",
  ]);
});

test("open ports stand in the host's rules beside those of VRRP", () => {
  const files = renderHost(plan([instance()], { openPorts: [{ protocol: "tcp", port: 443 }] }));
  const rules = files.find((file) => file.path === "/etc/vrrp-agent/gw/firewall.rules")!.text;
  expect(rules).toContain("meta l4proto 112\n");
  expect(rules).toContain("ipt4 input -p tcp --dport 443\n");
});

test("BFD is let in from its neighbour and out to it, and from nobody else", () => {
  const rules = bfdRules([
    session(),
    session({
      name: "far",
      neighborIp: "2001:db8::254",
      sourceIp: "2001:db8::2",
      multihop: true,
      maxHops: 1,
    }),
  ]);
  expect(rules.map((rule) => `${rule.tool} ${rule.hook} ${rule.match}`)).toEqual([
    "nft4 input ip saddr 192.168.1.254 udp dport 3784",
    "ipt4 input -s 192.168.1.254 -p udp --dport 3784",
    "nft4 output ip daddr 192.168.1.254 udp dport 3784",
    "ipt4 output -d 192.168.1.254 -p udp --dport 3784",
    "nft6 input ip6 saddr 2001:db8::254 ip6 daddr 2001:db8::2 udp dport 4784",
    "ipt6 input -s 2001:db8::254 -d 2001:db8::2 -p udp --dport 4784",
    "nft6 output ip6 saddr 2001:db8::2 ip6 daddr 2001:db8::254 udp dport 4784",
    "ipt6 output -s 2001:db8::2 -d 2001:db8::254 -p udp --dport 4784",
  ]);
});

test("the rules of BFD stand once in a host's, and nowhere where its firewall is left alone", () => {
  const instances = [instance({ bfd: [session()] }), instance({ name: "gw-6", family: 6, bfd: [session()] })];
  const rules = renderHost(plan(instances)).find(
    (file) => file.path === "/etc/vrrp-agent/gw/firewall.rules",
  )!.text;
  expect(rules.match(/3784/g)).toHaveLength(4);
  const files = renderHost(plan(instances, { firewall: false }));
  expect(files.filter((file) => file.text.includes("3784"))).toEqual([]);
});

test("a host whose firewall is left alone gets no rule and no drop-in of a firewall service", () => {
  const paths = renderHost(plan([instance()], { firewall: false })).map((file) => file.path);
  expect(paths.filter((path) => /firewall|nftables|netfilter/.test(path))).toEqual([]);
});

test.each([
  ["nftables", ["ExecStartPost", "ExecReload"]],
  ["iptables", ["ExecStartPost", "ExecReload"]],
  ["ip6tables", ["ExecStartPost", "ExecReload"]],
  ["netfilter-persistent", ["ExecStartPost"]],
])("rules come back after %s loads its own, and a failure of ours is none of that service", (unit, keys) => {
  const files = renderFirewall({ cluster: "gw", node: "gw-a", flows: [flow] });
  const dropIn = files.find((file) => file.path === `/etc/systemd/system/${unit}.service.d/vrrp-gw.conf`)!;
  const settings = dropIn.text.split("\n").filter((line) => line.startsWith("Exec"));
  expect(settings).toEqual(keys.map((key) => `${key}=-+/usr/lib/vrrp-agent/vrrp-agent firewall ensure`));
});
