import { choose, unfit } from "../../../../operate/drill/ready";
import type { Observation, Seen } from "../../../../operate/observation";
import { instance, node, role, unseen, VIP } from "../observations";

const well = (): [Seen, Seen] => [node("a", true), node("b", false)];
const pair = (changes: Partial<Seen["status"]>) => [node("a", true), node("b", false, changes)];

describe("a cluster is exercised", () => {
  test("where every node is seen and well, and each address has one holder", () => {
    expect(unfit(well())).toEqual([]);
    expect(unfit([...well(), node("c", false, { role: role() })])).toEqual([]);
  });

  const reported = (state: string, heartbeatAge: number) => [
    { ...instance([], "BACKUP"), reported: { state, priority: 90, heartbeatAge } },
  ];
  test.each<[string, Observation[], string]>([
    ["a node is not seen", [node("a", true), unseen("b")], "b was not seen: i/o timeout"],
    ["there is one node only", [node("a", true)], "the cluster has one node: nobody could take over"],
    [
      "keepalived does not run",
      [node("a", true), { ...node("b", false), running: false }],
      "keepalived does not run on b",
    ],
    ["nobody has an address", [node("a", false), node("b", false)], `nobody has ${VIP}`],
    ["two have it", [node("a", true), node("b", true)], `a and b have ${VIP} at once`],
    ["a change is pending", pair({ pending: true }), "a change is not confirmed yet on b"],
    ["a node is drained", pair({ drained: true }), "b is drained (vrrp-agent undrain there ends that)"],
    ["a node is promoted", pair({ promoted: true }), "b is promoted (vrrp-agent undrain there ends that)"],
    ["the generations differ", pair({ generation: "2" }), "a and b have not the same generation"],
    [
      "a check fails",
      pair({ checks: [{ name: "web", state: "failing", words: "no answer" }] }),
      "the check web is failing on b: no answer",
    ],
    [
      "a check has not run",
      pair({ checks: [{ name: "web", state: "unknown", words: "" }] }),
      "the check web is unknown on b",
    ],
    [
      "a role is not reached",
      pair({ role: role({ wanted: "master", doing: "db" }) }),
      "b has not become master wholly (doing db)",
    ],
    ["nobody minds a role", pair({ role: role({ heartbeatAge: 31 }) }), "nobody minds the role of b"],
    [
      "a node is in FAULT",
      pair({ instances: reported("FAULT", 1) }),
      "gw is BACKUP on b by its addresses, and keepalived has reported FAULT",
    ],
    [
      "nobody reads the reports",
      pair({ instances: reported("BACKUP", 31) }),
      "nobody reads what keepalived reports on b, for 31 s",
    ],
    ["addresses are only partly there", pair({ instances: [instance([], "PARTIAL")] }), "gw is PARTIAL on b"],
    [
      "a firewall rule is not in force",
      [node("a", true), { ...node("b", false), firewall: ["gone"] }],
      "firewall of b: gone",
    ],
  ])("not where %s", (_what, observations, why) => {
    expect(unfit(observations)).toContain(why);
  });

  test("not in spite of any of several reasons, which are told together", () => {
    expect(unfit(pair({ drained: true, pending: true })).length).toBe(2);
  });
});

describe("who is struck", () => {
  const drain = { kind: "drain" as const, stay: false };
  const ranked = (name: string, priority: number, holds = false) =>
    node(name, holds, {
      instances: [
        {
          ...instance(holds ? [VIP] : [], holds ? "MASTER" : "BACKUP"),
          reported: { state: holds ? "MASTER" : "BACKUP", priority, heartbeatAge: 1 },
        },
      ],
    });

  test("is the holder; who has the highest priority of the others takes over", () => {
    expect(choose(well(), drain)).toEqual({ from: "a", to: "b", home: { [VIP]: "a" } });
    const three = [ranked("a", 100, true), ranked("b", 80), ranked("c", 90)];
    expect(choose(three, drain)).toMatchObject({ from: "a", to: "c" });
    expect(choose(three, { ...drain, to: "b" })).toMatchObject({ from: "a", to: "b" });
    expect(choose(three, { kind: "kill", stay: false, to: "b" })).toEqual({
      refused: expect.stringContaining("where keepalived of a ends, c takes over") as string,
    });
  });

  const two = [VIP, "10.0.0.101"];
  const spread = (keeps: boolean) =>
    two.map((mine, at) =>
      node("ab"[at]!, true, {
        keeps,
        instances: [instance([mine], "MASTER", [mine]), instance([], "BACKUP", [two[1 - at]!])],
      }),
    );

  test("with an address on each node is who has the first, and both are told where they belong", () => {
    expect(choose(spread(false), drain)).toEqual({
      from: "a",
      to: "b",
      home: { [two[0]!]: "a", [two[1]!]: "b" },
    });
    expect(choose(spread(false), { ...drain, to: "a" })).toMatchObject({ from: "b", to: "a" });
  });

  test.each<[string, Seen[], Parameters<typeof choose>[1], string]>([
    ["to nobody", well(), { ...drain, to: "x" }, "--to: x; the nodes are a, b"],
    ["to who has it", well(), { ...drain, to: "a" }, "--to: a; it has all addresses already"],
    [
      "where they would not come back as they were",
      spread(true),
      drain,
      "they would not come back as they are",
    ],
    [
      "that is to stay away from who takes it back",
      [node("a", true), node("b", false, { keeps: false })],
      { kind: "kill", stay: true },
      "--stay: a is preferred",
    ],
  ])("is nobody %s", (_what, seen, wishes, why) => {
    expect(choose(seen, wishes)).toEqual({ refused: expect.stringContaining(why) as string });
  });
});
