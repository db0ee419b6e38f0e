import type { Cause } from "../../causes";
import type { Rule } from "../rule";

const FOLLOWS: readonly Cause[] = ["state-file-stale", "role-stuck", "conf-invalid", "check-broken"];

/** Programs that keepalived runs when a state changes. */
export const NOTIFY_RULES: readonly Rule[] = [
  {
    id: "notify-missing-managed",
    cause: "notify-missing",
    confidence: "certain",
    when: ["script $kind:fifo|notify $path missing ...", "file $path absent"],
    says: ["keepalived is to run $path, which was applied and is gone"],
    explains: [...FOLLOWS, "conf-drift"],
    fix: { repair: "automatic", summary: "put back what was applied", action: ["reapply"] },
  },
  {
    id: "notify-missing",
    cause: "notify-missing",
    confidence: "certain",
    when: ["script $kind:fifo|notify $path missing $...detail"],
    unless: ["file $path absent"],
    says: ["keepalived is to run $path, which is not there"],
    fix: {
      repair: "human",
      summary: "put $path on $node, or take it out of the spec; nobody but its owner knows what is in it",
      commands: ["ls -l $path"],
    },
  },
  {
    id: "notify-not-executable",
    cause: "notify-not-executable",
    confidence: "certain",
    when: ["script $kind:fifo|notify $path not-executable $...detail"],
    says: ["keepalived is to run $path, which is not executable: $detail"],
    explains: [...FOLLOWS, "conf-drift"],
    fix: { repair: "automatic", summary: "make $path executable", action: ["modes", "$path"] },
  },
  {
    id: "notify-insecure-path",
    cause: "notify-insecure-path",
    confidence: "certain",
    when: ["script $kind $path insecure $...detail"],
    says: ["keepalived does not run $path, because others than root can change it: $detail"],
    explains: [...FOLLOWS, "check-failing", "conf-drift", "daemon-down"],
    fix: {
      repair: "automatic",
      summary: "have only root write $path and the directories above it",
      action: ["modes", "$path"],
    },
  },
  ...(["failing", "hanging"] as const).flatMap((what): Rule[] => {
    const does = what === "failing" ? "ends with an error" : "does not end";
    return [
      {
        id: `notify-${what}-changed`,
        cause: `notify-${what}`,
        confidence: "certain",
        when: [`script $kind:fifo|notify $path ${what} $...detail`, "file $path $how:!same"],
        says: [`$path ${does}: $detail`, "$path is not what was applied: $how"],
        explains: [...FOLLOWS, "conf-drift"],
        fix: { repair: "automatic", summary: "put back what was applied", action: ["reapply"] },
      },
      {
        id: `notify-${what}`,
        cause: `notify-${what}`,
        confidence: "certain",
        when: [`script $kind:fifo|notify $path:!~vrrp-agent ${what} $...detail`],
        unless: ["file $path !same"],
        says: [`$path ${does}: $detail`],
        explains: FOLLOWS,
        fix: {
          repair: "human",
          summary: `run $path on $node by hand, see why it ${does}, and change it`,
          commands: ["sh -x $path"],
        },
      },
    ];
  }),
  {
    // One that hangs shows by the state file, which only it writes.
    id: "notify-failing-ours",
    cause: "notify-failing",
    confidence: "certain",
    when: ["script fifo $path:~vrrp-agent failing $...detail"],
    says: ["the agent does not hear keepalived's changes of state: $detail"],
    explains: FOLLOWS,
    fix: {
      repair: "automatic",
      summary: "have keepalived start the agent's listener again",
      action: ["notify"],
    },
  },
  {
    id: "state-differs",
    cause: "state-file-stale",
    confidence: "certain",
    when: [
      "daemon running ...",
      "state $instance $is:MASTER|BACKUP|FAULT",
      "reported $instance $told:!$is * $age:!>30",
    ],
    says: ["the state file says that $instance is $told, the daemon says $is"],
    fix: {
      repair: "automatic",
      summary: "write the state files as the daemon has it",
      action: ["write-state"],
    },
  },
  {
    id: "state-silent",
    cause: "state-file-stale",
    confidence: "certain",
    when: ["daemon running * >60", "reported $instance $told * $age:>30"],
    unless: ["script fifo * failing ...", "script fifo * missing ...", "script fifo * not-executable ..."],
    says: ["the state file of $instance was last renewed $age s ago; that is done every 5 s"],
    also: [
      ["state $instance $is:!$told", "it says $told, the daemon says $is"],
      ["script fifo $path hanging $...detail", "$path, which writes it, hangs: $detail"],
    ],
    fix: {
      repair: "automatic",
      summary: "end the agent's listener and have keepalived start it again",
      action: ["notify"],
    },
  },
];

