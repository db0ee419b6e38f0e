import * as fc from "fast-check";
import { lostIn, predict } from "../../../../operate/drill/predict";
import type { Seen } from "../../../../operate/observation";
import { masterDownInterval, skewTime } from "../../../../simulate/timing";
import { instance, node, VIP } from "../observations";

const choice = { from: "a", to: "b", home: { [VIP]: "a" } };
const timed = (
  timing: Seen["status"]["instances"][number]["timing"],
  priority: number | null,
  vips = [VIP],
) => ({
  ...instance([], "BACKUP", vips),
  timing,
  reported: { state: "BACKUP", priority, heartbeatAge: 1 },
});
const timing = { version: 3 as const, advertInt: 0.5, downTimerAdverts: 3, priority: null };
const backup = (changes: Partial<Seen["status"]> = {}) =>
  node("b", false, { instances: [timed(timing, 90)], ...changes });
const ask = (kind: "drain" | "stop" | "kill", a: Seen = node("a", true), b: Seen = backup()) =>
  predict({ kind, choice, seen: [a, b], every: 50 });

describe("what the timers say", () => {
  test("of a drain: nobody is without the address, and what a hand-over takes is the bound", () => {
    expect(ask("drain")).toEqual({
      gap: { min: 0, max: 0 },
      bounds: { gap: 350, silence: 350, twoMasters: 350 },
      because: "b takes the addresses while a serves",
    });
  });

  test("of a stop: the skew of who takes over", () => {
    expect(ask("stop")).toMatchObject({
      takeover: { min: 324, max: 324 },
      gap: { min: 324, max: 324 },
      because: "a says that it lets go, and b waits its skew of 324 ms (priority 90)",
    });
  });

  test("of a kill: the adverts that are missed, less the phase, and the skew", () => {
    expect(ask("kill")).toEqual({
      takeover: { min: 1324, max: 1824 },
      gap: { min: 1324, max: 1824 },
      bounds: { gap: 1824 + 250 + 100, silence: 1824 + 250 + 100, twoMasters: 1100 },
      because:
        "b misses 3 adverts of 500 ms and waits its skew of 324 ms (priority 90); the last advert was up to one interval before",
    });
  });

  test("of a kill is that of the model for any timers", () => {
    const timings = fc.record({
      version: fc.constantFrom(2 as const, 3 as const),
      advertInt: fc.integer({ min: 1, max: 40 }),
      downTimerAdverts: fc.integer({ min: 1, max: 10 }),
      priority: fc.constant(null),
    });
    fc.assert(
      fc.property(timings, fc.integer({ min: 1, max: 254 }), (any, priority) => {
        const { gap } = ask("kill", undefined, backup({ instances: [timed(any, priority)] }));
        expect(gap.max).toBe(Math.round(masterDownInterval({ ...any, priority }) * 1000));
        expect(gap.min).toBe(Math.round((masterDownInterval({ ...any, priority }) - any.advertInt) * 1000));
      }),
    );
  });

  test("go by the configured priority: the one that was reported may be that of a drain", () => {
    const instances = [timed({ ...timing, priority: 90 }, 1)];
    expect(ask("kill", undefined, backup({ instances })).gap).toEqual({ min: 1324, max: 1824 });
  });

  test("of several virtual routers that move is the slowest one's; who does not move does not count", () => {
    const slow = { ...timing, advertInt: 2 };
    const other = "10.0.0.101";
    const both = backup({ instances: [timed(timing, 90), timed(slow, 90, [other])] });
    expect(ask("kill", undefined, both).gap.max).toBe(1824);
    const home = { [VIP]: "a", [other]: "a" };
    const { gap } = predict({
      kind: "kill",
      choice: { ...choice, home },
      seen: [node("a", true), both],
      every: 50,
    });
    expect(gap.max).toBe(Math.round(masterDownInterval({ ...slow, priority: 90 }) * 1000));
  });

  test("of a drain that is FAULT is the skew, for it lets go first", () => {
    const { gap, takeover } = ask("drain", node("a", true, { drainIsFault: true }));
    expect(gap.max).toBe(Math.round(skewTime({ ...timing, priority: 90 }) * 1000));
    expect(takeover).toBeUndefined();
  });

  test("with a witness holds the time until the next one has two votes, whatever the strike is", () => {
    const lease = { lease: 10 };
    for (const kind of ["drain", "stop", "kill"] as const) {
      const { gap, because } = ask(kind, node("a", true, lease));
      expect(gap.max).toBeGreaterThan(1824 + 5000);
      expect(because).toMatch(/b misses 3 adverts .* and up to \d+ ms until b has two votes/);
    }
  });

  test("without a word of the timers are keepalived's defaults with the longest skew, and say so", () => {
    const { gap, because } = ask("kill", undefined, backup({ instances: [timed(null, null)] }));
    expect(gap.max).toBe(Math.round(masterDownInterval({ version: 2, advertInt: 1, priority: 1 }) * 1000));
    expect(because).toContain("keepalived's defaults");
  });

  test("on a host that looks once a second have bounds that allow for that", () => {
    const coarse = { ...backup(), facts: { init: "procd" } };
    expect(ask("drain", undefined, coarse).bounds.gap).toBe(2250);
    expect(ask("kill", { ...node("a", true), facts: { init: "procd" } }).bounds.twoMasters).toBe(5000);
  });

  test("cost as many requests as fall into the gap", () => {
    expect(lostIn({ min: 1324, max: 1824 }, 50)).toEqual({ min: 26, max: 37 });
  });
});
