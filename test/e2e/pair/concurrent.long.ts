import { type Stack } from "../../../lab";
import { now } from "../../../lab/watch";
import { configure, nodeOf } from "./cluster";
import { WatchedPair } from "./watchedPair";

const VIP = "10.20.30.200";
const CONF = "/etc/keepalived/keepalived.conf";

describe("several people at one pair", () => {
  let pair: WatchedPair;
  let other: Stack;

  beforeAll(async () => {
    pair = await WatchedPair.start({ version: 3, advertInt: 0.2, vips: [VIP], cluster: { undoAfter: 20 } });
    other = await pair.stack.copy();
  });
  afterAll(async () => {
    other?.remove();
    await pair?.stop();
  });

  /** Generations that the hosts are at, and what they say of themselves. */
  const statuses = async () =>
    Promise.all(
      pair.lab.hosts.map(async (host) => {
        const { stdout } = await host.exec("vrrp-agent status --json");
        return (
          JSON.parse(stdout) as { clusters: { generation: string; pending: boolean; drift: string[] }[] }
        ).clusters[0]!;
      }),
    );

  async function expectOneGeneration(): Promise<void> {
    await pair.atRest();
    const [a, b] = await statuses();
    expect(a).toMatchObject({ pending: false, drift: [] });
    expect(b).toMatchObject({ pending: false, drift: [], generation: a!.generation });
  }

  const preemptDelay = async () =>
    Promise.all(
      pair.lab.hosts.map(async (host) => /preempt_delay (\d+)/.exec(await host.readFile(CONF))?.[1]),
    );

  test("two ups at once are made one after the other: both succeed, one holder all the time, both hosts alike", async () => {
    const from = now();
    await pair.configure({ preemptDelay: 30 });
    const nodes = pair.lab.hosts.map((host) => nodeOf(host));
    await configure(other, pair.lab, nodes, { advertInt: 0.2, undoAfter: 20, preemptDelay: 60 });
    const ups = await Promise.all([pair.stack, other].map((stack) => stack.up([], { check: false })));
    expect(ups.map(({ code, stdout }) => (code === 0 ? "succeeded" : stdout))).toEqual([
      "succeeded",
      "succeeded",
    ]);
    await expectOneGeneration();
    expect(["30,30", "60,60"]).toContain((await preemptDelay()).join());
    expect((await pair.seen("two ups", from, pair.stays("gw-a"))).failures).toEqual([]);
  });

  test("a change whose pulumi was given up keeps the next one waiting only until it is taken back", async () => {
    const from = now();
    await pair.configure({ preemptDelay: 35 });
    await pair.stack.up(["--exclude", "**-confirm"]);
    const nodes = pair.lab.hosts.map((host) => nodeOf(host));
    await configure(other, pair.lab, nodes, { advertInt: 0.2, undoAfter: 20, preemptDelay: 40 });
    await other.up();
    await expectOneGeneration();
    expect(await preemptDelay()).toEqual(["40", "40"]);
    expect((await pair.seen("the next up", from, pair.stays("gw-a"))).failures).toEqual([]);
  });

  test("what an operator edits meanwhile is said, kept for them, and replaced", async () => {
    const text = await pair.b.readFile(CONF);
    await pair.b.writeFile(CONF, text.replace("preempt_delay 40", "preempt_delay 31"));
    await pair.configure({ preemptDelay: 45 });
    const { stdout } = await pair.stack.up();
    expect(stdout).toContain("-    preempt_delay 31");
    expect(await preemptDelay()).toEqual(["45", "45"]);
    const { stdout: kept } = await pair.b.exec(`cat /var/lib/vrrp-agent/gw/by-hand/*${CONF}`);
    expect(kept).toContain("preempt_delay 31");
    await expectOneGeneration();
  });
});
