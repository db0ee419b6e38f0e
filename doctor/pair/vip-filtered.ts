import { canonical } from "../../spec/addresses";
import { echoOf, type Transport } from "../facts";
import { Confidence, type Finding } from "../model";
import { ClusterView, loadedOf, Member, peerAddresses } from "./cluster";
import { because, byHand, found, grouped } from "./found";
import { answers, heldOnce } from "./held";
import { lackEvidence, lackFix, lacksOf } from "./hypervisor";
import { waysOf } from "./way";

/** Whether a node reaches another one's own address. */
function reaches(from: Member, to: Member): boolean {
  return peerAddresses(from, to.name).some(
    (address) => echoOf(from.view, to.name, address)?.isAnswered === true,
  );
}

/** The holder has it, its own address answers, and the virtual one does not. */
export function vipFiltered(cluster: ClusterView): Finding[] {
  return grouped(heldOnce(cluster), ({ holder, instance }) => `${holder.name} ${instance}`).flatMap(
    (held) => {
      const { holder, instance } = held[0]!;
      const silent = held.flatMap(({ address }) =>
        cluster.seen
          .filter(
            (other) =>
              other !== holder && answers(other.view, address).includes("none") && reaches(other, holder),
          )
          .map(({ name }) => ({ name, address })),
      );
      if (silent.length === 0 || isArpOff(holder)) return [];
      const evidence = silent.map(
        ({ name, address }) =>
          `${holder.name} holds ${address}; ${name} reaches ${holder.name} by its own address, and nobody answers it for ${address}`,
      );
      const isVmac = loadedOf(holder, instance)?.isVmac === true;
      return [isVmac ? macFiltered(cluster, holder, evidence) : ipFiltered(cluster, holder, evidence)];
    },
  );
}

/** Whether the holder itself was told not to answer. */
function isArpOff({ view }: Member): boolean {
  return view
    .all("sysctl")
    .some(([, key = "", is]) => /arp_ignore|arp_filter/.test(key) && is !== "0" && is !== "-");
}

function ipFiltered(cluster: ClusterView, holder: Member, evidence: string[]): Finding {
  const lacks = lacksOf(cluster.hypervisor, holder.name, "addresses");
  return found("hv-ip-filter", {
    node: holder.name,
    confidence: lacks.length > 0 ? Confidence.Certain : Confidence.Likely,
    evidence: [...evidence, ...lackEvidence(cluster.hypervisor, holder.name, lacks)],
    ruledOut: [
      because("vip-removed", "the address is on the interface"),
      because("net-one-way", "the holder's own address answers"),
      because("hv-mac-filter", "the virtual router sends from the NIC's own MAC"),
    ],
    fix:
      lacks.length > 0
        ? lackFix(holder.name, lacks)
        : byHand(
            `let ${holder.name} send from the virtual address: what filters addresses in front of it (ipfilter of Proxmox VE, port security or ARP inspection of the switch, the cloud's allowed address pairs)`,
          ),
  });
}

function macFiltered(cluster: ClusterView, node: Member, evidence: string[]): Finding {
  const lacks = lacksOf(cluster.hypervisor, node.name, "mac");
  return found("hv-mac-filter", {
    node: node.name,
    confidence: lacks.length > 0 ? Confidence.Certain : Confidence.Likely,
    evidence: [
      ...evidence,
      `the virtual router of ${node.name} sends from a virtual MAC`,
      ...lackEvidence(cluster.hypervisor, node.name, lacks),
    ],
    ruledOut: [
      because("hv-filter", "protocol 112 from the NIC's own MAC arrives"),
      because("hv-ip-filter", "it is the MAC in which those frames differ from the ones that arrive"),
    ],
    fix:
      lacks.length > 0
        ? lackFix(node.name, lacks)
        : byHand(
            `let frames from the virtual MAC leave ${node.name} (macfilter of Proxmox VE, forged transmits and MAC changes of ESXi, port security of the switch), or have keepalived send from the NIC's own: remove use_vmac`,
          ),
  });
}

/** Adverts that a virtual MAC sends are not heard; probes from the NIC's own MAC are. */
export function vmacSilent(cluster: ClusterView): Finding[] {
  const silent = waysOf(cluster).filter((way) => {
    const isVmac = way.from.loaded.some(
      ({ name, isVmac: is }) => is && (way.instances.length === 0 || way.instances.includes(name)),
    );
    // Either way of them is counted, and one instance goes but one.
    const sum = (count: (transport: Transport) => number | undefined) =>
      (count("unicast") ?? 0) + (count("multicast") ?? 0);
    const sent = sum((transport) => way.left(transport, "advert")?.left);
    const probes = sum((transport) => way.came(transport, "probe")?.nic);
    const adverts = [way.came("unicast", "advert"), way.came("multicast", "advert")];
    const isHeard = way.to.view
      .all("heard-vmac")
      .some(([, address = "", , n]) => canonical(address) === way.source && Number(n) > 0);
    return (
      isVmac && sent >= 2 && probes > 0 && !isHeard && adverts.every((advert) => (advert?.nic ?? 0) === 0)
    );
  });
  const senders = [...new Set(silent.map(({ from }) => from))];
  return senders.map((from) =>
    macFiltered(
      cluster,
      from,
      silent
        .filter((way) => way.from === from)
        .map(
          ({ to }) =>
            `adverts leave ${from.name} and none reaches the NIC of ${to.name}, where its probes from the NIC's own MAC arrive`,
        ),
    ),
  );
}
