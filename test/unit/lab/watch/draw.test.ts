import fc from "fast-check";
import { draw, terminal } from "../../../../lab/watch/draw";
import { cut, timelineOf, vip, virtualRouterId } from "./timelines";

const options = { vip, virtualRouterId, moved: { from: "a", to: "b" }, bound: 3.648 };
const timeline = { ...timelineOf(cut), marks: [{ at: 1.1, label: "cable of a cut" }] };

describe("the drawn timeline", () => {
  it("shows holders, answers, adverts, marks and the gap beside its bound", () => {
    expect(draw(timeline, { ...options, width: 50 }).split("\n")).toEqual([
      "seconds  0            2            4",
      "a        ███████·································",
      "b        ······························██████████",
      "client   ▪▪▪▪▪▪▪▪xxxxxxxxxxxxxxxxxxxxxx▪▪▪▪▪▪▪▪▪▪",
      "adverts  |     |                       |      |",
      "               ^ 1.000 s last advert of a",
      "                ^ 1.100 s cable of a cut",
      "             4.600 s first advert of b ^",
      "             4.620 s first answer of b ^",
      "from last advert to first answer 3.620 s (at most 3.648 s by the timers)",
      "longest time without holder 3.500 s, with two 0.000 s",
      "client: 124 asked, 0 lost, longest silence 3.530 s",
      "",
    ]);
  });

  it("points at an instant also where there is no room beside it", () => {
    const rows = draw(timeline, { ...options, width: 40 }).split("\n");
    const text = rows.findIndex((row) => row.includes("last advert of a"));
    expect(rows[text - 1]).toBe("              ^");
  });

  it("says that a gap was not seen", () => {
    const silent = { ...timeline, answers: [] };
    expect(draw(silent, options)).toContain("from last advert to first answer not seen");
  });

  it("differs with colours by nothing but the escapes", () => {
    const colored = draw(timeline, { ...options, color: true });
    const plain = colored.replace(/\u001b\[\d+m/g, "");
    expect(colored).toContain("\u001b[32m███");
    expect(plain).toBe(draw(timeline, options));
  });

  it("fits every width", () => {
    fc.assert(
      fc.property(fc.integer({ min: 40, max: 300 }), (width) => {
        const rows = draw(timeline, { ...options, width }).split("\n");
        for (const row of rows.filter(
          (one) => !one.startsWith("from ") && !one.startsWith("longest ") && !one.startsWith("client:"),
        )) {
          expect(row.length).toBeLessThanOrEqual(width);
        }
      }),
    );
  });
});

describe("a terminal", () => {
  it.each([
    [{ isTTY: true, columns: 132 }, {}, { width: 132, color: true }],
    [{ isTTY: true, columns: 132 }, { NO_COLOR: "1" }, { width: 132, color: false }],
    [{ isTTY: true, columns: 20 }, { TERM: "dumb" }, { width: 40, color: false }],
    [{ isTTY: false, columns: 132 }, {}, { width: 80, color: false }],
    [{}, {}, { width: 80, color: false }],
  ])("%j with %j is drawn as %j", (stream, env, expected) => {
    expect(terminal(stream, env)).toEqual(expected);
  });
});
