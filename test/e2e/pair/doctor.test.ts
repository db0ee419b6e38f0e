import { differencesOf } from "../../doctor/snapshot";
import { World } from "../../doctor/world";

/** What of the doctor's JSON is looked at. */
interface Report {
  healthy: boolean;
  findings: { cause: string; node: string; evidence: string[]; fix: { automatic: boolean } }[];
  repairs?: { cause: string; outcome: string }[];
}

describe("the doctor of a real pair", () => {
  let world: World;
  beforeAll(async () => {
    world = await World.create("basic");
  }, 240_000);
  afterAll(() => world?.remove());

  test("finds nothing wrong with a healthy one, and changes nothing there", async () => {
    const before = await world.look();
    const { code, stdout, stderr } = await world.cli("doctor");
    expect({ code, stdout, stderr }).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^gw: healthy\n {2}gw-a MASTER, gw-b BACKUP, \d+ adverts seen/) as string,
    });
    expect(differencesOf(before, await world.look())).toEqual([]);
  });

  test("names the rule that drops adverts, lets our own in before it, and the address really moves", async () => {
    const backup = world.other(world.home);
    await backup.exec(
      `nft -f - <<'RULES'
table inet late {
	chain input {
		type filter hook input priority 10; policy accept;
		ip protocol 112 counter drop comment "of somebody"
	}
}
RULES`,
    );
    const { code, stdout } = await world.cli("doctor", "--json");
    const [first] = (JSON.parse(stdout) as Report).findings;
    expect(code).toBe(1);
    expect(first).toMatchObject({ cause: "fw-drop", node: backup.name, fix: { automatic: true } });
    expect(first!.evidence.join("\n")).toContain("late input");
    const dry = await world.cli("doctor", "--dry-run");
    expect(dry.stderr).toContain(`would run on ${backup.name}, for fw-drop: vrrp-agent repair gw firewall`);
    const mended = await world.cli("doctor", "--repair", "--json");
    const report = JSON.parse(mended.stdout) as Report;
    expect(report.repairs).toMatchObject([{ cause: "fw-drop", outcome: "done" }]);
    expect([mended.code, report.healthy]).toEqual([0, true]);
    // Nobody else's rule is touched.
    expect((await backup.exec("nft list table inet late")).stdout).toContain('drop comment "of somebody"');
    expect(await world.failover()).toEqual([]);
  });
});
