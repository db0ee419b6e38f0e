import type { Cause } from "../../causes";
import type { Rule } from "../rule";

type Told = Omit<Rule, "fix">;

/**
 * What our rules would let through: they are not in force, or their own file is changed, and is put back first, or they are
 * in force, and what drops stands where they cannot be.
 */
const variants = ({ id, when, unless = [], says, explains = [], ...rest }: Told, isSeen: boolean): Rule[] => [
  {
    ...rest,
    id,
    when: isSeen ? [...when, "firewall ..."] : when,
    unless: [...unless, "file ~/firewall.rules !same"],
    says,
    explains,
    fix: {
      repair: "automatic",
      summary: "put the rules of the spec into the firewall of $node again, for its peers only",
      action: ["firewall"],
    },
  },
  {
    ...rest,
    id: `${id}-changed`,
    when: [...when, "file $path:~/firewall.rules $how:!same"],
    unless,
    says: [...says, "$path, which has the rules of the spec, is not what was applied: $how"],
    explains: [...explains, "conf-drift"],
    fix: {
      repair: "automatic",
      summary: "put the firewall's rules back as they were applied",
      action: ["reapply"],
    },
  },
];

/** The same, also where our rules are in force. */
const inForce = (rule: Told): Rule[] => [
  ...variants(rule, true),
  {
    ...rule,
    id: `${rule.id}-beyond`,
    unless: [...(rule.unless ?? []), "firewall ...", "file ~/firewall.rules !same"],
    says: [...rule.says, "our own rules are in force: they cannot be where this is done"],
    fix: {
      repair: "human",
      summary:
        "find out on $node who drops VRRP outside of the chains that our rules can be in, and have it let through",
      commands: ["nft list ruleset", "iptables-save", "sysctl net.ipv4.conf.all.rp_filter"],
    },
  },
];

const ARRIVED: Rule["ruledOut"] = [
  { cause: "hv-filter", because: "the packets reach this node" },
  { cause: "net-partition", because: "the packets reach this node" },
];
const LEFT: Rule["ruledOut"] = [{ cause: "hv-filter", because: "the packets do not leave this node" }];
const BETWEEN: readonly Cause[] = ["net-one-way", "net-partition"];

/** Cause, manager, and what it does, as `verdict` has them. */
const INPUT: readonly (readonly [Cause, manager: string, verb: string])[] = [
  ["fw-zone", "firewalld", "drop|reject"],
  ["fw-uci", "uci", "drop|reject"],
  ["fw-drop", "!firewalld|uci", "drop"],
  ["fw-reject", "!firewalld|uci", "reject"],
];

const PASSING = ["came $peer * * advert|flow * * >0"];

/** The same where nobody saw the rule that did it: by who decides there. */
const BY_MANAGER: readonly (readonly [Cause, when: string[], unless: string[]])[] = [
  ["fw-zone", ["firewall-manager firewalld"], []],
  ["fw-uci", ["firewall-manager uci"], []],
  ["fw-drop", [], ["firewall-manager firewalld|uci"]],
];

/** What comes and does not pass; a group that nobody has joined is dropped by the kernel, and not every host counts at the NIC. */
const LOST: readonly (readonly [id: string, when: string[]])[] = [
  ["unicast", ["came $peer $address $cast:unicast $kind:probe|advert $came:>0 * 0"]],
  ["entered", ["came $peer $address $cast:unicast $kind:probe|advert - $came:>0 0"]],
  [
    "multicast",
    ["came $peer $address $cast:multicast $kind:probe|advert $came:>0 * 0", "state * MASTER|BACKUP"],
  ],
];

