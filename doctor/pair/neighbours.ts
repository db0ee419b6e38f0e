import { canonical } from "../../spec/addresses";
import { links, vips } from "../facts";
import { Confidence, type Finding } from "../model";
import { ClusterView, holders, loadedOf, ownerOf, virtualMac, wantedVips } from "./cluster";
import { because, byAgent, byHand, found } from "./found";
import { answers, heldOnce } from "./held";

/** Another host answers for a virtual address. */
export function duplicates(cluster: ClusterView): Finding[] {
  return wantedVips(cluster).flatMap(({ address, instance }) => {
    if (isWithoutMacs(cluster, address)) return [];
    const nodes = holders(cluster, address);
    const others = cluster.seen.flatMap((member) => {
      const isHeld = nodes.includes(member);
      const macs = isHeld
        ? member.view
            .all("duplicate")
            .filter((fact) => canonical(fact[1] ?? "") === address)
            .map((fact) => fact[2]!.toLowerCase())
        : answers(member.view, address).filter((mac) => mac !== "none");
      return macs.map((mac) => ({ member, mac }));
    });
    const [stranger] = others.filter(({ mac }) => isStrange(cluster, mac, instance));
    if (stranger === undefined || !areMacsKnown(cluster)) return [];
    const at = nodes[0] ?? stranger.member;
    return [
      found("vip-duplicate", {
        node: at.name,
        confidence: Confidence.Likely,
        evidence: [
          `a host with the MAC ${stranger.mac} answers ${stranger.member.name} for ${address}; that is no interface of the nodes`,
          ...(nodes.length > 0 ? [`${at.name} holds ${address}`] : ["none of the nodes holds it"]),
        ],
        ruledOut: [because("net-partition", "it is none of the nodes that answers")],
        fix: byHand(
          `find the host with the MAC ${stranger.mac} (the switch's table of MACs has its port) and take ${address} away from it, or give the cluster another virtual address`,
        ),
      }),
    ];
  });
}

/** Whether an address is where no neighbours are asked: inside a tunnel, or routed to the nodes. */
function isWithoutMacs({ seen }: ClusterView, vip: string): boolean {
  return seen.some(
    ({ view }) =>
      view.rest("want", "off-link") === "yes" ||
      vips(view).some(({ address, dev }) => address === vip && view.has("tunnel", dev)),
  );
}

/** Whether every node can be told from a stranger. */
function areMacsKnown({ members, seen }: ClusterView): boolean {
  return members.every(
    ({ name, view }) =>
      view.isSeen &&
      (links(view).some(({ mac }) => mac !== undefined) || seen.some((other) => other.view.has("mac", name))),
  );
}

function isStrange(cluster: ClusterView, mac: string, instance: string): boolean {
  const vrids = cluster.seen.flatMap((member) => {
    const wanted = member.wanted.find(({ name }) => name === instance);
    return [wanted?.vrid, loadedOf(member, instance)?.vrid].filter((vrid) => vrid !== undefined);
  });
  const virtual = vrids.flatMap((vrid) => [virtualMac(vrid, false), virtualMac(vrid, true)]);
  const isOne = /^([0-9a-f]{2}:){5}/.test(mac) && mac !== "00:00:00:00:00:00";
  return isOne && !virtual.includes(mac) && ownerOf(cluster, mac) === undefined;
}

/** Words of the neighbour table for an entry that is in use. */
const IN_USE = ["REACHABLE", "STALE", "DELAY", "PROBE"];

/** The address has moved, and what is sent to it goes on to the former holder. */
export function staleNeighbours(cluster: ClusterView): Finding[] {
  return heldOnce(cluster).flatMap(({ address, dev, holder, instance }) => {
    const own = new Set([
      ...links(holder.view).flatMap(({ mac }) => mac ?? []),
      ...cluster.seen.flatMap(({ view }) =>
        view.all("mac", holder.name).map((fact) => fact[2]!.toLowerCase()),
      ),
      ...[loadedOf(holder, instance)?.vrid].flatMap((vrid) =>
        vrid === undefined ? [] : [virtualMac(vrid, false), virtualMac(vrid, true)],
      ),
    ]);
    const evidence = cluster.seen
      .filter((other) => other !== holder)
      .flatMap(({ name, view }) => [
        ...view
          .all("stray")
          .filter(([, vip = "", n]) => canonical(vip) === address && Number(n) > 0)
          .map(([, , n]) => `${n} frames for ${address} reached ${name}, which does not hold it`),
        ...view
          .all("neighbour")
          .filter(
            ([, vip = "", mac = "", state = ""]) =>
              canonical(vip) === address &&
              IN_USE.includes(state) &&
              mac !== "-" &&
              own.size > 0 &&
              !own.has(mac.toLowerCase()) &&
              ownerOf(cluster, mac) !== undefined,
          )
          .map(
            ([, , mac = ""]) =>
              `${name} has ${mac} for ${address}, which is ${ownerOf(cluster, mac)!.name}, and ${holder.name} holds it`,
          ),
      ]);
    return evidence.length === 0
      ? []
      : [
          found("arp-stale", {
            node: holder.name,
            confidence: Confidence.Likely,
            evidence,
            ruledOut: [because("vip-duplicate", `only ${holder.name} has the address on an interface`)],
            fix: byAgent(cluster.name, `${holder.name} announces ${address} again`, [
              "announce",
              address,
              dev,
            ]),
          }),
        ];
  });
}
