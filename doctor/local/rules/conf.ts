import type { Cause } from "../../causes";
import type { Rule } from "../rule";

/** What only a wrong word in the configuration makes. */
const WORDS: readonly Cause[] = [
  "conf-vrid",
  "conf-version",
  "conf-auth",
  "conf-advert-int",
  "conf-vip-list",
  "conf-unicast-src",
  "conf-unicast-peer",
  "conf-priority",
];

const ERRORS = ["conf-error $...words", "keepalived -t: $words"] as const;

/** Whether the daemon can take its files, has taken them, and whether they are those that were applied. */
export const CONF_RULES: readonly Rule[] = [
  {
    id: "conf-invalid-changed",
    cause: "conf-invalid",
    confidence: "certain",
    when: ["conf-test failed", "file $path:~keepalived $how:!same"],
    says: ["keepalived -t refuses the configuration", "$path is not what was applied: $how"],
    also: [ERRORS],
    ruledOut: [{ cause: "daemon-crash-loop", because: "no keepalived can run with this configuration" }],
    explains: ["conf-drift", "conf-not-loaded", "daemon-down", "daemon-crash-loop", ...WORDS],
    fix: {
      repair: "automatic",
      summary: "put back what was applied; what is there now is kept beside the agent's state",
      action: ["reapply"],
    },
  },
  {
    id: "conf-invalid-applied",
    cause: "conf-invalid",
    confidence: "certain",
    when: ["conf-test failed"],
    unless: [
      "file ~keepalived !same",
      "script * * insecure ...",
      "script * * missing ...",
      "script * * not-executable ...",
    ],
    says: ["keepalived -t refuses the configuration, which is what was applied"],
    also: [ERRORS],
    ruledOut: [{ cause: "conf-drift", because: "the files are those that were applied" }],
    explains: ["daemon-down", "daemon-crash-loop"],
    fix: {
      repair: "spec",
      summary:
        "change in the spec what the keepalived of $node refuses, or install the keepalived with which it was applied",
      commands: ["keepalived -t", "npx pulumi up"],
    },
  },
  {
    id: "conf-not-loaded-same",
    cause: "conf-not-loaded",
    confidence: "certain",
    when: ["differs $instance $key $file $loaded"],
    unless: ["file ~/keepalived/ !same", "conf-test failed"],
    says: ["$instance: keepalived runs with $key $loaded, its file says $file"],
    ruledOut: [{ cause: "conf-drift", because: "the file is what was applied" }],
    explains: WORDS,
    fix: { repair: "automatic", summary: "have keepalived read its file", action: ["reload"] },
  },
  {
    id: "conf-not-loaded-changed",
    cause: "conf-not-loaded",
    confidence: "certain",
    when: ["differs $instance $key $file $loaded", "file $path:~/keepalived/ $how:!same"],
    says: [
      "$instance: keepalived runs with $key $loaded, its file says $file",
      "$path is not what was applied: $how",
    ],
    explains: ["conf-drift", ...WORDS],
    fix: {
      repair: "spec",
      summary:
        "somebody changed the file and the daemon has not read it: put the change into the spec and apply it, or put back what was applied",
      commands: ["npx pulumi preview --diff --refresh", "vrrp-agent reapply $cluster"],
    },
  },
  {
    id: "conf-drift",
    cause: "conf-drift",
    confidence: "certain",
    when: ["file $path $how:!same"],
    unless: ["pending"],
    says: ["$path is not what was applied: $how"],
    fix: {
      repair: "spec",
      summary:
        "put what was changed by hand on $node into the spec and apply it, or put back what was applied",
      commands: ["npx pulumi preview --diff --refresh", "vrrp-agent reapply $cluster"],
    },
  },
];

/** What the daemon has, against what was applied: it is in force, so somebody changed the file and had it read. */
const wrongWord = (
  rule: Pick<Rule, "id" | "cause" | "when" | "says"> & Partial<Rule>,
  key: string,
): Rule => ({
  confidence: "certain",
  ruledOut: [{ cause: "conf-not-loaded", because: "keepalived runs with what its file says" }],
  explains: ["conf-drift"],
  fix: {
    repair: "spec",
    summary: "put $instance's " + key + " right: apply the spec again, or change it there for all nodes",
    commands: ["npx pulumi preview --diff --refresh", "vrrp-agent reapply $cluster"],
  },
  ...rule,
});

