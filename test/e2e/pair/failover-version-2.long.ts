import { cutSilently, kill, restoreSilently } from "../../../lab";
import { between, clientView, holdersOf } from "../../../lab/watch";
import { WatchedPair, slack } from "./watchedPair";

const vip = "10.20.30.200";
const advertInt = 1;
/** Seconds in which every neighbour has been told anew where the address is: vrrp_garp_master_refresh. */
const refresh = 5;

describe("a unicast pair, version 2, with a password", () => {
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
      version: 2,
      advertInt,
      vips: [vip],
      cluster: { trackScripts: [{ ...fails, weight: 0 }] },
      secrets: { authPass: "k33p.it!" },
    });
  });
  afterAll(() => pair.stop());

  const goesBack = async (heal: () => Promise<unknown>) => {
    const { failures } = await pair.event("gw-a comes back", heal, pair.preempts("gw-b", "gw-a"));
    expect(failures).toEqual([]);
  };

  it("clears up behind a killed keepalived, moves in time, and back when systemd has restarted it", async () => {
    const killed = await pair.event(
      "kill -9",
      () => kill(pair.a, "keepalived"),
      pair.moves("gw-a", "gw-b", pair.afterSilence()),
    );
    const back = await pair.seen("restarted", killed.timeline.to, pair.preempts("gw-b", "gw-a"));
    expect([...killed.failures, ...back.failures]).toEqual([]);
  });

  it("has two holders only while the hosts are cut apart, and the client finds the right one again", async () => {
    const { watch } = pair;
    await pair.settled("gw-a");
    const before = Date.now() / 1000;
    await pair.answeredFor(advertInt + slack);
    const cut = watch.mark("gw-a cut off, with its carrier");
    await cutSilently(pair.a);
    await pair.answeredBy("gw-b");
    await pair.answeredFor(1);
    const healed = watch.mark("way of gw-a restored");
    await restoreSilently(pair.a);
    await pair.answeredFor(refresh);
    const { failures, timeline } = await pair.seen("healed", healed + refresh, pair.stays("gw-a"));
    expect(failures).toEqual([]);

    const all = between(await watch.timeline(), before, timeline.to);
    const { spans, overlaps, gaps } = holdersOf(all, vip);
    expect(spans.map(({ hosts }) => hosts.join("+"))).toEqual(["gw-a", "gw-a+gw-b", "gw-a"]);
    expect(gaps).toEqual([]);
    const [apart] = overlaps;
    expect(apart?.from).toBeLessThan(cut + pair.afterSilence() + slack);
    // gw-b gives way to the first advert of gw-a that reaches it.
    expect(apart?.to).toBeLessThan(healed + advertInt + slack);
    const inTheCut = clientView(between(all, cut, healed), vip).silence;
    expect(inTheCut.to - inTheCut.from).toBeLessThan(pair.afterSilence() + slack);
    const afterIt = clientView(between(all, healed, timeline.to), vip).silence;
    expect(afterIt.to - afterIt.from).toBeLessThan(refresh + slack);
  });

  it("moves after the skew alone when a check of weight 0 fails, and back when it passes", async () => {
    const broken = () => pair.a.writeFile(onFault, "");
    const { failures } = await pair.event(
      "check fails",
      broken,
      pair.moves("gw-a", "gw-b", pair.afterGoodbye()),
    );
    expect(failures).toEqual([]);
    await goesBack(() => pair.a.exec(["rm", onFault]));
  });

  it("moves after the skew alone when the host reboots in order, and back when it has booted", async () => {
    const reboot = () => pair.a.exec("systemctl reboot", { check: false });
    const rebooted = await pair.event("reboot", reboot, pair.moves("gw-a", "gw-b", pair.afterGoodbye()));
    const back = await pair.seen("booted", rebooted.timeline.to, pair.preempts("gw-b", "gw-a"));
    expect([...rebooted.failures, ...back.failures]).toEqual([]);
  });

  it("keeps the address where it is when its check is taken away", async () => {
    const change = () => pair.apply({ trackScripts: [] });
    const { failures } = await pair.event("pulumi up", change, pair.stays("gw-a"));
    expect(failures).toEqual([]);
  });
});
