import { compareAddresses, familyOf, isLinkLocal } from "../addresses";
import { ClusterDraft, NodeDraft } from "../defaults";
import { handOverSeconds, settleAfterStart, VrrpTiming } from "../../simulate/timing";
import { DraftMember, draftMembersOf } from "../members";
import { Bfd, InstanceConfig, Preemption, Problem, VirtualIpAddress, Witness } from "../model";
import { portProblems } from "../ports";
import { Draft, isKnown, isWhollyKnown, UNKNOWN, wholly } from "../unknown";
import { isOnVipNetwork, vipText } from "../vip";
import { pathOfView, routersOf, routerViews } from "../routers";
import { CHECK_RULES } from "./check-list";
import { CONNECTION_STATE_RULES } from "./connection-state";
import { GATEWAY_RULES } from "./gateway";
import { duplicates, nodeNames, Placed, place, sharedHosts, sshOverVips } from "./nodes";
import { ROLE_RULES } from "./role";
import { OUTSIDE_RULES } from "./role-outside";
import { routerNodeUnknown, routerPrimary } from "./routers";
import { bfdInCluster } from "./tracking";
import { WITNESS_RULES } from "./witness";

/** A rule over what only a cluster's spec has: SSH connections, names, the networks of the addresses. */
export type ClusterRule = (cluster: ClusterDraft) => Problem[];

type KnownNode = NodeDraft & { at: number };

function nodesOf(cluster: ClusterDraft): KnownNode[] {
  const nodes = isKnown(cluster.nodes) ? cluster.nodes : [];
  return nodes.flatMap((node, at) => (isKnown(node) ? [{ ...node, at }] : []));
}

function vipsOf(cluster: ClusterDraft): { vip: VirtualIpAddress; at: number }[] {
  const vips = isKnown(cluster.virtualIpAddresses) ? cluster.virtualIpAddresses : [];
  return vips.flatMap((vip, at) => (isKnown(vip) ? [{ vip: vip as VirtualIpAddress, at }] : []));
}

/** The names of nodes are unique in a cluster, and so are the names of its checks. */
export const duplicateNames: ClusterRule = (cluster) => {
  const checks = (["trackScripts", "trackProcesses", "bfd", "checks"] as const).flatMap((list) =>
    namesIn(cluster[list], list),
  );
  const ofNodes = nodesOf(cluster).flatMap(({ bfd, at }) =>
    bfd === undefined
      ? []
      : duplicates(namesIn(bfd, `nodes[${at}].bfd`), "duplicate-name", "choose a name of its own"),
  );
  const routers = routersOf(cluster).flatMap(({ router, at }) =>
    place(`virtualRouters[${at}].name`, router.name),
  );
  const fix = "choose a name of its own";
  return [
    ...duplicates(routers, "duplicate-name", fix),
    ...duplicates(nodeNames(cluster.nodes), "duplicate-name", fix),
    ...duplicates(checks, "duplicate-name", fix),
    ...ofNodes,
  ];
};

function namesIn(items: Draft<{ name: string }[]>, list: string): Placed[] {
  return isKnown(items)
    ? items.flatMap((check, i) => (isKnown(check) ? place(`${list}[${i}].name`, check.name) : []))
    : [];
}

/** Every node is a machine of its own: no two have one SSH server. */
export const duplicateHosts: ClusterRule = (cluster) => sharedHosts(cluster.nodes);

/** A virtual address stands once in all lists: two virtual routers could hold it on two nodes. */
export const duplicateVips: ClusterRule = (cluster) => {
  const placed = [
    ...addressesIn(cluster.virtualIpAddresses, "virtualIpAddresses"),
    ...routersOf(cluster).flatMap(({ router, at }) =>
      addressesIn(router.virtualIpAddresses, `virtualRouters[${at}].virtualIpAddresses`),
    ),
  ];
  return duplicates(placed, "duplicate-vip", "remove it");
};

function addressesIn(vips: Draft<VirtualIpAddress[]>, list: string): Placed[] {
  return isKnown(vips)
    ? vips.flatMap((vip, i) => (isKnown(vip) ? place(`${list}[${i}]`, vip.address) : []))
    : [];
}

