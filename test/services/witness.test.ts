import { Cut, partitions } from "../../simulate/partitions";
import { until } from "../../lab";
import { between, holdersOf, now, type Watch } from "../../lab/watch";
import { watchLab } from "../../lab/watchLab";
import { Bench, VIP } from "../sites/bench";
import { nameOf, runPartition, takeover } from "../sites/partitions";
import { memberUnit, Witness, witnessArgs } from "../sites/witness";
import { slack } from "../e2e/pair/watchedPair";

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

/** Seconds within which rounds ask another member, with room for one that is slow. */
const found = 10;

/** examples/two-sites with an etcd of three members at a third place, over TLS. */
describe("two sites with a witness", () => {
  let bench: Bench;

  beforeAll(async () => {
    bench = await Bench.start(undefined, { witness: Witness.Three });
    await bench.configure({ witness: undefined });
    await bench.stack.up();
    await bench.settle("gw-a");
  });
  afterAll(() => bench?.stop());

  /** Who held while something was done, one after the other: each alone, and never nobody. */
  async function holdersWhile(act: (watch: Watch) => Promise<unknown>): Promise<string[]> {
    const watch = await watchLab(bench.lab, [VIP], { asks: false });
    try {
      await until("the watch sees the holder", 5000, () => watch.holders(VIP).length === 1);
      const from = now();
      await act(watch);
      const { sequence, gaps, overlaps } = holdersOf(between(await watch.timeline(), from), VIP);
      expect({ gaps, overlaps }).toEqual({ gaps: [], overlaps: [] });
      return sequence;
    } finally {
      await watch.stop();
    }
  }
  /** Until the last vote that may have been lost has run out, and who should not have claimed would have. */
  const rest = () => new Promise((resolve) => setTimeout(resolve, takeover * 1000));
  const word = async () =>
    /check witness \(witness\): (.*)/.exec((await bench.a.exec("vrrp-agent status")).stdout)?.[1];

  test("a pulumi up gives one to a pair that runs: nothing moves, and the next one changes nothing", async () => {
    const sequence = await holdersWhile(async () => {
      await bench.configure({ witness: witnessArgs(Witness.Three) });
      await bench.stack.up();
      await rest();
    });
    expect(sequence).toEqual(["gw-a"]);
    expect(await word()).toMatch(/^passing .*: may hold, by its own vote and the witness's/);
    expect((await bench.stack.up()).stdout).toMatch(/Resources:\n +\d+ unchanged/);
  });

  test("of three members each may die: nothing moves", async () => {
    const third = bench.lab.host("third");
    const sequence = await holdersWhile(async () => {
      for (const unit of [0, 1, 2].map(memberUnit)) {
        await third.exec(`systemctl kill --signal=KILL ${unit}`);
        await rest();
        await until("the vote of the others counts", found * 1000, async () =>
          /may hold, by its own vote and the witness's/.test((await word()) ?? ""),
        );
        await third.exec(`systemctl start ${unit}`);
      }
    });
    expect(sequence).toEqual(["gw-a"]);
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
