import { cutCable, restoreCable } from "../../../lab";
import { WatchedPair } from "./watchedPair";

describe("a multicast pair, version 3", () => {
  let pair: WatchedPair;
  const onFault = "/etc/keepalived/broken";

  beforeAll(async () => {
    const fails = {
      name: "fails",
      script: `/usr/bin/test ! -e ${onFault}`,
      interval: 1,
      timeout: 1,
      fall: 1,
      rise: 1,
    };
    pair = await WatchedPair.start({
      version: 3,
      advertInt: 0.5,
      vips: ["10.20.30.200"],
      cluster: { multicast: true, trackScripts: [{ ...fails, weight: -20 }] },
    });
  });
  afterAll(() => pair.stop());

  it("adverts to the group and to nobody else", async () => {
    await pair.settled("gw-a");
    const { stdout } = await pair.lab.client.exec("timeout 5 tcpdump -n -c 3 -i eth0 ip proto 112");
    const lines = stdout.split("\n").filter(Boolean);
    expect(lines).toHaveLength(3);
    for (const line of lines) expect(line).toContain(`${pair.a.address} > 224.0.0.18: VRRPv3`);
  });

  it("moves in time when the cable is cut, and back when it is plugged in again", async () => {
    const cut = () => cutCable(pair.a);
    const lost = await pair.event("cable cut", cut, pair.moves("gw-a", "gw-b", pair.afterSilence()));
    const plug = () => restoreCable(pair.a);
    const back = await pair.event("cable plugged in", plug, pair.preempts("gw-b", "gw-a"));
    expect([...lost.failures, ...back.failures]).toEqual([]);
  });

  it("hands over without a gap when a check with a weight fails, and back when it passes", async () => {
    const broken = () => pair.a.writeFile(onFault, "");
    const failed = await pair.event("check fails", broken, pair.preempts("gw-a", "gw-b"));
    const passes = () => pair.a.exec(["rm", onFault]);
    const back = await pair.event("check passes", passes, pair.preempts("gw-b", "gw-a"));
    expect([...failed.failures, ...back.failures]).toEqual([]);
  });
});
