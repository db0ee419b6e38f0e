import * as fc from "fast-check";
import { heldBy, holderSpans, takenAt } from "../../../../operate/drill/holders";
import { reportOf } from "../../../../operate/drill/report";
import { answeredIn } from "../../../../operate/drill/requests";
import { drillText } from "../../../../operate/drill/text";
import { VIP } from "../observations";
import { asked, phase, record, requests, silence, watched, ZERO } from "./records";

describe("the figures of a drill", () => {
  test("of one that went as predicted are well, and each stands beside the prediction", () => {
    const report = reportOf(record({ phases: [phase({ reached: ZERO + 2500 })] }));
    expect(report).toMatchObject({
      ok: true,
      from: "a",
      to: "b",
      addresses: [VIP],
      at: "2027-01-15T08:00:00.000Z",
    });
    expect(report.phases[0]).toMatchObject({ gap: 0, twoMasters: 20, reached: 1500, worse: [] });
    expect(report.phases[0]!.points).toEqual([
      {
        address: VIP,
        probe: "ping",
        every: 50,
        asked: 40,
        lost: 0,
        predictedLost: { min: 0, max: 0 },
        silence: 50,
      },
    ]);
  });

  test("of a kill are counted from the strike, and are well within the bound", () => {
    const killed = record({
      kind: "kill",
      phases: [phase({ struck: ZERO + 1100, prediction: silence })],
      nodes: [watched("a", [0, VIP], [1250]), watched("b", [0], [2700, VIP])],
      points: [asked(requests(0, 6000, 1250, 2700))],
    });
    const report = reportOf(killed);
    expect(report.ok).toBe(true);
    expect(report.phases[0]).toMatchObject({ takeover: 1600, gap: 1450, twoMasters: 0 });
    expect(report.phases[0]!.points[0]).toMatchObject({
      lost: 29,
      predictedLost: { min: 26, max: 36 },
      silence: 1500,
    });
  });

  test.each<[string, Parameters<typeof record>[0], string]>([
    [
      "nobody had the address for longer than the bound",
      { nodes: [watched("a", [0, VIP], [1200]), watched("b", [0], [1401, VIP])] },
      "nobody had an address for 201 ms, where at most 200 were predicted",
    ],
    [
      "two had it for longer than the bound",
      { nodes: [watched("a", [0, VIP], [1701]), watched("b", [0], [1500, VIP])] },
      "two had an address for 201 ms, where at most 200 were predicted",
    ],
    [
      "one request of a drain was lost",
      { points: [asked(requests(0, 6000, 1500, 1550))] },
      `1 requests to ${VIP} were lost, where none was predicted`,
    ],
    [
      "the silence was longer than the bound",
      { points: [asked(requests(0, 6000, 1500, 1900))] },
      `${VIP} did not answer for 450 ms, where at most 350 were predicted`,
    ],
  ])("are not well where %s", (_what, changed, why) => {
    const report = reportOf(record(changed));
    expect(report.ok).toBe(false);
    expect(report.phases[0]!.worse).toContain(why);
    expect(drillText(report)).toContain(`worse than predicted: ${why}\n`);
  });

  test.each<[string, Parameters<typeof record>[0], RegExp]>([
    ["something is left", { left: ["a is drained"] }, /^left to be done: a is drained$/m],
    ["it was interrupted", { isInterrupted: true }, /^interrupted$/m],
    ["something went wrong", { problems: ["b sleeps"] }, /^problem: b sleeps$/m],
    [
      "a node was not watched to the end",
      { nodes: [{ ...watched("a", [0, VIP]), broken: "EOF" }, watched("b", [0])] },
      /^problem: a was not watched to the end: EOF$/m,
    ],
    ["nothing was done", { phases: [] }, /^not as predicted$/m],
  ])("are not well where %s", (_what, changed, words) => {
    const report = reportOf(record(changed));
    expect(report.ok).toBe(false);
    expect(drillText(report)).toMatch(words);
  });

  test("are not known of nodes that were not watched, and the text says so", () => {
    const report = reportOf(record({ nodes: [watched("a"), watched("b", [0])] }));
    expect(report.phases[0]).not.toHaveProperty("gap");
    expect(drillText(report)).toMatch(/without holder .* not known$/m);
  });

  test("of the way back are judged as those of a move while somebody serves, whatever the strike was", () => {
    const back = phase({ name: "back", from: "b", to: "a", began: ZERO + 3000, ended: ZERO + 6000 });
    const report = reportOf(
      record({
        kind: "kill",
        phases: [phase({ struck: ZERO + 1100, prediction: silence }), back],
        points: [asked(requests(0, 6000, 4000, 4050))],
        nodes: [watched("a", [0, VIP], [1250], [4000, VIP]), watched("b", [0], [2700, VIP], [4010])],
      }),
    );
    expect(report.phases.map(({ worse }) => worse)).toEqual([
      [],
      [`1 requests to ${VIP} were lost, where none was predicted`],
    ]);
  });

  test("hold the prediction and the measurement side by side in the text", () => {
    const hooks = [
      { node: "b", kind: "action" as const, name: "db", state: "done", milliseconds: 1500, at: ZERO + 3000 },
      { node: "b", kind: "role" as const, name: "gw", state: "master", milliseconds: 1700, at: ZERO + 3000 },
    ];
    const text = drillText(reportOf(record({ hooks, notes: ["all quiet"], lacks: ["no way to 10.0.0.9"] })));
    expect(text.split("\n")).toEqual([
      "drill of gw: drain of a, 6.0 s",
      "away: a -> b",
      expect.stringMatching(/^ +predicted +measured$/) as string,
      expect.stringMatching(/^ {2}without holder +0\.00 s, at most 0\.20 s +0\.00 s$/) as string,
      expect.stringMatching(/^ {2}two holders +at most 0\.20 s +0\.02 s$/) as string,
      expect.stringMatching(/^ {2}requests lost \(10\.0\.0\.100, ping every 50 ms\) +0 +0 of 40$/) as string,
      expect.stringMatching(/^ {2}longest without answer +at most 0\.35 s +0\.05 s$/) as string,
      "not asked from here: no way to 10.0.0.9",
      "hooks",
      "  b: db done after 1.50 s",
      "  b: role master reached after 1.70 s",
      "note: all quiet",
      "everything is as it was",
      "as predicted",
      "",
    ]);
  });
});

