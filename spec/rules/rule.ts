import { InstanceDraft } from "../members";
import { InstanceConfig, Preemption, Problem } from "../model";
import { isKnown, Unknown } from "../unknown";
import { InstanceFacts } from "./facts";
import { VersionRange } from "./versions";

/** One node's instance with what is known of the node around it. Only `instance` is always there. */
export interface Judged {
  node: string;
  instance: InstanceDraft;
  /** User that the node runs scripts as; undefined: none is set. */
  scriptUser?: string | Unknown;
  /** What the cluster wants; undefined: the instance is not part of a cluster that says so. */
  preemption?: Preemption | Unknown;
  /** Seconds of vrrp_startup_delay; undefined: none is set. */
  startupDelay?: number | Unknown;
  /** Real-time priority of the node's keepalived; undefined: it has none. */
  realtime?: number | Unknown;
  /** Address or name that the node is reached by over SSH. */
  sshHost?: string | Unknown;
  /** Addresses that the node was seen to have; undefined: nobody looked. */
  addresses?: string[];
  /** What a keepalived.conf says of the instance beyond InstanceConfig; undefined: it does not come from one. */
  facts?: InstanceFacts;
  /** Texts of the programs that the instance runs, by file name, where somebody gave them. */
  programs?: Readonly<Record<string, string>>;
  /** Which of the virtual routers that were found it belongs to, for rules over a whole segment. */
  router?: number;
}

/** What a rule found: which of the judged members, which property of it, and what is wrong. */
export interface Finding {
  /** Index of the member. */
  at: number;
  /** `priority`, `trackScripts[0].weight`, `scriptUser`, `sshHost`. */
  property: string;
  value: string;
  allowed: string;
  /** Where this one weighs less than the rule does. */
  severity?: "warning";
}

/** What is known of a rule without running it. */
export interface RuleInfo {
  /** Stable, kebab-case: the same in the schema's proof, the policy pack and lint. */
  id: string;
  severity: Problem["severity"];
  /** One sentence: what must hold, and what happens where it does not. */
  doc: string;
  /** What to do about a violation. */
  fix: string;
  /** Versions of keepalived in which it does harm; absent: all of them. */
  bites?: VersionRange | readonly VersionRange[];
  /** Severity in the other versions; absent: the rule says nothing there. */
  outside?: "warning";
  /**
   * What differs for a configuration that this module did not write: there an error is only what stops a takeover,
   * makes two masters, or is not done as it is written.
   */
  foreign?: { severity?: "warning"; doc?: string; fix?: string };
}

/**
 * instance: one member at a time; pair: all members of one virtual router; node: all instances of one node; segment:
 * all instances of all nodes that were given.
 */
export type RuleScope = "instance" | "pair" | "node" | "segment";

/** A rule: judges members, returns what it found. What it needs and cannot know, it does not judge. */
export interface Rule extends RuleInfo {
  (members: Judged[]): Finding[];
  scope: RuleScope;
}

/** A member of which everything that a rule needs is known. */
export interface Ready<K extends keyof InstanceConfig> extends Omit<Judged, "instance"> {
  /** Index in the list that the rule was given. */
  at: number;
  instance: Pick<InstanceConfig, K>;
}

const ABSENT_MEANS_NONE: (keyof InstanceConfig)[] = [
  "unicastSrcIp",
  "mcastSrcIp",
  "authPass",
  "notifyMaster",
  "notifyBackup",
  "notifyFault",
  "trackSrcIp",
  "unicastTtl",
  "minTtl",
  "downTimerAdverts",
];

function ready<K extends keyof InstanceConfig>(members: Judged[], needs: K[]): Ready<K>[] {
  return members.flatMap((member, at) => {
    const isReady = needs.every((key) => {
      const value = member.instance[key];
      return isKnown(value) && (value !== undefined || ABSENT_MEANS_NONE.includes(key));
    });
    return isReady ? [{ ...member, at, instance: member.instance as Pick<InstanceConfig, K> }] : [];
  });
}

function rule(info: RuleInfo, scope: RuleScope, judge: (members: Judged[]) => Finding[]): Rule {
  // The function is made here, so that each rule has its own to carry its words.
  return Object.assign((members: Judged[]) => judge(members), info, { scope });
}

type Found = Omit<Finding, "at">;

/** A rule over one instance. `needs`: properties without which it cannot judge. */
export function instanceRule<K extends keyof InstanceConfig>(
  info: RuleInfo,
  needs: K[],
  judge: (member: Ready<K>) => Found[],
): Rule {
  return rule(info, "instance", (members) =>
    ready(members, needs).flatMap((member) => judge(member).map((found) => ({ ...found, at: member.at }))),
  );
}

/** A rule over what only a keepalived.conf says of an instance; of others it says nothing. */
export function factRule<K extends keyof InstanceConfig, F extends keyof InstanceFacts>(
  info: RuleInfo,
  needs: K[],
  facts: F[],
  judge: (member: Ready<K>, facts: KnownFacts<F>) => Found[],
): Rule {
  return instanceRule(info, needs, (member) =>
    hasFacts(member.facts, facts) ? judge(member, member.facts) : [],
  );
}

type KnownFacts<F extends keyof InstanceFacts> = { [K in F]: Exclude<InstanceFacts[K], Unknown> };

function hasFacts<F extends keyof InstanceFacts>(
  facts: InstanceFacts | undefined,
  needs: F[],
): facts is InstanceFacts & KnownFacts<F> {
  return facts !== undefined && needs.every((key) => isKnown(facts[key]));
}

/** A rule over the members of one virtual router, at least two of them. */
export function pairRule<K extends keyof InstanceConfig>(
  info: RuleInfo,
  needs: K[],
  judge: (members: Ready<K>[]) => Finding[],
): Rule {
  return rule(info, "pair", (members) => {
    const known = ready(members, needs);
    return known.length < 2 ? [] : judge(known);
  });
}

/** A rule over the instances that run on one node, at least two of them. */
export function nodeRule<K extends keyof InstanceConfig>(
  info: RuleInfo,
  needs: K[],
  judge: (members: Ready<K>[]) => Finding[],
): Rule {
  return Object.assign(pairRule(info, needs, judge), { scope: "node" as const });
}

/** A rule over all instances that were given, with the virtual router that each belongs to. */
export function segmentRule<K extends keyof InstanceConfig>(
  info: RuleInfo,
  needs: K[],
  judge: (members: Ready<K>[]) => Finding[],
): Rule {
  return Object.assign(pairRule(info, needs, judge), { scope: "segment" as const });
}

/** A finding for each member whose value is not that of the first. */
export function differingFromFirst<K extends keyof InstanceConfig>(
  members: Ready<K>[],
  property: string,
  textOf: (instance: Pick<InstanceConfig, K>) => string,
): Finding[] {
  const [first, ...others] = members;
  if (first === undefined) {
    return [];
  }
  const expected = textOf(first.instance);
  return others
    .filter((other) => textOf(other.instance) !== expected)
    .map((other) => ({
      at: other.at,
      property,
      value: textOf(other.instance),
      allowed: `${expected}, as on ${first.node}`,
    }));
}

/** A finding as a problem; `locate` says where a member's property stands in what the user wrote. */
export function toProblem(
  { id, severity, fix }: RuleInfo,
  finding: Finding,
  locate: (at: number, property: string) => string,
): Problem {
  return {
    rule: id,
    severity: finding.severity ?? severity,
    path: locate(finding.at, finding.property),
    value: finding.value,
    allowed: finding.allowed,
    fix,
  };
}
