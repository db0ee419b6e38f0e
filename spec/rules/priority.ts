import { InstanceConfig, Preemption } from "../model";
import { Finding, instanceRule, pairRule, Ready } from "./rule";

/** 255 is the address owner's: it takes over at once, and keepalived ignores its weights. */
export const priority255 = instanceRule(
  {
    id: "priority-255",
    severity: "error",
    doc: "A priority is at most 254; 255 claims the addresses at once and ignores every failing check with a weight.",
    fix: "set a priority from 1 to 254",
    foreign: {
      severity: "warning",
      doc: "A priority is at most 254; 255, which state MASTER without a priority is, too, claims the addresses at once and ignores every failing check with a weight.",
    },
  },
  ["priority", "state"],
  ({ instance, facts }) =>
    instance.priority === 255
      ? [
          {
            property: "priority",
            value: facts?.hasPriority === false ? "255 (state MASTER and no priority)" : "255",
            allowed: "1 to 254",
          },
        ]
      : [],
);

/** Without a stated preemption, a state MASTER or a preemptDelay says that one node is meant to be the primary. */
function wantsPrimary(members: Ready<"priority" | "state" | "preemptDelay">[]): boolean {
  const stated = members.map((m) => m.preemption).filter((p) => p !== undefined);
  if (stated.length > 0) {
    return stated.some((p) => p === Preemption.PreferPrimary);
  }
  return members.some(({ instance }) => instance.state === "MASTER" || instance.preemptDelay > 0);
}

/** Nodes of equal priority never take over from each other: none of them is a primary. */
export const equalPriorities = pairRule(
  {
    id: "equal-priorities",
    severity: "error",
    doc: "Where one node is the primary, every node has a priority of its own; nodes of equal priority do not take over from each other.",
    fix: "give every node its own priority, or ask for preemption: 'sticky'",
    foreign: {
      fix: "give every node a priority of its own; where whoever holds the addresses is to keep them, set state BACKUP on all nodes",
    },
  },
  ["priority", "state", "preemptDelay"],
  (members) => {
    const highest = Math.max(...members.map(({ instance }) => instance.priority));
    return wantsPrimary(members)
      ? members.flatMap((member): Finding[] => {
          const { priority } = member.instance;
          const same = members.find((m) => m.at < member.at && m.instance.priority === priority);
          // There is a primary then; which of the others follows it is open.
          const isLess = priority < highest && member.facts !== undefined;
          return same === undefined
            ? []
            : [
                {
                  at: member.at,
                  property: "priority",
                  value: `${priority}`,
                  allowed: `another one than ${same.node}'s`,
                  ...(isLess && { severity: "warning" as const }),
                },
              ];
        })
      : [];
  },
);

/** Sticky works by equal priorities: a higher one would take the addresses back. */
export const stickyPriorities = pairRule(
  {
    id: "sticky-priorities",
    severity: "error",
    doc: "With sticky preemption all nodes have one priority; a higher one would take the addresses back.",
    fix: "remove the priorities, or ask for preemption: 'prefer-primary'",
  },
  ["priority"],
  (members) => {
    const [first, ...others] = members.filter((m) => m.preemption === Preemption.Sticky);
    return others
      .filter((other) => other.instance.priority !== first?.instance.priority)
      .map((other) => ({
        at: other.at,
        property: "priority",
        value: `${other.instance.priority}`,
        allowed: `${first?.instance.priority}, as on ${first?.node}`,
      }));
  },
);

/** The weights of what an instance tracks, by list, each with what tells it from others of the list. */
const TRACKED = {
  trackScripts: (i: Pick<InstanceConfig, "trackScripts">) => i.trackScripts.map(named),
  trackProcesses: (i: Pick<InstanceConfig, "trackProcesses">) => i.trackProcesses.map(named),
  trackInterfaces: (i: Pick<InstanceConfig, "trackInterfaces">) =>
    i.trackInterfaces.map(({ interface: name, weight }) => ({ name, weight })),
  bfd: (i: Pick<InstanceConfig, "bfd">) => i.bfd.map(named),
};
type Tracked = keyof typeof TRACKED;

