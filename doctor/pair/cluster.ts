import {
  addresses,
  links,
  loadedInstances,
  LoadedInstance,
  NodeView,
  stateOf,
  vips,
  WantedInstance,
  wantedInstances,
  wantedPeers,
} from "../facts";
import { canonical } from "../../spec/addresses";
import type { ReadConf } from "../../conf";
import type { NodeFacts, Unread } from "../model";
import { appliedConfOf, confOf } from "./conf";
import type { HypervisorSeen } from "./hypervisor";

/** One node with what is asked of it again and again. */
export interface Member {
  name: string;
  view: NodeView;
  wanted: WantedInstance[];
  loaded: LoadedInstance[];
  /** A change is under way: what is in force may be that of either side. */
  isPending: boolean;
  /** keepalived.conf as it is; undefined: it was not told. */
  conf: ReadConf | undefined;
  /** As it was applied, where it is not the same. */
  applied: ReadConf | undefined;
}

/** Of any of its virtual routers, as its keepalived says. */
export const isMaster = ({ view, wanted }: Member) =>
  wanted.some(({ name }) => stateOf(view, name) === "MASTER");

/** What one node sends to another, by one pair of addresses. */
export interface Path {
  from: Member;
  to: Member;
  /** Instances whose adverts go there, by name. */
  instances: string[];
  source: string;
  target: string;
}

/** All nodes together. */
export interface ClusterView {
  name: string;
  /** All of them, by name. */
  members: Member[];
  /** Those that answered. */
  seen: Member[];
  paths: Path[];
  hypervisor: HypervisorSeen;
  /** Texts of programs that a node's configuration names, by node and path. */
  sources: ProgramTexts;
}

export type ProgramTexts = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** What is known beside the facts of the nodes. */
export interface More {
  hypervisor?: HypervisorSeen;
  /** Of the hypervisors, what was not looked at. */
  unread?: readonly Unread[];
  sources?: ProgramTexts;
}

export function clusterOf(nodes: readonly NodeFacts[], more: More = {}): ClusterView {
  const views = nodes.map((one) => new NodeView(one));
  const members = views
    .map((view) => memberOf(view, nameOf(view, views)))
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  const seen = members.filter(({ view }) => view.isSeen);
  const name = seen.map(({ view }) => view.one("cluster")?.[1]).find((word) => word !== undefined);
  const { hypervisor = {}, sources = {} } = more;
  return { name: name ?? "CLUSTER", members, seen, paths: pathsOf(seen), hypervisor, sources };
}

/** The name by which a node's peers know it, also where it does not say so itself. */
function nameOf(view: NodeView, views: readonly NodeView[]): string {
  const told = view.one("node")?.[1];
  if (told !== undefined) return told;
  const names = views.flatMap((one) => one.one("node")?.[1] ?? []);
  const peers = views.flatMap(wantedPeers);
  const byAddress = peers.find(({ address }) => address === canonical(view.address))?.name;
  const missing = [...new Set(peers.map(({ name }) => name))].filter((name) => !names.includes(name));
  const isOnly = missing.length === 1 && views.filter(({ isSeen }) => !isSeen).length === 1;
  return byAddress ?? (isOnly ? missing[0]! : view.node);
}

function memberOf(view: NodeView, name: string): Member {
  return {
    name,
    view,
    wanted: wantedInstances(view),
    loaded: loadedInstances(view),
    isPending: view.has("pending"),
    conf: confOf(view),
    applied: appliedConfOf(view),
  };
}

/** The ways from each node to each other one: by the sources of the virtual routers, as each names the other's address. */
function pathsOf(seen: Member[]): Path[] {
  return seen.flatMap((from) =>
    seen.filter((to) => to !== from).flatMap((to) => merge(pathsBetween(from, to))),
  );
}

function pathsBetween(from: Member, to: Member): Path[] {
  const sources = peerAddresses(to, from.name);
  const targets = peerAddresses(from, to.name);
  const byInstance = from.wanted.flatMap(({ name, source }) => {
    const target = to.wanted.find((other) => other.name === name)?.source;
    return source === undefined || target === undefined
      ? []
      : [{ from, to, instances: [name], source, target }];
  });
  const known = byInstance.filter(
    ({ source, target }) => sources.includes(source) && targets.includes(target),
  );
  if (known.length > 0) return known;
  // Each may have been told something else: the addresses that they name each other by, in the order of the families.
  const ofFamily = (list: string[], isSix: boolean) => list.filter((text) => text.includes(":") === isSix);
  return [false, true].flatMap((isSix) => {
    const [source] = ofFamily(sources, isSix);
    const [target] = ofFamily(targets, isSix);
    return source === undefined || target === undefined ? [] : [{ from, to, instances: [], source, target }];
  });
}

function merge(paths: Path[]): Path[] {
  const merged = new Map<string, Path>();
  for (const path of paths) {
    const key = `${path.source} ${path.target}`;
    const same = merged.get(key);
    merged.set(
      key,
      same === undefined ? path : { ...same, instances: [...same.instances, ...path.instances] },
    );
  }
  return [...merged.values()];
}

/** The addresses by which a node knows another one. */
export function peerAddresses(of: Member, peer: string): string[] {
  return wantedPeers(of.view)
    .filter(({ name }) => name === peer)
    .map(({ address }) => address);
}

/** What the daemon runs of a virtual router: by its name, or the one that there is. */
export function loadedOf(member: Member, instance: string): LoadedInstance | undefined {
  const same = member.loaded.find(({ name }) => name === instance);
  return same ?? (member.loaded.length === 1 && member.wanted.length === 1 ? member.loaded[0] : undefined);
}

/** Nodes that have one of the virtual addresses on an interface. */
export function holders(cluster: ClusterView, vip: string): Member[] {
  return cluster.seen.filter(({ view }) =>
    vips(view).some(({ address, isHeld }) => isHeld && address === vip),
  );
}

/** All virtual addresses, with the virtual router of each. */
export function wantedVips(cluster: ClusterView): { address: string; instance: string }[] {
  const all = cluster.seen.flatMap(({ wanted }) =>
    wanted.flatMap(({ name, vips: list }) => list.map(({ address }) => ({ address, instance: name }))),
  );
  return [...new Map(all.map((one) => [one.address, one])).values()].sort((a, b) =>
    a.address < b.address ? -1 : 1,
  );
}

/** Whose interface has this MAC, that of a virtual router included. */
export function ownerOf(cluster: ClusterView, mac: string): Member | undefined {
  const wanted = mac.toLowerCase();
  const named = cluster.seen.find(({ view }) => links(view).some((link) => link.mac === wanted));
  if (named !== undefined) return named;
  const known = cluster.seen.flatMap(({ view }) => view.all("mac"));
  const peer = known.find(([, , is]) => is?.toLowerCase() === wanted)?.[1];
  return cluster.members.find(({ name }) => name === peer);
}

/** The MAC that a virtual router with a virtual MAC has. */
export function virtualMac(vrid: number, isSix: boolean): string {
  return `00:00:5e:00:0${isSix ? 2 : 1}:${vrid.toString(16).padStart(2, "0")}`;
}

/** Every address that one of the nodes has, or is known by. */
export function ownAddresses(cluster: ClusterView): Set<string> {
  return new Set(
    cluster.seen.flatMap(({ view, wanted, loaded }) => [
      ...addresses(view).map(({ address }) => address),
      ...wantedPeers(view).map(({ address }) => address),
      ...wanted.flatMap(({ source }) => source ?? []),
      ...loaded.flatMap(({ source }) => source ?? []),
    ]),
  );
}
