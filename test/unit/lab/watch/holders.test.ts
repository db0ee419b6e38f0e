import fc from "fast-check";
import { holdersOf, holdings, lengthOf } from "../../../../lab/watch/holders";
import { type HostEvent, between } from "../../../../lab/watch/timeline";
import { timelineOf, vip } from "./timelines";

const address = (at: number, host: string, present: boolean, interfaceIndex = 2): HostEvent => ({
  kind: "address",
  at,
  host,
  address: vip,
  interfaceIndex,
  present,
});

describe("holdings", () => {
  it("reach from the coming of an address to its going, or to the end", () => {
    const events = [address(1, "a", true), address(2, "a", false), address(3, "b", true)];
    expect(holdings(events, 9)).toEqual([
      { host: "a", address: vip, from: 1, to: 2 },
      { host: "b", address: vip, from: 3, to: 9 },
    ]);
  });

  it("end with the host's namespace", () => {
    const events: HostEvent[] = [
      address(1, "a", true),
      address(1, "b", true),
      { kind: "gone", at: 4, host: "a" },
    ];
    expect(holdings(events, 9).map(({ host, to }) => [host, to])).toEqual([
      ["a", 4],
      ["b", 9],
    ]);
  });

  it("last while any interface has the address", () => {
    const events = [
      address(1, "a", true, 2),
      address(2, "a", true, 3),
      address(3, "a", false, 2),
      address(4, "a", false, 3),
    ];
    expect(holdings(events, 9)).toEqual([{ host: "a", address: vip, from: 1, to: 4 }]);
  });

  it("do not begin anew when the kernel repeats an address, and survive a removal never announced", () => {
    const events = [
      address(0, "b", false),
      address(1, "a", true),
      address(2, "a", true),
      address(3, "a", false),
    ];
    expect(holdings(events, 9)).toEqual([{ host: "a", address: vip, from: 1, to: 3 }]);
  });
});

describe("the holders of a VIP", () => {
  it("are told apart into gaps and overlaps", () => {
    const timeline = timelineOf({
      length: 10,
      holdings: [
        ["a", 0, 3],
        ["b", 5, 10],
        ["a", 8, 9],
      ],
    });
    const { gaps, overlaps, sequence } = holdersOf(timeline, vip);
    expect(gaps).toEqual([{ from: 3, to: 5, hosts: [] }]);
    expect(overlaps).toEqual([{ from: 8, to: 9, hosts: ["a", "b"] }]);
    expect(sequence).toEqual(["a", "b", "a"]);
  });

  it("are nobody when the address was never seen", () => {
    const { spans, sequence } = holdersOf(timelineOf({ length: 4, holdings: [] }), vip);
    expect(spans).toEqual([{ from: 0, to: 4, hosts: [] }]);
    expect(sequence).toEqual([]);
  });

  const stories = fc.array(
    fc
      .tuple(
        fc.constantFrom("a", "b", "c"),
        fc.integer({ min: 0, max: 100 }),
        fc.integer({ min: 1, max: 50 }),
      )
      .map(([host, from, length]): [string, number, number] => [host, from, from + length]),
    { maxLength: 12 },
  );

  it("at any instant are exactly those who have it then, and the spans cover the window without hole", () => {
    fc.assert(
      fc.property(
        stories,
        fc.integer({ min: 0, max: 60 }),
        fc.integer({ min: 1, max: 90 }),
        (story, from, length) => {
          const window = between(timelineOf({ length: 200, holdings: story }), from, from + length);
          const { spans } = holdersOf(window, vip);
          expect(spans.reduce((sum, span) => sum + lengthOf(span), 0)).toBe(length);
          for (const [index, span] of spans.entries()) {
            expect(span.from).toBe(spans[index - 1]?.to ?? from);
            const middle = (span.from + span.to) / 2;
            const truth = story
              .filter(([, start, end]) => start <= middle && middle < end)
              .map(([host]) => host);
            expect(span.hosts).toEqual([...new Set(truth)].sort());
          }
        },
      ),
    );
  });
});
