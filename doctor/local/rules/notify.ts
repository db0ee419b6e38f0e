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
    // Only a group that somebody has given it is told so: nothing but root's own would be in the way.
    id: "notify-insecure-group",
    cause: "notify-insecure-path",
    confidence: "certain",
    when: ["script $kind $path insecure $part $rights:~rwxrwxr- $...owners"],
    says: [
      "keepalived does not run $path, because a group that is not root's can change $part: $rights $owners",
    ],
    explains: [...FOLLOWS, "check-failing", "conf-drift", "daemon-down"],
    fix: {
      repair: "human",
      summary:
        "have only root write $part; somebody has given it to a group, so whoever minds that has to say where $path is to lie",
      commands: ["chmod g-w $part"],
    },
  },
  {
    id: "notify-insecure-path",
    cause: "notify-insecure-path",
    confidence: "certain",
    when: ["script $kind $path insecure $...detail"],
    unless: ["script $kind $path insecure * ~rwxrwxr- ..."],
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
  // keepalived tells a master that hears a lower priority so; it is master all the same.
  ...(
    [
      ["master", "$is:MASTER", "$told:!MASTER|MASTER_RX_LOWER_PRI"],
      ["other", "$is:BACKUP|FAULT", "$told:!$is"],
    ] as const
  ).map(([id, is, told]): Rule => ({
    id: `state-differs-${id}`,
    cause: "state-file-stale",
    confidence: "certain",
    when: ["daemon running ...", `state $instance ${is}`, `reported $instance ${told} * $age:!>30`],
    says: ["the state file says that $instance is $told, the daemon says $is"],
    fix: {
      repair: "automatic",
      summary: "write the state files as the daemon has it",
      action: ["write-state"],
    },
  })),
  {
    id: "state-missing",
    cause: "state-file-stale",
    confidence: "certain",
    when: ["want instance $instance ...", "daemon running * >60", "state $instance $is"],
    unless: [
      "reported $instance ...",
      "script fifo * failing ...",
      "script fifo * missing ...",
      "script fifo * not-executable ...",
    ],
    says: ["there is no state file of $instance, of which the daemon says $is"],
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
