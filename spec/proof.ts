import { familyOf } from "./addresses";
import { ClusterDraft, NodeDraft } from "./defaults";
import { draftMembersOf, DraftMember } from "./members";
import { realtimePriority } from "./options";
import { Problem } from "./model";
import { CLUSTER_RULES, ROUTER_RULES } from "./rules/cluster";
import { Judged, preemptDelayWithWeight, Rule, RULES, toProblem } from "./rules";
import { pathOfView, routerViews } from "./routers";
import { isKnown } from "./unknown";

/** What a rule finds among members, each rule over what it is for. */
export function judge(rules: readonly Rule[], members: Judged[], locate: Locate): Problem[] {
  return rules.flatMap((rule) => rule(members).map((finding) => toProblem(rule, finding, locate)));
}

/** Where a member's property stands in what the user wrote. */
export type Locate = (at: number, property: string) => string;

/**
 * The rules over all nodes of a cluster together. Judges whatever is known: the problems of the schema and those of
 * the pair come in one list.
 */
export function proveCluster(cluster: ClusterDraft): Problem[] {
  const views = new Map(routerViews(cluster).map((view) => [view.router, view.cluster]));
  const judgeAll = (rules: readonly Rule[], members: DraftMember[]) =>
    judge(
      rules,
      members.map((member) => judged(cluster, member)),
      (at, property) => {
        const member = members[at]!;
        return pathOfView(cluster, member.router, locate(views.get(member.router)!, member, property));
      },
    );
  const routers = draftMembersOf(cluster);
  const problems = [
    ...routers.flatMap((members) => judgeAll(PAIR_RULES, members)),
    ...nodesIn(routers).flatMap((members) => judgeAll(NODE_RULES, members)),
    ...CLUSTER_RULES.flatMap((rule) => rule(cluster)),
    ...[...views].flatMap(([router, view]) =>
      ROUTER_RULES.flatMap((rule) => rule(view)).map((problem) => placed(cluster, router, problem)),
    ),
  ];
  return withoutRepeats(problems.map((problem) => ofCheck(cluster, problem)));
}

const PAIR_RULES = RULES.filter((rule) => rule.scope !== "node");
const NODE_RULES = RULES.filter((rule) => rule.scope === "node");

/** For each node all its instances. */
function nodesIn(routers: DraftMember[][]): DraftMember[][] {
  const byPlace = new Map<number, DraftMember[]>();
  for (const member of routers.flat()) {
    byPlace.set(member.place, [...(byPlace.get(member.place) ?? []), member]);
  }
  return [...byPlace.values()];
}

/** A problem of a view, with the places of what the user wrote. */
function placed(cluster: ClusterDraft, router: number | undefined, problem: Problem): Problem {
  const there = (path: string) => pathOfView(cluster, router, path);
  return {
    ...problem,
    path: there(problem.path),
    allowed: problem.allowed.replace(/\b(virtualIpAddresses\[\d+\]|nodes\[\d+\]\.\w+)/g, there),
  };
}

/** What is found of the script that the agent runs for a check, in the words of the check. */
function ofCheck({ trackScripts, checks }: ClusterDraft, problem: Problem): Problem {
  const [, place, property] = /^trackScripts(?:\[(\d+)\]\.(\w+))?$/.exec(problem.path) ?? [];
  const own = isKnown(trackScripts) ? trackScripts.length : 0;
  const at = Number(place) - own;
  const check = isKnown(checks) ? checks[at] : undefined;
  if (problem.path === "trackScripts" && own === 0) {
    return { ...problem, path: "checks" };
  }
  if (property === undefined || at < 0 || check === undefined || !isKnown(check)) {
    return problem;
  }
  if (property !== "weight") {
    return { ...problem, path: `checks[${at}].${String(check.kind)}` };
  }
  const otherwise =
    problem.rule === preemptDelayWithWeight.id
      ? "remove preemptDelay"
      : "bring the priorities closer together";
  return {
    ...problem,
    path: `checks[${at}].effect`,
    value: `${String(check.effect)}, which is a weight of ${problem.value}`,
    allowed: problem.allowed.replace(/^0(?=,)/, "'fault'"),
    fix: `set effect: 'fault', or ${otherwise}`,
  };
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
  const written = list === "trackInterfaces" ? asWritten(cluster, own, instance, property) : property;
  return isOwn || OF_A_NODE.includes(property) ? `nodes[${place}].${written}` : written;
}

/** The member of a further virtual router has fewer tracked interfaces than were written. */
function asWritten(
  cluster: ClusterDraft,
  node: NodeDraft | undefined,
  { trackInterfaces }: DraftMember["instance"],
  property: string,
): string {
  const written = node?.trackInterfaces ?? cluster.trackInterfaces;
  return property.replace(/\d+/, (at) => {
    const one = isKnown(trackInterfaces) ? trackInterfaces[Number(at)] : undefined;
    const place = isKnown(written) && one !== undefined ? written.indexOf(one) : -1;
    return place < 0 ? at : String(place);
  });
}

/** What all nodes or both families share is found once for each of them, and told once. */
function withoutRepeats(problems: Problem[]): Problem[] {
  const seen = new Set<string>();
  return problems.filter(({ rule, path }) => {
    const key = `${rule} ${path}`;
    return !seen.has(key) && seen.add(key);
  });
}
