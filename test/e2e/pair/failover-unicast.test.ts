import { cutCable, kill, restoreCable, startUnit, stopUnit } from "../../../lab";
import { holdersOf } from "../../../lab/watch";
import { WatchedPair } from "./watchedPair";

const vips = ["10.20.30.200", "fd20:30:40::200"];

describe("a unicast pair, version 3, with an IPv4 and an IPv6 address", () => {
  let pair: WatchedPair;

  beforeAll(async () => {
    pair = await WatchedPair.start({ version: 3, advertInt: 0.5, vips });
  });
  afterAll(() => pair.stop());

  const goesBack = async (heal: () => Promise<unknown>) => {
    const { failures } = await pair.event("gw-a comes back", heal, pair.preempts("gw-b", "gw-a"));
    expect(failures).toEqual([]);
  };

  it("has the preferred host as the one holder after the first pulumi up", () => pair.settled("gw-a"));

  it("clears up behind a killed keepalived at once, moves in time, and back when systemd has restarted it", async () => {
    const killed = await pair.event(
      "kill -9",
      () => kill(pair.a, "keepalived"),
      pair.moves("gw-a", "gw-b", pair.afterSilence()),
    );
    const back = await pair.seen("restarted", killed.timeline.to, pair.preempts("gw-b", "gw-a"));
    expect([...killed.failures, ...back.failures]).toEqual([]);
    for (const vip of vips) {
      const [first] = holdersOf(killed.timeline, vip).spans;
      expect((first?.to ?? Infinity) - killed.struck).toBeLessThan(1);
    }
  });

  it("moves in time when only keepalived's parent process is killed", async () => {
    const killed = await pair.event(
      "kill -9 of the parent",
      () => kill(pair.a, "keepalived", "parent"),
      pair.moves("gw-a", "gw-b", pair.afterSilence()),
    );
    const back = await pair.seen("restarted", killed.timeline.to, pair.preempts("gw-b", "gw-a"));
    expect([...killed.failures, ...back.failures]).toEqual([]);
  });

  it("moves in time when the cable is cut, and back when it is plugged in again", async () => {
    const { failures, timeline } = await pair.event(
      "cable of gw-a cut",
      () => cutCable(pair.a),
      pair.moves("gw-a", "gw-b", pair.afterSilence()),
    );
    expect(failures).toEqual([]);
    expect(timeline.links.some(({ host, carrier }) => host === "gw-a" && !carrier)).toBe(true);
    await goesBack(() => restoreCable(pair.a));
  });

  it("moves after the skew alone when keepalived is stopped in order", async () => {
    const stop = () => stopUnit(pair.a, "keepalived");
    const { failures } = await pair.event("stop", stop, pair.moves("gw-a", "gw-b", pair.afterGoodbye()));
    expect(failures).toEqual([]);
    await goesBack(() => startUnit(pair.a, "keepalived"));
  });

  it("moves in time when the power is lost, and back when the host has booted", async () => {
    const off = () => pair.a.powerOff();
    const { failures } = await pair.event("power loss", off, pair.moves("gw-a", "gw-b", pair.afterSilence()));
    expect(failures).toEqual([]);
    await goesBack(() => pair.a.boot());
  });

  it("does not move when the backup dies, and when it comes back", async () => {
    const { failures } = await pair.event(
      "kill -9 of the backup",
      async () => {
        await kill(pair.b, "keepalived");
        await pair.answeredFor(1 + pair.afterSilence());
      },
      pair.stays("gw-a"),
    );
    expect(failures).toEqual([]);
  });

  it("keeps the addresses where they are through a change that adverts twice as often", async () => {
    const change = () => pair.apply({ advertInt: 0.25 });
    const { failures, timeline } = await pair.event("pulumi up", change, pair.stays("gw-a"));
    expect(failures).toEqual([]);
    const last = timeline.adverts.filter(({ source }) => source === pair.a.address).slice(-2);
    expect((last[1]?.at ?? 0) - (last[0]?.at ?? 0)).toBeCloseTo(0.25, 1);
  });
});
