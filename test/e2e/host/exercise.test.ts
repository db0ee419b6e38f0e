import { type Host, Lab, until } from "../../../lab";
import { holders, Pair } from "./pair";

const VIP = "10.20.30.200";

describe("a drill whose end never comes", () => {
  let lab: Lab;
  let a: Host;
  let b: Host;

  beforeAll(async () => {
    lab = await Lab.start({ hosts: [{ name: "gw-a" }, { name: "gw-b" }] });
    [a, b] = lab.hosts as [Host, Host];
    const pair = new Pair(lab);
    await pair.installAgent();
    await pair.apply();
    await heldBy(a);
  });
  afterAll(() => lab?.stop());

  const heldBy = (host: Host) =>
    until(`${host.name} alone holds the address`, 30_000, async () => {
      const found = await holders(lab.hosts, VIP);
      return found.join() === host.name;
    });
  const isDrained = async (host: Host) =>
    (await host.exec("vrrp-agent status --json")).stdout.includes('"drained":true');

  test("is brought back by the host itself: keepalived runs, no drain is left, and the address is home", async () => {
    await a.exec("vrrp-agent drain gw && systemctl stop keepalived");
    await heldBy(b);
    await a.exec("vrrp-agent exercise gw 2");
    await heldBy(a);
    await until("the drain is gone", 10_000, async () => !(await isDrained(a)));
    expect((await a.exec("vrrp-agent events gw")).stdout).toContain(
      "a drill was not ended by whoever ran it",
    );
  });

  test("is left as it is once it was ended", async () => {
    await a.exec("vrrp-agent exercise gw 600");
    await a.exec("vrrp-agent drain gw");
    await heldBy(b);
    await a.exec("vrrp-agent exercise gw end");
    await until("nobody watches any more", 10_000, async () => {
      const { stdout } = await a.exec("systemctl list-units --plain --no-legend 'vrrp-agent-exercise-*'");
      return stdout.trim() === "";
    });
    expect(await isDrained(a)).toBe(true);
    await a.exec("vrrp-agent undrain gw");
    await heldBy(a);
  });
});
