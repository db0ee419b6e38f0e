import type { Cluster } from "../spec/model";
import { witnessFaultNames } from "./faults";
import { calmAfter } from "./run";
import { tableText } from "./text";
import { advertInterval } from "./timing";
import { nodesOf, whatIf } from "./whatIf";

/** What a summary shows: each way of losing a holder and getting it back, once. */
const faults = [
  "holder-dies",
  "daemon-restarts",
  "cable-plugged",
  "cut-off-healed",
  "sites-cut-healed",
  "holder-alone-healed",
  "witness-lost-healed",
  "check-recovers",
  "refresh-holder-first",
];
const phases = [0.001, 0.999];

/** Adverts that a summary simulates at most: a preview is not to wait for it. */
const MOST_ADVERTS = 500_000;

/** The outcome of the main faults of a cluster, as a table of a few lines. */
export function summaryText(cluster: Cluster): string {
  const nodes = nodesOf(cluster);
  const adverts = (8 * calmAfter(nodes) * nodes.length) / advertInterval(cluster);
  if (adverts * faults.length * phases.length > MOST_ADVERTS)
    return "not simulated here for the many adverts; run `npx pulumi-keepalived simulate`";
  return tableText(whatIf(nodes, { faults: faultsFor(cluster), phases }));
}

function faultsFor({ trackScripts, trackProcesses, checks, witness }: Cluster): string[] {
  const isChecked = trackScripts.length + trackProcesses.length + checks.length > 0;
  return faults
    .filter((name) => isChecked || !name.startsWith("check-"))
    .filter((name) => witness !== undefined || !witnessFaultNames.includes(name));
}
