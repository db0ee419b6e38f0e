import { StrikeKind } from "../../../simulate/strike";
import { type Course, compareStep, viewStep } from "../../model/compare";

const window = { from: 10, to: 20 };
const stop = [{ do: StrikeKind.Stop, node: "a" }];

/** a holds, and b takes the address at an instant; a's last advert is at another. */
function course(lost: number, taken: number, lastAdvert: number, next = "b"): Course {
  const spans = [
    { from: 0, to: lost, holders: ["a"] },
    { from: lost, to: taken, holders: [] },
    { from: taken, to: 30, holders: [next] },
  ].filter(({ from, to }) => from < to);
  const adverts = [
    { at: 9, node: "a", priority: 100 },
    { at: lastAdvert, node: "a", priority: 100 },
    { at: taken, node: next, priority: 90 },
  ];
  return { spans, adverts };
}

const compare = (model: Course, lab: Course, actions = stop) =>
  compareStep(viewStep(model, window, actions), viewStep(lab, window, actions), 1);

describe("a step of a scenario", () => {
  it("is counted from the former holder's last advert", () => {
    const { takings, before, after } = viewStep(course(10.1, 13.2, 10.1), window, stop);
    expect({ before, after }).toEqual({ before: ["a"], after: ["b"] });
    expect(takings).toEqual([
      {
        node: "b",
        after: expect.closeTo(3.2) as number,
        silence: expect.closeTo(3.1) as number,
        without: expect.closeTo(3.1) as number,
      },
    ]);
  });

  it("does not count an advert that nobody hears", () => {
    const cut = [{ do: StrikeKind.CutSilently, node: "a" }];
    const both: Course = { ...course(13, 13, 12.5) };
    expect(viewStep(both, window, cut).takings[0]!.silence).toBeCloseTo(4);
    expect(viewStep(both, window, stop).takings[0]!.silence).toBeCloseTo(0.5);
  });

  it.each([
    ["30 ms of a short one", 10.2, 10.229, true],
    ["more than that", 10.2, 10.231, false],
    ["a tenth of a long one", 13.2, 13.5, true],
    ["more than a tenth", 13.2, 13.52, false],
  ])("is close within %s", (_text, predicted, measured, isClose) => {
    const { gaps } = compare(course(10, predicted, 10), course(10, measured, 10));
    expect(gaps.map((gap) => gap.isClose)).toEqual([isClose]);
  });

  it("is another sequence when another node takes over, nobody does, or somebody has it as well", () => {
    const model = course(10, 13, 10);
    expect(compare(model, course(10, 13, 10, "c")).sameSequence).toBe(false);
    expect(compare(model, { ...model, spans: model.spans.slice(0, 2) }).sameSequence).toBe(false);
    expect(
      compare(model, {
        ...model,
        spans: [
          { from: 0, to: 13, holders: ["a"] },
          { from: 13, to: 30, holders: ["a", "b"] },
        ],
      }).sameSequence,
    ).toBe(false);
    expect(compare(model, model).sameSequence).toBe(true);
  });

  it("without a silence is judged by the time without holder", () => {
    const { gaps } = compare(course(12, 12, 11.9), course(12, 12.02, 11.7));
    expect(gaps).toEqual([{ predicted: 0, measured: expect.closeTo(0.02) as number, isClose: true }]);
  });
});
