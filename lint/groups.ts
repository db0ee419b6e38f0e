import { areNeighbours, Judged, UNKNOWN } from "../spec";

/** An instance of which nobody says what virtual router it belongs to. */
export interface Loose extends Judged {
  /** What tells its machine from others. */
  machine: string;
  /** Cluster that it states, if any. */
  cluster?: string;
}

type Linked = (a: Loose, b: Loose) => boolean;

function isSame(a: unknown, b: unknown): boolean {
  return a === b && a !== undefined && a !== UNKNOWN;
}

const haveOneCluster: Linked = (a, b) => isSame(a.cluster, b.cluster);

const haveOtherClusters: Linked = (a, b) =>
  a.cluster !== undefined && b.cluster !== undefined && a.cluster !== b.cluster;

const namesAsPeer: Linked = ({ instance: { unicastPeers } }, { instance: { unicastSrcIp } }) =>
  Array.isArray(unicastPeers) && typeof unicastSrcIp === "string" && unicastPeers.includes(unicastSrcIp);

const areRelated: Linked = (a, b) => haveOneCluster(a, b) || namesAsPeer(a, b) || namesAsPeer(b, a);

const shareVip: Linked = (a, b) => {
  const [ours, theirs] = [a.instance.virtualIpAddresses, b.instance.virtualIpAddresses];
  return (
    Array.isArray(ours) &&
    Array.isArray(theirs) &&
    ours.some((vip) => theirs.some((other) => other.address === vip.address))
  );
};

const haveOneRouterId: Linked = (a, b) => isSame(a.instance.virtualRouterId, b.instance.virtualRouterId);

/** Multicast instances of one id that look like those of one network, though they share nothing else. */
const shareSegment: Linked = (a, b) =>
  haveOneRouterId(a, b) &&
  a.instance.multicast === true &&
  b.instance.multicast === true &&
  Array.isArray(a.instance.virtualIpAddresses) &&
  Array.isArray(b.instance.virtualIpAddresses) &&
  areNeighbours(a.instance.virtualIpAddresses, b.instance.virtualIpAddresses);

/** A virtual router has one family, one cluster, and at most one instance on a machine. */
function canBeOne(ours: Loose[], theirs: Loose[]): boolean {
  return ours.every((a) =>
    theirs.every(
      (b) => a.machine !== b.machine && a.instance.family === b.instance.family && !haveOtherClusters(a, b),
    ),
  );
}

function merge<L extends Loose>(groups: L[][], linked: Linked): L[][] {
  return groups.reduce<L[][]>((merged, group) => {
    const home = merged.find(
      (other) => canBeOne(other, group) && other.some((a) => group.some((b) => linked(a, b))),
    );
    return home === undefined
      ? [...merged, group]
      : merged.map((other) => (other === home ? [...other, ...group] : other));
  }, []);
}

/**
 * The virtual routers that loose instances are meant to form: those that share an address; then those of one id that
 * name each other as peer or state one cluster; then, of those still alone, any that name each other or state one
 * cluster; last, of those still alone, multicast ones of one id on what looks like one network. Two routers between the
 * same machines stay two.
 */
export function groupRouters<L extends Loose>(instances: L[]): L[][] {
  const byVip = merge(
    instances.map((instance) => [instance]),
    shareVip,
  );
  const byId = merge(byVip, (a, b) => haveOneRouterId(a, b) && areRelated(a, b));
  return mergeLonely(mergeLonely(byId, areRelated), shareSegment);
}

function mergeLonely<L extends Loose>(groups: L[][], linked: Linked): L[][] {
  const alone = groups.filter((group) => group.length === 1);
  return [...groups.filter((group) => group.length > 1), ...merge(alone, linked)];
}

/** The instances that run on one machine. */
export function groupMachines<L extends Loose>(instances: L[]): L[][] {
  const machines = [...new Set(instances.map(({ machine }) => machine))];
  return machines.map((machine) => instances.filter((instance) => instance.machine === machine));
}
