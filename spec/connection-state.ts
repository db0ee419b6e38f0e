import { canonical, familyOf } from "./addresses";
import { membersOf } from "./members";
import { Cluster, ConnectionState, ConnectionStatePlan, OpenPort } from "./model";
import { CONNTRACK } from "./names";
import { ConntrackAction, OnFailure, Role } from "./role-model";
import { SETTLE } from "./role";
import { ConnectionStateInput } from "./schema/connection-state";
import { Draft, isKnown, UNKNOWN, Unknown } from "./unknown";

/** The port of conntrackd's own examples. */
const PORT = 3780;

/** What a user says of connection states, with its defaults. */
export function connectionStateWithDefaults(input: Draft<ConnectionStateInput>): Draft<ConnectionState> {
  if (!isKnown(input)) {
    return UNKNOWN;
  }
  const { port = PORT, links } = input;
  return { port, links: links === undefined || !isKnown(links) ? links : linksWithDefaults(links) };
}

type Links = NonNullable<ConnectionState["links"]>;
type Link = Links[string];

function linksWithDefaults(links: Exclude<Draft<Links>, Unknown>): Draft<Links> {
  const entries = Object.entries(links as Record<string, Draft<Link>>).map(([node, link]) => [
    node,
    isKnown(link) ? { ...link, address: isKnown(link.address) ? canonical(link.address) : UNKNOWN } : UNKNOWN,
  ]);
  return Object.fromEntries(entries) as Draft<Links>;
}

/** By which interface and address a node of a proved cluster tells the other one. */
function linkOf(cluster: Cluster, node: Cluster["nodes"][number]): Link {
  // The proof has refused links without this node, and a node without an address where there are none.
  return (
    cluster.connectionState?.links?.[node.name] ?? { interface: node.interface, address: node.unicastSrcIp! }
  );
}

/** What one host of two is told of it. */
export function connectionStatePlan(cluster: Cluster, nodeName: string): ConnectionStatePlan | undefined {
  const { connectionState, nodes } = cluster;
  if (connectionState === undefined) {
    return undefined;
  }
  const own = nodes.find(({ name }) => name === nodeName)!;
  const peer = nodes.find(({ name }) => name !== nodeName)!;
  const link = linkOf(cluster, own);
  const sources = membersOf(cluster)
    .flat()
    .flatMap(({ instance }) => [instance.unicastSrcIp, instance.mcastSrcIp]);
  const addresses = [...sources, ...nodes.map((node) => linkOf(cluster, node).address)];
  return {
    port: connectionState.port,
    interface: link.interface,
    address: link.address,
    peer: linkOf(cluster, peer).address,
    own: [...new Set(addresses.filter((address) => address !== undefined))],
  };
}

/** The role of a cluster with what keeps the nodes' connection states alike: it runs in either role. */
export function roleWithConnectionState(role: Role | undefined, state: ConnectionState | undefined) {
  if (state === undefined) {
    return role;
  }
  const action: ConntrackAction = {
    name: CONNTRACK,
    kind: CONNTRACK,
    timeout: 30,
    retries: 2,
    // A node that knows no connections is better than none.
    onFailure: OnFailure.Continue,
    settled: false,
  };
  const { settle, actions } = role ?? { settle: SETTLE, actions: [] };
  return { settle, actions: [action, ...actions] };
}

/** The ports that a host's firewall lets in, with the one by which the other node tells its connections. */
export function portsWithConnectionState(
  ports: OpenPort[],
  plan: ConnectionStatePlan | undefined,
  firewall: boolean,
): OpenPort[] {
  if (plan === undefined || !firewall) {
    return ports;
  }
  const { port, peer } = plan;
  return [...ports, { protocol: "udp", port, from: { text: peer, family: familyOf(peer) } }];
}
