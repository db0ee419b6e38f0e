import { compareAddresses, familyOf, isLinkLocal } from "../addresses";
import { ClusterDraft, NodeDraft } from "../defaults";
import { settleAfterStart, VrrpTiming } from "../../simulate/timing";
import { draftMembersOf, sourceOf } from "../members";
import { Bfd, Family, InstanceConfig, Preemption, Problem, VirtualIpAddress } from "../model";
import { portProblems } from "../ports";
import { Draft, isKnown, isWhollyKnown, UNKNOWN } from "../unknown";
import { isOnVipNetwork, vipText } from "../vip";
import { routersOf } from "../routers";
import { duplicates, nodeNames, Placed, place, sharedHosts, sshOverVips } from "./nodes";
import { routerNodeUnknown, routerPrimary } from "./routers";
import { bfdInCluster } from "./tracking";

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
  const checks = (["trackScripts", "trackProcesses", "bfd"] as const).flatMap((list) =>
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

/**
 * Two masters of equal priority are told apart by their source addresses, for each family by itself, and who loses one of
 * a sync group loses the whole group: with opposite orders both nodes do.
 */
export const stickyAddressOrder: ClusterRule = (cluster) => {
  const nodes = nodesOf(cluster);
  const families = new Set(vipsOf(cluster).map(({ vip }) => vip.family));
  if (cluster.preemption !== Preemption.Sticky || families.size < 2) {
    return [];
  }
  const placesBy = (family: Family) =>
    nodes
      .map((node) => ({ at: node.at, source: sourceOf(node, family) }))
      .filter((n): n is { at: number; source: string } => typeof n.source === "string")
      .sort((a, b) => compareAddresses(a.source, b.source))
      .map(({ at }) => at);
  const [four, six] = [placesBy(4), placesBy(6)];
  const differing = four.findIndex((at, i) => at !== six[i]);
  if (four.length !== nodes.length || six.length !== nodes.length || differing < 0) {
    return [];
  }
  const node = nodes.find(({ at }) => at === six[differing])!;
  return [
    {
      rule: "sticky-address-order",
      severity: "warning",
      path: `nodes[${node.at}].unicastSrcIp6`,
      value: `${String(sourceOf(node, 6))}`,
      allowed:
        "an address that comes in the order of the nodes' IPv6 addresses where its IPv4 address comes in theirs",
      fix: "exchange the nodes' IPv6 addresses; else, when a cut heals that left the carrier on, both nodes let go of all addresses until a backup's wait is over",
    },
  ];
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

/** A change is confirmed once the roles have settled; an undo timer that ends before that takes every change back. */
export const undoBeforeSettled: ClusterRule = (cluster) => {
  const { undoAfter, global } = cluster;
  const delay = isKnown(global) ? global.startupDelay : UNKNOWN;
  const instances = draftMembersOf({ ...cluster, virtualRouters: [] })
    .flat()
    .flatMap(({ instance: { version, advertInt, priority, downTimerAdverts, bfd } }) => {
      const timing = { version, advertInt, priority, downTimerAdverts, bfd };
      return isWhollyKnown(timing) ? [timing as VrrpTiming & Pick<InstanceConfig, "bfd">] : [];
    });
  if (!isKnown(undoAfter) || !isKnown(delay) || instances.length === 0) {
    return [];
  }
  const settle = settleAfterStart(instances, delay);
  return undoAfter >= settle + STEPS
    ? []
    : [
        {
          rule: "undo-before-settled",
          severity: "error",
          path: "undoAfter",
          value: `${undoAfter}`,
          allowed: `${settle + STEPS} or more: the roles have settled ${settle} s after a change, by advertInt, downTimerAdverts, startupDelay and bfd`,
          fix: "raise undoAfter, or shorten what it waits for",
        },
      ];
};

/** Every rule over a cluster's spec. */
export const CLUSTER_RULES: readonly ClusterRule[] = [
  duplicateNames,
  duplicateHosts,
  duplicateVips,
  vipIsSshAddress,
  vipIsSource,
  vipOutsideNetwork,
  multicastSourceMissing,
  openPorts,
  stickyAddressOrder,
  bfdSourceShared,
  bfdWithNode,
  routerNodeUnknown,
  routerPrimary,
  undoBeforeSettled,
];
