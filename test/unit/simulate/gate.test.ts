import fc from "fast-check";
import { figuresOf } from "../../../simulate/figures";
import { simulate } from "../../../simulate/run";
import { StrikeKind } from "../../../simulate/strike";
import { summaryText } from "../../../simulate/summary";
import { handOverSeconds, masterDownInterval, settleAfterStart } from "../../../simulate/timing";
import { witnessHandOver, witnessTakeover } from "../../../simulate/votes";
import { nodesOf, whatIf } from "../../../simulate/whatIf";
import type { Cluster, Witness } from "../../../spec/model";
import { parseCluster } from "../../../spec";
import { clusterInput } from "../spec/cluster-input";
import { figures, nodes, story, web } from "./nodes";

const ttl = 10;
const lease: Witness = { kind: "lease", endpoints: ["http://192.0.2.9:2379"], ttl };
const ping: Witness = { kind: "ping", target: "192.0.2.1" };
const pair = (witness: Witness, change = {}) => nodes([100, 100], change, { witness, restartAfter: 1 });
const down = masterDownInterval({ version: 3, advertInt: 1, priority: 100 });
const on = (kind: StrikeKind, ...names: string[]) => names.map((node) => ({ do: kind, node }));
const both = ["gw-a", "gw-b"];

describe("a pair with a lease", () => {
  it.each(both)("is held by %s where that was first, and the other one is in FAULT", (first) => {
    const { spans } = simulate(pair(lease), { first }).routers[0]!;
    expect(spans).toHaveLength(1);
    expect(spans[0]!.serving).toEqual([first]);
    expect(Object.values(spans[0]!.roles).sort()).toEqual(["FAULT", "MASTER"]);
  });

  it("takes over from a holder that is off by two rounds, the ttl and the down timer", () => {
    for (const fault of ["holder-dies", "cable-pulled", "cut-off", "holder-alone-healed"]) {
      const [outcome] = whatIf(pair(lease), { faults: [fault] });
      const { min, max } = witnessTakeover(ttl);
      expect(outcome).toMatchObject({ after: [["gw-b"]], twoMasters: { max: 0 }, moves: { max: 1 } });
      // Whom its clients still reach serves them as long as its votes last.
      if (fault !== "holder-alone-healed") expect(outcome!.gap.min).toBeGreaterThanOrEqual(min + down - 1e-6);
      expect(outcome!.gap.max).toBeLessThanOrEqual(max + down);
    }
  });

  it("gives way to a well peer without waiting for the ttl: drained, stopped, restarted, or with a failed check", () => {
    for (const fault of ["drained", "daemon-stops", "daemon-restarts", "daemon-killed", "check-fails"]) {
      for (const weight of [0, -20]) {
        const [outcome] = whatIf(pair(lease, web(weight)), { faults: [fault] });
        const { max } = witnessHandOver(ttl);
        expect(outcome).toMatchObject({ after: [["gw-b"]], twoMasters: { max: 0 } });
        expect(outcome!.gap.max).toBeLessThanOrEqual(max + down);
      }
    }
  });

  it("stays where it is while the sites do not hear each other, while there is no witness, and after both", () => {
    for (const first of both) {
      for (const fault of [
        "sites-cut-healed",
        "witness-lost-healed",
        "vrrp-lost-healed",
        "refresh-holder-first",
      ]) {
        const [outcome] = whatIf(pair(lease), { faults: [fault], first });
        expect(outcome).toMatchObject({ after: [[first]], gap: { max: 0 }, twoMasters: { max: 0 } });
      }
    }
  });

  it("has nobody where the holder dies and there is no witness", () => {
    const [outcome] = whatIf(pair(lease), { faults: ["holder-dies-without-witness"] });
    expect(outcome).toMatchObject({ after: [[]], endsUnserved: true });
  });

  it("loses what a killed keepalived has left when no round lends it any more", () => {
    const left = nodes([100, 100], {}, { witness: lease });
    const run = story(left, [on(StrikeKind.Kill, "gw-a")], { first: "gw-a" });
    expect(figures(run)).toMatchObject({ after: ["gw-b"], twoMasters: 0, moves: 1 });
  });

  it("has what it holds in a reload", () => {
    const run = story(pair(lease), [on(StrikeKind.Reload, "gw-a"), on(StrikeKind.Reload, "gw-b")], {
      first: "gw-a",
    });
    expect(figures(run)).toMatchObject({ gap: 0, moves: 0 });
  });

  it("never has two holders, whatever strikes", () => {
    const kinds = Object.values(StrikeKind);
    const strikes = fc.array(
      fc.record({
        do: fc.constantFrom(...kinds),
        node: fc.constantFrom(...both),
        at: fc.integer({ min: 0, max: 90_000 }).map((milliseconds) => milliseconds / 1000),
      }),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(
        strikes,
        fc.constantFrom(...both),
        fc.constantFrom(0, -20),
        fc.constantFrom(1, undefined),
        (list, first, weight, restartAfter) => {
          const cluster = nodes([100, 100], web(weight), { witness: lease, restartAfter });
          const run = simulate(cluster, { first, strikes: list.map((one) => ({ ...one, check: "web" })) });
          expect(figuresOf(run.routers[0]!).twoMasters).toBe(0);
        },
      ),
      { numRuns: 150 },
    );
  });

  it("is a pair: three nodes are refused", () => {
    expect(() => simulate(nodes([100, 100, 100], {}, { witness: lease }))).toThrow(/nodes: 3 with a lease/);
  });
});

