import { simulate } from "../../../simulate/run";
import { StrikeKind } from "../../../simulate/strike";
import {
  masterDownInterval,
  skewTime,
  takeBackAfterRecovery,
  takeoverAfterSilence,
} from "../../../simulate/timing";
import { figures, nodes, story } from "./nodes";

const on = (node: string, kind: StrikeKind) => [{ do: kind, node }];
const backup = { version: 3 as const, advertInt: 1, priority: 90 };

describe("in a pair with a preferred node", () => {
  it("the preferred one holds first, whichever order the nodes come in", () => {
    const pair = nodes([100, 90]);
    for (const order of [pair, [...pair].reverse()]) expect(figures(simulate(order)).after).toEqual(["gw-a"]);
  });

  it.each([0, 0.25, 0.999])(
    "the backup takes the addresses of a silent holder after its down timer, less the phase %d",
    (phase) => {
      const run = simulate(nodes([100, 90]), {
        strikes: [{ at: phase, ...on("gw-a", StrikeKind.PowerOff)[0]! }],
      });
      const { gap, sequence, twoMasters } = figures(run);
      expect(gap).toBeCloseTo(takeoverAfterSilence(backup).max - phase, 5);
      expect({ sequence, twoMasters }).toEqual({ sequence: ["gw-a", "gw-b"], twoMasters: 0 });
    },
  );

  it("a stop in order leaves the skew without holder, and the start takes the addresses back without a gap", () => {
    const steps = [on("gw-a", StrikeKind.Stop), on("gw-a", StrikeKind.Start)];
    const run = story(nodes([100, 90]), steps);
    expect(figures(run)).toMatchObject({
      sequence: ["gw-a", "gw-b", "gw-a"],
      gap: skewTime(backup),
      unserved: skewTime(backup),
      twoMasters: 0,
    });
    const back = takeBackAfterRecovery({ ...backup, priority: 100 }).max;
    expect(run.routers[0]!.spans.at(-1)!.from).toBeCloseTo(30.5 + back, 5);
  });

  it("a pulled cable is FAULT, and plugged it takes the addresses back", () => {
    const run = story(nodes([100, 90]), [
      on("gw-a", StrikeKind.CutCable),
      on("gw-a", StrikeKind.RestoreCable),
    ]);
    expect(run.routers[0]!.spans.map(({ roles }) => roles["gw-a"])).toEqual([
      "MASTER",
      "FAULT",
      "FAULT",
      "BACKUP",
      "MASTER",
    ]);
  });

  it("a cut without loss of carrier makes both master until it heals, and the higher priority stays", () => {
    const steps = [on("gw-a", StrikeKind.CutSilently), on("gw-a", StrikeKind.RestoreSilently)];
    const { after, twoMasters, sequence } = figures(story(nodes([100, 90]), steps));
    expect(after).toEqual(["gw-a"]);
    expect(sequence).toEqual(["gw-a", "gw-b", "gw-a"]);
    expect(twoMasters).toBeGreaterThan(30 - masterDownInterval(backup));
    expect(twoMasters).toBeLessThan(30 - masterDownInterval(backup) + 2);
  });

  it("a holder that hears nothing keeps the addresses, and nobody reaches them", () => {
    const steps = [on("gw-a", StrikeKind.Deafen), on("gw-a", StrikeKind.Undeafen)];
    expect(figures(story(nodes([100, 90]), steps))).toMatchObject({ gap: 30, moves: 0, twoMasters: 0 });
  });

  it("a killed daemon leaves the addresses behind, and one that is restarted does not", () => {
    const left = figures(story(nodes([100, 90]), [on("gw-a", StrikeKind.Kill)]));
    expect(left).toMatchObject({ after: ["gw-a", "gw-b"], gap: 0 });
    const cleaned = figures(story(nodes([100, 90], {}, { restartAfter: 1 }), [on("gw-a", StrikeKind.Kill)]));
    expect(cleaned).toMatchObject({ after: ["gw-a"], sequence: ["gw-a", "gw-b", "gw-a"], twoMasters: 0 });
  });

  it("a reload of either node moves nothing", () => {
    for (const order of [
      ["gw-a", "gw-b"],
      ["gw-b", "gw-a"],
    ]) {
      const run = story(
        nodes([100, 90]),
        order.map((name) => on(name, StrikeKind.Reload)),
      );
      expect(figures(run)).toMatchObject({ sequence: ["gw-a"], unserved: 0, twoMasters: 0 });
    }
  });

  it("a reload that drops the instance gives the addresses away for a while", () => {
    const [a, b] = nodes([100, 90]);
    const renamed = a!.instances.map((instance) => ({ ...instance, name: "other" }));
    const run = story([a!, b!], [[{ do: StrikeKind.Reload, node: "gw-a", config: renamed }]]);
    expect(figures(run)).toMatchObject({ sequence: ["gw-a", "gw-b", "gw-a"], gap: skewTime(backup) });
  });

  it("a master that hears a lower priority answers at once, so a healed cut is over with its first advert", () => {
    const steps = [on("gw-b", StrikeKind.CutSilently), on("gw-b", StrikeKind.RestoreSilently)];
    const { adverts, spans } = story(nodes([100, 90]), steps).routers[0]!;
    const healed = 30.5;
    const heard = adverts.find(({ at }) => at >= healed)!;
    expect(spans.at(-1)!.from).toBeCloseTo(heard.at, 5);
    expect(spans.at(-1)!.holders).toEqual(["gw-a"]);
  });
});

