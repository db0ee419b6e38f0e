import { UNKNOWN } from "../spec";
import { LooseInstance } from "./resources";

type Linked = (a: LooseInstance, b: LooseInstance) => boolean;

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

/** A virtual router has one family, one cluster, and at most one instance on a machine. */
function canBeOne(ours: LooseInstance[], theirs: LooseInstance[]): boolean {
  return ours.every((a) =>
    theirs.every(
      (b) => a.machine !== b.machine && a.instance.family === b.instance.family && !haveOtherClusters(a, b),
    ),
  );
}

function merge(groups: LooseInstance[][], linked: Linked): LooseInstance[][] {
  return groups.reduce<LooseInstance[][]>((merged, group) => {
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
 * name each other as peer or state one cluster; last, of those still alone, any that name each other or state one
 * cluster. Two routers between the same machines stay two.
 */
export function groupRouters(instances: LooseInstance[]): LooseInstance[][] {
  const byVip = merge(
    instances.map((instance) => [instance]),
    shareVip,
  );
  const byId = merge(byVip, (a, b) => haveOneRouterId(a, b) && areRelated(a, b));
  const alone = byId.filter((group) => group.length === 1);
  return [...byId.filter((group) => group.length > 1), ...merge(alone, areRelated)];
}

/** The instances that run on one machine. */
export function groupMachines(instances: LooseInstance[]): LooseInstance[][] {
  const machines = [...new Set(instances.map(({ machine }) => machine))];
  return machines.map((machine) => instances.filter((instance) => instance.machine === machine));
}
