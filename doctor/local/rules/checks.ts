import type { Rule } from "../rule";

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
