import type { Cause } from "../../causes";
import type { Rule } from "../rule";

/** Where our rules' own file is changed, they must be put back first. */
const inForce = ({ id, unless = [], says, explains = [], ...rest }: Omit<Rule, "fix">): Rule[] => [
  {
    ...rest,
    id,
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
    when: [...rest.when, "file $path:~/firewall.rules $how:!same"],
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

const ARRIVED: Rule["ruledOut"] = [
  { cause: "hv-filter", because: "the packets reach this node" },
  { cause: "net-partition", because: "the packets reach this node" },
];

/** Cause, manager, and what it does, as `verdict` has them. */
const INPUT: readonly (readonly [Cause, manager: string, verb: string])[] = [
  ["fw-zone", "firewalld", "drop|reject"],
  ["fw-uci", "uci", "drop|reject"],
  ["fw-drop", "!firewalld|uci", "drop"],
  ["fw-reject", "!firewalld|uci", "reject"],
];

const PASSING = ["came $peer * * advert * * >0", "came $peer * * flow * * >0"];

/** The same where nobody saw the rule that did it: by who decides there. */
const BY_MANAGER: readonly (readonly [Cause, when: string[], unless: string[]])[] = [
  ["fw-zone", ["firewall-manager firewalld"], []],
  ["fw-uci", ["firewall-manager uci"], []],
  ["fw-drop", [], ["firewall-manager firewalld|uci"]],
];

/** The firewall of this node, by what became of packets. What it does to others is nobody's business. */
export const FIREWALL_RULES: readonly Rule[] = [
  ...(["advert", "flow"] as const).flatMap((what) =>
    inForce({
      id: `established-only-${what}`,
      cause: "fw-established-only",
      confidence: "certain",
      when: [
        "verdict in $peer probe $does:drop|reject $manager $table $chain $...rule",
        `came $peer $address $cast ${what} * * $passed:>0`,
      ],
      unless: ["verdict in $peer advert ...", "verdict in $peer flow ..."],
      says: [
        what === "advert"
          ? "adverts of $peer pass ($passed), as part of a known exchange"
          : "what $peer sends passes as part of a known exchange ($passed)",
        "a first packet of $peer would not: $table $chain: $rule: $does",
      ],
      ruledOut: [
        { cause: "fw-drop", because: "adverts pass as long as the firewall remembers former ones" },
        { cause: "fw-reject", because: "adverts pass as long as the firewall remembers former ones" },
      ],
      explains: ["fw-drop", "fw-reject", "fw-zone", "fw-uci"],
    }),
  ),
  ...INPUT.flatMap(([cause, manager, verb]) =>
    (["advert", "flow", "probe"] as const).flatMap((what) =>
      inForce({
        id: `${cause}-${what}`,
        cause,
        confidence: "certain",
        when: [`verdict in $peer ${what} $does:${verb} $manager:${manager} $table $chain $...rule`],
        unless: what === "probe" ? PASSING : [],
        says: [
          {
            advert: "an advert of $peer ends in $table $chain: $rule: $does",
            flow: "what $peer sends ends in $table $chain: $rule: $does",
            probe: "a packet of VRRP's protocol from $peer ends in $table $chain: $rule: $does",
          }[what],
        ],
        also: [
          [
            "came $peer $address $cast $kind $nic $entered 0",
            "of what came from $address ($cast, $kind), $nic reached the NIC, $entered the firewall, 0 passed it",
          ],
        ],
        ruledOut: ARRIVED,
        explains: ["net-one-way", "net-partition"],
      }),
    ),
  ),
  ...BY_MANAGER.flatMap(([cause, when, unless]) =>
    inForce({
      id: `${cause}-unseen`,
      cause,
      confidence: "likely",
      when: ["came $peer $address $cast $kind:probe|advert $nic:>0 $entered 0", ...when] as [string],
      unless: ["verdict in $peer probe|advert|flow ...", ...PASSING, ...unless],
      says: [
        "of what came from $peer ($address, $cast, $kind), $nic reached the NIC, $entered the firewall, 0 passed it",
      ],
      also: [["firewall $...words", "$words"]],
      ruledOut: ARRIVED,
      explains: ["net-one-way", "net-partition"],
    }),
  ),
  ...inForce({
    id: "output",
    cause: "fw-output",
    confidence: "certain",
    when: ["verdict out $peer $what:probe|advert $does:drop|reject $manager $table $chain $...rule"],
    says: ["what this node sends to $peer ($what) ends in $table $chain: $rule: $does"],
    also: [
      [
        "sent $peer $address $cast $kind $entered 0",
        "of $entered packets to $address ($cast, $kind), 0 left the node",
      ],
    ],
    ruledOut: [{ cause: "hv-filter", because: "the packets do not leave this node" }],
    explains: ["net-one-way", "net-partition"],
  }),
  ...inForce({
    id: "output-unseen",
    cause: "fw-output",
    confidence: "likely",
    when: ["sent $peer $address $cast $kind $entered:>0 0"],
    unless: ["verdict out $peer probe|advert ..."],
    says: ["of $entered packets to $peer ($address, $cast, $kind), 0 left the node"],
    ruledOut: [{ cause: "hv-filter", because: "the packets do not leave this node" }],
    explains: ["net-one-way", "net-partition"],
  }),
  ...inForce({
    id: "not-in-force-established",
    cause: "fw-established-only",
    confidence: "likely",
    when: ["firewall $...words", "came $peer $address $cast advert * * $passed:>0"],
    unless: ["verdict ..."],
    says: ["$words", "adverts of $peer pass all the same ($passed)"],
    explains: ["fw-drop", "fw-zone", "fw-uci"],
  }),
  ...BY_MANAGER.flatMap(([cause, when, unless]) =>
    inForce({
      id: `${cause}-not-in-force`,
      cause,
      confidence: "likely",
      when: ["firewall $...words", ...when] as [string],
      unless: ["verdict ...", "came * * * advert * * >0", "came * * * probe|advert >0 * 0", ...unless],
      says: ["$words"],
    }),
  ),
  ...inForce({
    id: "tunnel-port",
    cause: "fw-tunnel-port",
    confidence: "certain",
    when: ["verdict $way $peer tunnel $does:drop|reject $manager $table $chain $...rule"],
    says: ["WireGuard's datagrams of $peer ($way) end in $table $chain: $rule: $does"],
    ruledOut: [{ cause: "tunnel-handshake", because: "the other end is heard, up to this node's firewall" }],
    explains: ["tunnel-handshake", "tunnel-mtu", "net-partition", "check-failing"],
  }),
  ...inForce({
    id: "tunnel-port-unseen",
    cause: "fw-tunnel-port",
    confidence: "likely",
    when: ["tunnel-port $device $port $nic:>0 $entered 0"],
    unless: ["verdict * * tunnel ..."],
    says: ["of $nic datagrams that came to WireGuard's port $port ($device), 0 passed the firewall"],
    explains: ["tunnel-handshake", "tunnel-mtu", "net-partition", "check-failing"],
  }),
];
