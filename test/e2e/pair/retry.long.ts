import { dropVrrp, type Host, Lab, restoreVrrp, Stack, until } from "../../../lab";
import { configure, errorsOf, nodeOf, staysWith, VIP } from "./cluster";

interface Status {
  clusters: { generation: string; pending: boolean }[];
}

describe("a change that was taken back, and another try at it", () => {
  let lab: Lab;
  let stack: Stack;

  beforeAll(async () => {
    lab = await Lab.start({ name: "retry", hosts: [{ name: "gw-a" }, { name: "gw-b" }] });
    stack = await Stack.create({ client: lab.client });
    await configure(
      stack,
      lab,
      lab.hosts.map((host) => nodeOf(host)),
    );
  });

  afterAll(async () => {
    stack?.remove();
    await lab?.stop();
  });

  async function statusOf(host: Host): Promise<Status> {
    return JSON.parse((await host.exec("vrrp-agent status --json")).stdout) as Status;
  }

  /** No host runs anything of the pair. */
  async function expectNothingInForce(): Promise<void> {
    for (const host of lab.hosts) {
      const { stdout } = await host.exec("systemctl is-active keepalived; ip -o address show dev eth0", {
        check: false,
      });
      expect(stdout).toMatch(/^inactive\n/);
      expect(stdout).not.toContain(VIP);
    }
  }

  async function expectApplied(): Promise<void> {
    await staysWith(lab.host("gw-a"), lab.hosts);
    for (const host of lab.hosts) {
      expect((await statusOf(host)).clusters).toEqual([expect.objectContaining({ pending: false })]);
    }
  }

  test("two holders are refused, and both hosts go back to what was there before", async () => {
    await dropVrrp(lab.host("gw-b"));
    const result = await stack.up([], { check: false });
    expect(result.code).not.toBe(0);
    for (const { text } of errorsOf(result)) {
      expect(text).toContain(`${VIP} has 2 holders`);
    }
    await expectNothingInForce();
  });

  test("trying again while the cause is still there is refused again, not waved through", async () => {
    const result = await stack.up([], { check: false });
    expect(result.code).not.toBe(0);
    // Whoever sees it first says so; the other one may have learnt by then that it went back.
    expect(errorsOf(result).map(({ text }) => text)).toContainEqual(
      expect.stringContaining(`${VIP} has 2 holders`),
    );
    await expectNothingInForce();
  });

  test("trying again once the cause is gone applies the change", async () => {
    await restoreVrrp(lab.host("gw-b"));
    await stack.up();
    await expectApplied();
  });

  test("a change that one host took back before anybody confirmed it is taken back by the other, and applied by the next up", async () => {
    await configure(
      stack,
      lab,
      lab.hosts.map((host) => nodeOf(host)),
      { advertInt: 0.5 },
    );
    await stack.up(["--exclude", "**-confirm"]);
    const pending = async () =>
      Promise.all(lab.hosts.map(async (host) => (await statusOf(host)).clusters[0]!.pending));
    expect(await pending()).toEqual([true, true]);
    await lab.host("gw-a").exec("vrrp-agent rollback gw");
    await until("gw-b goes back because gw-a did", 60_000, async () => !(await pending()).includes(true));
    await stack.up();
    await expectApplied();
    const { stdout } = await lab.host("gw-a").exec("grep advert_int /etc/keepalived/keepalived.conf");
    expect(stdout.trim()).toBe("advert_int 0.5");
  });
});
