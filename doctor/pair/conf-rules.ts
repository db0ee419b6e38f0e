import { LintHost } from "../../lint/hosts";
import { trace, Traced } from "../../lint/lint";
import type { Cause } from "../causes";
import { Confidence, type Finding } from "../model";
import { instancesOf } from "./agreement";
import { ClusterView, loadedOf, Member } from "./cluster";
import { confPath, instanceIn, known } from "./conf";
import { bySpec, found, grouped, list, putBack } from "./found";
import { programsOf } from "./programs";

/** Rules of spec/rules that say why addresses do not move as they should. Of the others the running daemon tells more. */
const CAUSE_OF: Readonly<Record<string, Cause>> = {
  "nopreempt-with-master": "conf-nopreempt",
  "nopreempt-with-weight": "conf-nopreempt",
  "nopreempt-against-weight": "conf-nopreempt",
  "preempt-delay-with-master": "conf-nopreempt",
  "preempt-delay-with-nopreempt": "conf-nopreempt",
  "weight-too-small": "conf-weight",
  "weight-of-owner": "conf-weight",
  "priority-255": "conf-priority",
  "equal-priorities": "conf-priority",
  "check-loop": "check-loop",
};

/** In a foreign file it is somebody's choice; here no spec has it. */
const EVEN_AS_WARNING: readonly string[] = ["priority-255"];

/** What the rules of the spec say of the configurations of all nodes together. */
export function confRules(cluster: ClusterView): Finding[] {
  if (cluster.seen.some(({ isPending }) => isPending)) return [];
  const hosts = cluster.seen.flatMap((member): LintHost[] =>
    member.conf === undefined
      ? []
      : [
          {
            node: member.name,
            machine: member.name,
            conf: member.conf,
            programs: programsOf(cluster, member),
          },
        ],
  );
  const traced = trace(hosts, {}).filter((one) => counts(cluster, one));
  const byCause = grouped(traced, (one) => `${CAUSE_OF[one.finding.rule]} ${blamed(cluster, one).name}`);
  return byCause.map((group) => {
    const cause = CAUSE_OF[group[0]!.finding.rule]!;
    const node = blamed(cluster, group[0]!);
    const words = group.map(({ finding }) => finding);
    const changed = isChanged(node);
    return found(cause, {
      node: node.name,
      evidence: [
        ...words.map(({ node: of, message, line }) => `keepalived.conf on ${of}, line ${line}: ${message}`),
        ...new Set(words.map(({ why }) => why)),
      ],
      fix: changed
        ? putBack(cluster.name, node.name, "keepalived.conf")
        : bySpec(list([...new Set(words.map(({ fix }) => fix))]), specChange(group)),
    });
  });
}

function counts(cluster: ClusterView, { finding, member }: Traced): boolean {
  if (!(finding.rule in CAUSE_OF)) return false;
  if (finding.severity !== "error" && !EVEN_AS_WARNING.includes(finding.rule)) return false;
  const of = memberOf(cluster, finding.node);
  // What the daemon has not read is another matter.
  const isUnread = member !== undefined && of.view.has("differs", member.read.name);
  const isSticky = finding.rule === "equal-priorities" && cluster.seen.every(keeps);
  return !isUnread && !isSticky;
}

const keeps = ({ view }: Member) => view.rest("want", "keeps") === "yes";

function memberOf(cluster: ClusterView, name: string): Member {
  return cluster.seen.find((member) => member.name === name)!;
}

/** The node with the place, or the only one that is not as it was applied. */
function blamed(cluster: ClusterView, { finding }: Traced): Member {
  const own = memberOf(cluster, finding.node);
  const changed = cluster.seen.filter(isChanged);
  return isChanged(own) || changed.length !== 1 ? own : changed[0]!;
}

function isChanged({ view }: Member): boolean {
  const path = confPath(view);
  const is = path === undefined ? undefined : view.one("file", path)?.[2];
  return is === "changed" || is === "other";
}

/** What the rule found and what it allows, in the spec's words. */
function specChange(group: Traced[]): string[] {
  return group.flatMap(({ found: what, finding }) =>
    what === undefined
      ? []
      : [`# ${finding.node}`, `- ${what.property}: ${what.value}`, `+ ${what.property}: (${what.allowed})`],
  );
}

/** Equal priorities, or those of an owner, as the daemons have them, where one node is to be the primary. */
export function priorities(cluster: ClusterView): Finding[] {
  if (cluster.seen.some(({ isPending }) => isPending)) return [];
  return instancesOf(cluster).flatMap((instance) => {
    const all = cluster.seen.flatMap((member) => {
      const read = instanceIn(member.conf, instance);
      if (member.view.has("differs", instance, "priority")) return [];
      const priority = loadedOf(member, instance)?.priority ?? known(read?.config.priority);
      const applied = known(instanceIn(member.applied, instance)?.config.priority);
      return priority === undefined ? [] : [{ member, priority, applied: applied ?? priority }];
    });
    const owners = all.filter(({ priority }) => priority === 255);
    const isEqual = all.length > 1 && new Set(all.map(({ priority }) => priority)).size === 1;
    const wasEqual = new Set(all.map(({ applied }) => applied)).size === 1;
    const isPrimaryWanted =
      (!wasEqual && all.length > 1) ||
      (cluster.seen.some(({ view }) => keeps({ view } as Member)) && !cluster.seen.every(keeps));
    const told = (member: Member, evidence: string[], allowed: string, is: number) =>
      found("conf-priority", {
        node: member.name,
        confidence: Confidence.Certain,
        evidence,
        fix: isChanged(member)
          ? putBack(cluster.name, member.name, `priority of ${instance}`)
          : bySpec(`give ${member.name} ${allowed}`, [
              `- nodes[${member.name}].priority: ${is}`,
              `+ nodes[${member.name}].priority: (${allowed})`,
            ]),
      });
    return [
      ...owners.map(({ member }) =>
        told(
          member,
          [
            `${member.name} has priority 255 in ${instance}: it takes the addresses at once, and no check with a weight moves them`,
          ],
          "a priority from 1 to 254",
          255,
        ),
      ),
      ...(isEqual && isPrimaryWanted
        ? [
            told(
              (
                all.find(({ priority, applied }) => priority !== applied) ??
                all.find(({ member }) => isChanged(member)) ??
                all.find(({ member }) => !keeps(member)) ??
                all[0]!
              ).member,
              [
                `${list(all.map(({ member }) => member.name))} all have priority ${all[0]!.priority} in ${instance}, and one of them is to be the primary`,
              ],
              "a priority of its own",
              all[0]!.priority,
            ),
          ]
        : []),
    ];
  });
}
