import {
  cutCable,
  cutSilently,
  type Host,
  Lab,
  restoreCable,
  restoreSilently,
  startUnit,
  stopUnit,
  until,
} from "../../../lab";
import { type Watch } from "../../../lab/watch";
import { watchLab } from "../../../lab/watchLab";
import { bothHold, holdsAlone, keeps } from "./holding";
import { WatchedPair } from "./watchedPair";

const VIP = "10.20.30.200";

const aloneAt = async (watch: Watch, host: Host) => {
  await holdsAlone(watch, VIP, host);
  await until(`${host.name} answers`, 60_000, () => watch.lastAnswer(VIP)?.host === host.name);
};
const staysAt = (watch: Watch, host: Host, seconds: number) => keeps(watch, VIP, host, seconds);

/** Two nodes with equal priorities; the holder is gw-b, whose address is the higher one. */
describe("two nodes that both start as BACKUP with equal priorities, written by hand", () => {
  let lab: Lab;
  let watch: Watch;
  let a: Host, b: Host;

  beforeAll(async () => {
    lab = await Lab.start({ hosts: [{ name: "gw-a" }, { name: "gw-b" }] });
    [a, b] = [lab.host("gw-a"), lab.host("gw-b")];
    watch = await watchLab(lab, [VIP]);
    for (const host of [b, a]) {
      const conf = `
        vrrp_instance shop {
          state BACKUP
          interface eth0
          virtual_router_id 51
          priority 100
          advert_int 1
          virtual_ipaddress { ${VIP}/24 }
        }`;
      await host.writeFile(
        "/etc/keepalived/keepalived.conf",
        conf.replace("{ 10", "{\n10").replace("4 }", "4\n}"),
      );
      await host.exec("systemctl restart keepalived");
      await until("gw-b holds", 20_000, () => watch.holders(VIP).join() === "gw-b");
    }
  });
  afterAll(async () => {
    await watch?.stop();
    await lab?.stop();
  });

  test("after a pulled cable the address stays with the one that took it", async () => {
    await cutCable(b);
    await aloneAt(watch, a);
    await restoreCable(b);
    await staysAt(watch, a, 8);
  });

  test("after a cut without loss of carrier both hold it, and it moves back to the higher address", async () => {
    await stopUnit(a, "keepalived");
    await aloneAt(watch, b);
    await startUnit(a, "keepalived");
    await staysAt(watch, b, 5);
    await cutSilently(b);
    await bothHold(watch, VIP);
    await restoreSilently(b);
    await until("gw-b alone holds it again", 60_000, () => watch.holders(VIP).join() === "gw-b");
    await staysAt(watch, b, 5);
  });
});

describe("a sticky pair with a check of its uplink", () => {
  let pair: WatchedPair;

  beforeAll(async () => {
    pair = await WatchedPair.start({
      version: 3,
      advertInt: 1,
      vips: [VIP],
      cluster: {
        preemption: "sticky",
        // The client stands for whatever must be reached through the interface.
        trackScripts: [
          {
            name: "uplink",
            script: "/usr/bin/ping -c 1 -W 1 -n -q 10.20.30.100",
            interval: 1,
            timeout: 2,
            fall: 2,
            rise: 2,
          },
        ],
      },
    });
    await pair.a.exec("vrrp-agent drain gw");
    await pair.settled("gw-b");
    await pair.a.exec("vrrp-agent undrain gw");
    await staysAt(pair.watch, pair.b, 5);
  });
  afterAll(() => pair?.stop());

  const roundTrip = async (cut: () => Promise<void>, heal: () => Promise<void>) => {
    await cut();
    await until("gw-a answers", 30_000, () => pair.watch.lastAnswer(VIP)?.host === "gw-a");
    // Until gw-b has noticed, too, and let go.
    await aloneAt(pair.watch, pair.a);
    await heal();
    await staysAt(pair.watch, pair.a, 10);
    await pair.settled("gw-a");
  };

  test("after a cut without loss of carrier the address stays with the one that took it", async () => {
    await roundTrip(
      () => cutSilently(pair.b),
      () => restoreSilently(pair.b),
    );
  });

  test("after a pulled cable, too", async () => {
    await pair.a.exec("vrrp-agent drain gw");
    await pair.settled("gw-b");
    await pair.a.exec("vrrp-agent undrain gw");
    await roundTrip(
      () => cutCable(pair.b),
      () => restoreCable(pair.b),
    );
  });

  test("it fails over when the check fails, and does not move back when it passes again", async () => {
    const { watch, a, b } = pair;
    await aloneAt(watch, a);
    await a.exec(
      "nft add table ip uplink; nft 'add chain ip uplink out { type filter hook output priority 0; }'; nft add rule ip uplink out icmp type echo-request drop",
    );
    await aloneAt(watch, b);
    await a.exec("nft delete table ip uplink");
    await staysAt(watch, b, 8);
  });
});