/** A virtual address moves: SSH over it would configure whichever node holds it. */
export const vipIsSshAddress: ClusterRule = (cluster) =>
  sshOverVips(
    cluster.nodes,
    vipsOf(cluster).map(({ vip }) => vip.address),
  );

function sourcesOf(node: KnownNode): Placed[] {
  return (["unicastSrcIp", "unicastSrcIp6", "mcastSrcIp"] as const).flatMap((key) =>
    place(`nodes[${node.at}].${key}`, node[key]),
  );
}

/** VRRP cannot be sent from an address that the other node may hold. */
export const vipIsSource: ClusterRule = (cluster) => {
  // Of unicast instances a rule of their own, unicast-src-ip-foreign, says it.
  if (cluster.multicast !== true) {
    return [];
  }
  const vips = new Set(vipsOf(cluster).map(({ vip }) => vip.address));
  return nodesOf(cluster)
    .flatMap(sourcesOf)
    .filter(({ text }) => vips.has(text))
    .map(({ path, text }) => ({
      rule: "vip-is-source",
      severity: "error",
      path,
      value: text,
      allowed: "no virtual address: VRRP decides who holds it",
      fix: "give the node's own, permanent address on the interface",
    }));
};

/**
 * A virtual address is on the network of the node's interface, so that its neighbours find it. What is on an interface
 * of its own (`dev`) is checked on the host; a link-local source says nothing about the network.
 */
export const vipOutsideNetwork: ClusterRule = (cluster) => {
  if (cluster.vipOffLink !== false) {
    return [];
  }
  return vipsOf(cluster).flatMap(({ vip, at }) => {
    const outside = nodesOf(cluster)
      .filter((node) => vip.dev === undefined || vip.dev === node.interface)
      .flatMap(sourcesOf)
      .filter(
        ({ text }) => familyOf(text) === vip.family && !isLinkLocal(text) && !isOnVipNetwork(text, vip),
      );
    return outside.slice(0, 1).map(({ path, text }) => ({
      rule: "vip-outside-network",
      severity: "error" as const,
      path: `virtualIpAddresses[${at}]`,
      value: vipText(vip),
      allowed: `an address and prefix whose network holds ${path} (${text})`,
      fix: "correct the address or its prefix length; if it is routed to the nodes, set vipOffLink: true",
    }));
  });
};

/** Every node has a source address of each family, over multicast too: peers admit each other by it. */
export const multicastSourceMissing: ClusterRule = (cluster) => {
  if (cluster.multicast !== true) {
    return [];
  }
  const families = [...new Set(vipsOf(cluster).map(({ vip }) => vip.family))];
  return nodesOf(cluster).flatMap((node) => {
    const sources = [node.unicastSrcIp, node.unicastSrcIp6, node.mcastSrcIp];
    const has = sources.filter((s) => typeof s === "string").map(familyOf);
    const missing = sources.every(isKnown) ? families.filter((family) => !has.includes(family)) : [];
    return missing.map((family) => ({
      rule: "source-missing",
      severity: "error" as const,
      path: `nodes[${node.at}].${family === 4 || families.length === 1 ? "unicastSrcIp" : "unicastSrcIp6"}`,
      value: "(missing)",
      allowed: `an IPv${family} address of the node`,
      fix: `give the node's own IPv${family} address on the interface: the peers' firewalls admit VRRP from it`,
    }));
  });
};

/** Nor from one that a further virtual router moves; its own addresses are judged with it. */
export const vipOfOtherRouter: ClusterRule = (cluster) => {
  const views = routerViews(cluster);
  const vips = views.flatMap((view) =>
    vipsOf(view.cluster).map(({ vip, at }) => ({ ...view, text: vip.address, at })),
  );
  return views.flatMap(({ cluster: view, router }) =>
    nodesOf(view)
      .flatMap(sourcesOf)
      .flatMap(({ path, text }) => {
        const where = pathOfView(cluster, router, path);
        // An address that both routers send from is told of the one that it is a virtual address of.
        const vip = vips.find((one) => one.text === text && pathOfView(cluster, one.router, path) !== where);
        if (vip === undefined) {
          return [];
        }
        const list = pathOfView(cluster, vip.router, `virtualIpAddresses[${vip.at}]`);
        return [
          {
            rule: "vip-is-source",
            severity: "error" as const,
            path: where,
            value: text,
            allowed: `no virtual address, as ${list} is: VRRP decides who holds it`,
            fix: "give the node's own, permanent address on the interface",
          },
        ];
      }),
  );
};