const check: Pick<Rule, "cause"> = { cause: "check-broken" };

/** Programs that tell keepalived whether this node can serve. A witness's votes are no fault of a node. */
export const CHECK_RULES: readonly Rule[] = [
  ...(["missing", "not-executable"] as const).flatMap((what): Rule[] => [
    {
      ...check,
      id: `check-${what}-changed`,
      confidence: "certain",
      when: [`script check $path ${what} ...`, "file $path $how:!same"],
      says: [`the program of a check, $path, is ${what}`, "$path is not what was applied: $how"],
      explains: ["check-failing", "conf-drift", "check-loop"],
      fix: { repair: "automatic", summary: "put back what was applied", action: ["reapply"] },
    },
  ]),
  {
    ...check,
    id: "check-not-executable",
    confidence: "certain",
    when: ["script check $path not-executable $...detail"],
    unless: ["file $path !same"],
    says: ["the program of a check, $path, is not executable: $detail"],
    explains: ["check-failing", "check-loop"],
    fix: { repair: "automatic", summary: "make $path executable", action: ["modes", "$path"] },
  },
  {
    ...check,
    id: "check-missing",
    confidence: "certain",
    when: ["script check $path missing $...detail"],
    unless: ["file $path !same"],
    says: ["the program of a check, $path, is not there"],
    explains: ["check-failing", "check-loop"],
    fix: {
      repair: "human",
      summary: "put $path on $node again, or take the check out of the spec",
      commands: ["ls -l $path"],
    },
  },
  {
    ...check,
    id: "check-run-not-executable",
    confidence: "certain",
    when: ["check-run $name broken $ms $path is not executable"],
    says: ["the program of the check $name, $path, is not executable"],
    ruledOut: [{ cause: "check-failing", because: "the check did not get as far as what it tests" }],
    explains: ["check-failing", "check-loop"],
    fix: { repair: "automatic", summary: "make $path executable", action: ["modes", "$path"] },
  },
  {
    ...check,
    id: "check-run-broken",
    confidence: "certain",
    when: ["check-run $name broken $ms $...words:!~executable"],
    says: ["the check $name cannot be done: $words"],
    ruledOut: [{ cause: "check-failing", because: "the check did not get as far as what it tests" }],
    fix: {
      repair: "human",
      summary: "have $node provide what the check $name needs: $words",
      commands: ["vrrp-agent status"],
    },
  },
  {
    ...check,
    id: "check-run-hanging",
    confidence: "certain",
    when: ["check-run $name hanging $ms $...words"],
    says: ["the check $name did not end in its time: $ms ms, $words"],
    ruledOut: [{ cause: "check-failing", because: "the check has not said anything about what it tests" }],
    fix: {
      repair: "human",
      summary: "see why the check $name takes so long on $node, or give it more time in the spec (timeout)",
      commands: ["vrrp-agent status"],
    },
  },
  {
    ...check,
    id: "check-recorded-broken",
    confidence: "likely",
    when: ["check $name $kind:!witness broken ...", "want check $name ..."],
    unless: ["check-run $name ..."],
    says: ["keepalived's last runs of the check $name could not be done"],
    also: [["check $name * broken * * $...words", "the check $name: $words"]],
    fix: {
      repair: "human",
      summary: "have $node provide what the check $name needs",
      commands: ["vrrp-agent status"],
    },
  },
  {
    ...check,
    id: "check-stale",
    confidence: "likely",
    when: ["daemon running * >60", "check $name $kind stale * $since ..."],
    unless: ["check-run $name !passing ..."],
    says: ["keepalived has had no result of the check $name since $since, though it runs"],
    fix: {
      repair: "human",
      summary: "see in keepalived's log on $node why it does not run the check $name, or ends it",
      commands: ["vrrp-agent status", "journalctl --unit keepalived --since -10min"],
    },
  },
  {
    id: "check-loop-process",
    cause: "check-loop",
    confidence: "certain",
    when: [
      "check-run $name failing ...",
      "want check-set $name process $service",
      "want action-set $action service $service",
      "want action-set $action on-backup $verb:stop|mask",
    ],
    unless: ["state * MASTER"],
    says: [
      "the check $name wants a process $service, which the action $action stops on a backup ($verb)",
      "so the check fails on every backup",
    ],
    explains: ["check-failing"],
    fix: {
      repair: "spec",
      summary:
        "have $service run on both nodes (onBackup: 'none'), or check something that a backup has, too",
      commands: ["npx pulumi up"],
    },
  },
  ...(
    [
      ["host", "want check-set $name host $place:127.0.0.1|localhost|::1"],
      ["url", "want check-set $name url $place:~//127.0.0.1"],
      ["localhost", "want check-set $name url $place:~//localhost"],
    ] as const
  ).flatMap(([id, tested]): Rule[] =>
    (
      [
        ["service", "want action-set $action on-backup $verb:stop|mask"],
        ["command", "want action-set $action on-backup $...verb:~stop"],
      ] as const
    ).map(([kind, stops]) => ({
      id: `check-loop-${id}-${kind}`,
      cause: "check-loop",
      confidence: "likely",
      when: [
        "role backup backup ...",
        "check-run $name failing ...",
        tested,
        `want action $action ${kind} ...`,
        stops,
      ],
      unless: ["state * MASTER"],
      says: [
        "the check $name asks this host itself ($place) and fails, and the action $action stops something on a backup ($verb)",
      ],
      explains: ["check-failing"],
      fix: {
        repair: "spec",
        summary:
          "have what $name tests run on both nodes (onBackup: 'none'), or check something that a backup has, too",
        commands: ["npx pulumi up"],
      },
    })),
  ),
  {
    id: "check-failing",
    cause: "check-failing",
    confidence: "certain",
    when: ["check-run $name failing $ms $...words", "check $name $kind:!witness failing ..."],
    says: ["the check $name ($kind) fails, for keepalived and now: $words"],
    ruledOut: [{ cause: "check-broken", because: "it ended in time ($ms ms) with a result" }],
    fix: {
      repair: "human",
      summary: "put right on $node what the check $name tests: $words",
      commands: ["vrrp-agent status"],
    },
  },
  {
    id: "check-failing-now",
    cause: "check-failing",
    confidence: "likely",
    when: ["check-run $name failing $ms $...words", "check $name $kind:!witness !failing ..."],
    says: ["the check $name ($kind) fails now, which keepalived has not counted yet: $words"],
    ruledOut: [{ cause: "check-broken", because: "it ended in time ($ms ms) with a result" }],
    fix: {
      repair: "human",
      summary: "put right on $node what the check $name tests: $words",
      commands: ["vrrp-agent status"],
    },
  },
  {
    id: "check-failing-foreign",
    cause: "check-failing",
    confidence: "certain",
    when: ["check-run $name failing $ms $...words"],
    unless: ["check $name ..."],
    says: ["the check $name, run as keepalived does, fails: $words"],
    also: [["log script-failed $n $...said", "keepalived's log: $said"]],
    ruledOut: [{ cause: "check-broken", because: "it ended in time ($ms ms) with a result" }],
    fix: {
      repair: "human",
      summary: "put right on $node what the check $name tests: $words",
      commands: ["vrrp-agent status"],
    },
  },
  {
    id: "check-failing-recorded",
    cause: "check-failing",
    confidence: "likely",
    when: ["check $name $kind:!witness failing * $since $...words"],
    unless: ["check-run $name ..."],
    says: ["keepalived has seen the check $name ($kind) fail since $since: $words"],
    fix: {
      repair: "human",
      summary: "put right on $node what the check $name tests: $words",
      commands: ["vrrp-agent status"],
    },
  },
];
