import { familyOf } from "./addresses";
import { scriptsOf } from "./checks";
import { announcements, Announcements, ClusterDraft, NodeDraft } from "./defaults";
import {
  Bfd,
  Cluster,
  Family,
  InstanceConfig,
  InstanceOptions,
  TrackInterface,
  TrackProcess,
  TrackScript,
  VirtualIpAddress,
} from "./model";
import { instanceOptions } from "./options";
import { routerViews } from "./routers";
import { Draft, isKnown, Partially, UNKNOWN, Unknown, wholly } from "./unknown";

/** One node's instance of a virtual router. */
export interface Member<I = InstanceConfig> {
  node: string;
  instance: I;
}

/** An instance of which some values are UNKNOWN. */
export type InstanceDraft = Partially<InstanceConfig>;

/** The address that a node sends VRRP of a family from. */
export function sourceOf(
  node: { unicastSrcIp?: string | Unknown; unicastSrcIp6?: string | Unknown },
  family: Family | Unknown,
): string | Unknown | undefined {
  const sources: (string | Unknown | undefined)[] = [node.unicastSrcIp, node.unicastSrcIp6];
  if (!isKnown(family)) {
    return UNKNOWN;
  }
  const known = sources.find((s) => typeof s === "string" && familyOf(s) === family);
  return known ?? (sources.every(isKnown) ? undefined : UNKNOWN);
}

/** Families that a cluster's virtual addresses have: one virtual router each. */
function familiesOf(vips: VirtualIpAddress[] | Unknown): (Family | Unknown)[] {
  if (!isKnown(vips)) {
    return [UNKNOWN];
  }
  return ([4, 6] as const).filter((family) => vips.some((vip) => vip.family === family));
}

/** A member of a draft, with the place of its node in the list. */
export interface DraftMember extends Member<InstanceDraft> {
  place: number;
  /** Place in virtualRouters; absent: the cluster's own. */
  router?: number;
}

/** The sources of the other nodes; UNKNOWN as a list when one is missing or the node's own: other rules tell that. */
function peersOf(sources: (string | Unknown | undefined)[], own: number): string[] | Unknown {
  const peers = sources.filter((_source, other) => other !== own);
  const isUsable = peers.every((peer) => typeof peer === "string" && peer !== sources[own]);
  return isUsable && peers.length > 0 ? (peers as string[]) : UNKNOWN;
}

/** As membersOf, over a cluster of which some values are UNKNOWN. */
export function draftMembersOf(cluster: ClusterDraft): DraftMember[][] {
  const versionOf = versionsOf(cluster);
  const trackScripts = allScripts(cluster);
  return routerViews(cluster).flatMap(({ cluster: view, router }) =>
    membersOfRouter(view, versionOf, trackScripts).map((members) =>
      members.map((member) => (router === undefined ? member : { ...followsOwn(member), router })),
    ),
  );
}

/** The scripts of the user, and behind them those of the checks. */
function allScripts(cluster: ClusterDraft): TrackScript[] | Unknown {
  const own = wholly<TrackScript[]>(cluster.trackScripts);
  const ofChecks = wholly<TrackScript[]>(scriptsOf(cluster));
  return isKnown(own) && isKnown(ofChecks) ? [...own, ...ofChecks] : UNKNOWN;
}

/** keepalived follows an instance's own interface by itself: of what the cluster tracks, that one is left out. */
function followsOwn(member: DraftMember): DraftMember {
  const { trackInterfaces: tracked, interface: own } = member.instance;
  const isLeft = isKnown(tracked) && isKnown(own);
  const trackInterfaces = isLeft ? tracked.filter((one) => one.interface !== own) : UNKNOWN;
  return { ...member, instance: { ...member.instance, trackInterfaces } };
}

type Versioned = Pick<InstanceDraft, "version" | "authPass">;

/**
 * Version and password of the instances of a family. VRRP version 2 and its password know IPv4 only: beside IPv4, in
 * whichever virtual router, they are not meant for IPv6. Where all addresses are IPv6 the rules refuse them.
 */
