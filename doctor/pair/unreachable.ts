import { came, echoOf, framesFrom, heard, wantedPeers } from "../facts";
import type { Finding } from "../model";
import { ClusterView, Member } from "./cluster";
import { because, byHand, found } from "./found";

/** Nodes that did not answer, with what the others see of them. */
export function unreachable(cluster: ClusterView): Finding[] {
  return cluster.members.flatMap((member) => {
    const { name, view } = member;
    if (view.problem === undefined) return [];
    const sightings = cluster.seen.map((other) => ({ other, sees: sees(other, name) }));
    const alive = sightings.filter(({ sees: what }) => what !== undefined && what !== false);
    const gone = sightings.filter(({ sees: what }) => what === false);
    return [
      found("node-unreachable", {
        node: name,
        evidence: [
          `${name} (${view.address}) was not seen: ${view.problem}`,
          ...alive.map(({ other, sees: what }) => `${other.name} ${String(what)}: it is alive`),
          ...gone.map(({ other }) => `${other.name} hears nothing of it either, and it answers no ping`),
        ],
        ruledOut: alive.length > 0 ? [because("net-partition", "its frames reach another node")] : [],
        fix: byHand(
          alive.length > 0
            ? `see to the way by which ${name} is administered: SSH, its address in the spec, keys, a firewall; the node itself is alive`
            : `see to ${name} by its console: it is off, or cut off; then look again`,
          [`ssh ${view.address}`],
        ),
      }),
    ];
  });
}

/** What a node sees of another one; false: nothing at all; undefined: nobody looked. */
function sees({ view }: Member, name: string): string | false | undefined {
  const addresses = wantedPeers(view)
    .filter((peer) => peer.name === name)
    .map(({ address }) => address);
  const looks = addresses.map((address): string | false | undefined => {
    if (heard(view).some((sender) => sender.address === address && sender.count > 0))
      return "hears its adverts";
    if (echoOf(view, name, address)?.isAnswered) return "gets its answers to pings";
    const frames = framesFrom(view, name, address);
    const probes = came(view, name, address, "unicast", "probe");
    if ((frames ?? 0) > 0 || (probes?.nic ?? 0) > 0) return "gets frames of it";
    return frames === undefined && echoOf(view, name, address) === undefined ? undefined : false;
  });
  return looks.find((look) => typeof look === "string") ?? (looks.includes(false) ? false : undefined);
}
