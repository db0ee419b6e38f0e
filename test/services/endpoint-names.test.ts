import { type Host, until } from "../../lab";
import { type Watch } from "../../lab/watch";
import { watchLab } from "../../lab/watchLab";
import { Bench, VIP } from "../sites/bench";
import { sites } from "../sites/network";

interface Status {
  clusters: { cluster: string; drift: string[] }[];
}

/** examples/two-sites with a name as endpoint. */
describe("a name as endpoint", () => {
  let bench: Bench;
  let watch: Watch;

  beforeAll(async () => {
    bench = await Bench.start();
    watch = await watchLab(bench.lab, [VIP], { asks: false });
    await bench.stack.up();
    await until("one alone holds", 60_000, () => watch.holders(VIP).length === 1);
    await bench.settle("gw-b");
  });
  afterAll(async () => {
    await watch?.stop();
    await bench?.stop();
  });

  const a = () => bench.a;
  const b = () => bench.b;
  const tunnelCarries = () => bench.reaches("lan-a", sites.lanB.machine);
  const statusOf = async (host: Host) => {
    const { clusters } = JSON.parse((await host.exec("vrrp-agent status --json")).stdout) as Status;
    return clusters.find(({ cluster }) => cluster === "sites")!;
  };

  test("a peer whose name leads elsewhere is found again", async () => {
    const [name, former, next] = ["a.example.net", sites.internet.a, "203.0.113.3"];
    const leadsTo = (address: string) =>
      b().exec(`sed -i '/ ${name}$/d' /etc/hosts && echo '${address} ${name}' >>/etc/hosts`);
    await leadsTo(former);
    await bench.configure({ endpointA: name });
    await bench.stack.up();
    expect((await bench.stack.up()).stdout).toMatch(/Resources:\n +\d+ unchanged/);
    // The timer's own time; a peer is given up sooner.
    await b().exec(
      `mkdir -p /run/systemd/system/vrrp-endpoints-sites.service.d && cd /run/systemd/system/vrrp-endpoints-sites.service.d &&
      printf '[Service]\\nEnvironment=VRRP_STALE_SECONDS=20\\n' >soon.conf && systemctl daemon-reload`,
    );
    await a().exec(`ip address del ${former}/24 dev eth1 && ip address add ${next}/24 dev eth1`);
    await until("gw-b does not hear gw-a", 60_000, async () => !(await tunnelCarries()));
    await leadsTo(next);
    await until("the tunnel carries again", 90_000, tunnelCarries);
    expect((await b().exec("wg show wg0 endpoints")).stdout).toContain(`\t${next}:51820\n`);
    const { stdout } = await b().exec("journalctl --no-pager --output=cat --unit=vrrp-endpoints-sites");
    expect(stdout).toBe(
      `site-a is sought at ${next}:51820 over wg0, where ${name} leads now; it was not heard at ${former}:51820\n`,
    );
    await until("one alone holds", 30_000, () => watch.holders(VIP).length === 1);
    await bench.settle("gw-b");
    expect((await statusOf(b())).drift).toEqual([]);
    await b().exec("rm -r /run/systemd/system/vrrp-endpoints-sites.service.d && systemctl daemon-reload");
  });

  test("destroy leaves no unit of ours", async () => {
    await bench.stack.destroy();
    for (const host of [a(), b()]) {
      const units =
        "ls -d /etc/systemd/system/vrrp-*; systemctl list-units --all --plain --no-legend 'vrrp-*'";
      expect((await host.exec(units, { check: false })).stdout).toBe("");
    }
  });
});
