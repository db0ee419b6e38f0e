import fc from "fast-check";
import {
  type VrrpTiming,
  advertInterval,
  checkDetection,
  masterDownInterval,
  handOverSeconds,
  settleSeconds,
  skewTime,
  takeBackAfterRecovery,
  takeoverAfterFailingCheck,
  takeoverAfterGracefulStop,
  takeoverAfterSilence,
} from "../../../simulate/timing";

const v2 = (priority: number, advertInt = 1): VrrpTiming => ({ version: 2, advertInt, priority });
const v3 = (priority: number, advertInt = 1): VrrpTiming => ({ version: 3, advertInt, priority });

const timings = fc.record({
  version: fc.constantFrom(2 as const, 3 as const),
  advertInt: fc.integer({ min: 1, max: 4000 }).map((hundredths) => hundredths / 100),
  priority: fc.integer({ min: 1, max: 254 }),
});

describe("the advert interval", () => {
  it.each([
    [2, 1, 1],
    [2, 1.4, 1],
    [2, 1.5, 2],
    [2, 0.1, 1],
    [2, 255, 255],
    [2, 300, 255],
    [3, 1, 1],
    [3, 0.02, 0.02],
    [3, 0.014, 0.01],
    [3, 0.015, 0.02],
    [3, 0.001, 0.01],
    [3, 1.234, 1.23],
    [3, 40.95, 40.95],
    [3, 60, 40.95],
  ] as const)("of version %d with advert_int %d is sent every %d s", (version, advertInt, expected) => {
    expect(advertInterval({ version, advertInt })).toBe(expected);
  });
});

describe("the skew and the master down interval", () => {
  it.each([
    [v2(100), 0.609375, 3.609375],
    [v2(90), 0.648437, 3.648437],
    [v2(254), 0.007812, 3.007812],
    [v2(1), 0.996093, 3.996093],
    [v2(100, 2), 0.609375, 6.609375],
    [v3(100), 0.609375, 3.609375],
    [v3(100, 2), 1.21875, 7.21875],
    [v3(90, 0.1), 0.064843, 0.364843],
    [v3(200, 0.02), 0.004375, 0.064375],
    [{ ...v2(100), downTimerAdverts: 1 }, 0.609375, 1.609375],
    [{ ...v3(192, 0.1), downTimerAdverts: 5 }, 0.025, 0.525],
  ])("of %j are %d s and %d s", (timing, skew, down) => {
    expect(skewTime(timing)).toBe(skew);
    expect(masterDownInterval(timing)).toBe(down);
  });

  it("are never longer for a higher priority, so the better node goes first", () => {
    fc.assert(
      fc.property(timings, fc.integer({ min: 1, max: 254 }), (timing, other) => {
        const [low, high] = timing.priority < other ? [timing.priority, other] : [other, timing.priority];
        const of = (priority: number) => masterDownInterval({ ...timing, priority });
        expect(of(high)).toBeLessThanOrEqual(of(low));
        expect(skewTime(timing)).toBeLessThan(timing.version === 3 ? advertInterval(timing) : 1);
      }),
    );
  });

  it("differ by exactly the missed adverts", () => {
    fc.assert(
      fc.property(timings, fc.integer({ min: 1, max: 100 }), (timing, downTimerAdverts) => {
        const missed = masterDownInterval({ ...timing, downTimerAdverts }) - skewTime(timing);
        expect(missed).toBeCloseTo(downTimerAdverts * advertInterval(timing), 5);
      }),
    );
  });
});

describe("a takeover", () => {
  it("after silence takes the down timer less up to one advert interval", () => {
    expect(takeoverAfterSilence(v2(100))).toEqual({ min: 2.609375, max: 3.609375 });
    expect(takeoverAfterSilence(v3(90, 0.1))).toEqual({ min: 0.264843, max: 0.364843 });
  });

  it("after a graceful stop takes the skew", () => {
    expect(takeoverAfterGracefulStop(v2(90))).toEqual({ min: 0.648437, max: 0.648437 });
    expect(takeoverAfterGracefulStop(v3(90, 0.1))).toEqual({ min: 0.064843, max: 0.064843 });
  });

  it("after a graceful stop is never later than after silence", () => {
    fc.assert(
      fc.property(timings, (timing) => {
        expect(takeoverAfterGracefulStop(timing).max).toBeLessThanOrEqual(takeoverAfterSilence(timing).min);
      }),
    );
  });
});

