import { cutCable, restoreCable, startUnit, stopUnit } from "../../../lab";
import { WatchedPair } from "./watchedPair";

describe("a pair with sticky preemption", () => {
  let pair: WatchedPair;
  /** Both nodes have the priority of the first. */
  const priority = 100;

  beforeAll(async () => {
    pair = await WatchedPair.start({
      version: 3,
      advertInt: 0.5,
      vips: ["10.20.30.200"],
      cluster: { preemption: "sticky" },
    });
  });
  afterAll(() => pair.stop());

  const staysAt = async (host: string, heal: () => Promise<unknown>) => {
    const healed = async () => {
      await heal();
      await pair.answeredFor(pair.afterSilence(priority) + 1);
    };
    const { failures } = await pair.event("the other comes back", healed, pair.stays(host));
    expect(failures).toEqual([]);
  };

  it("leaves the address with the host that took it when the former holder is started again", async () => {
    const stop = () => stopUnit(pair.a, "keepalived");
    const { failures } = await pair.event(
      "stop",
      stop,
      pair.moves("gw-a", "gw-b", pair.afterGoodbye(priority)),
    );
    expect(failures).toEqual([]);
    await staysAt("gw-b", () => startUnit(pair.a, "keepalived"));
  });

  it("leaves the address with the host that took it when the former holder has its cable again", async () => {
    const cut = () => cutCable(pair.b);
    const { failures } = await pair.event(
      "cable cut",
      cut,
      pair.moves("gw-b", "gw-a", pair.afterSilence(priority)),
    );
    expect(failures).toEqual([]);
    await staysAt("gw-a", () => restoreCable(pair.b));
  });
});
