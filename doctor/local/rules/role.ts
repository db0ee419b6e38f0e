import type { Rule } from "../rule";

const stuck: Pick<Rule, "cause" | "explains"> = {
  cause: "role-stuck",
  explains: ["check-failing"],
};
const again = (summary: string): Rule["fix"] => ({ repair: "automatic", summary, action: ["role"] });

/** The loop tries again by itself; what is in the way is not its own. */
const failed: Rule["fix"] = {
  repair: "human",
  summary: "put right on $node what the action $name says: $words",
  commands: ["vrrp-agent status", "vrrp-agent repair $cluster role"],
};

/** What a role does on the host, and the database that follows the master's. */
export const ROLE_RULES: readonly Rule[] = [
  {
    id: "replication-broken",
    cause: "replication-broken",
    confidence: "certain",
    when: ["replica $name $is:stopped|error $...words"],
    unless: ["state * MASTER"],
    says: ["the database of $name does not follow ($is): $words"],
    explains: ["check-failing", "role-stuck"],
    fix: {
      repair: "human",
      summary:
        "see why the database on $node does not follow; where it has diverged, it must be made anew from the master's",
      commands: ["mariadb -e 'show replica status\\G'"],
    },
  },
  {
    id: "replication-behind",
    cause: "replication-broken",
    confidence: "likely",
    when: ["replica $name behind $...words"],
    unless: ["state * MASTER"],
    says: ["the database of $name is behind: $words"],
    explains: ["check-failing"],
    fix: {
      repair: "human",
      summary: "see whether the database on $node catches up, and what holds it up",
      commands: ["mariadb -e 'show replica status\\G'"],
    },
  },
  {
    id: "replication-absent",
    cause: "replication-broken",
    confidence: "likely",
    when: ["role backup backup ...", "replica $name absent $...words"],
    unless: ["state * MASTER", "action $name * failed|given-up ..."],
    says: ["the database of $name follows nobody, and this node is backup $words"],
    explains: ["check-failing"],
    fix: {
      repair: "human",
      summary: "have the database on $node follow the master's",
      commands: ["vrrp-agent status", "mariadb -e 'show replica status\\G'"],
    },
  },
  {
    ...stuck,
    id: "role-action-failed",
    confidence: "certain",
    when: [
      "role $wanted $reached:!$wanted ...",
      "action $name $kind $state:failed|given-up $wanted $at $...words",
    ],
    says: ["this node is to become $wanted, and its action $name ($kind) has $state: $words"],
    fix: failed,
  },
  {
    ...stuck,
    id: "role-reached-failed",
    confidence: "likely",
    when: [
      "role $now $now ...",
      "action $name $kind:!webhook|mail $state:failed|given-up $now $at $...words",
    ],
    says: ["this node is $now, and its action $name ($kind) has $state: $words"],
    fix: failed,
  },
  {
    ...stuck,
    id: "role-hangs",
    confidence: "likely",
    when: ["role $wanted $reached:!$wanted $since $age:>10 $...doing:!-", "role-loop running"],
    says: ["this node is to become $wanted, and has been doing $doing for $age s at least"],
    fix: {
      repair: "human",
      summary: "see on $node why the action $doing does not end, end it, and put right what it runs",
      commands: ["vrrp-agent status", "vrrp-agent repair $cluster role"],
    },
  },
  {
    ...stuck,
    id: "role-silent",
    confidence: "likely",
    when: ["role $now $now $since $age:>60 ...", "role-loop running"],
    says: ["the loop of the role has given no sign for $age s"],
    fix: again("start the loop of the role again"),
  },
  {
    ...stuck,
    id: "role-loop-stopped",
    confidence: "certain",
    when: ["want role ...", "role-loop stopped", "daemon running ..."],
    says: ["the loop that minds the role does not run"],
    also: [["role $wanted $reached ...", "to be reached: $wanted, reached: $reached"]],
    fix: again("start the loop of the role again"),
  },
  {
    ...stuck,
    id: "role-unit",
    confidence: "likely",
    when: ["role $now $now ...", "unit $unit $wanted $is"],
    unless: ["action * !webhook|mail failed|given-up $now ...", "role-loop stopped"],
    says: ["this node is $now, so $unit is to be $wanted, and it is $is"],
    fix: again("have the role's loop look again at once, and do what is missing"),
  },
];
