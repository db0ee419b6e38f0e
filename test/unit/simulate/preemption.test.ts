import { simulate } from "../../../simulate/run";
import { StrikeKind } from "../../../simulate/strike";
import { masterDownInterval, skewTime, takeBackAfterRecovery } from "../../../simulate/timing";
import { figures, nodes, story, tied, web } from "./nodes";

const on = (node: string, kind: StrikeKind) => [{ do: kind, node }];
const check = (node: string, kind: StrikeKind) => [{ do: kind, node, check: "web" }];
const restart = [on("gw-a", StrikeKind.Stop), on("gw-a", StrikeKind.Start)];
const failing = [check("gw-a", StrikeKind.FailCheck), check("gw-a", StrikeKind.PassCheck)];
const backup = { version: 3 as const, advertInt: 1, priority: 90 };

describe("preempt_delay", () => {
  it("is waited for before the addresses are taken back", () => {
    const run = story(nodes([100, 90], { preemptDelay: 5 }), restart);
    expect(figures(run).sequence).toEqual(["gw-a", "gw-b", "gw-a"]);
    const { min, max } = takeBackAfterRecovery({ ...backup, priority: 100 }, 5);
    const taken = run.routers[0]!.spans.at(-1)!.from - 30.5;
    expect(taken).toBeGreaterThanOrEqual(min);
    expect(taken).toBeLessThanOrEqual(max);
  });

  it("and nopreempt are void with state MASTER", () => {
    const change = { preemptDelay: 20, nopreempt: true, state: "MASTER" as const };
    const run = story(nodes([100, 90], change), restart);
    expect(run.routers[0]!.spans.at(-1)!.from).toBeCloseTo(
      30.5 + masterDownInterval({ ...backup, priority: 100 }),
      5,
    );
  });

  it("has no say when the holder is gone", () => {
    const run = story(nodes([100, 90], { preemptDelay: 20 }), [on("gw-a", StrikeKind.PowerOff)]);
    expect(figures(run).gap).toBeCloseTo(masterDownInterval(backup) - 0.5, 5);
  });
});

describe("vrrp_startup_delay", () => {
  it("is waited for once by 2.4, which hears nothing meanwhile", () => {
    const run = story(nodes([100, 90], {}, { startupDelay: 4, keepalived: "2.4" }), restart);
    const expected = 30.5 + 4 + masterDownInterval({ ...backup, priority: 100 });
    expect(run.routers[0]!.spans.at(-1)!.from).toBeCloseTo(expected, 5);
  });

  it("is longer with 2.2: each lower advert that is heard adds what is left of it", () => {
    const run = story(nodes([100, 90], {}, { startupDelay: 4 }), restart);
    const shortest = 30.5 + 4 + masterDownInterval({ ...backup, priority: 100 });
    expect(run.routers[0]!.spans.at(-1)!.from).toBeGreaterThan(shortest + 4);
    expect(figures(run).sequence).toEqual(["gw-a", "gw-b", "gw-a"]);
  });
});

describe("nopreempt", () => {
  it("leaves the addresses where they are when the preferred node is back", () => {
    expect(figures(story(nodes([100, 90], { nopreempt: true }), restart)).sequence).toEqual(["gw-a", "gw-b"]);
  });

  it("keeps a backup from taking over when a check lowers the holder, and not when it makes it FAULT", () => {
    const of = (weight: number) =>
      figures(story(nodes([100, 90], { nopreempt: true, ...web(weight) }), failing));
    expect(of(-20).sequence).toEqual(["gw-a"]);
    expect(of(0).sequence).toEqual(["gw-a", "gw-b"]);
  });

  it("makes a drain FAULT: nobody holds for the skew", () => {
    const run = story(nodes([100, 90], { nopreempt: true }), [on("gw-a", StrikeKind.Drain)]);
    expect(figures(run)).toMatchObject({ sequence: ["gw-a", "gw-b"], gap: skewTime(backup) });
  });
});

