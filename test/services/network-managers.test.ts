import { type Host, Lab, until } from "../../lab";
import { holders, OWNER, Pair } from "../e2e/host/pair";

const VIP = "10.20.30.200";
const DROP_IN = "/etc/systemd/network/10-eth0.network.d/60-vrrp-gw.conf";

describe("a pair whose interfaces are systemd-networkd's", () => {
  let lab: Lab;
  let pair: Pair;
  let [a]: Host[] = [];

  beforeAll(async () => {
    lab = await Lab.start({ hosts: [{ name: "gw-a" }, { name: "gw-b" }] });
    [a] = lab.hosts as [Host];
    pair = new Pair(lab);
    await pair.installAgent();
    await pair.apply();
    await until(`gw-a holds ${VIP}`, 20_000, async () => (await holders(lab.hosts, VIP)).join() === "gw-a");
  });
  afterAll(() => lab?.stop());

  /** What became of eth0's addresses on the holder while a command ran and until eth0 was configured again. */
  const during = async (command: string) => {
    const { stdout } = await a!.exec(`
      ip monitor address dev eth0 >/tmp/addresses & monitor=$!
      # It says nothing of what was before it was there.
      until ip address add 192.0.2.1/32 dev eth0 && grep -q 192.0.2.1 /tmp/addresses; do ip address del 192.0.2.1/32 dev eth0; done
      ip address del 192.0.2.1/32 dev eth0
      ${command}
      until networkctl status eth0 | grep -q '(configured)'; do :; done
      ip address add 192.0.2.2/32 dev eth0
      until grep -q 192.0.2.2 /tmp/addresses; do :; done
      ip address del 192.0.2.2/32 dev eth0
      kill $monitor; cat /tmp/addresses`);
    return stdout.split("\n").filter((line) => line.includes(` ${VIP}/`));
  };

  test("the drop-in is in force: systemd-networkd has read it without touching an address", async () => {
    expect(await a!.readFile(DROP_IN)).toContain("KeepConfiguration=static\n");
    expect(await holders(lab.hosts, VIP)).toEqual(["gw-a"]);
  });

  test.each([
    ["systemctl restart systemd-networkd"],
    ["networkctl reload"],
    ["touch /etc/systemd/network/10-eth0.network && networkctl reload"],
    ["networkctl reconfigure eth0"],
  ])("the virtual address outlasts: %s", async (command) => {
    expect((await during(command)).filter((line) => line.startsWith("Deleted"))).toEqual([]);
    expect(await holders(lab.hosts, VIP)).toEqual(["gw-a"]);
  });

  test("without the drop-in it does not", async () => {
    await a!.exec(`mv ${DROP_IN} /root/ && touch /etc/systemd/network/10-eth0.network`);
    expect((await during("networkctl reload")).filter((line) => line.startsWith("Deleted"))).toHaveLength(1);
    await a!.exec(`mv /root/60-vrrp-gw.conf ${DROP_IN}`);
    await until(`gw-a holds ${VIP}`, 20_000, async () => (await holders(lab.hosts, VIP)).join() === "gw-a");
  });

  test("a restore takes the drop-in and its directory away", async () => {
    for (const host of lab.hosts) await host.exec(["vrrp-agent", "restore", "gw", OWNER]);
    expect((await a!.exec("ls /etc/systemd/network")).stdout).toBe("10-eth0.network\n");
  });
});
