import type { StepSeen } from "../../sites/bench";
import { holdersText, merged, readSaid, saidOf, table } from "../../sites/report";
import { sectionOf, withSection } from "../../section";
import { type Scenario, scenarios } from "../../sites/scenarios";

const asked = { silence: 0.02, lost: 0, asked: 50, by: "gw-b" } as const;

const seen = (spans: [number, ...string[]][], more: Partial<StepSeen> = {}): StepSeen => {
  let at = 0;
  return {
    step: { what: "power", strikes: [] },
    before: ["gw-a"],
    spans: spans.map(([length, ...hosts]) => ({ from: at, to: (at += length), hosts })),
    gap: 0,
    overlap: 0,
    takers: [],
    asked: { "lan-a": asked, "lan-b": asked },
    failures: [],
    ...more,
  };
};

describe("the report of two sites", () => {
  test("holders stand one after the other, without the moment of a takeover from one who serves", () => {
    const spans: [number, ...string[]][] = [
      [2, "gw-a"],
      [0.01, "gw-a", "gw-b"],
      [9, "gw-b"],
    ];
    expect(holdersText(seen(spans))).toBe("gw-a -> gw-b");
    expect(holdersText(seen([[0.05, "gw-a"], [3], [9, "gw-b"]]))).toBe("gw-a -> nobody -> gw-b");
  });

  test("a long way is cut in its middle", () => {
    const spans = Array.from({ length: 9 }, (_, i): [number, ...string[]] => [2, i % 2 ? "gw-a" : "gw-b"]);
    expect(holdersText(seen(spans))).toBe("gw-a -> gw-b -> gw-a -> gw-b -> gw-a -> ... -> gw-b");
  });

  test("a step that is not as promised is said above the table", () => {
    const [scenario] = scenarios;
    const wrong = seen([[9, "gw-b"]], { failures: ["gw-a took it back"] });
    const text = table(saidOf([{ scenario: scenario!, seen: wrong }]), ["keepalived 2.2.7"]);
    expect(text).toContain("0 of 1 steps are as promised, but for:");
    expect(text).toContain(`- ${scenario!.name}, power: gw-a took it back`);
  });

  test("what some scenarios say takes the place of what they said, and the others' stays", () => {
    const [one, other] = scenarios as [Scenario, Scenario];
    const wrong = seen([[9, "gw-b"]], { failures: ["gw-a took it back"] });
    const both = [one, other].map((scenario) => ({ scenario, seen: wrong }));
    const former = saidOf(both, {
      stall: 0.3,
      lost: 2,
      asked: 100,
      transfer: { bytes: 31e6, connections: 1, stall: 0.42 },
      isNew: true,
    });
    expect(readSaid(table(former, ["keepalived 2.2.7"]))).toEqual(former);
    const now = saidOf([{ scenario: one, seen: seen([[9, "gw-b"]]) }]);
    const names = [one.name, other.name];
    expect(merged(former, now, names)).toEqual({
      cells: [now.cells[0], former.cells[1]],
      faults: [`- ${other.name}, power: gw-a took it back`],
      rotation:
        "longest stall 300 ms, 2 of 100 packets lost; of the transfer 420 ms, 31 MB in one connection.",
    });
    expect(merged(former, saidOf([]), [other.name]).cells).toEqual([former.cells[1]]);
  });

  test("a section takes the place of the former one, and the rest of the page stays", () => {
    const page = "a\n\n<!-- sites -->\n\nold\n\n<!-- /sites -->\n\nb\n";
    expect(withSection(page, "sites", "new")).toBe("a\n\n<!-- sites -->\n\nnew\n\n<!-- /sites -->\n\nb\n");
    expect(sectionOf(page, "sites")).toBe("old");
    expect(() => withSection("a\n", "sites", "new")).toThrow("<!-- sites -->");
  });

  test("every scenario has a name of its own, and steps that strike", () => {
    const names = scenarios.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const { steps } of scenarios) {
      expect(steps.length).toBeGreaterThan(0);
      for (const { strikes } of steps) expect(strikes.length).toBeGreaterThan(0);
    }
  });
});