describe("in a pair with equal priorities", () => {
  const sticky = (steps: ReturnType<typeof on>[], first: string) =>
    figures(story(nodes([100, 100]), steps, { first }));

  it.each(["gw-a", "gw-b"])(
    "whoever is first (%s) holds, and stays so when the other one starts",
    (first) => {
      expect(sticky([], first).sequence).toEqual([first]);
    },
  );

  it.each([
    ["a stop and a start", StrikeKind.Stop, StrikeKind.Start],
    ["a power cut and a boot", StrikeKind.PowerOff, StrikeKind.Boot],
    ["a cable pulled and plugged", StrikeKind.CutCable, StrikeKind.RestoreCable],
    ["a drain and its end", StrikeKind.Drain, StrikeKind.Undrain],
  ])("after %s nothing moves back, whichever address is the higher one", (_text, strike, heal) => {
    expect(sticky([on("gw-a", strike), on("gw-a", heal)], "gw-a").sequence).toEqual(["gw-a", "gw-b"]);
    expect(sticky([on("gw-b", strike), on("gw-b", heal)], "gw-b").sequence).toEqual(["gw-b", "gw-a"]);
  });

  it("after a cut without loss of carrier the higher address stays, also where that moves the addresses back", () => {
    const cut = (node: string) => [on(node, StrikeKind.CutSilently), on(node, StrikeKind.RestoreSilently)];
    expect(sticky(cut("gw-a"), "gw-a").sequence).toEqual(["gw-a", "gw-b"]);
    expect(sticky(cut("gw-b"), "gw-b").sequence).toEqual(["gw-b", "gw-a", "gw-b"]);
  });

  it("addresses are compared as numbers: 10.0.0.10 is above 10.0.0.9", () => {
    const pair = nodes([100, 100]).map((node, place) => ({
      ...node,
      instances: node.instances.map((instance) => ({
        ...instance,
        unicastSrcIp: ["10.0.0.10", "10.0.0.9"][place],
        unicastPeers: [["10.0.0.9", "10.0.0.10"][place]!],
      })),
    }));
    const steps = [on("gw-a", StrikeKind.CutSilently), on("gw-a", StrikeKind.RestoreSilently)];
    expect(figures(story(pair, steps, { first: "gw-a" })).after).toEqual(["gw-a"]);
  });

  it.each(["gw-a", "gw-b"])(
    "of two whose addresses are not known one stays, by its name: %s first",
    (first) => {
      const steps = [on(first, StrikeKind.CutSilently), on(first, StrikeKind.RestoreSilently)];
      const unknown = nodes([100, 100], { multicast: true, unicastSrcIp: undefined });
      expect(figures(story(unknown, steps, { first })).after).toEqual(["gw-b"]);
    },
  );

  it("a race of two backups is told, and the higher address wins it", () => {
    const run = story(nodes([100, 100, 100]), [on("gw-a", StrikeKind.PowerOff)], { first: "gw-a" });
    expect(figures(run)).toMatchObject({ sequence: ["gw-a", "gw-c"], races: 1, twoMasters: 0 });
  });
});

