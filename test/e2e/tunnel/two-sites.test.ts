import { type Host, until } from "../../../lab";
import { holdersOf, between, now, preemptionOverlap, type Watch } from "../../../lab/watch";
import { watchLab } from "../../../lab/watchLab";
import { masterDownInterval } from "../../../simulate/timing";
import { Bench, VIP } from "../../sites/bench";
import { sites } from "../../sites/network";
import { scenarioNamed } from "../../sites/scenarios";
import { slack } from "../pair/watchedPair";

interface Status {
  clusters: { cluster: string; generation: string; pending: boolean; drift: string[] }[];
}

const wasMissed = masterDownInterval({ version: 3, advertInt: 1, priority: 100 }) + slack;

/** examples/two-sites between two real sites, site B behind NAT. */
describe("two sites over a tunnel", () => {
  let bench: Bench;
  let watch: Watch;

  beforeAll(async () => {
    bench = await Bench.start();
    watch = await watchLab(bench.lab, [VIP], { asks: false });
  });
  afterAll(async () => {
    await watch?.stop();
    await bench?.stop();
  });

  const a = () => bench.a;
  const b = () => bench.b;

  const heldBy = (host: Host) =>
    until(`${host.name} alone holds ${VIP}`, 60_000, () => watch.holders(VIP).join() === host.name);
  const reaches = (machine: string, address = VIP) => bench.reaches(machine, address);
  const bothReach = () =>
    until("the machines of both sites reach the address", 30_000, async () => {
      const seen = await Promise.all(["lan-a", "lan-b"].map((machine) => reaches(machine)));
      return seen.every(Boolean);
    });
  const statusOf = async (host: Host) => {
    const { clusters } = JSON.parse((await host.exec("vrrp-agent status --json")).stdout) as Status;
    return clusters.find(({ cluster }) => cluster === "sites")!;
  };
  const publicKey = (host: Host) => bench.publicKey(host);

  test("one pulumi up from nothing makes the tunnel and the pair: the address answers in both LANs", async () => {
    await bench.stack.up();
    await heldBy(a());
    await bothReach();
    expect(await reaches("lan-a", sites.lanB.machine)).toBe(true);
    const keys = JSON.parse((await bench.stack.pulumi(["stack", "output", "--json"])).stdout) as {
      publicKeys: Record<string, string>;
    };
    expect(keys.publicKeys).toEqual({ "site-a": await publicKey(a()), "site-b": await publicKey(b()) });
    expect((await bench.stack.up()).stdout).toMatch(/Resources:\n +\d+ unchanged/);
  });

  test("a private key is on its host alone, and for root only", async () => {
    for (const host of [a(), b()]) {
      const key = (await host.exec("wg show wg0 private-key")).stdout.trim();
      expect((await host.exec("stat -c '%a %U' /etc/wireguard/wg0.key")).stdout).toBe("600 root\n");
      const state = await bench.stack.pulumi(["stack", "export", "--show-secrets"]);
      expect(state.stdout).not.toContain(key);
    }
  });

  test("the survivor takes the address when the holder loses power, and keeps it when that one is back", async () => {
    const from = now();
    await a().powerOff();
    await heldBy(b());
    await until("site B reaches it", 10_000, () => reaches("lan-b"));
    await a().boot();
    await bothReach();
    const { sequence, gaps, overlaps } = holdersOf(between(await watch.timeline(), from), VIP);
    expect(sequence).toEqual(["gw-a", "gw-b"]);
    const longest = (spans: typeof gaps) => Math.max(0, ...spans.map((span) => span.to - span.from));
    expect(longest(gaps)).toBeLessThanOrEqual(wasMissed);
    expect(longest(overlaps)).toBeLessThanOrEqual(preemptionOverlap);
  });

  test("a tunnel that somebody deletes is told as drift, and reapply brings it back with the address where it is", async () => {
    await b().exec("ip link delete wg0");
    await heldBy(a());
    expect((await b().exec("vrrp-agent status")).stdout).toContain("wg0");
    await b().exec("vrrp-agent reapply sites");
    await bothReach();
    await heldBy(a());
    // As before for what follows.
    await a().exec("vrrp-agent drain service && vrrp-agent undrain service");
    await heldBy(b());
  });

  test("a host that its confirm does not reach learns through the tunnel that the change was confirmed", async () => {
    const before = await statusOf(b());
    const holders = watch.holders(VIP);
    await bench.configure({ lanA: sites.lanA.network.replace("/24", "/23") });
    await bench.stack.up(["--exclude", "**::sites-site-b-confirm"]);
    const [ofA, ofB] = [await statusOf(a()), await statusOf(b())];
    expect(ofA).toMatchObject({ pending: false, drift: [] });
    expect(ofB).toMatchObject({ pending: true, drift: [], generation: ofA.generation });
    expect(ofB.generation).not.toBe(before.generation);
    // Somebody has wg read its file again.
    await b().exec("systemctl reload wg-quick@wg0");
    // Its time is over.
    await b().exec("sed -i 's/[0-9]*$/0/' /var/lib/vrrp-agent/sites/pending");
    await until("gw-b has nothing pending", 40_000, async () => !(await statusOf(b())).pending);
    expect((await statusOf(b())).generation).toBe(ofA.generation);
    const { stdout } = await b().exec("journalctl --no-pager --output=cat | grep 'as another host is'");
    expect(stdout).toBe(`confirmed ${ofA.generation}, as another host is\n`);
    expect(watch.holders(VIP)).toEqual(holders);
  });

  test.each(["keepalived-stopped", "target-silent-a"])("what %s promises is what happens", async (name) => {
    const seen = await bench.run(scenarioNamed(name));
    expect(seen.flatMap(({ failures }) => failures)).toEqual([]);
  });

  test("new keys come into force on both ends, the address stays, and packets go on", async () => {
    const before = [await publicKey(a()), await publicKey(b())];
    const from = now();
    const lost = bench.lab.host("lan-a").exec(`ping -q -i 0.2 -c 300 -w 60 ${VIP}`, { check: false });
    await bench.configure({ keyNumber: 2 });
    await bench.stack.up();
    const after = [await publicKey(a()), await publicKey(b())];
    expect(after.filter((key) => before.includes(key))).toEqual([]);
    const { sequence } = holdersOf(between(await watch.timeline(), from), VIP);
    expect(sequence).toEqual(["gw-b"]);
    const { stdout } = await lost;
    const [, loss = "100"] = /([\d.]+)% packet loss/.exec(stdout) ?? [];
    console.error(`key rotation: ${loss} % of the packets through the address were lost`);
    // WireGuard's own time for a handshake that is lost, 5 s, of 60.
    expect(Number(loss)).toBeLessThanOrEqual((5 / 60) * 100);
  });

  test("destroy leaves nothing of the tunnel on either host", async () => {
    await bench.stack.destroy();
    for (const host of [a(), b()]) {
      expect((await host.exec("ip link show wg0", { check: false })).code).not.toBe(0);
      expect((await host.exec("ls /etc/wireguard", { check: false })).stdout).toBe("");
      expect((await host.exec("sysctl -n net.ipv4.ip_forward")).stdout).toBe("0\n");
    }
  });
});