describe("a check", () => {
  it.each([
    [-20, ["gw-a", "gw-b", "gw-a"], 0],
    [20, ["gw-a", "gw-b", "gw-a"], 0],
    [0, ["gw-a", "gw-b", "gw-a"], skewTime(backup)],
    // Smaller than the difference of the priorities: the pair does not fail over.
    [-5, ["gw-a"], 0],
    [-10, ["gw-a"], 0],
    [-11, ["gw-a", "gw-b", "gw-a"], 0],
  ])("of weight %d has the addresses go %j, with %d s without holder", (weight, sequence, gap) => {
    expect(figures(story(nodes([100, 90], web(weight)), failing))).toMatchObject({
      sequence,
      gap,
      twoMasters: 0,
    });
  });

  it("fails at the second run, up to two intervals after what it tests", () => {
    const { spans } = story(nodes([100, 90], web(0)), failing).routers[0]!;
    const failed = spans.find(({ roles }) => roles["gw-a"] === "FAULT")!.from;
    expect(failed).toBeGreaterThan(0.5 + 1);
    expect(failed).toBeLessThanOrEqual(0.5 + 2);
  });

  it("that fails everywhere leaves nobody with weight 0, and the holder with another", () => {
    const everywhere = [["gw-a", "gw-b"].map((node) => check(node, StrikeKind.FailCheck)[0]!)];
    expect(figures(story(nodes([100, 90], web(0)), everywhere)).after).toEqual([]);
    expect(figures(story(nodes([100, 90], web(-20)), everywhere)).sequence).toEqual(["gw-a"]);
  });

  it("moves a sticky pair once, and not back", () => {
    const run = story(nodes([100, 100], web(-20)), failing, { first: "gw-a" });
    expect(figures(run).sequence).toEqual(["gw-a", "gw-b"]);
  });

  it("keeps its result over a reload", () => {
    const steps = [check("gw-a", StrikeKind.FailCheck), on("gw-a", StrikeKind.Reload)];
    expect(figures(story(nodes([100, 90], web(-20)), steps)).sequence).toEqual(["gw-a", "gw-b"]);
  });

  it("that fails on a backup while it waits makes it wait for the lower priority", () => {
    const steps = { do: StrikeKind.Drain, node: "gw-b", at: 2 };
    const run = simulate(nodes([100, 90]), {
      strikes: [{ ...on("gw-a", StrikeKind.PowerOff)[0]!, at: 0.5 }, steps],
    });
    expect(figures(run).gap).toBeCloseTo(masterDownInterval({ ...backup, priority: 1 }) - 0.5, 5);
  });

  it("of a process is seen at once", () => {
    const processes = { trackProcesses: [{ name: "web", process: "nginx", weight: 0, quorum: 1 }] };
    const { spans } = story(nodes([100, 90], processes), failing).routers[0]!;
    expect(spans.find(({ roles }) => roles["gw-a"] === "FAULT")!.from).toBe(0.5);
  });

  it("never takes a priority out of 1 to 254: a drained node is still above nobody, and two drained ones are equal", () => {
    const drains = [["gw-a", "gw-b"].map((node) => on(node, StrikeKind.Drain)[0]!)];
    const run = story(nodes([100, 90], web(-20)), drains);
    expect(
      new Set(run.routers[0]!.adverts.filter(({ at }) => at > 5).map(({ priority }) => priority)),
    ).toEqual(new Set([1]));
    expect(figures(run).after).toHaveLength(1);
  });
});

describe("a sync group", () => {
  it.each([0, 1])("moves as one when the holder stops, and back: router %d", (router) => {
    expect(figures(story(tied([100, 90]), restart), router)).toMatchObject({
      sequence: ["gw-a", "gw-b", "gw-a"],
      gap: skewTime(backup),
      twoMasters: 0,
    });
  });

  it("goes to FAULT as one when a check of one member fails", () => {
    const [a, b] = tied([100, 90]);
    const [four, six] = a!.instances;
    const checked = { ...a!, instances: [{ ...four!, ...web(0) }, six!] };
    const run = story([checked, b!], failing);
    for (const router of [0, 1])
      expect(figures(run, router)).toMatchObject({
        sequence: ["gw-a", "gw-b", "gw-a"],
        unserved: skewTime(backup),
      });
  });

  it("moves nothing when it is reloaded", () => {
    const run = story(tied([100, 90]), [on("gw-a", StrikeKind.Reload), on("gw-b", StrikeKind.Reload)]);
    for (const router of [0, 1])
      expect(figures(run, router)).toMatchObject({ sequence: ["gw-a"], unserved: 0 });
  });

  it("knows no weights without sync_group_tracking_weight", () => {
    const untold = tied([100, 90], web(-20)).map((node) => ({ ...node, syncGroupTrackingWeight: false }));
    expect(figures(story(untold, failing)).sequence).toEqual(["gw-a"]);
    expect(figures(story(tied([100, 90], web(-20)), failing)).sequence).toEqual(["gw-a", "gw-b", "gw-a"]);
  });
});