describe("who had an address", () => {
  const window = { from: ZERO, to: ZERO + 1000 };
  const times = fc.array(fc.tuple(fc.integer({ min: 0, max: 1000 }), fc.boolean()), { maxLength: 8 });
  const node = (name: string, list: [number, boolean][]) =>
    watched(
      name,
      [0],
      ...list
        .sort(([one], [other]) => one - other)
        .map(([at, has]): [number, ...string[]] => (has ? [at, VIP] : [at])),
    );

  test("is told of every instant, by what each node had told last", () => {
    fc.assert(
      fc.property(times, times, fc.integer({ min: 1, max: 999 }), (one, other, at) => {
        const nodes = [node("a", one), node("b", other)];
        const spans = holderSpans(nodes, VIP, window);
        expect(spans[0]!.from).toBe(window.from);
        expect(spans.at(-1)!.to).toBe(window.to);
        spans.slice(1).forEach((span, place) => expect(span.from).toBe(spans[place]!.to));
        const span = spans.find(({ from, to }) => from <= ZERO + at && ZERO + at < to)!;
        const had = nodes.filter(
          ({ changes }) => changes.findLast((change) => change.at <= ZERO + at)!.addresses.length > 0,
        );
        expect(span.nodes).toEqual(had.map((has) => has.node));
        const { gap, several } = heldBy(spans);
        const sum = (count: (nodes: number) => boolean) =>
          spans
            .filter(({ nodes: names }) => count(names.length))
            .reduce((all, { from, to }) => all + to - from, 0);
        expect(gap).toBeLessThanOrEqual(sum((count) => count === 0));
        expect(several).toBe(sum((count) => count > 1));
      }),
    );
  });

  test("is taken when the last of several is there, after the strike", () => {
    const nodes = [watched("b", [0, "x"], [100], [200, "x"], [300, "x", "y"])];
    expect(takenAt(nodes, "b", ["x"], ZERO + 50)).toBe(ZERO + 200);
    expect(takenAt(nodes, "b", ["x", "y"], ZERO + 50)).toBe(ZERO + 300);
    expect(takenAt(nodes, "b", ["z"], ZERO)).toBeUndefined();
    expect(takenAt(nodes, "c", ["x"], ZERO)).toBeUndefined();
  });
});

describe("what who asks has got", () => {
  const list = requests(0, 1000, 300, 500);
  test("counts a silence that goes on at either end of the window as a whole", () => {
    expect(answeredIn(list, { from: ZERO + 400, to: ZERO + 900 })).toMatchObject({
      asked: 10,
      lost: 2,
      silence: 250,
    });
    expect(answeredIn(list, { from: ZERO, to: ZERO + 400 })).toMatchObject({
      asked: 8,
      lost: 2,
      silence: 250,
    });
  });
  test("is silence from end to end where nothing was answered", () => {
    expect(answeredIn(requests(0, 500, 0, 500), { from: ZERO, to: ZERO + 500 })).toMatchObject({
      asked: 10,
      lost: 10,
      silence: 500,
    });
    expect(answeredIn([], { from: ZERO, to: ZERO + 500 })).toMatchObject({ asked: 0, lost: 0, silence: 500 });
  });
});