describe("a pair with a ping", () => {
  it("keeps a node that is wholly alone in FAULT, and no other", () => {
    const alone = [...on(StrikeKind.CutPeers, "gw-a"), ...on(StrikeKind.CutWitness, "gw-a")];
    const healed = [...on(StrikeKind.RestorePeers, "gw-a"), ...on(StrikeKind.RestoreWitness, "gw-a")];
    const run = story(pair(ping), [alone, healed], { first: "gw-a" });
    expect(figures(run)).toMatchObject({ after: ["gw-b"], twoMasters: 0, moves: 1 });
    const roles = run.routers[0]!.spans.map((span) => span.roles["gw-a"]);
    expect(roles).toEqual(expect.arrayContaining(["FAULT"]));
  });

  it("has no say while the peer answers", () => {
    const run = story(pair(ping), [on(StrikeKind.CutWitness, ...both)], { first: "gw-a" });
    expect(figures(run)).toMatchObject({ after: ["gw-a"], gap: 0 });
  });

  it("has two holders while the sites do not hear each other", () => {
    const [outcome] = whatIf(pair(ping), { faults: ["sites-cut-healed"] });
    expect(outcome!.twoMasters.max).toBeGreaterThan(0);
  });
});

describe("what-if", () => {
  it("names what is missing where a fault needs a witness", () => {
    expect(() => whatIf(nodes([100, 90]), { faults: ["sites-cut-healed"] })).toThrow(/needs a witness/);
  });

  it("has no fault of the check that a witness makes", () => {
    const endpoints = { endpoints: ["http://192.0.2.9:2379"] };
    for (const witness of [endpoints, { ping: "192.0.2.1" }]) {
      const parsed = parseCluster(clusterInput({ preemption: "sticky", witness }));
      if ("problems" in parsed) throw new Error(JSON.stringify(parsed.problems));
      const of = nodesOf(parsed.value);
      expect(of[0]!.instances[0]!.trackScripts.map(({ name }) => name)).toEqual(["witness"]);
      expect(whatIf(of).filter(({ fault }) => fault.startsWith("check-"))).toEqual([]);
      expect(whatIf(of, { faults: ["holder-dies"] })).toMatchObject([{ after: [["gw-b"]] }]);
    }
  });

  it("has the faults of a witness in a summary where there is one", () => {
    const parsed = parseCluster(clusterInput({ preemption: "sticky" }));
    if ("problems" in parsed) throw new Error(JSON.stringify(parsed.problems));
    const cluster: Cluster = { ...parsed.value, preemption: "sticky" };
    expect(summaryText(cluster)).not.toContain("sites-cut");
    const text = summaryText({ ...cluster, witness: lease });
    expect(text).toMatch(/^sites-cut-healed +gw-a -> gw-a +- +0 +-$/m);
    expect(text).toMatch(/^holder-dies +gw-a -> gw-b +1[4-8]/m);
  });

  it("waits for a witness as long as its votes need", () => {
    const timing = { version: 3 as const, advertInt: 1, priority: 100, bfd: [], preemptDelay: 0 };
    const votes = Math.ceil(witnessTakeover(ttl).max);
    expect(settleAfterStart([timing], 0, lease) - settleAfterStart([timing], 0)).toBe(votes);
    expect(settleAfterStart([timing], 0, ping)).toBe(settleAfterStart([timing], 0));
    expect(handOverSeconds([timing], lease) - handOverSeconds([timing])).toBe(witnessHandOver(ttl).max);
  });
});
