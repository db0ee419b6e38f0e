import type { Rule } from "../rule";

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
