import { admittedBeside } from "../../../../hypervisor/pve/pairNeeds";
import { bfdRules, portRules } from "../../../../render";
import { Cluster, hostPlan, parseCluster } from "../../../../spec";
import { clusterInput, mixedInput } from "../../spec/cluster-input";

function clusterOf(input: Record<string, unknown>): Cluster {
  const parsed = parseCluster(input);
  if ("problems" in parsed) throw new Error(JSON.stringify(parsed.problems));
  return parsed.value;
}

/** Source, protocol and port of each rule; a source that is anybody, as both families have it in one rule, once. */
const admitted = (input: Record<string, unknown>, node = "gw-a") =>
  admittedBeside(clusterOf(input), node, { port: 22 })
    .slice(1)
    .flatMap(({ source = "any", proto, dport }) =>
      dport === undefined ? [] : [`${source} ${proto} ${dport}`],
    );

/** The same of what the host's own firewall lets in, out of its rules for nftables. */
function hostAdmits(input: Record<string, unknown>, node = "gw-a"): string[] {
  const plan = hostPlan(clusterOf(input), node);
  const rules = [...portRules(plan.openPorts), ...bfdRules(plan.instances.flatMap(({ bfd }) => bfd))];
  const words = rules
    .filter(({ tool, hook }) => tool.startsWith("nft") && hook === "input")
    .map(({ match }) => {
      const [, proto, port] = /(\w+) dport (\d+)/.exec(match)!;
      return `${/saddr (\S+)/.exec(match)?.[1] ?? "any"} ${proto} ${port}`;
    });
  return [...new Set(words)];
}

const links = {
  "gw-a": { interface: "eth2", address: "192.168.254.1" },
  "gw-b": { interface: "eth2", address: "192.168.254.2" },
};
const ALL = {
  openPorts: [
    { protocol: "tcp", port: 443, from: "192.168.0.0/16" },
    { protocol: "udp", port: 53 },
  ],
  gateway: { upstreams: [{ address: "10.0.0.11:80" }], listen: [80, 8443], probe: { port: 8081 } },
  connectionState: { port: 4000, links },
  bfd: [
    { name: "up", neighborIp: "192.168.1.254" },
    { name: "far", neighborIp: "192.168.9.1", multihop: true, maxHops: 3 },
  ],
};

test.each([
  ["IPv4", clusterInput(ALL)],
  ["both families", mixedInput(ALL)],
  ["IPv6's routers", mixedInput({ bfd: [{ name: "up", neighborIp: "2001:db8::fe" }], connectionState: {} })],
])("a guest's firewall lets in the ports that the host's own one does: %s", (_, input) => {
  const expected = hostAdmits(input);
  expect(expected.length).toBeGreaterThan(1);
  expect(admitted(input).sort()).toEqual(expected.sort());
});

test("what is dropped before the host is let in also where the host's own firewall is left alone", () => {
  const { gateway, connectionState, bfd } = ALL;
  const input = clusterInput({ gateway, connectionState, bfd, firewall: false });
  expect(hostPlan(clusterOf(input), "gw-a").openPorts).toEqual([]);
  expect(admitted(input)).toEqual([
    "any tcp 80",
    "any tcp 8443",
    "any tcp 8081",
    "192.168.254.2 udp 4000",
    "192.168.1.254 udp 3784",
    "192.168.9.1 udp 4784",
  ]);
});

test("the peers' echo requests are let in, in each family", () => {
  const echoes = admittedBeside(clusterOf(mixedInput()), "gw-a", { port: 22 }).filter(({ proto }) =>
    /icmp/.test(proto),
  );
  expect(echoes.map(({ proto, source }) => `${proto} ${source}`)).toEqual([
    "ipv6-icmp fe80::/10",
    "icmp 192.168.1.3",
    "ipv6-icmp 2001:db8::3",
  ]);
});