/** The instances that move together, by their lists of members: both families of a virtual router, and a sync group. */
function tiedMembers(cluster: ClusterDraft): DraftMember[][][] {
  const tied = new Map<number | undefined, DraftMember[][]>();
  for (const members of draftMembersOf(cluster)) {
    const at = members[0]?.router;
    const router = routersOf(cluster).find((one) => one.at === at)?.router;
    const group = router?.syncGroup === true ? undefined : at;
    tied.set(group, [...(tied.get(group) ?? []), members]);
  }
  return [...tied.values()];
}

/** The node and its source of each member, in the order of the addresses; undefined where one is not known. */
function addressOrder(members: DraftMember[]): { place: number; source: string }[] | undefined {
  const sources = members.flatMap(({ place, instance: { multicast, mcastSrcIp, unicastSrcIp } }) => {
    const source = multicast === true ? mcastSrcIp : unicastSrcIp;
    return typeof source === "string" ? [{ place, source }] : [];
  });
  return sources.length === members.length
    ? sources.sort((a, b) => compareAddresses(a.source, b.source))
    : undefined;
}

/**
 * Two masters of equal priority are told apart by their source addresses, for each instance by itself, and who loses one
 * of a sync group loses the whole group: with opposite orders both nodes do.
 */
export const stickyAddressOrder: ClusterRule = (cluster) => {
  if (cluster.preemption !== Preemption.Sticky) {
    return [];
  }
  const views = routerViews(cluster);
  return tiedMembers(cluster).flatMap(([first = [], ...others]) => {
    const order = addressOrder(first);
    return others.flatMap((members): Problem[] => {
      const other = addressOrder(members);
      const differing = order?.findIndex(({ place }, i) => place !== other?.[i]?.place) ?? -1;
      if (order === undefined || other === undefined || differing < 0) {
        return [];
      }
      const { place, source } = other[differing]!;
      const router = members[0]?.router;
      const view = views.find((one) => one.router === router)!.cluster;
      const node = nodesOf(view).find(({ at }) => at === place)!;
      const { path } = sourcesOf(node).find(({ text }) => text === source)!;
      const counterpart = order.find((one) => one.place === place)!.source;
      return [
        {
          rule: "sticky-address-order",
          severity: "warning",
          path: pathOfView(cluster, router, path),
          value: source,
          allowed: `an address that comes in the order of the nodes' IPv${familyOf(source)} addresses where its ${counterpart} comes in theirs`,
          fix: `exchange the nodes' IPv${familyOf(source)} addresses; else, when a cut heals that left the carrier on, both nodes let go of all addresses until a backup's wait is over`,
        },
      ];
    });
  });
};

/** A source address belongs to one node. */
export const bfdSourceShared: ClusterRule = (cluster) =>
  (isKnown(cluster.bfd) ? cluster.bfd : []).flatMap((session, i) =>
    isKnown(session) && typeof session.sourceIp === "string"
      ? [
          {
            rule: "bfd-source-shared",
            severity: "error" as const,
            path: `bfd[${i}].sourceIp`,
            value: session.sourceIp,
            allowed: "none in what all nodes share",
            fix: "remove it, or give each node a list of its own: nodes[].bfd",
          },
        ]
      : [],
  );

