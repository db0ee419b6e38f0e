import { type Expectation, judge } from "../../../../lab/watch/judge";
import { clientView, handOver } from "../../../../lab/watch/handover";
import { lengthOf } from "../../../../lab/watch/holders";
import type { Timeline } from "../../../../lab/watch/timeline";
import { type Story, cut, every20ms, timelineOf, vip, virtualRouterId } from "./timelines";

const moves: Expectation = {
  vip,
  virtualRouterId,
  before: "a",
  after: "b",
  withoutHolder: 3.65,
  gap: 3.65,
  silence: 3.65,
};
const failures = (story: Story, expected: Partial<Expectation> = {}) =>
  judge(timelineOf(story), { ...moves, ...expected }).failures;

describe("a judgement", () => {
  it("passes a takeover within its bounds and tells what it measured", () => {
    const verdict = judge(timelineOf(cut), moves);
    expect(verdict.failures).toEqual([]);
    expect(verdict.withoutHolder).toBeCloseTo(3.5, 6);
    expect(verdict.twoHolders).toBe(0);
    expect(verdict.handOver?.gap).toBeCloseTo(3.62, 6);
  });

  it.each<[string, Partial<Expectation>, RegExp]>([
    [
      "a time without holder over the bound",
      { withoutHolder: 3.4 },
      /time without holder took 3\.500 s; at most 3\.400 s/,
    ],
    ["a gap over the bound", { gap: 3.6 }, /last advert to the first answer took 3\.620 s/],
    ["a client without answer for too long", { silence: 3.5 }, /time without answer took 3\.5/],
    ["another holder at the start", { before: "c" }, /a held it at the start; it must be c alone/],
    ["another holder at the end", { after: "c" }, /b held it at the end; it must be c alone/],
    ["a move where none is allowed", { after: "a" }, /b held it at the end/],
  ])("refuses %s", (_, expected, message) => {
    expect(failures(cut, expected).join("\n")).toMatch(message);
  });

  const overlapping: Story = {
    ...cut,
    holdings: [
      ["a", 0, 4.602],
      ["b", 4.6, 6],
    ],
  };

  it("refuses two holders, however short, unless a time is granted", () => {
    expect(failures(overlapping)).toEqual([
      expect.stringMatching(/two holders took 0\.002 s; at most 0\.000 s/),
    ]);
    expect(failures(overlapping, { twoHolders: 0.05 })).toEqual([]);
  });

  it("refuses a VIP that goes to and fro on its way", () => {
    const flapping: Story = {
      ...cut,
      holdings: [
        ["a", 0, 1],
        ["b", 1, 2],
        ["a", 2, 3],
        ["b", 3, 6],
      ],
    };
    expect(failures(flapping)).toEqual([
      expect.stringContaining("the holders were a, b, a, b; must be a, b"),
    ]);
  });

  it("refuses nobody at the end", () => {
    expect(
      failures({
        ...cut,
        holdings: [
          ["a", 0, 1.1],
          ["b", 4.6, 5],
        ],
      }).join(),
    ).toMatch(/nobody held it at the end/);
  });

  it("refuses a gap that could not be measured", () => {
    const unanswered: Story = { ...cut, answers: every20ms("a", 0.01, 1.1) };
    expect(failures(unanswered).join()).toMatch(/last advert to the first answer was not seen/);
  });
});

describe("a watcher that did not look", () => {
  const spoiled = (spoil: (timeline: Timeline) => void): string => {
    const timeline = timelineOf(cut);
    spoil(timeline);
    return judge(timeline, moves).failures.join("\n");
  };

  it.each<[string, (timeline: Timeline) => void, RegExp]>([
    [
      "that died",
      (t) => t.recorders[0]?.failures.push("ended by itself"),
      /recorder addresses: ended by itself/,
    ],
    [
      "that was late",
      (t) => Object.assign(t.recorders[1] ?? {}, { from: 0.5 }),
      /adverts: saw nothing of the start/,
    ],
    [
      "that left early",
      (t) => Object.assign(t.recorders[1] ?? {}, { to: 4 }),
      /adverts: saw nothing of the last 2\.000 s/,
    ],
    ["that was not there", (t) => (t.recorders = []), /nobody watched/],
    ["that saw no advert", (t) => (t.adverts = []), /no advert was seen/],
    ["that saw no answer", (t) => (t.answers = []), /no answer was seen at all/],
  ])("%s fails the judgement", (_, spoil, message) => {
    expect(spoiled(spoil)).toMatch(message);
  });

  it("of a timeline without length fails the judgement", () => {
    expect(failures({ ...cut, length: 0 }).join()).toMatch(/the timeline is 0\.000 s long/);
  });
});

describe("a hand-over", () => {
  it("is measured from the old holder's last advert before the new one answered", () => {
    const story: Story = {
      ...cut,
      adverts: [
        ["a", 1, 100],
        ["a", 1.5, 0],
        ["b", 4.6, 90],
        ["a", 5, 100],
      ],
    };
    const passed = handOver(timelineOf(story), { vip, virtualRouterId, from: "a", to: "b" });
    expect(passed.lastAdvert?.at).toBe(1.5);
    expect(passed.firstAdvert?.at).toBe(4.6);
    expect(passed.firstAnswer?.at).toBe(4.62);
  });

  it("does not count adverts of another virtual router or family", () => {
    const timeline = timelineOf(cut);
    const [advert] = timeline.adverts;
    if (!advert) throw new Error("no advert");
    timeline.adverts.push({ ...advert, at: 3, virtualRouterId: 52 }, { ...advert, at: 3, source: "fe80::1" });
    expect(handOver(timeline, { vip, virtualRouterId, from: "a", to: "b" }).lastAdvert?.at).toBe(1);
  });
});

describe("what the client got", () => {
  it("is who answered, what was lost, and the longest silence with the edges counted", () => {
    const view = clientView(timelineOf(cut), vip);
    expect(view.answeredBy).toEqual(["a", "b"]);
    expect(view.lost).toBe(0);
    expect(lengthOf(view.silence)).toBeGreaterThan(3.5);
    expect(lengthOf(clientView(timelineOf({ ...cut, answers: [["a", 1]] }), vip).silence)).toBe(5);
  });

  it("counts a question without answer, and one that never left, as one lost each", () => {
    const timeline = timelineOf({ ...cut, answers: every20ms("a", 0.01, 1.01) });
    timeline.answers = timeline.answers.filter(({ sequence }) => sequence !== 7);
    timeline.requests = timeline.requests.filter(({ sequence }) => sequence !== 9);
    timeline.answers = timeline.answers.filter(({ sequence }) => sequence !== 9);
    expect(clientView(timeline, vip)).toMatchObject({ asked: 50, answered: 48, lost: 2 });
  });

  it("does not hold a question against the holder that may still be answered", () => {
    const timeline = timelineOf(cut);
    timeline.requests.push({ at: 5.9, vip, sequence: 1000 });
    timeline.requests = timeline.requests.slice(-1);
    expect(clientView(timeline, vip).lost).toBe(0);
  });
});
