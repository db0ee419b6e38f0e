import { bfdRules, portRules, renderFirewall } from "../../../render";
import { instance, session } from "../../unit/render/plan";
import { inNamespace } from "./namespace";
import { six } from "./plans";

/** Every table that a rule of a family may come into, and iptables, take a rule. */
function expectAccepted(rule: string): void {
  const [tool = "", hook = "", ...match] = rule.split(" ");
  const isIpv4 = tool.endsWith("4");
  const commands = tool.startsWith("nft")
    ? [isIpv4 ? "ip" : "ip6", "inet"].map(
        (table) =>
          `nft add table ${table} t && nft add chain ${table} t c '{ type filter hook ${hook} priority 0; }'` +
          ` && nft add rule ${table} t c '${match.join(" ")} counter accept'`,
      )
    : [`${isIpv4 ? "iptables" : "ip6tables"} -A ${hook.toUpperCase()} ${match.join(" ")} -j ACCEPT`];
  for (const command of commands) {
    expect({ rule, ...inNamespace(command) }).toEqual({ rule, status: 0, output: "" });
  }
}

test("nft and iptables accept the rules of open ports", () => {
  const rules = portRules([
    { protocol: "tcp", port: 443 },
    { protocol: "udp", port: 65535, from: { text: "192.168.1.0/24", family: 4 } },
    { protocol: "tcp", port: 1, from: { text: "2001:db8::/32", family: 6 } },
  ]);
  expect(rules).toHaveLength(8);
  for (const { tool, hook, match } of rules) expectAccepted(`${tool} ${hook} ${match}`);
});

test("nft and iptables accept the rules of BFD", () => {
  const rules = bfdRules([
    session(),
    session({ neighborIp: "fd00::254", sourceIp: "fd00::2", multihop: true, maxHops: 1 }),
  ]);
  expect(rules).toHaveLength(8);
  for (const { tool, hook, match } of rules) expectAccepted(`${tool} ${hook} ${match}`);
});

test.each([4, 6] as const)("nft and iptables accept the rules of family %d", (family) => {
  const own = family === 4 ? instance() : instance(six);
  for (const multicast of [false, true]) {
    const flow = {
      family,
      interface: "eth0",
      source: own.unicastSrcIp,
      peers: own.unicastPeers,
      multicast,
    };
    const rules = renderFirewall({ cluster: "gw", node: "gw-a", flows: [flow] })
      .find((file) => file.path.endsWith("firewall.rules"))!
      .text.trimEnd()
      .split("\n");
    expect(rules).toHaveLength(4);
    rules.forEach(expectAccepted);
  }
});
