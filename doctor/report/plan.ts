import type { Cause } from "../causes";
import type { Diagnosis, Finding, NodeFacts } from "../model";

/** A finding that `vrrp-agent repair` can put right now. */
export interface Step {
  finding: Finding;
  node: string;
  action: string[];
}

/** A finding that it could, and must not yet. */
export interface Held {
  finding: Finding;
  because: string;
}

export interface RepairPlan {
  /** In the order in which they are done. */
  steps: Step[];
  held: Held[];
}

/** What others depend on comes first: nothing hears a daemon through a firewall, and nothing is announced by a dead one. */
const ORDER = [
  "state-dir",
  "modes",
  "sysctl",
  "tunnel",
  "firewall",
  "reapply",
  "enable-daemon",
  "start-daemon",
  "reload",
  "notify",
  "release",
  "hold",
  "write-state",
  "role",
  "announce",
] as const;

/** Actions by which a holder may let go of its addresses. */
const RISKY: readonly string[] = ["reload", "reapply", "notify", "modes", "tunnel"];

/** Causes with which a node can take the addresses all the same. */
const HARMLESS: readonly Cause[] = [
  "daemon-not-enabled",
  "state-file-stale",
  "arp-stale",
  "ip-forward",
  "state-dir",
  "conf-drift",
  "notify-missing",
  "notify-not-executable",
  "notify-insecure-path",
  "notify-failing",
  "notify-hanging",
  "role-stuck",
  "replication-broken",
  "witness-lost",
  "check-loop",
  "conf-weight",
  "conf-nopreempt",
  "conf-priority",
  "vip-duplicate",
];

/** What can be put right by itself, in what order, and what must wait. */
export function repairPlan(
  { findings }: Diagnosis,
  nodes: readonly NodeFacts[],
  only: readonly Cause[] = [],
): RepairPlan {
  const plan: RepairPlan = { steps: [], held: [] };
  for (const finding of findings) {
    const { node, cause, fix } = finding;
    if (!fix.automatic || fix.action === undefined || (only.length > 0 && !only.includes(cause))) continue;
    const action = fix.action;
    if (plan.steps.some((step) => step.node === node && step.action.join(" ") === action.join(" "))) continue;
    const because = riskOf(node, action, findings, nodes);
    if (because === undefined) plan.steps.push({ finding, node, action });
    else plan.held.push({ finding, because });
  }
  const rank = ({ node, action }: Step) =>
    place(action) * 2 + Number(holds(nodes.find((one) => one.node === node)));
  plan.steps.sort((one, other) => rank(one) - rank(other));
  return plan;
}

function place([word = ""]: readonly string[]): number {
  const at = (ORDER as readonly string[]).indexOf(word);
  return at < 0 ? ORDER.length : at;
}

/** Why a repair has to wait: for a change that is under way on any node, and on the only holder for a peer. */
function riskOf(
  node: string,
  [word = ""]: readonly string[],
  findings: readonly Finding[],
  nodes: readonly NodeFacts[],
): string | undefined {
  const changed = nodes.find((one) => says(one, "pending"));
  if (changed !== undefined)
    return `a change is under way on ${changed.node}; confirm it, or wait until it has gone back`;
  if (!RISKY.includes(word) || !holds(nodes.find((one) => one.node === node))) return undefined;
  const others = nodes.filter((one) => one.node !== node);
  if (others.some((one) => holds(one) || isReady(one, findings))) return undefined;
  const who = others.map((one) => one.node).join(", ") || "a peer";
  return `only ${node} has the addresses, and might let go of them; put ${who} right first`;
}

/** Whether a node has an address that moves. */
export function holds(node: NodeFacts | undefined): boolean {
  return (
    node !== undefined &&
    "facts" in node &&
    node.facts.some(([key, , , , state]) => key === "vip" && state === "held")
  );
}

/** Whether a node has this fact. */
function says(node: NodeFacts, key: string, value?: string): boolean {
  return "facts" in node && node.facts.some(([is, first]) => is === key && (value ?? first) === first);
}

/** Whether a node would take the addresses. A drained one runs, and is not to have them. */
function isReady(node: NodeFacts, findings: readonly Finding[]): boolean {
  return (
    says(node, "daemon", "running") &&
    !says(node, "drained") &&
    findings.every((finding) => finding.node !== node.node || HARMLESS.includes(finding.cause))
  );
}
