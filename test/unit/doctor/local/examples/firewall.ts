import type { Example } from "./example";

const RULES = "/etc/vrrp-agent/gw/firewall.rules";
const VERDICT = "inet:filter input policy";
const NO_ADVERT = ["came b 10.0.0.2 unicast advert", "heard"];
const OURS = "firewall inet filter input has not our rules";

/** Our rules are not in force, and their file is changed or not. */
const variants = (
  rule: string,
  first: string,
  on: "master" | "backup",
  example: Partial<Example>,
): Example[] => [
  { rule, first, on, seen: "", action: ["firewall"], ...example, add: [...(example.add ?? []), OURS] },
  {
    rule: `${rule}-changed`,
    first,
    on,
    seen: "is not what was applied",
    ...example,
    without: [...(example.without ?? []), `file ${RULES}`],
    add: [...(example.add ?? []), OURS, `file ${RULES} changed`],
    action: ["reapply"],
  },
];

/** The same, and that they are in force. */
const forms = (...[rule, first, on, example]: Parameters<typeof variants>): Example[] => [
  ...variants(rule, first, on, example),
  { rule: `${rule}-beyond`, first, on, add: [], seen: "", ...example },
];

export const firewall: readonly Example[] = [
  ...forms("established-only", "fw-established-only", "backup", {
    add: [`verdict in b probe drop - ${VERDICT}`],
    seen: "a first packet of b would not",
  }),
  ...(["advert-flow", "probe"] as const).flatMap((what) =>
    (
      [
        ["fw-drop", "drop -"],
        ["fw-reject", "reject ufw"],
        ["fw-zone", "reject firewalld"],
        ["fw-uci", "drop uci"],
      ] as const
    ).flatMap(([first, does]) =>
      forms(`${first}-${what}`, first, "backup", {
        without: NO_ADVERT,
        add: [
          `came b 10.0.0.2 unicast advert 30 30 0`,
          `verdict in b ${what.split("-")[0]} ${does} ${VERDICT}`,
        ],
        seen: "ends in inet:filter input: policy",
      }),
    ),
  ),
  ...(
    [
      ["fw-drop", []],
      ["fw-zone", ["firewall-manager firewalld"]],
      ["fw-uci", ["firewall-manager uci"]],
    ] as const
  ).flatMap(([first, manager]) => [
    ...(
      [
        ["unicast", "came b 10.0.0.2 unicast advert 30 30 0"],
        ["entered", "came b 10.0.0.2 unicast advert - 30 0"],
        ["multicast", "came b 224.0.0.18 multicast advert 30 30 0"],
      ] as const
    ).flatMap(([id, came]) =>
      forms(`${first}-unseen-${id}`, first, "backup", {
        without: [...NO_ADVERT, "firewall-manager"],
        add: [...manager, came],
        seen: "30 packets of VRRP's came from b",
      }),
    ),
    ...variants(`${first}-not-in-force`, first, "master", {
      without: ["firewall-manager", "came"],
      add: [...manager],
      seen: "has not our rules",
    }),
  ]),
  ...forms("output", "fw-output", "master", {
    without: ["sent"],
    add: [
      "sent b 10.0.0.2 unicast advert 30 0",
      "verdict out b advert drop - inet:filter output ip protocol 112 drop",
    ],
    seen: "output: ip protocol 112 drop: drop",
  }),
  ...forms("output-unseen", "fw-output", "master", {
    without: ["sent"],
    add: ["sent b 10.0.0.2 unicast advert 30 0"],
    seen: "of 30 packets to b",
  }),
  ...variants("not-in-force-established", "fw-established-only", "backup", {
    without: ["came b 10.0.0.2 unicast probe"],
    seen: "pass all the same",
  }),
  ...forms("tunnel-port", "fw-tunnel-port", "backup", {
    without: ["tunnel-peer", "tunnel-echo"],
    add: ["tunnel-peer wg0 b never none 0 0", `verdict in b tunnel drop - ${VERDICT}`],
    seen: "WireGuard's datagrams of b",
  }),
  ...forms("tunnel-port-unseen", "fw-tunnel-port", "backup", {
    without: ["tunnel-port", "tunnel-peer", "tunnel-echo"],
    add: ["tunnel-peer wg0 b never none 0 0", "tunnel-port wg0 51820 7 7 0"],
    seen: "of 7 datagrams",
  }),
];
