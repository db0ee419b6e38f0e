import type { Cause } from "../causes";
import { isRunning, stateOf, vips } from "../facts";
import type { Finding, SymptomSeen } from "../model";
import { ClusterView, holders, wantedVips } from "./cluster";
import { list } from "./found";
import { FLAPS, flapsOf } from "./lossy";

/** Causes with which a pair works and would fail over all the same. */
const HARMLESS: readonly Cause[] = [
  "conf-drift",
  "state-file-stale",
  "daemon-not-enabled",
  "conf-not-loaded",
];

/** What is to be seen of the virtual addresses, whatever the cause. */
export function symptoms(cluster: ClusterView, findings: readonly Finding[]): SymptomSeen[] {
  const seen = [
    ...ofAddresses(cluster),
    ...withoutAddress(cluster),
    ...unanswered(findings),
    ...flapping(cluster),
  ];
  const isBad = seen.some(({ symptom }) => symptom !== "flapping");
  const reasons = findings.filter(({ cause }) => !HARMLESS.includes(cause));
  return isBad || reasons.length === 0
    ? seen
    : [
        ...seen,
        {
          symptom: "degraded",
          evidence: `the addresses are held, and ${list(reasons.slice(0, 3).map(({ cause, node }) => `${cause} on ${node}`))} may keep them from moving as they should`,
        },
      ];
}

function ofAddresses(cluster: ClusterView): SymptomSeen[] {
  const isWhole = cluster.members.every(({ view }) => view.isSeen);
  return wantedVips(cluster).flatMap(({ address, instance }): SymptomSeen[] => {
    const nodes = holders(cluster, address).map(({ name }) => name);
    if (nodes.length > 1)
      return [{ symptom: "dual-master", evidence: `${address} (${instance}) is on ${list(nodes)} at once` }];
    return nodes.length === 0 && isWhole && cluster.seen.some(({ view }) => view.has("vip"))
      ? [{ symptom: "no-master", evidence: `${address} (${instance}) is on none of the nodes` }]
      : [];
  });
}

function withoutAddress({ seen }: ClusterView): SymptomSeen[] {
  return seen.flatMap(({ name, view }) =>
    vips(view)
      .filter(({ instance, isHeld }) => !isHeld && isRunning(view) && stateOf(view, instance) === "MASTER")
      .map(({ instance, address, dev }) => ({
        symptom: "master-without-vip" as const,
        node: name,
        evidence: `${instance} is MASTER on ${name}, and ${address} is not on ${dev}`,
      })),
  );
}

function unanswered(findings: readonly Finding[]): SymptomSeen[] {
  return findings
    .filter(({ cause }) => ["hv-ip-filter", "hv-mac-filter", "arp-stale"].includes(cause))
    .slice(0, 1)
    .map(({ node, evidence }) => ({ symptom: "vip-unreachable", node, evidence: evidence[0]! }));
}

function flapping({ seen }: ClusterView): SymptomSeen[] {
  return seen
    .filter((member) => flapsOf(member) > FLAPS)
    .map((member) => ({
      symptom: "flapping",
      node: member.name,
      evidence: `the state on ${member.name} has changed ${flapsOf(member)} times in ten minutes`,
    }));
}
