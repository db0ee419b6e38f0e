import { type Host, Lab, until } from "../../../lab";
import { Pair } from "./pair";

describe("a drill whose end never comes", () => {
  let lab: Lab;
  let pair: Pair;
  let a: Host;
  let b: Host;

  beforeAll(async () => {
    lab = await Lab.start({ hosts: [{ name: "gw-a" }, { name: "gw-b" }] });
    [a, b] = lab.hosts as [Host, Host];
    pair = new Pair(lab);
    await pair.begin();
  });
  afterAll(() => lab?.stop());

  const isDrained = async (host: Host) =>
    (await host.exec("vrrp-agent status --json")).stdout.includes('"drained":true');

  test("is brought back by the host itself: keepalived runs, no drain is left, and the address is home", async () => {
    await a.exec("vrrp-agent drain gw && systemctl stop keepalived");
    await pair.isHeldBy(b);
    await a.exec("vrrp-agent exercise gw 2");
    await pair.isHeldBy(a);
    await until("the drain is gone", 10_000, async () => !(await isDrained(a)));
    expect((await a.exec("vrrp-agent events gw")).stdout).toContain(
      "a drill was not ended by whoever ran it",
    );
  });

  test("is left as it is once it was ended", async () => {
    await a.exec("vrrp-agent exercise gw 600");
    await a.exec("vrrp-agent drain gw");
    await pair.isHeldBy(b);
    await a.exec("vrrp-agent exercise gw end");
    await until("nobody watches any more", 10_000, async () => {
      const { stdout } = await a.exec("systemctl list-units --plain --no-legend 'vrrp-agent-exercise-*'");
      return stdout.trim() === "";
    });
    expect(await isDrained(a)).toBe(true);
    await a.exec("vrrp-agent undrain gw");
    await pair.isHeldBy(a);
  });
});
