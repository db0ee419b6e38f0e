import { Bench } from "../../roles/bench";
import { chosen } from "../../roles/changes";

/** A sample of `npm run test:roles`: every kind of change once, while a client writes through the address all the time. */
describe("examples/web-db-gateway on real hosts", () => {
  let bench: Bench;

  beforeAll(async () => {
    bench = await Bench.start();
  });
  afterAll(() => bench?.stop());

  test.each(chosen(9, 7).map((change) => [change.what, change] as const))(
    "one host has all that is the master's, and no acknowledged write is lost: %s",
    async (_what, change) => {
      const { failures } = await bench.run(change);
      expect(failures).toEqual([]);
    },
  );

  test("a second up changes nothing, and a destroy leaves both databases writable, with all that was acknowledged", async () => {
    expect((await bench.stack.up()).stdout).toMatch(/Resources:\n +\d+ unchanged/);
    await bench.stack.destroy();
    for (const name of ["gw-a", "gw-b"]) {
      const host = bench.lab.host(name);
      expect((await host.exec("mariadb -BNe 'SELECT @@read_only + 0'")).stdout).toBe("0\n");
      expect((await host.exec("ls /etc/cron.d/backup", { check: false })).code).not.toBe(0);
      expect((await host.exec("systemctl is-active cron", { check: false })).stdout).toBe("active\n");
    }
  });
});
