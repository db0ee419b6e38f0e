import { emptyFirewall, parseFirewall, printFirewall } from "../../../../lab/pve/firewallFile";

const guest = `[OPTIONS]

enable: 1
macfilter: 0
policy_in: DROP

[ALIASES]

peer 10.20.30.12 # the other one

[IPSET ipfilter-net0] # addresses

10.20.30.11
10.20.30.200 # VIP
!10.20.30.9

[RULES]

IN ACCEPT -source 10.20.30.12 -p 112 # vrrp-agent:web
|OUT DROP -i net0 -dest +ipfilter-net0 -p tcp -dport 22:23,80 -log nolog
IN Ping(ACCEPT) -source peer
GROUP web -i net0

`;

test("a file that PVE wrote is written back byte for byte, its sets sorted", () => {
  const sorted = guest.replace(
    "10.20.30.11\n10.20.30.200 # VIP\n!10.20.30.9\n",
    "10.20.30.11\n10.20.30.200 # VIP\n!10.20.30.9\n",
  );
  expect(printFirewall(parseFirewall(guest, "vm"))).toBe(sorted);
  const cluster = "[OPTIONS]\n\nenable: 1\n\n[group web] # servers\n\nIN ACCEPT -p tcp -dport 80\n\n";
  expect(printFirewall(parseFirewall(cluster, "cluster"))).toBe(cluster);
});

test("comment lines, and what is not understood, are lost", () => {
  const warned: string[] = [];
  const text = "# mine\n[OPTIONS]\nenable: 1\nnew_option: 1\n[RULES]\nIN ACCEPT -frobnicate 1\n";
  expect(printFirewall(parseFirewall(text, "vm", undefined, (line) => warned.push(line)))).toBe(
    "[OPTIONS]\n\nenable: 1\n\n",
  );
  expect(warned).toHaveLength(2);
});

test("an empty file has no text", () => {
  expect(printFirewall(emptyFirewall())).toBe("");
});

test("a rule whose set is not there keeps its line and is marked", () => {
  const { rules } = parseFirewall("[RULES]\nIN ACCEPT -source +none -p vrrp\n", "vm");
  expect(rules).toMatchObject([{ proto: "vrrp", errors: { source: "no such ipset 'none'" } }]);
});

test("a single address is kept without its length, a set's duplicate is marked", () => {
  const { ipsets } = parseFirewall("[IPSET a1]\n10.0.0.1/32\n10.0.0.1\n10.0.0.0/0\n", "vm");
  expect(ipsets.get("a1")).toMatchObject([{ cidr: "10.0.0.1" }, { errors: {} }, { errors: {} }]);
});

test.each([
  ["IN ACCEPT -source 10.0.0.9/24", { source: "invalid IP address: Invalid prefix 10.0.0.9/24" }],
  ["IN ACCEPT -p vrrp -dport 80", { dport: "protocol 'vrrp' does not support ports" }],
  ["IN ACCEPT -p tcp -dport 23:22", { dport: "backwards range '23:22' not allowed, did you mean '22:23'?" }],
  ["IN Ping(ACCEPT) -p tcp", { proto: "parameter 'proto' already define in macro (value = 'icmp')" }],
  ["IN ACCEPT -i eth0", { iface: "value does not match the regex pattern 'net\\d+'" }],
  ["IN ACCEPT -source 10.0.0.1,fd00::1", { source: expect.stringContaining("mixed ipv4/ipv6") as string }],
  ["FORWARD ACCEPT", { type: "invalid rule type 'forward' for rule_env 'vm'" }],
])("the rule %s is kept and marked", (line, errors) => {
  const { rules } = parseFirewall(`[RULES]\n${line}\n`, "vm");
  expect(rules[0]?.errors).toEqual(errors);
});