export const WORD_RULES: readonly Rule[] = [
  wrongWord(
    {
      id: "vrid-not-applied",
      cause: "conf-vrid",
      when: ["want instance $instance * $wanted *", "loaded $instance vrid $is:!$wanted"],
      unless: ["differs $instance vrid ..."],
      says: ["$instance has the virtual router id $is, applied is $wanted"],
    },
    "virtual router id",
  ),
  wrongWord(
    {
      id: "version-not-applied",
      cause: "conf-version",
      when: ["want agree $instance $wanted ...", "loaded $instance version $is:!$wanted"],
      unless: ["differs $instance version ..."],
      says: ["$instance runs VRRP version $is, applied is $wanted"],
    },
    "version",
  ),
  wrongWord(
    {
      id: "vip-not-applied",
      cause: "conf-vip-list",
      when: ["want instance $instance ...", "loaded $instance vip $address ..."],
      unless: ["want vip $instance $address ...", "differs $instance vip ..."],
      says: ["$instance has the address $address, which was not applied"],
    },
    "virtual addresses",
  ),
  wrongWord(
    {
      id: "vip-not-loaded",
      cause: "conf-vip-list",
      when: ["want vip $instance $address $device", "loaded $instance vrid *"],
      unless: [
        "loaded $instance vip $address ...",
        "loaded $instance vip-excluded $address ...",
        "differs $instance vip ...",
      ],
      says: ["$instance has not the address $address on $device, which was applied"],
    },
    "virtual addresses",
  ),
  wrongWord(
    {
      id: "source-not-applied",
      cause: "conf-unicast-src",
      when: ["want agree $instance * * * $wanted:!any", "loaded $instance source $is:!$wanted"],
      unless: ["differs $instance source ..."],
      says: ["$instance sends from $is, applied is $wanted"],
      explains: ["conf-drift", "conf-unicast-peer"],
    },
    "source address",
  ),
  wrongWord(
    {
      id: "source-missing",
      cause: "conf-unicast-src",
      // What an old keepalived tells of it is not to be trusted where the file has it.
      when: [
        "want agree $instance * * unicast $wanted:!any",
        "loaded $instance source-configured no",
        "file $path:~/keepalived/ $how:!same",
      ],
      unless: ["differs $instance source ..."],
      says: [
        "$instance has no source address of its own, applied is $wanted",
        "$path is not what was applied: $how",
      ],
    },
    "source address",
  ),
  wrongWord(
    {
      id: "peer-not-applied",
      cause: "conf-unicast-peer",
      when: ["want agree $instance * * unicast *", "loaded $instance peer $peer"],
      unless: ["want peer * $peer", "differs $instance peer ..."],
      says: ["$instance sends to $peer, which is no peer that was applied"],
    },
    "peers",
  ),
  wrongWord(
    {
      id: "peer-not-loaded",
      cause: "conf-unicast-peer",
      when: [
        "want agree $instance * * unicast *",
        "want peer $name $peer",
        "loaded $instance transport unicast",
      ],
      // In an instance that sends multicast none is a peer.
      unless: ["loaded * peer $peer", "differs $instance peer ...", "want agree * * * multicast ..."],
      says: ["$instance does not send to $peer, which $name has"],
    },
    "peers",
  ),
  wrongWord(
    {
      id: "multicast-not-applied",
      cause: "conf-unicast-peer",
      when: ["want agree $instance * * unicast *", "loaded $instance transport multicast"],
      unless: ["differs $instance transport ...", "differs $instance peer ..."],
      says: ["$instance has no peers, so it sends multicast; applied is unicast"],
    },
    "peers",
  ),
  wrongWord(
    {
      id: "interface-not-applied",
      cause: "conf-interface",
      when: ["want instance $instance * * $wanted", "loaded $instance interface $is:!$wanted"],
      unless: ["differs $instance interface ..."],
      says: ["$instance runs on $is, applied is $wanted"],
      also: [
        ["link $is absent ...", "there is no $is on $node"],
        ["source $wanted $address here", "$address, from which it sends, is on $wanted"],
      ],
      explains: ["conf-drift", "conf-invalid", "conf-unicast-src", "iface-down", "conf-vip-list"],
    },
    "interface",
  ),
  wrongWord(
    {
      id: "priority-owner",
      cause: "conf-priority",
      when: ["loaded $instance priority 255"],
      unless: ["differs $instance priority ..."],
      says: [
        "$instance has priority 255: it takes the addresses whatever its checks say, and never gives them away",
      ],
      explains: ["conf-drift", "conf-weight"],
    },
    "priority",
  ),
  {
    id: "interface-unknown",
    cause: "conf-interface",
    confidence: "certain",
    when: ["link $device absent ...", "file $path:~/keepalived/ $how:!same"],
    unless: [
      "want instance * * * $device",
      "want source * $device",
      "want vip * * $device",
      "tunnel $device *",
      "want tunnel $device ...",
    ],
    says: [
      "the configuration names $device, and there is no $device on $node",
      "$path is not what was applied: $how",
    ],
    explains: ["conf-drift", "conf-invalid", "conf-unicast-src", "iface-down", "conf-vip-list"],
    fix: {
      repair: "spec",
      summary: "name an interface that $node has: apply the spec again, or change it there",
      commands: ["ip -br link", "vrrp-agent reapply $cluster"],
    },
  },
  {
    id: "interface-absent",
    cause: "conf-interface",
    confidence: "likely",
    when: ["want instance $instance * * $device", "link $device absent ..."],
    unless: ["tunnel $device *", "want tunnel $device ..."],
    says: ["$instance is to run on $device, and there is no $device on $node"],
    explains: ["conf-unicast-src", "iface-down", "check-failing"],
    fix: {
      repair: "spec",
      summary: "name the interface that $node has in the spec, or give $node a $device",
      commands: ["ip -br link", "npx pulumi up"],
    },
  },
  {
    id: "source-elsewhere",
    cause: "conf-interface",
    confidence: "certain",
    when: ["source $device $address elsewhere $other"],
    says: ["$address, from which $node is to send, is on $other and not on $device"],
    explains: ["conf-unicast-src"],
    fix: {
      repair: "spec",
      summary: "name $other as the interface in the spec, or move $address to $device",
      commands: ["ip -br address", "npx pulumi up"],
    },
  },
  {
    id: "source-absent",
    cause: "conf-unicast-src",
    confidence: "certain",
    when: ["source $device $address absent ..."],
    says: ["$address, from which $node is to send, is not on $node"],
    also: [["address $device $there", "$device has $there"]],
    ruledOut: [{ cause: "conf-interface", because: "$address is on no other interface either" }],
    fix: {
      repair: "spec",
      summary:
        "give $device the address $address again, or name the address that it has as unicastSrcIp in the spec",
      commands: ["ip -br address show dev $device", "npx pulumi up"],
    },
  },
];
