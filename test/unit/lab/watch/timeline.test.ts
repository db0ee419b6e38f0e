import { between } from "../../../../lab/watch/timeline";
import { cut, timelineOf } from "./timelines";

describe("a part of a timeline", () => {
  const part = between(timelineOf(cut), 1, 5);

  it("cuts holdings at its edges and drops those outside", () => {
    expect(part.holdings.map(({ host, from, to }) => [host, from, to])).toEqual([
      ["a", 1, 1.1],
      ["b", 4.6, 5],
    ]);
    expect(between(timelineOf(cut), 2, 4).holdings).toEqual([]);
  });

  it("ends where the timeline does: what nobody has seen is no gap", () => {
    const whole = timelineOf(cut);
    expect(between(whole, 1, whole.to + 10).to).toBe(whole.to);
    expect(between(whole, 1).to).toBe(whole.to);
  });

  it("keeps only the events within, and the recorders' whole lives", () => {
    expect(part.adverts.map(({ at }) => at)).toEqual([1, 4.6]);
    expect(part.answers.every(({ at }) => at >= 1 && at <= 5)).toBe(true);
    expect(part.recorders).toEqual(timelineOf(cut).recorders);
  });
});
