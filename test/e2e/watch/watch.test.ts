import {
  type Expectation,
  type Instant,
  type Timeline,
  type Watch,
  between,
  draw,
  holdersOf,
  judge,
  now,
  preemptionOverlap,
} from "../../../lab/watch";
import {
  masterDownInterval,
  takeBackAfterRecovery,
  takeoverAfterGracefulStop,
} from "../../../simulate/timing";
import { until } from "../../../lab/process";
import { Pair, type PairOptions, priorities, virtualRouterId } from "./pair";

/** Seconds that this machine may add to a timer: it is shared, and the client asks every 20 ms only. */
const slack = 0.25;

const pairs: PairOptions[] = [
  { version: 2, family: 4, advertInt: 1 },
  { version: 3, family: 4, advertInt: 0.1 },
  { version: 3, family: 6, advertInt: 0.1 },
];

describe.each(pairs)("a real pair, version $version on IPv$family, advert_int $advertInt", (options) => {
  const timing = (host: "a" | "b") => ({ ...options, priority: priorities[host] });
  const down = masterDownInterval(timing("b"));
  let pair: Pair;
  let watch: Watch;

  /** Waits until one host alone holds the VIP, says so and answers, all since now; returns that instant. */
  const settled = async (host: "a" | "b"): Promise<Instant> => {
    const holds = () => watch.holders(pair.vip).join() === host && watch.lastAnswer(pair.vip)?.host === host;
    await until(`${host} alone holds ${pair.vip} and answers`, 15_000, holds);
    const since = now();
    const speaks = () =>
      (watch.lastAdvert(host)?.at ?? 0) > since && (watch.lastAnswer(pair.vip)?.at ?? 0) > since;
    await until(`${host} goes on`, 5_000, speaks);
    return since;
  };

  const look = (
    timeline: Timeline,
    expected: Omit<Expectation, "vip" | "virtualRouterId">,
    bound: number,
  ) => {
    const { before: from, after: to } = expected;
    const query = { vip: pair.vip, virtualRouterId };
    console.log(draw(timeline, { ...query, moved: { from, to }, bound, width: 100 }));
    return judge(timeline, { ...query, ...expected });
  };

  beforeEach(async () => {
    pair = new Pair(options);
    pair.start("a");
    pair.start("b");
    watch = await pair.watch();
  });

  afterEach(async () => {
    try {
      await watch.stop();
    } finally {
      await pair.destroy();
    }
  });

  it("hands over after a graceful stop within the skew, and back without a gap for the client", async () => {
    const skew = takeoverAfterGracefulStop(timing("b")).max;
    const start = await settled("a");
    watch.mark("a stops");
    await pair.stop("a");
    const middle = await settled("b");
    watch.mark("a starts");
    pair.start("a");
    await settled("a");
    const whole = await watch.stop();

    const stopped = { before: "a", after: "b", withoutHolder: skew + slack, gap: skew + slack };
    expect(look(between(whole, start, middle), stopped, skew).failures).toEqual([]);

    const back = between(whole, middle, whole.to);
    const preempted = { before: "b", after: "a", withoutHolder: slack, twoHolders: preemptionOverlap };
    const verdict = look(back, { ...preempted, silence: slack }, takeBackAfterRecovery(timing("a")).max);
    expect(verdict.failures).toEqual([]);
  });

  it("hands over after loss of carrier within the down timer", async () => {
    const start = await settled("a");
    watch.mark("cable of a cut");
    pair.setCable("a", "down");
    await settled("b");
    const timeline = await watch.stop();
    const expected = { before: "a", after: "b", withoutHolder: down + slack, gap: down + slack };
    const verdict = look(between(timeline, start, timeline.to), expected, down);
    expect(verdict.failures).toEqual([]);
    expect(verdict.handOver?.gap).toBeGreaterThan(down - 0.01);
    expect(timeline.links.some(({ host, carrier }) => host === "a" && !carrier)).toBe(true);
  });

  it("sees two holders after a kill of all processes until the dead one is cleaned", async () => {
    const start = await settled("a");
    watch.mark("a killed");
    await pair.kill("a");
    await until("b holds too", 15_000, () => watch.holders(pair.vip).join() === "a,b");
    watch.mark("a cleaned");
    pair.removeVip("a");
    await settled("b");
    const whole = await watch.stop();
    const timeline = between(whole, start, whole.to);
    const expected = { before: "a", after: "b", gap: down + slack };
    expect(look(timeline, { ...expected, twoHolders: 2 }, down).failures).toEqual([]);
    const strict = judge(timeline, { vip: pair.vip, virtualRouterId, ...expected });
    expect(strict.failures.join()).toMatch(/time with two holders took/);
  });

  it("sees a host lose power and come back in a new namespace", async () => {
    const start = await settled("a");
    watch.mark("power of a cut");
    await pair.powerOff("a");
    await settled("b");
    const whole = await watch.timeline();
    const off = between(whole, start, whole.to);
    const expected = { before: "a", after: "b", withoutHolder: down + slack, gap: down + slack };
    expect(look(off, expected, down).failures).toEqual([]);

    watch.mark("a boots");
    pair.plug("a");
    pair.start("a");
    await settled("a");
    const timeline = await watch.stop();
    expect(holdersOf(between(timeline, start, timeline.to), pair.vip).sequence).toEqual(["a", "b", "a"]);
  });
});
