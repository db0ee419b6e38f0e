import { agentChecks } from "./checks";
import { connectionStatePlan, portsWithConnectionState, roleWithConnectionState } from "./connection-state";
import { portsWithGateway, roleWithGateway } from "./gateway";
import { DraftMember, draftMembersOf, membersOf } from "./members";
import { CheckKind, Cluster, HostPlan, InstanceConfig, SyncGroup } from "./model";

/** The addresses that an instance's adverts come from. */
function sourcesOf(instance: InstanceConfig): string[] {
  const source = instance.multicast ? instance.mcastSrcIp : instance.unicastSrcIp;
  return source === undefined ? [] : [source];
}

/** Both families of a virtual router, and those that move with the cluster's own: keepalived wants no group of one. */
function syncGroupsOf(cluster: Cluster): SyncGroup[] {
  const groups = groupsOf(cluster);
  return [...groups].map(([name, instances]) => ({ name, instances })).filter((g) => g.instances.length > 1);
}

/** Instances that move together, by the name of their group; the cluster's own is that of its first virtual router. */
function groupsOf(cluster: Cluster): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const [{ instance, router: at }] of draftMembersOf(cluster) as [DraftMember][]) {
    const router = at === undefined ? undefined : cluster.virtualRouters[at];
    const name = router === undefined || router.syncGroup ? cluster.name : `${cluster.name}-${router.name}`;
    groups.set(name, [...(groups.get(name) ?? []), instance.name as string]);
  }
  return groups;
}

/** Everything that one host of a cluster needs to be told. */
export function hostPlan(cluster: Cluster, nodeName: string): HostPlan {
  const node = cluster.nodes.find((n) => n.name === nodeName);
  if (node === undefined) {
    const names = cluster.nodes.map((n) => n.name).join(", ");
    throw new Error(`cluster ${cluster.name} has no node '${nodeName}': give one of ${names}`);
  }
  const members = membersOf(cluster).flat();
  const instances = members.filter((m) => m.node === nodeName).map((m) => m.instance);
  const role = roleWithConnectionState(
    roleWithGateway(cluster.role, cluster.gateway),
    cluster.connectionState,
  );
  const connectionState = connectionStatePlan(cluster, nodeName);
  const { keepalivedSource = cluster.keepalivedSource } = node;
  const ports = portsWithGateway(cluster.openPorts, cluster.gateway, cluster.firewall);
  return {
    cluster: cluster.name,
    node: node.name,
    routerId: node.routerId,
    scriptUser: cluster.scriptUser,
    global: cluster.global,
    ...(keepalivedSource !== undefined && { keepalivedSource }),
    instances,
    syncGroups: syncGroupsOf(cluster),
    peers: cluster.nodes
      .filter((peer) => peer.name !== nodeName)
      .map((peer) => ({
        name: peer.name,
        addresses: [
          ...new Set(members.filter((m) => m.node === peer.name).flatMap((m) => sourcesOf(m.instance))),
        ],
      })),
    peersElsewhere: false,
    nonlocalBind: cluster.nonlocalBind,
    vipOffLink: cluster.vipOffLink,
    keeps: membersOf(cluster).every((router) => {
      const own = router.find((m) => m.node === nodeName)?.instance.priority ?? 0;
      return router.every((m) => m.instance.priority <= own);
    }),
    undoAfter: cluster.undoAfter,
    ...(cluster.witness !== undefined && { witness: cluster.witness }),
    ...(cluster.smtpAlert !== undefined && { smtpAlert: cluster.smtpAlert }),
    firewall: cluster.firewall,
    openPorts: portsWithConnectionState(ports, connectionState, cluster.firewall),
    checks: agentChecks(cluster).map((check) =>
      check.kind === CheckKind.Tunnel ? { ...check, interface: check.interface ?? node.interface } : check,
    ),
    ...(role !== undefined && {
      role: { ...role, instances: groupsOf(cluster).get(cluster.name)! },
    }),
    ...(cluster.gateway !== undefined && { gateway: cluster.gateway }),
    ...(connectionState !== undefined && { connectionState }),
  };
}