/** As bfd-in-cluster, where the nodes do not name each other as peers. */
export const bfdWithNode: ClusterRule = (cluster) => {
  const addresses = nodesOf(cluster).flatMap(sourcesOf);
  const lists: { path: string; list: Draft<Bfd[]> }[] = [{ path: "bfd", list: cluster.bfd }];
  for (const { bfd, at } of nodesOf(cluster)) {
    lists.push({ path: `nodes[${at}].bfd`, list: bfd ?? [] });
  }
  return lists.flatMap(({ path, list }) =>
    (isKnown(list) ? list : []).flatMap((session, i) => {
      const neighbor = isKnown(session) ? session.neighborIp : undefined;
      const owner = addresses.find(({ text }) => text === neighbor);
      return owner === undefined || cluster.multicast !== true
        ? []
        : [
            {
              rule: bfdInCluster.id,
              severity: bfdInCluster.severity,
              path: `${path}[${i}].neighborIp`,
              value: owner.text,
              allowed: `no address of the cluster, such as ${owner.path}`,
              fix: bfdInCluster.fix,
            },
          ];
    }),
  );
};

/** Ports are opened where the hosts' firewall is ours to change, each once. */
export const openPorts: ClusterRule = (cluster) => portProblems(cluster.openPorts, cluster.firewall);

/** Seconds that the steps of a change take beside what they wait for. */
const STEPS = 5;

/** Seconds up to which a host is drained before it stops for a change (host/lib/apply.sh, give_way). */
const LONGEST_DRAIN = 60;

type Timed = VrrpTiming & Pick<InstanceConfig, "bfd" | "preemptDelay">;

/**
 * Seconds that hosts wait for one another before a change: where several can hold addresses, all but one give theirs
 * away first, one after the other.
 */
function givingWay(cluster: ClusterDraft, instances: Timed[]): number {
  const isSpread = routersOf(cluster).some(({ router }) => router.syncGroup === false);
  const handOver = handOverSeconds(instances);
  return isSpread && handOver <= LONGEST_DRAIN ? (nodesOf(cluster).length - 1) * handOver : 0;
}

/** A change is confirmed once the roles have settled; an undo timer that ends before that takes every change back. */
export const undoBeforeSettled: ClusterRule = (cluster) => {
  const { undoAfter, global } = cluster;
  const delay = isKnown(global) ? global.startupDelay : UNKNOWN;
  const instances = draftMembersOf(cluster)
    .flat()
    .flatMap(({ instance: { version, advertInt, priority, downTimerAdverts, bfd, preemptDelay } }) => {
      const timing = { version, advertInt, priority, downTimerAdverts, bfd, preemptDelay };
      return isWhollyKnown(timing) ? [timing as Timed] : [];
    });
  const witness = wholly<Witness | undefined>(cluster.witness);
  if (!isKnown(undoAfter) || !isKnown(delay) || !isKnown(witness) || instances.length === 0) {
    return [];
  }
  const settle = settleAfterStart(instances, delay, witness);
  const waits = givingWay(cluster, instances);
  const needed = settle + waits + STEPS;
  const giving = waits === 0 ? "" : `, after up to ${waits} s in which the hosts give way one after another`;
  return undoAfter >= needed
    ? []
    : [
        {
          rule: "undo-before-settled",
          severity: "error",
          path: "undoAfter",
          value: `${undoAfter}`,
          allowed: `${needed} or more: the roles have settled ${settle} s after a change, by advertInt, downTimerAdverts, startupDelay, bfd and witness.ttl${giving}`,
          fix: "raise undoAfter, or shorten what it waits for",
        },
      ];
};

/** Every rule over a cluster's spec as a whole. */
export const CLUSTER_RULES: readonly ClusterRule[] = [
  duplicateNames,
  duplicateHosts,
  duplicateVips,
  vipOfOtherRouter,
  openPorts,
  stickyAddressOrder,
  bfdSourceShared,
  routerNodeUnknown,
  routerPrimary,
  undoBeforeSettled,
  ...WITNESS_RULES,
  ...CHECK_RULES,
  ...ROLE_RULES,
  ...OUTSIDE_RULES,
  ...GATEWAY_RULES,
  ...CONNECTION_STATE_RULES,
];

/** Every rule over a cluster as one of its virtual routers has it. */
export const ROUTER_RULES: readonly ClusterRule[] = [
  vipIsSshAddress,
  vipIsSource,
  vipOutsideNetwork,
  multicastSourceMissing,
  bfdWithNode,
];
