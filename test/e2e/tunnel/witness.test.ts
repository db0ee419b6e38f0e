import { Cut, partitions } from "../../../simulate/partitions";
import { Bench } from "../../sites/bench";
import { nameOf, runPartition, takeover } from "../../sites/partitions";
import { slack } from "../pair/watchedPair";

const { AB, AW, BW, ADead, WDead } = Cut;

/** Some of what `npm run test:sites` lets happen. */
const sample = [
  { cuts: [AB], before: "B" },
  { cuts: [AB, AW], before: "A" },
  { cuts: [AB, AW, BW], before: "A" },
  { cuts: [WDead], before: "A" },
  { cuts: [ADead], before: "A" },
].map(({ cuts, before }) => {
  const wanted = cuts.join();
  return partitions().find((one) => one.cuts.join() === wanted && one.before === before)!;
});

/** examples/two-sites with an etcd at a third place. */
describe("two sites with a witness", () => {
  let bench: Bench;

  beforeAll(async () => {
    bench = await Bench.start(undefined, { witness: true });
    await bench.stack.up();
  });
  afterAll(() => bench?.stop());

  test("one pulumi up from nothing makes it, and the next one changes nothing", async () => {
    await bench.settle("gw-a");
    expect((await bench.stack.up()).stdout).toMatch(/Resources:\n +\d+ unchanged/);
    const { stdout } = await bench.a.exec("vrrp-agent status");
    expect(stdout).toMatch(
      /check witness \(witness\): passing .*: may hold, by its own vote and the witness's/,
    );
  });

  test.each(sample.map((one) => [nameOf(one), one] as const))(
    "%s: the promise is held",
    async (_name, partition) => {
      const { gap, failures } = await runPartition(bench, partition);
      expect(failures).toEqual([]);
      // Where somebody holds in the end; what has nobody has a gap without end.
      if (partition.held.lease.holders.length > 0) expect(gap).toBeLessThanOrEqual(takeover + slack);
    },
  );

  test("a holder is drained by handing its votes over", async () => {
    await bench.settle("gw-b");
    const { stdout } = await bench.b.exec("vrrp-agent drain service && vrrp-agent undrain service");
    expect(stdout).toContain("service is drained");
    await bench.settle("gw-a");
  });
});
