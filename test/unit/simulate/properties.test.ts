import fc from "fast-check";
import { figuresOf } from "../../../simulate/figures";
import type { SimulatedNode } from "../../../simulate/node";
import { simulate } from "../../../simulate/run";
import { type Action, StrikeKind } from "../../../simulate/strike";
import { checkDetection, masterDownInterval } from "../../../simulate/timing";
import { nodes, web } from "./nodes";

const names = ["gw-a", "gw-b", "gw-c", "gw-d"] as const;
const { PowerOff, Boot, Stop, Start, Reload, CutCable, RestoreCable, FailCheck, PassCheck, Drain, Undrain } =
  StrikeKind;
/** Whatever leaves the net whole. */
const kinds = [
  PowerOff,
  Boot,
  Stop,
  Start,
  Reload,
  CutCable,
  RestoreCable,
  FailCheck,
  PassCheck,
  Drain,
  Undrain,
];

/** Clusters of two to four nodes, with equal priorities and others. */
const clusters = fc
  .record({
    priorities: fc.array(fc.integer({ min: 2, max: 254 }), { minLength: 2, maxLength: 4 }),
    isSticky: fc.boolean(),
    version: fc.constantFrom(2 as const, 3 as const),
    advertInt: fc.integer({ min: 1, max: 3 }),
    preemptDelay: fc.constantFrom(0, 0, 3),
    weight: fc.constantFrom(0, -30, 30),
  })
  .map(({ priorities, isSticky, weight, ...change }) =>
    nodes(isSticky ? priorities.map(() => priorities[0]!) : priorities, { ...change, ...web(weight) }),
  );

const actions = (of: readonly (typeof kinds)[number][]) =>
  fc.array(
    fc.record({
      do: fc.constantFrom(...of),
      node: fc.nat({ max: 3 }),
      at: fc.integer({ min: 0, max: 60_000 }).map((milliseconds) => milliseconds / 1000),
    }),
    { maxLength: 8 },
  );

const strikesOn = (of: readonly SimulatedNode[], list: { do: StrikeKind; node: number; at: number }[]) =>
  list.map(({ node, ...one }) => ({ ...one, node: of[node % of.length]!.name, check: "web" }));

const isUndisturbed = (cluster: readonly SimulatedNode[], run: ReturnType<typeof simulate>, node: string) =>
  cluster.some(({ name }) => name === node) && run.strikes.every((one) => one.node !== node);

test("a whole net has never two masters for longer than an advert needs", () => {
  fc.assert(
    fc.property(clusters, actions(kinds), (cluster, list) => {
      const run = simulate(cluster, { strikes: strikesOn(cluster, list) });
      expect(figuresOf(run.routers[0]!).twoMasters).toBe(0);
    }),
    { numRuns: 150 },
  );
});

test("a node that nothing happens to holds, or another does, but for one down timer at a time", () => {
  fc.assert(
    fc.property(clusters, actions(kinds), fc.nat({ max: 3 }), (cluster, list, spared) => {
      const node = cluster[spared % cluster.length]!.name;
      const strikes = strikesOn(cluster, list).filter((one) => one.node !== node);
      const run = simulate(cluster, { strikes });
      expect(isUndisturbed(cluster, run, node)).toBe(true);
      const { instances } = cluster.find(({ name }) => name === node)!;
      const timing = instances[0]!;
      const { gap, after } = figuresOf(run.routers[0]!);
      expect(after).toHaveLength(1);
      // Another one that took over and died within the gap has its last advert, too: each strike can begin it anew.
      const once = masterDownInterval({ ...timing, priority: 1 });
      expect(gap).toBeLessThanOrEqual(once * (1 + strikes.length));
      if (strikes.length === 1) expect(gap).toBeLessThanOrEqual(once);
    }),
    { numRuns: 150 },
  );
});

test("the order in which nodes and strikes are given means nothing", () => {
  fc.assert(
    fc.property(clusters, actions(kinds), fc.infiniteStream(fc.nat()), (cluster, list, dice) => {
      // Strikes of one instant keep their order.
      const strikes = strikesOn(cluster, list).filter(
        ({ at }, place, all) => all.findIndex((other) => other.at === at) === place,
      );
      const shuffled = <T>(all: readonly T[]) =>
        all
          .map((one) => ({ one, key: Number(dice.next().value) }))
          .sort((a, b) => a.key - b.key)
          .map(({ one }) => one);
      const run = simulate(cluster, { strikes });
      const other = simulate(shuffled(cluster), { strikes: shuffled(strikes) });
      expect(other.routers).toEqual(run.routers);
    }),
    { numRuns: 50 },
  );
});

test("with a cut that heals there is one master again within an advert and a reply", () => {
  const cuts = fc.constantFrom(
    [StrikeKind.CutSilently, StrikeKind.RestoreSilently] as const,
    [StrikeKind.Mute, StrikeKind.Unmute] as const,
    [StrikeKind.Deafen, StrikeKind.Undeafen] as const,
    [StrikeKind.DropVrrp, StrikeKind.RestoreVrrp] as const,
  );
  fc.assert(
    fc.property(
      clusters,
      cuts,
      fc.nat({ max: 3 }),
      fc.integer({ min: 0, max: 40_000 }),
      (cluster, [cut, heal], which, length) => {
        const node = cluster[which % cluster.length]!.name;
        const end = 1 + length / 1000;
        const strikes = [
          { at: 1, do: cut, node },
          { at: end, do: heal, node },
        ];
        const { spans } = simulate(cluster, { strikes }).routers[0]!;
        const split = spans.filter(({ holders }) => holders.length > 1).at(-1)?.to ?? end;
        expect(split - end).toBeLessThanOrEqual(cluster[0]!.instances[0]!.advertInt);
        expect(spans.at(-1)!.serving).toHaveLength(1);
      },
    ),
    { numRuns: 100 },
  );
});

test("a check is counted as failed within its bounds", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 1, max: 5 }),
      fc.nat({ max: 9999 }),
      (interval, fall, phase) => {
        const [script] = web(0).trackScripts;
        const config = { ...script!, interval, fall, timeout: interval };
        const strike: Action = { do: FailCheck, node: "gw-a", check: "web" };
        const at = 1 + phase / 1000;
        const { spans } = simulate(nodes([100, 90], { trackScripts: [config] }), {
          strikes: [{ ...strike, at }],
        }).routers[0]!;
        const seen = spans.find(({ roles }) => roles["gw-a"] === "FAULT")!.from - at;
        const { min, max } = checkDetection({ ...config, timeout: 0 });
        expect(seen).toBeGreaterThanOrEqual(min - 1e-6);
        expect(seen).toBeLessThanOrEqual(max + 1e-6);
      },
    ),
    { numRuns: 100 },
  );
});

test("names are those of the fixtures", () => {
  expect(nodes([3, 2, 1, 1]).map(({ name }) => name)).toEqual(names);
});
