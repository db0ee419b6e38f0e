import {
  addresses,
  came,
  Came,
  echoOf,
  framesFrom,
  heard,
  links,
  NodeView,
  Packet,
  sent,
  Sent,
  Transport,
} from "../facts";
import { ClusterView, Member, Path } from "./cluster";

/** Packets below which nothing is said of their loss. */
export const ENOUGH = 5;

/** What was seen of one way: at its start and at its end. */
export interface Way extends Path {
  left: (transport: Transport, packet: Packet) => Sent | undefined;
  came: (transport: Transport, packet: Packet) => Came | undefined;
  /** Whether anything of the sender reaches the other's NIC; undefined: nobody looked. */
  arrives: boolean | undefined;
}

export function waysOf(cluster: ClusterView): Way[] {
  return cluster.paths.filter(isWhole).map((path) => {
    const { from, to, source, target } = path;
    return {
      ...path,
      left: (transport, packet) => sent(from.view, to.name, target, transport, packet),
      came: (transport, packet) => came(to.view, from.name, source, transport, packet),
      arrives: arrives(path),
    };
  });
}

export function wayBack(ways: readonly Way[], way: Way): Way | undefined {
  return ways.find(
    ({ from, to, source, target }) =>
      from === way.to && to === way.from && source === way.target && target === way.source,
  );
}

/** Probes that left for it, by whichever transport most did; undefined: nobody looked. */
export function probesLeft({ left }: Way): number | undefined {
  const counts = (["unicast", "multicast"] as const).flatMap((how) => left(how, "probe")?.left ?? []);
  return counts.length === 0 ? undefined : Math.max(...counts);
}

function arrives({ from, to, source }: Path): boolean | undefined {
  const kinds = [
    came(to.view, from.name, source, "unicast", "probe"),
    came(to.view, from.name, source, "multicast", "probe"),
    came(to.view, from.name, source, "unicast", "advert"),
    came(to.view, from.name, source, "multicast", "advert"),
  ];
  const frames = framesFrom(to.view, from.name, source);
  const isHeard = heard(to.view).some(({ address, count }) => address === source && count > 0);
  if (isHeard || (frames ?? 0) > 0 || kinds.some((kind) => (kind?.nic ?? 0) > 0)) return true;
  const echo = echoOf(to.view, from.name, source)?.isAnswered;
  if (echo === true) return true;
  if (frames !== undefined) return false;
  // Where nobody counts frames, one that answers neither pings nor the question for its MAC is not there.
  return echo === false && !to.view.has("mac", from.name) && kinds.every((kind) => (kind?.nic ?? 0) === 0)
    ? false
    : undefined;
}

/** Whether both ends have what the way begins and ends with; else that is what is wrong. */
function isWhole({ from, to, source, target, instances }: Path): boolean {
  return isEnd(from, source, instances) && isEnd(to, target, instances);
}

function isEnd({ view, wanted }: Member, address: string, instances: string[]): boolean {
  const devs = wanted
    .filter(({ name }) => instances.length === 0 || instances.includes(name))
    .map((instance) => instance.interface);
  const own = addresses(view);
  const hasAddress = own.length === 0 || own.some((one) => one.address === address);
  return hasAddress && devs.every((dev) => isUsable(view, dev));
}

/** Whether an interface is up, as far as anybody knows, and no tunnel that does not work. */
export function isUsable(view: NodeView, dev: string): boolean {
  const link = links(view).find((one) => one.dev === dev);
  const isDown = link !== undefined && (link.is !== "up" || link.hasCarrier === false);
  const tunnel = view.one("tunnel", dev);
  if (tunnel === undefined) return !isDown;
  return !isDown && tunnel[2] === "up" && view.all("tunnel-peer", dev).every((peer) => !isOld(peer[3]));
}

/** Seconds after which a tunnel's keys are no longer used. */
export const OLD_HANDSHAKE = 185;

/** Whether a tunnel's last handshake does not count any more. */
export function isOld(age: string | undefined): boolean {
  return age === "never" || Number(age) > OLD_HANDSHAKE;
}
