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

  test("two ups at once end with both hosts at one generation, one holder all the time, and the next up succeeds", async () => {
    const from = now();
    await pair.configure({ preemptDelay: 30 });
    const nodes = pair.lab.hosts.map((host) => nodeOf(host));
    await configure(other, pair.lab, nodes, { advertInt: 0.2, undoAfter: 20, preemptDelay: 60 });
    const ups = await Promise.all([pair.stack, other].map((stack) => stack.up([], { check: false })));
    // Who was in the other's way is told which host and step it was.
    for (const { code, stdout } of ups) {
      if (code !== 0) expect(stdout).toMatch(/vrrp-agent: gw-[ab]: [a-z]+: /);
    }
    await expectOneGeneration();
    await pair.stack.up();
    await expectOneGeneration();
    expect(await pair.a.readFile(CONF)).toContain("preempt_delay 30");
    expect((await pair.seen("two ups", from, pair.stays("gw-a"))).failures).toEqual([]);
  });

  test("what an operator edits meanwhile is said, kept for them, and replaced", async () => {
    const text = await pair.b.readFile(CONF);
    await pair.b.writeFile(CONF, text.replace("preempt_delay 30", "preempt_delay 31"));
    await pair.configure({ preemptDelay: 45 });
    const { stdout } = await pair.stack.up();
    expect(stdout).toContain("-    preempt_delay 31");
    expect(await pair.b.readFile(CONF)).toContain("preempt_delay 45");
    const { stdout: kept } = await pair.b.exec(`cat /var/lib/vrrp-agent/gw/by-hand/*${CONF}`);
    expect(kept).toContain("preempt_delay 31");
    await expectOneGeneration();
  });
});
