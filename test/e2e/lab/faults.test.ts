import { once } from "node:events";
import {
  type Client,
  type Host,
  Lab,
  cutCable,
  cutSilently,
  deafen,
  delayFrames,
  dropVrrp,
  kill,
  loseFrames,
  mute,
  restoreCable,
  restoreSilently,
  restoreVrrp,
  startUnit,
  stopUnit,
  undeafen,
  unmute,
  until,
} from "../../../lab";

const keepalivedConf = `global_defs {
  vrrp_version 3
}
vrrp_instance V {
  interface eth0
  virtual_router_id 51
  priority 100
  advert_int 0.1
  virtual_ipaddress {
    10.20.30.200/24
  }
}
`;

describe("a fault", () => {
  let lab: Lab;
  let a: Host;
  let b: Host;

  beforeAll(async () => {
    lab = await Lab.start({ hosts: [{ name: "gw-a" }, { name: "gw-b" }] });
    [a, b] = [lab.host("gw-a"), lab.host("gw-b")];
  });
  afterAll(() => lab.stop());

  const clientReaches = async (host: Host) =>
    (await lab.client.exec(["ping", "-c1", "-W1", host.address], { check: false })).code === 0;
  const reaches = async (from: Host, to: Host) =>
    (await from.exec(["ping", "-c1", "-W1", to.address], { check: false })).code === 0;
  /** Whether a frame that matches `filter` passes eth0 of `seat` within 2 s in which `send` runs. */
  const passes = async (seat: Host | Client, filter: string, send: () => Promise<unknown>) => {
    const dump = seat.spawn(["timeout", "2", "tcpdump", "-lnqi", "eth0", "-c1", filter]);
    const ended = once(dump, "close");
    await new Promise<void>((resolve) => {
      dump.stderr?.on("data", (text: Buffer) => text.includes("listening on") && resolve());
    });
    await send();
    const [code] = (await ended) as [number];
    return code === 0;
  };
  const holds = async (host: Host) =>
    (await host.exec("ip -o address show dev eth0")).stdout.includes("10.20.30.200/");
  const runKeepalived = async (host: Host) => {
    await host.writeFile("/etc/keepalived/keepalived.conf", keepalivedConf);
    await startUnit(host, "keepalived");
    await until("the VIP is held", 10_000, () => holds(host));
  };

  test("a cut cable takes the carrier and the way; plugged in again, both are back", async () => {
    await cutCable(a);
    await cutCable(a);
    expect(await a.exec("cat /sys/class/net/eth0/carrier")).toMatchObject({ stdout: "0\n" });
    expect(await clientReaches(a)).toBe(false);
    expect(await clientReaches(b)).toBe(true);
    await restoreCable(a);
    await restoreCable(a);
    expect(await a.exec("cat /sys/class/net/eth0/carrier")).toMatchObject({ stdout: "1\n" });
    // The host's network daemon gives the address back some time after the carrier is there.
    await until("the client reaches it", 5000, () => clientReaches(a));
  });

  test("a silent cut takes the way, both directions, and leaves the carrier", async () => {
    await cutSilently(a);
    await cutSilently(a);
    expect(await a.exec("cat /sys/class/net/eth0/carrier")).toMatchObject({ stdout: "1\n" });
    expect(await clientReaches(a)).toBe(false);
    expect(await reaches(a, b)).toBe(false);
    expect(await clientReaches(b)).toBe(true);
    await restoreSilently(a);
    await restoreSilently(a);
    expect(await clientReaches(a)).toBe(true);
  });

  test("a muted host hears and answers, but nobody gets the answer", async () => {
    await clientReaches(a);
    await mute(a);
    let answered = true;
    const ping = async () => (answered = await clientReaches(a));
    expect(await passes(a, "icmp[icmptype] == icmp-echoreply", ping)).toBe(true);
    expect(answered).toBe(false);
    await unmute(a);
    expect(await clientReaches(a)).toBe(true);
  });

  test("a deaf host is heard, but gets nothing", async () => {
    await clientReaches(a);
    await deafen(a);
    expect(await passes(a, "icmp[icmptype] == icmp-echo", () => clientReaches(a))).toBe(false);
    const call = () => a.exec(["ping", "-c1", "-W1", lab.client.address], { check: false });
    expect(await passes(lab.client, `src ${a.address}`, call)).toBe(true);
    await undeafen(a);
    expect(await clientReaches(a)).toBe(true);
  });

  test("dropping VRRP drops nothing else", async () => {
    await runKeepalived(a);
    const nothing = () => Promise.resolve();
    expect(await passes(b, "ip proto 112", nothing)).toBe(true);
    await dropVrrp(a);
    expect(await passes(b, "ip proto 112", nothing)).toBe(false);
    expect(await clientReaches(a)).toBe(true);
    await restoreVrrp(a);
    expect(await passes(b, "ip proto 112", nothing)).toBe(true);
    await stopUnit(a, "keepalived");
  });

  test("losing frames loses about the share asked for", async () => {
    const answers = async () => {
      const { stdout } = await lab.client.exec(`ping -q -i0.01 -c100 -W1 ${a.address}`, { check: false });
      return Number(/(\d+) received/.exec(stdout)?.[1]);
    };
    await loseFrames(a, 20);
    // Lost on either way: 64 of 100 come back; these bounds are more than 5 standard deviations away.
    const some = await answers();
    expect(some).toBeGreaterThan(38);
    expect(some).toBeLessThan(90);
    await loseFrames(a, 100);
    expect(await clientReaches(a)).toBe(false);
    await loseFrames(a, 0);
    expect(await answers()).toBe(100);
    await expect(loseFrames(a, 101)).rejects.toThrow("percent: 101, allowed is 0 to 100");
  });

  test("a delay is there, or it is said that this kernel cannot", async () => {
    const outcome = await delayFrames(a, 80).then(
      () => "set",
      (error: unknown) => (error as Error).message,
    );
    if (outcome === "set") {
      const { stdout } = await lab.client.exec(["ping", "-c1", "-W1", a.address]);
      expect(Number(/time=([\d.]+)/.exec(stdout)?.[1])).toBeGreaterThanOrEqual(80);
    } else {
      expect(outcome).toMatch(/this kernel has no sch_netem/);
    }
    await delayFrames(a, 0);
  });

  test("killing all of keepalived leaves the VIP on the host, with nobody to mind it", async () => {
    await runKeepalived(a);
    await kill(a, "keepalived");
    await kill(a, "keepalived");
    expect((await a.exec("pgrep -x keepalived", { check: false })).stdout).toBe("");
    expect(await holds(a)).toBe(true);
    expect((await a.exec("systemctl is-active keepalived", { check: false })).stdout).toBe("failed\n");
    await a.exec("ip address del 10.20.30.200/24 dev eth0");
    expect((await b.exec("pgrep -x systemd", { check: false })).code).toBe(0);
  });

  test("killing only the parent lets its child give the VIP back", async () => {
    await runKeepalived(a);
    const parent = (await a.exec("systemctl show --value -p MainPID keepalived")).stdout.trim();
    await kill(a, "keepalived", "parent");
    expect((await a.exec(`kill -0 ${parent}`, { check: false })).code).not.toBe(0);
    await until("the VIP is given back", 5000, async () => !(await holds(a)));
  });

  test("stopping a unit in order gives the VIP back", async () => {
    await runKeepalived(a);
    await stopUnit(a, "keepalived");
    await stopUnit(a, "keepalived");
    expect(await holds(a)).toBe(false);
  });
});
