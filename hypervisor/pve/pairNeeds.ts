import { Cluster, hostPlan } from "../../spec";
import { GuestRule, ownedBy } from "./ruleList";

/** What else a node needs to be let in where what no rule names is dropped. */
export function admittedBeside(
  cluster: Cluster,
  node: string,
  ssh: { port: number; sources?: string[] },
): GuestRule[] {
  const rule = { type: "in" as const, action: "ACCEPT" as const, comment: ownedBy(cluster.name) };
  const peers = hostPlan(cluster, node).peers.flatMap(({ addresses }) => addresses);
  const { openPorts, bfd, connectionState } = cluster;
  const routers = cluster.nodes.find(({ name }) => name === node)?.bfd ?? bfd;
  return [
    ...(ssh.sources ?? [undefined]).map((source) => ({
      ...rule,
      proto: "tcp",
      ...from(source),
      dport: String(ssh.port),
    })),
    ...openPorts.map(({ protocol, port, from: source }) => ({
      ...rule,
      proto: protocol,
      ...from(source?.text),
      dport: String(port),
    })),
    // The nodes tell each other by echo requests how a change stands, over link-local addresses (docs/adr/0005).
    { ...rule, proto: "ipv6-icmp", source: "fe80::/10" },
    ...peers.map((peer) => ({ ...rule, proto: peer.includes(":") ? "ipv6-icmp" : "icmp", source: peer })),
    ...routers.map(({ neighborIp, multihop }) => ({
      ...rule,
      proto: "udp",
      source: neighborIp,
      dport: multihop ? "4784" : "3784",
    })),
    ...(connectionState === undefined
      ? []
      : peers.map((peer) => ({ ...rule, proto: "udp", source: peer, dport: String(connectionState.port) }))),
  ];
}

const from = (source: string | undefined) => (source === undefined ? {} : { source });