function named({ name, weight }: { name: string; weight: number }) {
  return { name, weight };
}

type Checked = Ready<"priority" | Tracked>;

/** keepalived's effective priority: clamped to 1..254. */
function effective(priority: number, weight: number, isFailing: boolean): number {
  const added = weight < 0 === isFailing ? weight : 0;
  return Math.min(254, Math.max(1, priority + added));
}

/** What is left of a node's priority when everything that it tracks fails. */
function allFailed({ instance }: Checked): number {
  const weights = (Object.keys(TRACKED) as Tracked[]).flatMap((list) => TRACKED[list](instance));
  const lost = weights.reduce((sum, { weight }) => sum + Math.min(0, weight), 0);
  return effective(instance.priority, lost, true);
}

/** A failing check that leaves its node above the next one changes nothing. */
export const weightTooSmall = pairRule(
  {
    id: "weight-too-small",
    severity: "error",
    doc: "A check with a weight can flip the order of the two best nodes; a weight within the gap of their priorities makes a failing check change nothing.",
    fix: "make the weight larger than the gap of the priorities, or 0: a failing check is then FAULT",
  },
  ["priority", ...(Object.keys(TRACKED) as Tracked[])],
  (members) => {
    const [best, next] = [...members].sort((a, b) => b.instance.priority - a.instance.priority);
    if (best === undefined || next === undefined || best.instance.priority === 255) {
      return [];
    }
    return (Object.keys(TRACKED) as Tracked[]).flatMap((list) => tooSmall(best, next, list));
  },
);

/** With three and more nodes a check can fail on several, and the weight has to reach down to those that are left. */
export const weightTooSmallForLast = pairRule(
  {
    id: "weight-too-small-for-last",
    severity: "warning",
    doc: "With three and more nodes the weight of a check is larger than the gap to the lowest priority; else where it fails on all but the lowest nodes, one of those on which it fails goes on holding the addresses.",
    fix: "make the weight larger than the gap of the highest and the lowest priority, or 0: a failing check is then FAULT",
  },
  ["priority", ...(Object.keys(TRACKED) as Tracked[])],
  (members) => {
    const [best, next, ...others] = [...members].sort((a, b) => b.instance.priority - a.instance.priority);
    const last = others.at(-1);
    if (best === undefined || next === undefined || last === undefined || best.instance.priority === 255) {
      return [];
    }
    return (Object.keys(TRACKED) as Tracked[]).flatMap((list) => {
      // What does not even reach the next node is an error of its own.
      const told = tooSmall(best, next, list).map(({ property }) => property);
      return tooSmall(best, last, list).filter(({ property }) => !told.includes(property));
    });
  },
);

function tooSmall(best: Checked, next: Checked, list: Tracked): Finding[] {
  return TRACKED[list](best.instance).flatMap(({ name, weight }, i): Finding[] => {
    const same = TRACKED[list](next.instance).find((check) => check.name === name);
    const failed = effective(best.instance.priority, weight, true);
    const rival = effective(next.instance.priority, same?.weight ?? 0, false);
    const gap = best.instance.priority - next.instance.priority;
    // Each of several checks by itself changes nothing; all of them do.
    const isEnoughInAll = best.facts !== undefined && allFailed(best) < rival;
    return weight === 0 || failed < rival
      ? []
      : [
          {
            at: best.at,
            property: `${list}[${i}].weight`,
            value: `${weight}`,
            allowed: `0, or more than the gap of ${gap} between ${best.node} (${best.instance.priority}) and ${next.node} (${next.instance.priority})`,
            ...(isEnoughInAll && { severity: "warning" as const }),
          },
        ];
  });
}
