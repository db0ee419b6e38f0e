import { ClusterDraft, NodeDraft } from "./defaults";
import { RouterNode, VirtualRouter } from "./model";
import { Draft, isKnown, UNKNOWN, Unknown } from "./unknown";

type RouterDraft = Exclude<Draft<VirtualRouter>, Unknown>;

/** A cluster as one of its virtual routers has it. */
export interface RouterView {
  cluster: ClusterDraft;
  /** Place in virtualRouters; absent: the cluster's own. */
  router?: number;
}

/** Each virtual router of a cluster, the cluster's own first. */
export function routerViews(cluster: ClusterDraft): RouterView[] {
  return [
    { cluster },
    ...routersOf(cluster).map(({ router, at }) => ({ cluster: viewOf(cluster, router), router: at })),
  ];
}

/** The virtual addresses of all virtual routers, as far as they are known. */
export function vipAddresses(cluster: ClusterDraft): string[] {
  return routerViews(cluster).flatMap(({ cluster: { virtualIpAddresses } }) =>
    isKnown(virtualIpAddresses)
      ? virtualIpAddresses.flatMap((vip) => (isKnown(vip) && isKnown(vip.address) ? [vip.address] : []))
      : [],
  );
}

/** The further virtual routers that are known, with their places. */
export function routersOf(cluster: ClusterDraft): { router: RouterDraft; at: number }[] {
  const routers = isKnown(cluster.virtualRouters) ? cluster.virtualRouters : [];
  return routers.flatMap((router, at) => (isKnown(router) ? [{ router, at }] : []));
}

function viewOf(cluster: ClusterDraft, router: RouterDraft): ClusterDraft {
  const isNamed = isKnown(cluster.name) && isKnown(router.name);
  return {
    ...cluster,
    name: isNamed ? `${String(cluster.name)}-${String(router.name)}` : UNKNOWN,
    virtualRouterId: router.virtualRouterId,
    virtualIpAddresses: router.virtualIpAddresses,
    nodes: isKnown(cluster.nodes) ? nodesOf(cluster.nodes, router) : UNKNOWN,
    virtualRouters: [],
  };
}

function nodesOf(nodes: Draft<NodeDraft>[], router: RouterDraft): Draft<NodeDraft>[] {
  const priorities = prioritiesOf(nodes, router);
  return nodes.map((node, at) => {
    if (!isKnown(node)) {
      return UNKNOWN;
    }
    const own = routerNode(router, node.name);
    if (!isKnown(own)) {
      return { ...node, ...noSources(UNKNOWN), interface: UNKNOWN, priority: UNKNOWN };
    }
    const elsewhere = isElsewhere(node, own);
    const base =
      elsewhere === false ? node : { ...node, ...noSources(isKnown(elsewhere) ? undefined : UNKNOWN) };
    return { ...base, priority: priorities[at]!, ...stated(own) };
  });
}

type RouterNodeDraft = Exclude<Draft<RouterNode>, Unknown>;

/** Whether a router is on another interface of a node: addresses are on one, and those of the node are not meant then. */
function isElsewhere(node: NodeDraft, own: RouterNodeDraft | undefined): boolean | Unknown {
  const stated = own?.interface;
  if (stated === undefined) {
    return false;
  }
  return isKnown(stated) && isKnown(node.interface) ? stated !== node.interface : UNKNOWN;
}

function noSources<T>(value: T) {
  return { unicastSrcIp: value, unicastSrcIp6: value, mcastSrcIp: value };
}

/** What a router says of a node, if anything. */
export function routerNode(
  router: RouterDraft,
  name: string | Unknown,
): RouterNodeDraft | Unknown | undefined {
  if (!isKnown(router.nodes) || !isKnown(name)) {
    return UNKNOWN;
  }
  const found = router.nodes.find((node) => isKnown(node) && node.name === name);
  return found ?? (router.nodes.every((node) => isKnown(node) && isKnown(node.name)) ? undefined : UNKNOWN);
}

function stated(node: RouterNodeDraft | undefined): Partial<NodeDraft> {
  const entries = Object.entries(node ?? {}).filter(([key, value]) => key !== "name" && value !== undefined);
  return Object.fromEntries(entries);
}

/** The primary gets the highest of the nodes' priorities, the others theirs in the order that they have. */
function prioritiesOf(nodes: Draft<NodeDraft>[], { primary }: RouterDraft): (number | Unknown)[] {
  const own = nodes.map((node) => (isKnown(node) ? node.priority : UNKNOWN));
  if (primary === undefined) {
    return own;
  }
  const first = nodes.findIndex((node) => isKnown(node) && node.name === primary);
  if (!isKnown(primary) || !own.every(isKnown)) {
    return own.map(() => UNKNOWN);
  }
  // That there is no such node is told by a rule.
  const rank = own
    .map((_, at) => at)
    .sort((a, b) => Number(b === first) - Number(a === first) || own[b]! - own[a]!);
  const sorted = [...own].sort((a, b) => b - a);
  return own.map((_, at) => sorted[rank.indexOf(at)]!);
}

/** The node whose priority a primary has given to another one; of equal ones by the order of the nodes. */
function priorityFrom(nodes: Draft<NodeDraft>[], router: RouterDraft, at: number): number {
  const given = prioritiesOf(nodes, router);
  const own = nodes.map((node) => (isKnown(node) ? node.priority : UNKNOWN));
  const placesOf = (list: (number | Unknown)[]) =>
    list.flatMap((priority, place) => (priority === given[at] ? [place] : []));
  return placesOf(own)[placesOf(given).indexOf(at)] ?? at;
}

const OF_A_NODE = /^nodes\[(\d+)\]\.(interface|unicastSrcIp6?|mcastSrcIp|priority)$/;

/** Where a property of a view stands in what the user wrote. */
export function pathOfView(cluster: ClusterDraft, at: number | undefined, path: string): string {
  const router = routersOf(cluster).find((one) => one.at === at)?.router;
  if (router === undefined) {
    return path;
  }
  if (/^virtual(RouterId|IpAddresses)/.test(path)) {
    return `virtualRouters[${at}].${path}`;
  }
  const [, place, property] = OF_A_NODE.exec(path) ?? [];
  const node = isKnown(cluster.nodes) ? cluster.nodes[Number(place)] : undefined;
  if (property === undefined || node === undefined || !isKnown(node) || !isKnown(router.nodes)) {
    return path;
  }
  const own = router.nodes.findIndex((one) => isKnown(one) && one.name === node.name);
  const said = router.nodes[own];
  if (said !== undefined && isKnown(said)) {
    const isOwn = said[property as keyof RouterNode] !== undefined;
    if (isOwn || (/SrcIp6?$/.test(property) && isElsewhere(node, said) !== false)) {
      return `virtualRouters[${at}].nodes[${own}].${property}`;
    }
  }
  if (property !== "priority" || router.primary === undefined || !isKnown(cluster.nodes)) {
    return path;
  }
  return `nodes[${priorityFrom(cluster.nodes, router, Number(place))}].priority`;
}
