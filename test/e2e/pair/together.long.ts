import { now } from "../../../lab/watch";
import { errorsOf } from "./cluster";
import { type Seen, slack, WatchedPair } from "./watchedPair";

const VIP = "10.20.30.200";

/** What the daemons of a cluster must have alike, changed while they run: nobody may be master beside the other. */
describe("changes that two running daemons cannot disagree on", () => {
  let pair: WatchedPair;

  beforeAll(async () => {
    // Short adverts: a backup that is not heard takes over before the next step could change the holder.
    pair = await WatchedPair.start({ version: 3, advertInt: 0.1, vips: [VIP] });
  });
  afterAll(() => pair?.stop());

  let spec: Record<string, unknown> = {};

  /** Runs a change while everybody watches. */
  async function change(
    label: string,
    changes: Record<string, unknown>,
    gap: number,
  ): Promise<Seen & { said: string }> {
    spec = { ...spec, ...changes };
    await pair.settled("gw-a");
    const from = now();
    await pair.answeredFor(0.5);
    const said = await pair.apply(spec);
    return { ...(await pair.seen(label, from, { ...pair.stays("gw-a"), withoutHolder: gap })), said };
  }

  async function runningConfig(words: string): Promise<string[]> {
    const found = await Promise.all(
      pair.lab.hosts.map((host) => host.exec(`grep -h -E '^ *${words}' /etc/keepalived/keepalived.conf`)),
    );
    return found.map(({ stdout }) => stdout.trim());
  }

  test.each<[string, Record<string, unknown>, string, string]>([
    [
      "an added address",
      { virtualIpAddresses: [`${VIP}/24`, "10.20.30.201/24"] },
      "10.20.30.201",
      "virtual_ipaddress",
    ],
    ["a shorter advertInt", { advertInt: 0.05 }, "advert_int 0.05", "advert_int or version"],
    ["a longer advertInt", { advertInt: 1 }, "advert_int 1", "advert_int or version"],
    ["a password", { version: 2, authPass: "geheim" }, "version 2", "advert_int or version, auth_pass"],
    ["another password", { authPass: "anders" }, "include gw.auth.conf", "auth_pass"],
    [
      "version 3 again",
      { version: 3, authPass: undefined, advertInt: 0.1 },
      "version 3",
      "advert_int or version, auth_pass",
    ],
  ])("%s: the address does not leave its holder, and never has two", async (label, changes, words, cause) => {
    const { failures, said } = await change(label, changes, 0);
    expect(failures).toEqual([]);
    expect(said).toContain(
      `gw: ${cause}: the addresses stay on the node that holds them, without a gap; the other nodes stop`,
    );
    expect(await runningConfig(words)).toEqual([
      expect.stringContaining(words),
      expect.stringContaining(words),
    ]);
  });

  test.each<[string, Record<string, unknown>, string]>([
    ["another virtual_router_id", { virtualRouterId: 77 }, "virtual_router_id 77"],
    ["multicast instead of unicast", { multicast: true }, "mcast_src_ip"],
  ])(
    "%s: the address stays on its holder but for a moment, as the preview says",
    async (label, changes, words) => {
      spec = { ...spec, ...changes };
      await pair.configure(spec);
      const preview = await pair.stack.preview();
      expect(preview.stdout + preview.stderr).toMatch(
        /gw: .*: this change interrupts the addresses once, about \d+ ms, on the node that holds them/,
      );
      expect((await change(label, changes, slack)).failures).toEqual([]);
      expect(await runningConfig(words)).toEqual([
        expect.stringContaining(words),
        expect.stringContaining(words),
      ]);
    },
  );

  test("when such a change fails on one host, all are back at the former one, and the next up makes it", async () => {
    await pair.settled("gw-a");
    const before = await runningConfig("virtual_router_id");
    const from = now();
    // keepalived of the holder cannot be told to reload.
    await pair.a.exec(
      "mkdir -p /etc/systemd/system/keepalived.service.d && printf '[Service]\\nExecReload=\\nExecReload=/bin/false\\n' >/etc/systemd/system/keepalived.service.d/zz-broken.conf && systemctl daemon-reload",
    );
    spec = { ...spec, virtualRouterId: 78 };
    await pair.configure(spec);
    const failed = await pair.stack.up([], { check: false });
    expect(failed.code).not.toBe(0);
    expect(errorsOf(failed)[0]!.text).toMatch(/gw-a: finish: keepalived: systemctl reload failed/);
    await pair.a.exec(
      "rm /etc/systemd/system/keepalived.service.d/zz-broken.conf && systemctl daemon-reload",
    );
    await pair.atRest();
    expect(await runningConfig("virtual_router_id")).toEqual(before);
    expect(
      (await pair.seen("failed", from, { ...pair.stays("gw-a"), withoutHolder: slack })).failures,
    ).toEqual([]);

    const again = now();
    await pair.answeredFor(0.5);
    await pair.stack.up();
    expect(await runningConfig("virtual_router_id")).toEqual([
      "virtual_router_id 78",
      "virtual_router_id 78",
    ]);
    expect(
      (await pair.seen("again", again, { ...pair.stays("gw-a"), withoutHolder: slack })).failures,
    ).toEqual([]);
  });

  test("a keepalived in real time that may not raise its limit again is restarted, and its address stays", async () => {
    await pair.apply((spec = { ...spec, realtime: { priority: 20 } }));
    const before = await pair.a.exec("systemctl show --property MainPID keepalived");
    expect((await change("restart", { virtualRouterId: 79 }, slack)).failures).toEqual([]);
    const { stdout } = await pair.a.exec("systemctl show --property MainPID keepalived");
    expect(stdout).not.toBe(before.stdout);
  });
});
