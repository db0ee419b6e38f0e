import { familyOf } from "./addresses";
import { ClusterDraft } from "./defaults";
import { draftMembersOf, DraftMember } from "./members";
import { realtimePriority } from "./options";
import { Problem } from "./model";
import { CLUSTER_RULES } from "./rules/cluster";
import { Judged, Rule, RULES, toProblem } from "./rules";
import { isKnown } from "./unknown";

/** What a rule finds among members, each rule over what it is for. */
export function judge(rules: readonly Rule[], members: Judged[], locate: Locate): Problem[] {
  return rules
    .filter((rule) => rule.scope !== "node")
    .flatMap((rule) => rule(members).map((finding) => toProblem(rule, finding, locate)));
}

/** Where a member's property stands in what the user wrote. */
export type Locate = (at: number, property: string) => string;

/**
 * The rules over all nodes of a cluster together. Judges whatever is known: the problems of the schema and those of
 * the pair come in one list.
 */
export function proveCluster(cluster: ClusterDraft): Problem[] {
  const problems = draftMembersOf(cluster).flatMap((members) =>
    judge(
      RULES,
      members.map((member) => judged(cluster, member)),
      (at, property) => locate(cluster, members[at]!, property),
    ),
  );
  return withoutRepeats([...problems, ...CLUSTER_RULES.flatMap((rule) => rule(cluster))]);
}

function judged(cluster: ClusterDraft, member: DraftMember): Judged {
  const { node, instance, place } = member;
  const connection = knownNode(cluster, place)?.connection;
  const sshHost = connection !== undefined && isKnown(connection) ? connection.host : undefined;
  const global = isKnown(cluster.global) ? cluster.global : undefined;
  return {
    node,
    instance,
    sshHost,
    scriptUser: cluster.scriptUser,
    preemption: cluster.preemption,
    startupDelay: global?.startupDelay,
    realtime: realtimePriority(global?.realtime),
  };
}

function knownNode(cluster: ClusterDraft, place: number) {
  const node = isKnown(cluster.nodes) ? cluster.nodes[place] : undefined;
  return node !== undefined && isKnown(node) ? node : undefined;
}

const OF_A_NODE = ["priority", "interface", "mcastSrcIp"];

function locate(cluster: ClusterDraft, { place, instance }: DraftMember, property: string): string {
  if (property === "unicastSrcIp") {
    const first = knownNode(cluster, place)?.unicastSrcIp;
    const isSecond = instance.family === 6 && typeof first === "string" && familyOf(first) === 4;
    return `nodes[${place}].${isSecond ? "unicastSrcIp6" : property}`;
  }
  const [list] = property.split("[");
  const own = knownNode(cluster, place);
  const isOwn =
    (list === "trackInterfaces" && own?.trackInterfaces !== undefined) ||
    (list === "bfd" && own?.bfd !== undefined);
  return isOwn || OF_A_NODE.includes(property) ? `nodes[${place}].${property}` : property;
}

/** What all nodes or both families share is found once for each of them, and told once. */
function withoutRepeats(problems: Problem[]): Problem[] {
  const seen = new Set<string>();
  return problems.filter(({ rule, path }) => {
    const key = `${rule} ${path}`;
    return !seen.has(key) && seen.add(key);
  });
}
