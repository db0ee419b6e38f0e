import { once } from "node:events";
import { type Host, Lab, cutCable, cutSilently, restoreCable, restoreSilently, until } from "../../../lab";

describe("power", () => {
  let lab: Lab;
  let host: Host;

  beforeAll(async () => {
    lab = await Lab.start({ hosts: [{ name: "gw-a", diskMegabytes: 64 }] });
    host = lab.host("gw-a");
  });
  afterAll(() => lab.stop());

  const answers = async (address: string) =>
    (await lab.client.exec(["ping", "-c1", "-W1", address], { check: false })).code === 0;
  const answersArp = async (address: string) =>
    (await lab.client.exec(["arping", "-f", "-c1", "-w1", "-I", "eth0", address], { check: false })).code ===
    0;
  const bootId = async () => (await host.exec("cat /proc/sys/kernel/random/boot_id")).stdout;
  /** Leaves a mark on the disk and one in each thing that only a running kernel knows. */
  const mark = () =>
    host.exec(`
      set -e
      echo kept >/root/kept && sync
      echo gone >/run/gone
      ip address add 10.20.30.201/24 dev eth0
      nft add table inet by-hand
      sysctl -qw net.ipv4.ip_nonlocal_bind=1`);
  const expectOnlyTheDiskWasKept = async () => {
    expect(await host.readFile("/root/kept")).toBe("kept\n");
    expect((await host.exec("cat /run/gone", { check: false })).code).not.toBe(0);
    expect((await host.exec("ip -o address show dev eth0")).stdout).not.toContain("10.20.30.201");
    expect((await host.exec("nft list tables")).stdout).not.toContain("by-hand");
    expect((await host.exec("sysctl -n net.ipv4.ip_nonlocal_bind")).stdout).toBe("0\n");
    expect((await host.exec("ip -o link show eth0")).stdout).toContain("02:4c:41:42:00:0b");
  };

  test("off means that nothing answers for any of its addresses; on means that only the disk was kept", async () => {
    await mark();
    const before = await bootId();
    expect(await answersArp("10.20.30.201")).toBe(true);
    await host.powerOff();
    await host.powerOff();
    expect(host.isOn).toBe(false);
    expect(await answersArp(host.address)).toBe(false);
    expect(await answersArp("10.20.30.201")).toBe(false);
    expect(await answers(host.address6)).toBe(false);
    await expect(host.exec("true")).rejects.toThrow("gw-a: is powered off; boot it first");
    await host.boot();
    await host.boot();
    expect(await bootId()).not.toBe(before);
    await expectOnlyTheDiskWasKept();
  });

  test("a reboot starts from the disk too", async () => {
    await mark();
    const before = await bootId();
    await host.reboot();
    expect(await bootId()).not.toBe(before);
    await expectOnlyTheDiskWasKept();
  });

  test("a reboot that the host itself orders brings it up again without our help", async () => {
    const before = await bootId();
    await host.exec("systemctl reboot", { check: false });
    await until("it is up with another boot id", 20_000, async () => {
      const now = await bootId().catch(() => before);
      return now !== before;
    });
    await host.waitUntilUp();
  });

  test("a host that powers itself off stays off until it is booted", async () => {
    await host.exec("systemctl poweroff", { check: false });
    await until("it is off", 20_000, () => !host.isOn);
    expect(await answersArp(host.address)).toBe(false);
    await host.boot();
    expect(await answers(host.address)).toBe(true);
  });

  test("the power goes at once, whatever the host is doing", async () => {
    const busy = host.spawn("trap '' TERM; while :; do :; done");
    const ended = once(busy, "close");
    const started = Date.now();
    await host.powerOff();
    expect(Date.now() - started).toBeLessThan(2000);
    await ended;
    await host.boot();
  });

  test.each([
    ["unplugged", cutCable, restoreCable],
    ["silently cut", cutSilently, restoreSilently],
  ] as const)(
    "a host whose cable is %s boots, and is reached when it is restored",
    async (_name, cut, restore) => {
      await cut(host);
      await host.powerOff();
      await host.boot();
      expect(await answers(host.address)).toBe(false);
      await restore(host);
      await until("it answers", 5000, () => answers(host.address));
    },
  );

  test("a full disk is the host's own", async () => {
    const fill = await host.exec("dd if=/dev/zero of=/root/fill bs=1M", { check: false });
    expect(fill.stderr).toContain("No space left on device");
    await host.exec("rm /root/fill");
  });
});
