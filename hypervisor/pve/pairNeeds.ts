import { Bfd, Cluster, hostPlan } from "../../spec";
import { GuestRule, ownedBy } from "./ruleList";

/**
 * What else a node needs to be let in where what no rule names is dropped: what the host's own firewall is told to let in, also
 * where that is left alone, and what no firewall of a host drops.
 */
export function admittedBeside(
  cluster: Cluster,
  node: string,
  ssh: { port: number; sources?: string[] },
): GuestRule[] {
  const rule = { type: "in" as const, action: "ACCEPT" as const, comment: ownedBy(cluster.name) };
  const { openPorts, instances, peers } = hostPlan({ ...cluster, firewall: true }, node);
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
    ...peers
      .flatMap(({ addresses }) => addresses)
      .map((peer) => ({ ...rule, proto: peer.includes(":") ? "ipv6-icmp" : "icmp", source: peer })),
    ...sessionsOf(instances.flatMap(({ bfd }) => bfd)).map(({ neighborIp, multihop }) => ({
      ...rule,
      proto: "udp",
      source: neighborIp,
      dport: multihop ? "4784" : "3784",
    })),
  ];
}

const from = (source: string | undefined) => (source === undefined ? {} : { source });

/** A node's instances share their sessions. */
const sessionsOf = (sessions: Bfd[]): Bfd[] => [
  ...new Map(sessions.map((one) => [`${one.neighborIp} ${one.multihop}`, one])).values(),
];
