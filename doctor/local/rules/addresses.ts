import type { Cause } from "../../causes";
import type { Rule } from "../rule";

const LINK: readonly Cause[] = [
  "conf-unicast-src",
  "check-failing",
  "net-partition",
  "tunnel-handshake",
  "tunnel-down",
  "witness-lost",
  "vip-removed",
  "replication-broken",
];

const link: Pick<Rule, "cause" | "confidence" | "explains"> = {
  cause: "iface-down",
  confidence: "certain",
  explains: LINK,
};

/** Who must decide where an address cannot simply be taken away. */
const byHand = (what: string, commands: string[]): Rule["fix"] => ({
  repair: "human",
  summary: "$address belongs to keepalived alone: " + what,
  commands,
});

const release: Rule["fix"] = {
  repair: "automatic",
  summary: "take $address off $device of $node",
  action: ["release", "$address", "$device"],
};

/** Where the session would end, or the address come back. */
const KEPT = ["session-on $address", "vip-persistent $address ..."];

const NOT_MASTER = "$state:BACKUP|FAULT";
const NOT_FIRST: Rule["ruledOut"] = [
  { cause: "vip-orphaned", because: "keepalived runs: the address is not one that a dead one left" },
];

/** Interfaces, and the virtual addresses on them. */
export const ADDRESS_RULES: readonly Rule[] = [
  {
    ...link,
    id: "link-down",
    when: ["link $device down ..."],
    unless: ["tunnel $device *", "want tunnel $device ..."],
    says: ["$device is down"],
    fix: {
      repair: "human",
      summary: "$device of $node was set down: set it up again, or find out who set it down",
      commands: ["ip link set $device up"],
    },
  },
  {
    ...link,
    id: "link-no-carrier",
    when: ["link $device up no-carrier ..."],
    unless: ["tunnel $device *", "want tunnel $device ..."],
    says: ["$device is up and has no carrier"],
    fix: {
      repair: "human",
      summary:
        "$device of $node has no carrier: look at the cable, the switch's port, or the virtual NIC's link",
      commands: ["ip -br link show dev $device", "ethtool $device"],
    },
  },
  {
    id: "orphaned",
    cause: "vip-orphaned",
    confidence: "certain",
    when: ["daemon stopped", "vip $instance $address $device held"],
    unless: KEPT,
    says: ["keepalived does not run, and $address of $instance is still on $device"],
    also: [["daemon-unit $...result", "the init system says: $result"]],
    ruledOut: [
      {
        cause: "vip-duplicate",
        because: "it is on the interface where keepalived puts it, and in no configuration",
      },
    ],
    explains: ["daemon-down"],
    fix: release,
  },
  {
    id: "orphaned-session",
    cause: "vip-orphaned",
    confidence: "certain",
    when: ["daemon stopped", "vip $instance $address $device held", "session-on $address"],
    unless: ["vip-persistent $address ..."],
    says: [
      "keepalived does not run, and $address of $instance is still on $device; this very session uses it",
    ],
    explains: ["daemon-down"],
    fix: {
      repair: "human",
      summary: "log in to $node by an address of its own, then take $address off $device",
      commands: ["vrrp-agent repair $cluster release $address $device"],
    },
  },
  {
    id: "persistent",
    cause: "vip-duplicate",
    confidence: "certain",
    when: ["vip-persistent $address $...file"],
    says: ["$file configures $address, which keepalived is to have"],
    also: [["vip $instance $address $device held", "$address is on $device"]],
    explains: ["vip-orphaned"],
    fix: byHand("take it out of $file on $node, then off the interface", [
      "grep -n $address $file",
      "vrrp-agent diagnose $cluster",
    ]),
  },
  {
    id: "held-by-backup",
    cause: "vip-duplicate",
    confidence: "certain",
    when: ["daemon running ...", `state $instance ${NOT_MASTER}`, "vip $instance $address $device held"],
    unless: KEPT,
    says: ["$instance is $state, and $address is on $device all the same"],
    ruledOut: NOT_FIRST,
    fix: release,
  },
  {
    id: "held-by-backup-session",
    cause: "vip-duplicate",
    confidence: "certain",
    when: [
      "daemon running ...",
      `state $instance ${NOT_MASTER}`,
      "vip $instance $address $device held",
      "session-on $address",
    ],
    unless: ["vip-persistent $address ..."],
    says: ["$instance is $state, and $address is on $device all the same; this very session uses it"],
    ruledOut: NOT_FIRST,
    fix: byHand("log in to $node by an address of its own, then take it off $device", [
      "vrrp-agent repair $cluster release $address $device",
    ]),
  },
  {
    id: "held-elsewhere",
    cause: "vip-duplicate",
    confidence: "certain",
    when: ["vip-elsewhere $address $device"],
    unless: KEPT,
    says: ["$address is on $device, where keepalived does not put it"],
    fix: release,
  },
  {
    id: "held-elsewhere-session",
    cause: "vip-duplicate",
    confidence: "certain",
    when: ["vip-elsewhere $address $device", "session-on $address"],
    unless: ["vip-persistent $address ..."],
    says: ["$address is on $device, where keepalived does not put it; this very session uses it"],
    fix: byHand("log in to $node by an address of its own, then take it off $device", [
      "vrrp-agent repair $cluster release $address $device",
    ]),
  },
  {
    id: "held-reported-backup",
    cause: "vip-duplicate",
    confidence: "likely",
    when: [
      "daemon running ...",
      "loaded-none ...",
      "reported $instance $state:BACKUP|FAULT * <30",
      "vip $instance $address $device held",
    ],
    unless: ["state $instance *", ...KEPT],
    says: ["keepalived reported that $instance is $state, and $address is on $device all the same"],
    ruledOut: NOT_FIRST,
    fix: {
      repair: "human",
      summary: "find out who put $address on $device of $node, and take it off",
      commands: ["ip -br address show dev $device", "vrrp-agent repair $cluster release $address $device"],
    },
  },
  {
    // keepalived becomes backup, by an advert of priority 0, when somebody takes the address of a master away.
    id: "removed-again",
    cause: "vip-removed",
    confidence: "certain",
    when: [
      "daemon running ...",
      "yields $instance $times:>2 $seconds",
      "grew $instance zero-sent $goodbyes:>0",
      "vip $instance $address $device *",
    ],
    unless: ["link $device down ...", "link $device absent ..."],
    says: [
      "$instance became master and let go again $times times in $seconds s, without having heard of a better one and without a fault",
      "while it was looked at, $instance gave the role up $goodbyes times",
    ],
    ruledOut: [
      { cause: "net-lossy", because: "a master that hears its peer after all does not say goodbye" },
      { cause: "check-failing", because: "it became backup, and was in no fault" },
    ],
    fix: {
      repair: "human",
      summary: "find out what takes $address off $device of $node again and again, and stop it",
      commands: [
        "ip -timestamp monitor address dev $device",
        "journalctl --since -10min -u systemd-networkd -u NetworkManager",
        "systemctl list-units --type service --state running",
      ],
    },
  },
  {
    id: "removed",
    cause: "vip-removed",
    confidence: "certain",
    when: ["daemon running ...", "state $instance MASTER", "vip $instance $address $device free"],
    unless: [
      "link $device down ...",
      "link $device absent ...",
      // Given back, it would be gone again.
      "grew $instance zero-sent >0",
    ],
    says: ["$instance is MASTER, and $address is not on $device"],
    ruledOut: [{ cause: "iface-down", because: "$device is there and up" }],
    fix: {
      repair: "automatic",
      summary: "put $address on $device of $node again and announce it",
      action: ["hold", "$address", "$device"],
    },
  },
];