/** The firewall of this node, by what became of its peers' packets. What it does to others is nobody's business. */
export const FIREWALL_RULES: readonly Rule[] = [
  ...inForce({
    id: "established-only",
    cause: "fw-established-only",
    confidence: "certain",
    when: [
      "verdict in $peer:!- probe $does:drop|reject $manager $table $chain $...rule",
      "came $peer $address $cast $what:advert|flow * * $passed:>0",
    ],
    unless: ["verdict in $peer advert|flow ..."],
    says: [
      "what $peer sends ($what) passes as part of a known exchange ($passed packets)",
      "a first packet of $peer would not: $table $chain: $rule: $does",
    ],
    ruledOut: [
      { cause: "fw-drop", because: "adverts pass as long as the firewall remembers former ones" },
      { cause: "fw-reject", because: "adverts pass as long as the firewall remembers former ones" },
    ],
    explains: ["fw-drop", "fw-reject", "fw-zone", "fw-uci"],
  }),
  ...INPUT.flatMap(([cause, manager, verb]) =>
    (["advert|flow", "probe"] as const).flatMap((what) =>
      inForce({
        id: `${cause}-${what.replace("|", "-")}`,
        cause,
        confidence: "certain",
        when: [`verdict in $peer:!- $what:${what} $does:${verb} $manager:${manager} $table $chain $...rule`],
        unless: what === "probe" ? PASSING : [],
        says: ["VRRP from $peer ($what) ends in $table $chain: $rule: $does"],
        also: [
          [
            "came $peer $address $cast $kind $nic $entered 0",
            "of what came from $address ($cast, $kind), $nic reached the NIC, $entered the firewall, 0 passed it",
          ],
        ],
        ruledOut: ARRIVED,
        explains: BETWEEN,
      }),
    ),
  ),
  ...BY_MANAGER.flatMap(([cause, more, not]) =>
    LOST.flatMap(([id, lost]) =>
      inForce({
        id: `${cause}-unseen-${id}`,
        cause,
        confidence: "likely",
        when: [...lost, ...more] as [string, ...string[]],
        unless: ["verdict in $peer probe|advert|flow ...", ...PASSING, ...not],
        says: [
          "$came packets of VRRP's came from $peer ($address, $cast, $kind), and none passed the firewall",
        ],
        also: [["firewall $...words", "$words"]],
        ruledOut: ARRIVED,
        explains: BETWEEN,
      }),
    ),
  ),
  ...inForce({
    id: "output",
    cause: "fw-output",
    confidence: "certain",
    when: ["verdict out $peer:!- $what:probe|advert|flow $does:drop|reject $manager $table $chain $...rule"],
    says: ["VRRP to $peer ($what) ends in $table $chain: $rule: $does"],
    also: [
      [
        "sent $peer $address $cast $kind $entered 0",
        "of $entered packets to $address ($cast, $kind), 0 left the node",
      ],
    ],
    ruledOut: LEFT,
    explains: BETWEEN,
  }),
  ...inForce({
    id: "output-unseen",
    cause: "fw-output",
    confidence: "likely",
    when: ["sent $peer $address $cast $kind $entered:>0 0"],
    unless: ["verdict out $peer probe|advert|flow ...", "link * down ...", "link * up no-carrier ..."],
    says: ["of $entered packets to $peer ($address, $cast, $kind), 0 left the node"],
    ruledOut: LEFT,
    explains: BETWEEN,
  }),
  // Where nobody sent a probe. One that passes proves that others' rules let VRRP in, too.
  ...variants(
    {
      id: "not-in-force-established",
      cause: "fw-established-only",
      confidence: "possible",
      when: ["firewall $...words", "came $peer $address $cast advert * * $passed:>0"],
      unless: ["verdict ...", "came * * * probe * * >0"],
      says: ["$words", "adverts of $peer pass all the same ($passed)"],
      explains: ["fw-drop", "fw-zone", "fw-uci"],
    },
    false,
  ),
  ...BY_MANAGER.flatMap(([cause, more, not]) =>
    variants(
      {
        id: `${cause}-not-in-force`,
        cause,
        confidence: "possible",
        when: ["firewall $...words", ...more],
        unless: ["verdict ...", "came * * * * * * >0", "came * * * * >0 * 0", "came * * * * - >0 0", ...not],
        says: ["$words"],
      },
      false,
    ),
  ),
  ...inForce({
    id: "tunnel-port",
    cause: "fw-tunnel-port",
    confidence: "certain",
    when: ["verdict $way $peer:!- tunnel $does:drop|reject $manager $table $chain $...rule"],
    says: ["WireGuard's datagrams of $peer ($way) end in $table $chain: $rule: $does"],
    ruledOut: [{ cause: "tunnel-handshake", because: "they end in the firewall of $node" }],
    explains: ["tunnel-handshake", "tunnel-mtu", "net-partition", "check-failing"],
  }),
  // Strangers' datagrams may well be dropped, as long as the tunnel works.
  ...inForce({
    id: "tunnel-port-unseen",
    cause: "fw-tunnel-port",
    confidence: "likely",
    when: ["tunnel-port $device $port $nic:>0 $entered 0"],
    unless: ["verdict * * tunnel ...", "tunnel-echo $device * * small yes", "tunnel-peer $device * <200 ..."],
    says: ["of $nic datagrams that came to WireGuard's port $port ($device), 0 passed the firewall"],
    explains: ["tunnel-handshake", "tunnel-mtu", "net-partition", "check-failing"],
  }),
];
