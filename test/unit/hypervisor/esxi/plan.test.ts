import fc from "fast-check";

import {
  notMet,
  planOf,
  restoreOf,
  sayAgainCommand,
  setCommand,
  wantedFor,
  WORDS,
} from "../../../../hypervisor/esxi";
import { after, policy, policyOf, wanted } from "./policies";

const options = (command: string[] | undefined) => command?.slice(command.indexOf("PG") + 1);

describe("the least that is asked of a port group", () => {
  test("is nothing for a pair whose routers keep their NICs' addresses", () => {
    expect(wantedFor({ virtualMac: false })).toEqual({});
    expect(planOf(policyOf("(-) (-) (-)"), wantedFor({ virtualMac: false })).targets).toEqual({});
  });

  test("is to send from another address and to hear all for a virtual MAC, and no change of the NIC's own", () => {
    expect(wantedFor({ virtualMac: true })).toEqual({ promiscuous: true, forgedTransmits: true });
  });

  test("leaves alone what is accepted already, by itself or by the vSwitch", () => {
    const plan = planOf(policyOf("+ (-) (+)"), { promiscuous: true, forgedTransmits: true });
    expect(plan).toEqual({ targets: {}, kept: {}, left: [] });
  });

  test("sets only the switch that is not as wanted", () => {
    const seen = policyOf("(-) (-) (+)");
    const plan = planOf(seen, { promiscuous: true, forgedTransmits: true });
    expect(options(setCommand("PG", seen, plan.targets))).toEqual(["--allow-promiscuous=true"]);
    expect(plan.kept).toEqual({ promiscuous: { before: { accept: false, own: false }, set: true } });
  });
});

describe("going back", () => {
  const before = (text: string) => policyOf(text).promiscuous;

  test("to an own value sets it", () => {
    const seen = policyOf("+ - -");
    const plan = restoreOf(seen, { promiscuous: { before: before("- - -"), set: true } });
    expect(options(setCommand("PG", seen, plan.targets))).toEqual(["--allow-promiscuous=false"]);
  });

  test("to the vSwitch's value says again what else is the port group's own, for --use-vswitch takes all three", () => {
    const seen = policyOf("+ (+) -");
    const { targets } = restoreOf(seen, { promiscuous: { before: before("(-) - -"), set: true } });
    expect(options(setCommand("PG", seen, targets))).toEqual([
      "--use-vswitch",
      "--allow-forged-transmits=false",
    ]);
    expect(options(sayAgainCommand("PG", seen, targets, policyOf("(-) (+) (+)")))).toEqual([
      "--allow-forged-transmits=false",
    ]);
    expect(sayAgainCommand("PG", seen, targets, policyOf("(-) (+) -"))).toBeUndefined();
  });

  test.each([
    ["rejects", "- - -"],
    ["takes it from its vSwitch", "(+) - -"],
  ])("is left alone where somebody has seen to it that the port group %s since", (_, text) => {
    const plan = restoreOf(policyOf(text), { promiscuous: { before: before("(-) - -"), set: true } });
    expect(plan.targets).toEqual({});
    expect(plan.left).toEqual([expect.stringMatching(/^promiscuous is .*, not accept as it was set$/)]);
  });

  test("says nothing where it is back already", () => {
    const plan = restoreOf(policyOf("(-) - -"), { promiscuous: { before: before("(-) - -"), set: true } });
    expect(plan).toEqual({ targets: {}, kept: {}, left: [] });
  });

  test("goes to what was there at first, after a change of mind, too", () => {
    const first = planOf(policyOf("(-) - -"), { promiscuous: true });
    const second = planOf(policyOf("+ - -"), { promiscuous: false }, first.kept);
    expect(second.targets).toEqual({ promiscuous: { own: true, accept: false } });
    const { targets } = planOf(policyOf("- - -"), {}, second.kept);
    expect(targets).toEqual({ promiscuous: { own: false } });
  });
});

test("whatever was there and is wanted: it is accepted, a second look finds nothing to do, and a destroy puts all back", () => {
  fc.assert(
    fc.property(policy, policy, wanted, (drawn, vSwitch, want) => {
      const original = after(
        drawn,
        Object.fromEntries(
          WORDS.filter((word) => !drawn[word].own).map((word) => [word, { own: false as const }]),
        ),
        vSwitch,
      );
      const plan = planOf(original, want);
      const changed = after(original, plan.targets, vSwitch);
      for (const word of WORDS) {
        expect(changed[word].accept).toBe(want[word] ?? original[word].accept);
        if (want[word] === undefined) expect(changed[word]).toEqual(original[word]);
      }
      expect(notMet(changed, plan.targets)).toEqual([]);
      expect(planOf(changed, want, plan.kept)).toEqual({ targets: {}, kept: plan.kept, left: [] });
      const back = restoreOf(changed, plan.kept);
      expect(after(changed, back.targets, vSwitch)).toEqual(original);
      expect(back.left).toEqual([]);
    }),
  );
});
