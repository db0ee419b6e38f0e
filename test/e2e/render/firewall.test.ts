import { renderFirewall } from "../../../render";
import { instance } from "../../unit/render/plan";
import { inNamespace } from "./namespace";
import { six } from "./plans";

test.each([
  [4, ["ip", "inet"]],
  [6, ["ip6", "inet"]],
] as const)("nft and iptables accept the rules of family %d", (family, tables) => {
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
    for (const rule of rules) {
      const [tool, hook, ...match] = rule.split(" ");
      const commands = tool!.startsWith("nft")
        ? tables.map(
            (table) =>
              `nft add table ${table} t && nft add chain ${table} t c '{ type filter hook ${hook} priority 0; }'` +
              ` && nft add rule ${table} t c '${match.join(" ")} counter accept'`,
          )
        : [
            `${family === 4 ? "iptables" : "ip6tables"} -A ${hook!.toUpperCase()} ${match.join(" ")} -j ACCEPT`,
          ];
      for (const command of commands) {
        expect({ rule, ...inNamespace(command) }).toEqual({ rule, status: 0, output: "" });
      }
    }
  }
});
