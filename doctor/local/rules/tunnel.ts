import type { Cause } from "../../causes";
import type { Rule } from "../rule";

const THROUGH: readonly Cause[] = ["net-partition", "net-one-way", "check-failing", "replication-broken"];

const handshake: Pick<Rule, "cause" | "explains"> = {
  cause: "tunnel-handshake",
  explains: [...THROUGH, "tunnel-mtu"],
};

/** A handshake is never older in a tunnel that is used. */
const AGES = [
  ["never", "$age:never"],
  ["old", "$age:>200"],
] as const;

const restore = (summary: string): Rule["fix"] => ({
  repair: "human",
  summary,
  commands: ["vrrp-agent reapply $cluster"],
});

/** What passes shows that it works, however old its handshake is. */
const WORKS = ["tunnel-echo $device $peer * small yes", "tunnel $device down|absent"];

export const TUNNEL_RULES: readonly Rule[] = [
  {
    id: "tunnel-down",
    cause: "tunnel-down",
    confidence: "certain",
    when: ["tunnel $device $is:down|absent"],
    unless: ["file ~/wireguard/ !same"],
    says: ["the tunnel's interface $device is $is"],
    explains: [
      ...THROUGH,
      "tunnel-handshake",
      "tunnel-allowed-ips",
      "tunnel-mtu",
      "conf-unicast-src",
      "ip-forward",
    ],
    fix: { repair: "automatic", summary: "bring $device of $node up again", action: ["tunnel", "$device"] },
  },
  {
    id: "tunnel-down-changed",
    cause: "tunnel-down",
    confidence: "certain",
    when: ["tunnel $device $is:down|absent", "file $path:~/wireguard/ $how:!same"],
    says: ["the tunnel's interface $device is $is", "$path is not what was applied: $how"],
    explains: [
      ...THROUGH,
      "tunnel-handshake",
      "tunnel-allowed-ips",
      "tunnel-mtu",
      "conf-unicast-src",
      "ip-forward",
      "conf-drift",
    ],
    fix: { repair: "automatic", summary: "put the tunnel back as it was applied", action: ["reapply"] },
  },
  {
    ...handshake,
    id: "tunnel-key",
    confidence: "certain",
    when: ["tunnel-key $device $is:other|missing"],
    says: ["the private key in $device is not the one that was applied: $is"],
    ruledOut: [{ cause: "fw-tunnel-port", because: "with this key the other end answers to no datagram" }],
    fix: restore(
      "put the tunnel's key on $node back, or apply the spec again, which tells both ends the keys",
    ),
  },
  {
    ...handshake,
    id: "tunnel-peer-key",
    confidence: "certain",
    when: ["tunnel-peer-key $device $peer other"],
    says: ["$device knows $peer by another public key than was applied"],
    fix: restore("put the tunnel on $node back, or apply the spec again, which tells both ends the keys"),
  },
  ...AGES.map(([id, age]): Rule => ({
    ...handshake,
    id: `tunnel-endpoint-${id}`,
    confidence: "certain",
    when: [`tunnel-peer $device $peer ${age} ...`, "tunnel-endpoint $device $peer $wanted $is"],
    unless: WORKS,
    says: [
      "$device sends to $peer at $is, applied is $wanted",
      id === "never" ? "the ends have never shaken hands" : "the last handshake was $age s ago",
    ],
    explains: [...THROUGH, "tunnel-mtu"],
    fix: {
      repair: "spec",
      summary: "put $peer's endpoint on $node right: apply the spec again, or change it there",
      commands: ["vrrp-agent reapply $cluster", "npx pulumi up"],
    },
  })),
  ...AGES.map(([id, age]): Rule => ({
    ...handshake,
    id: `tunnel-${id}`,
    confidence: "possible",
    when: [`tunnel-peer $device $peer ${age} $endpoint ...`],
    unless: [
      ...WORKS,
      "tunnel-endpoint $device $peer ...",
      "tunnel-key $device other|missing",
      "tunnel-peer-key $device $peer other",
    ],
    says: [
      id === "never"
        ? "$device and $peer have never shaken hands (endpoint: $endpoint)"
        : "the last handshake of $device with $peer was $age s ago (endpoint: $endpoint)",
    ],
    also: [
      ["tunnel-sent $device $peer $entered $left", "$left of $entered handshakes left this node"],
      [
        "tunnel-port $device $port $nic * $passed",
        "$nic datagrams came to port $port, $passed passed the firewall",
      ],
    ],
    ruledOut: [{ cause: "tunnel-down", because: "$device is up" }],
    fix: {
      repair: "human",
      summary: "see on $peer whether its tunnel is up, has the right keys, and lets WireGuard's port in",
      commands: ["wg show $device", "npx pulumi-keepalived doctor"],
    },
  })),
  {
    id: "tunnel-allowed-ips",
    cause: "tunnel-allowed-ips",
    confidence: "certain",
    when: ["tunnel-allowed $device $peer $address no"],
    unless: ["tunnel $device down|absent"],
    says: [
      "$device takes nothing of $address from $peer, and sends it nothing for it: it is not in AllowedIPs",
    ],
    explains: THROUGH,
    fix: {
      repair: "spec",
      summary: "have AllowedIPs of $device on $node right: apply the spec again, with the address in it",
      commands: ["vrrp-agent reapply $cluster", "npx pulumi up"],
    },
  },
  {
    id: "tunnel-mtu",
    cause: "tunnel-mtu",
    confidence: "certain",
    when: ["tunnel-echo $device $peer $address small yes", "tunnel-echo $device $peer $address full no"],
    says: ["small packets to $address pass $device, full ones do not"],
    ruledOut: [{ cause: "tunnel-handshake", because: "small packets pass" }],
    explains: ["check-failing", "replication-broken"],
    fix: {
      repair: "spec",
      summary: "give the tunnel a smaller mtu, or the underlayMtu of the way between the sites",
      commands: ["ip link show dev $device", "npx pulumi up"],
    },
  },
];
