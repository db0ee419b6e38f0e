import { dead, decide } from "../../../operate/decide";
import type { Observation } from "../../../operate/observation";
import { instance, node, role, unseen, VIP } from "./observations";

const holder = node("a", true);
const decided = (observations: Observation[], { to = "b", force = false } = {}) =>
  decide(observations, to, force);

describe("whether the addresses may move to a node", () => {
  test("from a holder to a healthy backup they do, and who else there is must not take them", () => {
    const target = node("b", false);
    expect(decided([holder, target, node("c", false)])).toEqual({
      kind: "move",
      holders: ["a"],
      others: ["c"],
      target,
      isBlind: false,
    });
  });

  test("who has them all has them already, drained or not", () => {
    expect(decided([node("a", false), node("b", true, { drained: true })])).toEqual({ kind: "there" });
  });

  test("with several virtual routers everybody who has some gives them away", () => {
    const two = ["10.0.0.100", "10.0.0.101"];
    const half = (name: string, mine: string) =>
      node(name, true, { instances: [instance([mine], "MASTER", two)] });
    expect(decided([half("a", two[0]!), half("b", two[1]!)])).toMatchObject({ kind: "move", holders: ["a"] });
  });

  test.each<[string, Observation[], string]>([
    ["a node that is none", [holder, node("c", false)], "--to: b; the nodes are a, c"],
    ["one that is not reached", [holder, unseen("b")], "b was not seen: b: i/o timeout"],
    [
      "one whose keepalived does not start",
      [holder, { ...node("b", false), running: false }],
      "keepalived does not run on b",
    ],
  ])("never to %s", (_what, observations, why) => {
    for (const force of [false, true])
      expect(decided(observations, { force })).toMatchObject({
        kind: "refused",
        why: expect.stringContaining(why) as string,
      });
  });

  test.each<[string, Observation[], string]>([
    [
      "is in FAULT",
      [holder, node("b", false, { instances: [instance([], "FAULT")] })],
      "gw is in FAULT on b",
    ],
    [
      "has a change that is not confirmed",
      [holder, node("b", false, { pending: true })],
      "not confirmed yet on b",
    ],
    [
      "is a third beside two masters",
      [holder, node("c", true), node("b", false)],
      `${VIP} is on a, c at once`,
    ],
    [
      "has some of them, the others being nowhere",
      [node("b", true, { instances: [instance([VIP], "PARTIAL", [VIP, "10.0.0.101"])] })],
      "b has some",
    ],
    ["could take them, which nobody has", [node("a", false), node("b", false)], "nobody has the addresses"],
  ])("waits, whatever is forced, while the target %s", (_what, observations, why) => {
    for (const force of [false, true])
      expect(decided(observations, { force })).toMatchObject({
        kind: "wait",
        why: expect.stringContaining(why) as string,
      });
  });

  const failing = [{ name: "web", state: "failing", words: "no answer" }];
  const open = role({
    wanted: "backup",
    reached: "none",
    actions: [{ name: "db", kind: "x", state: "failed" }],
  });
  test.each<[string, string, Observation[], string]>([
    [
      "a check fails",
      "wait",
      [holder, node("b", false, { checks: failing })],
      "a check fails on b: web (no answer)",
    ],
    [
      "the generations differ",
      "refused",
      [holder, node("b", false, { generation: "2" })],
      "have not the same generation",
    ],
    [
      "nobody minds its role",
      "wait",
      [holder, node("b", false, { role: role({ heartbeatAge: 31 }) })],
      "nobody minds the role of b",
    ],
    [
      "its role is not reached",
      "wait",
      [holder, node("b", false, { role: open })],
      "b has not become backup wholly: db (failed)",
    ],
    [
      "who may have them is not reached",
      "refused",
      [unseen("a"), node("b", false)],
      "this was not reached: a (i/o timeout)",
    ],
  ])("where %s it is %s, and forced it moves", (_what, kind, observations, why) => {
    expect(decided(observations)).toMatchObject({ kind, why: expect.stringContaining(why) as string });
    expect(decided(observations, { force: true })).toMatchObject({ kind: "move" });
  });

  test("a check that is broken itself keeps nobody from it", () => {
    const checks = [{ name: "web", state: "broken", words: "no curl" }];
    expect(decided([holder, node("b", false, { checks })])).toMatchObject({ kind: "move" });
  });

  test("what is dead is found wherever it is, to be started first", () => {
    const stopped = { ...node("b", false), running: false };
    expect(dead([holder, stopped, unseen("c")]).map((one) => one.node)).toEqual(["b"]);
  });
});