describe("with more nodes", () => {
  it("the best of those that are left takes over, one after the other", () => {
    const steps = [on("gw-a", StrikeKind.Stop), on("gw-b", StrikeKind.Stop), on("gw-a", StrikeKind.Start)];
    expect(figures(story(nodes([100, 90, 80]), steps)).sequence).toEqual(["gw-a", "gw-b", "gw-c", "gw-a"]);
  });

  it("in version 3 a backup waits by the interval that the master says", () => {
    const [a, b] = nodes([100, 90]);
    const slow = { ...a!, instances: a!.instances.map((instance) => ({ ...instance, advertInt: 4 })) };
    const run = story([slow, b!], [on("gw-a", StrikeKind.PowerOff)]);
    expect(figures(run).gap).toBeCloseTo(masterDownInterval({ ...backup, advertInt: 4 }) - 0.5, 5);
  });

  it.each([
    ["the version", { version: 2 as const }],
    ["the addresses", { virtualIpAddresses: [] }],
    ["unicast and multicast", { multicast: true }],
    ["the peers", { unicastPeers: [] }],
  ])("two that disagree on %s are both master", (_what, change) => {
    const [a, b] = nodes([100, 90]);
    const other = { ...a!, instances: a!.instances.map((instance) => ({ ...instance, ...change })) };
    expect(figures(simulate([other, b!])).after).toEqual(["gw-a", "gw-b"]);
  });

  it("two that disagree on version 2's interval or password are both master, on version 3's they are not", () => {
    const pair = (change: object, both: object = { version: 2 as const }) => {
      const [a, b] = nodes([100, 90], both);
      return [{ ...a!, instances: a!.instances.map((instance) => ({ ...instance, ...change })) }, b!];
    };
    expect(figures(simulate(pair({ advertInt: 2 }))).after).toEqual(["gw-a", "gw-b"]);
    expect(figures(simulate(pair({ authPass: "other" }))).after).toEqual(["gw-a", "gw-b"]);
    expect(figures(simulate(pair({ advertInt: 2 }, {}))).after).toEqual(["gw-a"]);
  });
});

describe("what cannot be simulated is named", () => {
  const strike = { at: 0, do: StrikeKind.Stop, node: "gw-a" };
  it.each([
    [{ first: "gw-x" }, "first: 'gw-x'; allowed is one of gw-a, gw-b"],
    [{ strikes: [{ ...strike, node: "gw-x" }] }, "strikes: 'stop' on 'gw-x'; allowed is one of gw-a, gw-b"],
    [{ strikes: [{ ...strike, at: -1 }] }, "strikes: 'stop' at -1 s; allowed is 0 or more"],
    [{ latency: NaN }, "latency: NaN s; allowed is 0 or more"],
    [
      { strikes: [{ ...strike, do: StrikeKind.FailCheck, check: "x" }] },
      "check: 'x' on gw-a; give one of its checks: none",
    ],
  ])("%j", (options, message) => {
    expect(() => simulate(nodes([100, 90]), options)).toThrow(new RangeError(message));
  });

  it("no nodes, and two of one name", () => {
    expect(() => simulate([])).toThrow("nodes: none");
    const [a] = nodes([100]);
    expect(() => simulate([a!, a!])).toThrow("'gw-a' is there twice");
  });
});
