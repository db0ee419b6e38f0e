import type { AgentEvent } from "../../../operate/drill/events";
import type { Observation, Seen } from "../../../operate/observation";
import type { Sight } from "../../../operate/watch";
import { changeLines, type ViewOptions, watchView } from "../../../operate/watchView";
import { instance, node, role, unseen, VIP } from "./observations";

const NOW = Date.UTC(2027, 0, 15, 8);
const options: ViewOptions = { cluster: "gw", interval: 2, now: NOW, width: 120, height: 40, color: false };
const sight = (observation: Observation, events: AgentEvent[] = []): Sight => ({
  observation,
  at: NOW - 1500,
  events,
});
const event = (second: number, changes: Partial<AgentEvent> = {}): AgentEvent => ({
  time: `2027-01-15T07:59:${String(second).padStart(2, "0")}Z`,
  kind: "INSTANCE",
  name: "gw",
  state: "MASTER",
  ...changes,
});

/** A node with something of everything. */
const full = (): Seen => ({
  ...node("b", false, {
    drained: true,
    drift: ["/etc/keepalived/keepalived.conf"],
    role: role({ wanted: "master", doing: "db", heartbeatAge: 40 }),
    checks: [
      { name: "ready", state: "passing", words: "" },
      { name: "web", state: "failing", words: "no answer" },
    ],
    instances: [{ ...instance([], "BACKUP"), reported: { state: "FAULT", priority: 90, heartbeatAge: 4 } }],
  }),
  firewall: ["a rule is gone"],
  tunnels: [
    {
      interface: "wg0",
      up: true,
      peers: [
        { node: "a", handshakeAge: 130, endpoint: null },
        { node: "c", handshakeAge: null, endpoint: null },
      ],
    },
    { interface: "wg1", up: false, peers: [] },
  ],
});

describe("the view of a cluster", () => {
  test("says who has the addresses, how each node is, and what happened last", () => {
    const events = [
      event(1),
      event(2, { kind: "ACTION", name: "db", state: "failed", ms: 1500, words: "no route" }),
    ];
    expect(
      watchView([sight(node("a", true), events), sight(full()), sight(unseen("c")), undefined], options),
    ).toEqual([
      "gw  2027-01-15 08:00:00 UTC, every 2 s; Ctrl-C ends it",
      "",
      `${VIP}: a`,
      "",
      "a  seen 1 s ago",
      `  gw: MASTER ${VIP}, priority 100 at the last change, heartbeat 2 s ago`,
      "  check web: passing",
      "",
      "b  drained  1 changed by hand  seen 1 s ago",
      "  gw: BACKUP, reported FAULT, priority 90 at the last change, heartbeat 4 s ago",
      "  role: becomes master, doing db, nobody minds it",
      "  check ready: passing",
      "  check web: failing no answer",
      "  firewall: a rule is gone",
      "  tunnel wg0, a: handshake 2 min ago",
      "  tunnel wg0, c: no handshake yet",
      "  tunnel wg1: down",
      "",
      "c  not seen: i/o timeout  seen 1 s ago",
      "1 not looked at yet",
      "",
      "events",
      "  07:59:01 a INSTANCE gw MASTER",
      "  07:59:02 a ACTION db failed after 1.50 s: no route",
    ]);
  });

  test.each<[string, Observation[], string]>([
    ["nobody", [node("a", false), node("b", false)], `${VIP}: nobody`],
    ["nobody who was seen", [node("a", false), unseen("b")], `${VIP}: nobody who was seen`],
    ["two", [node("a", true), node("b", true)], `${VIP}: a and b at once`],
  ])("says that %s has an address", (_what, nodes, line) => {
    expect(
      watchView(
        nodes.map((one) => sight(one)),
        options,
      )[2],
    ).toBe(line);
  });

  test("cuts what does not fit, and wraps nothing, with colours or without", () => {
    for (const color of [false, true]) {
      for (const [width, height] of [
        [20, 10],
        [1, 1],
        [80, 5],
      ] as const) {
        const lines = watchView([sight(full(), [event(1), event(2)])], { ...options, width, height, color });
        expect(lines.length).toBeLessThanOrEqual(height);
        for (const line of lines) expect(line.replace(/\u001b\[\d+m/g, "").length).toBeLessThanOrEqual(width);
      }
    }
  });

  test("keeps the latest events where there is room for few, in their order", () => {
    const events = [3, 1, 2].map((second) => event(second));
    const whole = watchView([sight(node("a", true), events)], options).length;
    const lines = watchView([sight(node("a", true), events)], { ...options, height: whole - 1 });
    expect(lines.slice(-2)).toEqual(["  07:59:02 a INSTANCE gw MASTER", "  07:59:03 a INSTANCE gw MASTER"]);
  });

  test("has colours where they are wanted, each ended on its line, and none elsewhere", () => {
    const plain = watchView([sight(full())], options).join("\n");
    expect(plain).not.toContain("\u001b");
    const colored = watchView([sight(full())], { ...options, color: true });
    expect(colored.join("\n")).toContain("\u001b[31mfailing\u001b[0m");
    for (const line of colored)
      expect([...line.matchAll(/\u001b\[(\d+)m/g)].map(([, code]) => code === "0")).toEqual(
        // Each begins and is ended before the next one.
        [...line.matchAll(/\u001b\[(\d+)m/g)].map((_code, at) => at % 2 === 1),
      );
  });

  test("lets nothing that a host says move the cursor", () => {
    const checks = [{ name: "web", state: "failing", words: "\u001b[2J\u0007x\r\n\u009b1A" }];
    const lines = watchView([sight(node("a", true, { checks }))], options);
    expect(lines).toContain("  check web: failing  [2J x   1A");
  });
});

describe("a line for each change", () => {
  test("begins with how a host is", () => {
    expect(changeLines(undefined, sight(node("a", true)))).toEqual([
      "07:59:58 a: keepalived runs",
      `07:59:58 a has: ${VIP}`,
      "07:59:58 a gw: MASTER (MASTER reported)",
      "07:59:58 a check web: passing",
    ]);
  });

  test("tells what is not as it was, and new events, and nothing else", () => {
    const last = sight(node("a", true, { drained: true }), [event(1)]);
    expect(changeLines(last, { ...last, events: [event(1)] })).toEqual([]);
    const next = sight(
      node("a", false, { checks: [{ name: "web", state: "failing", words: "no answer" }] }),
      [event(1), event(2, { state: "BACKUP" })],
    );
    expect(changeLines(last, next)).toEqual([
      `07:59:58 a has: ${VIP} -> nothing`,
      "07:59:58 a gw: MASTER (MASTER reported) -> BACKUP (BACKUP reported)",
      "07:59:58 a check web: passing -> failing no answer",
      "07:59:58 a drained: gone",
      "07:59:58 07:59:02 a INSTANCE gw BACKUP",
    ]);
  });

  test("tells that a host is not seen once, and not that everything of it is gone", () => {
    const last = sight({ ...unseen("a"), node: "a" });
    expect(changeLines(sight(node("a", true)), last)).toEqual([
      "07:59:58 a: keepalived runs -> not seen: i/o timeout",
    ]);
    expect(changeLines(last, last)).toEqual([]);
  });
});
