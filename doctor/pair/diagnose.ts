import { localFindings } from "../local";
import type { Diagnosis, NodeFacts } from "../model";
import { disagreements } from "./agreement";
import { askFor } from "./ask";
import { authentication } from "./authentication";
import { cutOff, filteredAway } from "./between";
import { clusterOf, More } from "./cluster";
import { confRules, priorities } from "./conf-rules";
import { explained } from "./explain";
import type { PairRule } from "./found";
import { lossy } from "./lossy";
import { merged } from "./merge";
import { duplicates, staleNeighbours } from "./neighbours";
import { ranked } from "./rank";
import { checkLoops } from "./roles";
import { foreignRouters } from "./strangers";
import { symptoms } from "./symptoms";
import { allowedAddresses, fullPackets, handshakes } from "./tunnel";
import { interfaces, peers, sources } from "./unicast";
import { unreachable } from "./unreachable";
import { vipFiltered, vmacSilent } from "./vip-filtered";

/** Rules over all nodes together. */
const RULES: readonly PairRule[] = [
  unreachable,
  cutOff,
  filteredAway,
  lossy,
  vmacSilent,
  vipFiltered,
  duplicates,
  staleNeighbours,
  disagreements,
  authentication,
  sources,
  peers,
  interfaces,
  foreignRouters,
  handshakes,
  allowedAddresses,
  fullPackets,
  confRules,
  priorities,
  checkLoops,
];

/** What is wrong with a cluster, by the facts of its nodes. Their order does not matter. */
export function diagnose(nodes: readonly NodeFacts[], more: More = {}): Diagnosis {
  const cluster = clusterOf(nodes, more);
  const local = cluster.seen.flatMap(({ view, name }) => localFindings(view.facts, name));
  const together = RULES.flatMap((rule) => rule(cluster));
  const findings = ranked(explained(ranked(merged(local, together)), cluster));
  const ask = askFor(cluster, findings);
  const { unread = [] } = more;
  return {
    symptoms: symptoms(cluster, findings),
    findings,
    ...(ask && { ask }),
    ...(unread.length > 0 && { unread }),
  };
}