describe("a failing check", () => {
  it.each([
    [{ interval: 2, timeout: 1, fall: 1 }, 0, 3],
    [{ interval: 2, timeout: 1, fall: 3 }, 4, 7],
    [{ interval: 1, timeout: 1, fall: 2 }, 1, 3],
    [{ interval: 1, timeout: 3, fall: 2 }, 1, 7],
  ])("with %j is seen after %d to %d s", (check, min, max) => {
    expect(checkDetection(check)).toEqual({ min, max });
  });

  it("without weight leaves nobody holding for the skew", () => {
    const takeover = takeoverAfterFailingCheck(v2(90), { interval: 1, timeout: 1, fall: 2, weight: 0 });
    expect(takeover).toEqual({
      detection: { min: 1, max: 3 },
      handOver: { min: 0.648437, max: 0.648437 },
      withoutHolder: { min: 0.648437, max: 0.648437 },
    });
  });

  it("with a weight moves the addresses after the down timer, held all the while", () => {
    const takeover = takeoverAfterFailingCheck(v2(90), { interval: 1, timeout: 1, fall: 2, weight: -20 });
    expect(takeover).toEqual({
      detection: { min: 1, max: 3 },
      handOver: { min: 2.648437, max: 3.648437 },
      withoutHolder: { min: 0, max: 0 },
    });
  });
});

describe("a better node that comes back", () => {
  it("takes the addresses back after its down timer", () => {
    expect(takeBackAfterRecovery(v2(100))).toEqual({ min: 3.609375, max: 3.609375 });
  });

  it.each([
    [5, 7.609375, 9.609375],
    [0.5, 3.609375, 5.109375],
  ])("with preempt_delay %d takes them back after %d to %d s", (delay, min, max) => {
    expect(takeBackAfterRecovery(v2(100), delay)).toEqual({ min, max });
  });
});

describe("the settle time", () => {
  it.each([
    [[v2(100)], 5],
    [[v2(90), v3(90, 0.1)], 5],
    [[v3(90, 0.1)], 2],
    [[v3(254, 10), v2(100)], 32],
    [[{ ...v3(192, 0.8), downTimerAdverts: 1 }], 2],
  ])("of %j is %d s", (instances, expected) => {
    expect(settleSeconds(instances)).toBe(expected);
  });

  it("is a second longer than every down timer, and not two", () => {
    fc.assert(
      fc.property(fc.array(timings, { minLength: 1, maxLength: 5 }), (instances) => {
        const slowest = Math.max(...instances.map(masterDownInterval));
        expect(settleSeconds(instances)).toBeGreaterThanOrEqual(slowest + 1);
        expect(settleSeconds(instances)).toBeLessThan(slowest + 2);
        expect(Number.isInteger(settleSeconds(instances))).toBe(true);
      }),
    );
  });

  it("refuses an empty list", () => {
    expect(() => settleSeconds([])).toThrow("instances: is empty");
  });
});

describe("the hand-over time", () => {
  it.each([
    [[{ ...v2(100), preemptDelay: 0 }], 5],
    [[{ ...v3(100, 0.5), preemptDelay: 0 }], 3],
    [[{ ...v3(254, 10), preemptDelay: 0 }], 41],
    [[{ ...v2(100), preemptDelay: 25 }], 31],
  ])("of %j is %d s", (instances, expected) => {
    expect(handOverSeconds(instances)).toBe(expected);
  });

  it("is a second longer than what a peer of any priority takes", () => {
    fc.assert(
      fc.property(timings, fc.integer({ min: 1, max: 254 }), (own, priority) => {
        const bound = handOverSeconds([{ ...own, preemptDelay: 0 }]);
        expect(bound).toBeGreaterThanOrEqual(masterDownInterval({ ...own, priority }) + 1);
      }),
    );
  });

  it("refuses an empty list", () => {
    expect(() => handOverSeconds([])).toThrow("instances: is empty");
  });
});
