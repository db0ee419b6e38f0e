import type { Rule } from "../rule";

const SAID = ["daemon-unit $...result", "the init system says: $result"] as const;

const crashes = {
  cause: "daemon-crash-loop",
  explains: ["daemon-down", "vip-orphaned", "state-file-stale"],
  ruledOut: [{ cause: "conf-invalid", because: "keepalived -t accepts the configuration" }],
  also: [["log died $n $...words", "keepalived's log: $words"]],
  fix: {
    repair: "human",
    summary: "find out on $node why keepalived ends, from its log and that of the kernel",
    commands: ["journalctl --unit keepalived --since -10min", "dmesg | tail", "keepalived -t"],
  },
} as const satisfies Partial<Rule>;

/** The daemon itself. A node that is drained may be stopped: somebody works on it. */
export const DAEMON_RULES: readonly Rule[] = [
  {
    ...crashes,
    id: "crash-loop-waits",
    confidence: "certain",
    when: ["daemon-unit activating auto-restart $result $restarts:>1 ..."],
    unless: ["conf-test failed"],
    says: [
      "the init system waits to start keepalived again, after $restarts restarts; it last ended with $result",
    ],
  },
  {
    ...crashes,
    id: "crash-loop-gave-up",
    confidence: "certain",
    when: ["daemon-unit failed $state $result $restarts:>1 ..."],
    unless: ["conf-test failed"],
    says: [
      "the init system gave up starting keepalived after $restarts restarts; it last ended with $result",
    ],
  },
  {
    ...crashes,
    id: "crash-loop-limit",
    confidence: "certain",
    when: ["daemon-unit failed $state start-limit-hit $restarts:!>1 ..."],
    unless: ["conf-test failed"],
    says: ["the init system gave up starting keepalived: too many starts in a short time"],
  },
  {
    ...crashes,
    id: "crash-loop-young",
    confidence: "likely",
    // Starts by hand are counted by `daemon-restarts`, not by this.
    when: ["daemon running * $age:<60", "daemon-auto-restarts $restarts:>1"],
    unless: ["conf-test failed"],
    says: ["the init system has started keepalived again $restarts times, $age s ago the last time"],
  },
  {
    id: "down",
    cause: "daemon-down",
    confidence: "certain",
    when: ["want instance ...", "daemon stopped"],
    unless: ["drained", "daemon-enabled masked"],
    says: ["keepalived does not run"],
    also: [SAID],
    fix: { repair: "automatic", summary: "start keepalived on $node", action: ["start-daemon"] },
  },
  {
    // Whoever masks a unit does not want it started.
    id: "down-masked",
    cause: "daemon-down",
    confidence: "certain",
    when: ["want instance ...", "daemon stopped", "daemon-enabled masked"],
    unless: ["drained"],
    says: ["keepalived does not run, and its unit is masked, so that nothing can start it"],
    fix: {
      repair: "human",
      summary: "find out who has masked keepalived on $node; where it is to run, unmask and start it",
      commands: ["systemctl unmask keepalived", "vrrp-agent repair $cluster start-daemon"],
    },
  },
  {
    id: "masked",
    cause: "daemon-not-enabled",
    confidence: "certain",
    when: ["want instance ...", "daemon-enabled masked", "daemon running ..."],
    says: ["keepalived runs, and its unit is masked: nothing starts it at the next boot"],
    fix: {
      repair: "human",
      summary: "find out who has masked keepalived on $node; where it is to run, unmask and enable it",
      commands: ["systemctl unmask keepalived", "vrrp-agent repair $cluster enable-daemon"],
    },
  },
  {
    id: "down-drained",
    cause: "daemon-down",
    confidence: "likely",
    when: ["want instance ...", "daemon stopped", "drained", "daemon-unit failed $...result"],
    says: ["keepalived has not been stopped, it has failed: $result"],
    fix: {
      repair: "human",
      summary: "$node is drained: where nobody works on it, start keepalived again",
      commands: ["vrrp-agent repair $cluster start-daemon"],
    },
  },
  {
    id: "not-enabled",
    cause: "daemon-not-enabled",
    confidence: "certain",
    when: ["want instance ...", "daemon-enabled no", "daemon running ..."],
    says: ["keepalived runs and is not started at the next boot"],
    fix: { repair: "automatic", summary: "have keepalived started at boot", action: ["enable-daemon"] },
  },
  {
    id: "not-enabled-down",
    cause: "daemon-not-enabled",
    confidence: "certain",
    when: ["want instance ...", "daemon-enabled no", "daemon stopped"],
    unless: ["drained"],
    says: ["keepalived does not run and is not started at the next boot either"],
    fix: { repair: "automatic", summary: "have keepalived started at boot", action: ["enable-daemon"] },
  },
];