function versionsOf(cluster: ClusterDraft): (family: Family | Unknown) => Versioned {
  const { version, authPass, virtualRouters } = cluster;
  const areKnown = isKnown(virtualRouters) && virtualRouters.every(isKnown);
  const vips = routerViews(cluster).flatMap(
    ({ cluster: { virtualIpAddresses } }): Draft<VirtualIpAddress>[] =>
      isKnown(virtualIpAddresses) ? virtualIpAddresses : [UNKNOWN],
  );
  const hasIPv4 = vips.some((vip) => isKnown(vip) && vip.family === 4);
  const mayHaveIPv4 = !areKnown || !vips.every(isKnown);
  return (family) => {
    if (family !== 6 || (!hasIPv4 && !mayHaveIPv4)) {
      return { version, authPass };
    }
    if (hasIPv4) {
      return { version: 3, authPass: undefined };
    }
    return { version: version === 3 ? 3 : UNKNOWN, authPass: authPass === undefined ? undefined : UNKNOWN };
  };
}

function membersOfRouter(
  cluster: ClusterDraft,
  versionOf: (family: Family | Unknown) => Versioned,
  trackScripts: TrackScript[] | Unknown,
): DraftMember[][] {
  const nodes = isKnown(cluster.nodes) ? cluster.nodes : [];
  const vips = wholly<VirtualIpAddress[]>(cluster.virtualIpAddresses);
  const families = familiesOf(vips);
  return families.map((family) => {
    const isSecond = families.length === 2 && family === 6;
    const sources = nodes.map((node) => (isKnown(node) ? sourceOf(node, family) : UNKNOWN));
    return nodes.flatMap((node, i) => {
      if (!isKnown(node)) {
        return [];
      }
      const peers = peersOf(sources, i);
      const instance: InstanceDraft = {
        ...sharedBy(cluster),
        trackScripts,
        name: isKnown(cluster.name) ? `${cluster.name}${isSecond ? "-6" : ""}` : UNKNOWN,
        family,
        ...versionOf(family),
        interface: node.interface,
        priority: node.priority,
        trackInterfaces: wholly<TrackInterface[]>(node.trackInterfaces ?? cluster.trackInterfaces),
        bfd: wholly<Bfd[]>(node.bfd ?? cluster.bfd),
        ...transport(cluster, node, family, sources[i], peers),
        virtualIpAddresses: isKnown(vips) ? vips.filter((vip) => vip.family === family) : UNKNOWN,
      };
      return [{ node: typeof node.name === "string" ? node.name : `nodes[${i}]`, instance, place: i }];
    });
  });
}

type Shared = "state" | "virtualRouterId" | "advertInt" | "nopreempt" | "preemptDelay" | "trackProcesses";

/** What all instances of a cluster have in common. */
function sharedBy(
  cluster: ClusterDraft,
): Pick<InstanceDraft, Shared> & Announcements & Partially<InstanceOptions> {
  return {
    // A node that starts as BACKUP listens first: no second master when it comes back.
    state: "BACKUP",
    virtualRouterId: cluster.virtualRouterId,
    advertInt: cluster.advertInt,
    // Equal priorities are sticky by themselves, and still let a failing check or a drain move the addresses.
    nopreempt: false,
    preemptDelay: cluster.preemptDelay,
    ...announcements(cluster),
    ...instanceOptions(cluster),
    trackProcesses: wholly<TrackProcess[]>(cluster.trackProcesses),
  };
}

function transport(
  cluster: ClusterDraft,
  node: NodeDraft,
  family: Family | Unknown,
  source: string | Unknown | undefined,
  unicastPeers: string[] | Unknown,
): Pick<InstanceDraft, "multicast" | "unicastSrcIp" | "unicastPeers" | "mcastSrcIp"> {
  const { multicast } = cluster;
  if (!isKnown(multicast)) {
    return { multicast: UNKNOWN, unicastSrcIp: UNKNOWN, unicastPeers: UNKNOWN, mcastSrcIp: UNKNOWN };
  }
  if (multicast) {
    return { multicast, unicastPeers: [], mcastSrcIp: multicastSource(node, family, source) };
  }
  return { multicast, unicastSrcIp: source, unicastPeers };
}

function multicastSource(node: NodeDraft, family: Family | Unknown, source: string | Unknown | undefined) {
  const own = node.mcastSrcIp;
  return isKnown(own) && own !== undefined && isKnown(family) && familyOf(own) === family ? own : source;
}

/** The instances of a cluster: for each of its virtual routers, and for each family of it (IPv4 first), one member a node, in the nodes' order. */
export function membersOf(cluster: Cluster): Member[][] {
  return draftMembersOf(cluster).map((members) =>
    members.map(({ node, instance }) => ({ node, instance: instance as InstanceConfig })),
  );
}
