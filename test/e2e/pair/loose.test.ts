import { type Host, Lab, Stack } from "../../../lab";
import { nodeOf, POLICY_PACK, privateKeyOf, staysWith, VIP } from "./cluster";
import { changes, type HostState, statesOf } from "./hostState";

const WITH_PACK = ["--policy-pack", POLICY_PACK];

describe("without HaPair's proof", () => {
  let lab: Lab;
  let loose: Stack;
  let raw: Stack;
  let before: Record<string, HostState>;

  beforeAll(async () => {
    lab = await Lab.start({ name: "loose", hosts: [{ name: "gw-a" }, { name: "gw-b" }] });
    const { client } = lab;
    loose = await Stack.create({ client, program: "test/e2e/pair/programs/loose" });
    raw = await Stack.create({ client, program: "test/e2e/pair/programs/raw-pair" });
    before = await statesOf(lab.hosts);
  });
  afterAll(async () => {
    loose?.remove();
    raw?.remove();
    await lab?.stop();
  });

  /** Two instances of one virtual router; the second one with other values. */
  async function configureLoose(changesOfSecond: Record<string, unknown> = {}): Promise<void> {
    const [a, b] = lab.hosts as [Host, Host];
    const instance = (host: Host, peer: Host) => ({
      ...nodeOf(host),
      cluster: "gw",
      virtualRouterId: 51,
      unicastPeers: [peer.address],
      virtualIpAddresses: [`${VIP}/24`],
    });
    const instances = [
      { ...instance(a, b), priority: 100 },
      { ...instance(b, a), priority: 90, ...changesOfSecond },
    ];
    await loose.configure({ "loose:instances": instances }, { privateKey: privateKeyOf(lab) });
  }

  async function hostsAreUntouched(): Promise<void> {
    const after = await statesOf(lab.hosts);
    for (const { name } of lab.hosts) expect(changes(before[name]!, after[name]!)).toEqual([]);
  }

  test.each([
    ["one has no unicastSrcIp", { unicastSrcIp: undefined }, "unicast-src-ip-missing"],
    ["they have two VRIDs", { virtualRouterId: 52 }, "virtual-router-id-mismatch-in-stack"],
  ])("the pack refuses two instances in preview when %s", async (_what, second, policy) => {
    await configureLoose(second);
    const { code, stdout } = await loose.preview(WITH_PACK, { check: false });
    expect(code).not.toBe(0);
    expect(stdout.match(/\[mandatory\] +\S+/g)).toEqual([expect.stringMatching(new RegExp(` ${policy}$`))]);
    await hostsAreUntouched();
  });

  test("a rule of one instance holds under up --skip-preview, too", async () => {
    await configureLoose({ unicastSrcIp: undefined });
    const { code, stdout } = await loose.up([...WITH_PACK, "--parallel", "1"], { check: false });
    expect(code).not.toBe(0);
    expect(stdout).toMatch(/\[mandatory\] +unicast-src-ip-missing/);
    expect((await lab.host("gw-b").exec("ls -A /usr/lib/vrrp-agent", { check: false })).code).not.toBe(0);
    await loose.destroy();
    await hostsAreUntouched();
  });

  test("two instances that fit make a pair with one holder, each confirmed by itself", async () => {
    await configureLoose();
    await loose.up(WITH_PACK);
    await staysWith(lab.host("gw-a"), lab.hosts);
    for (const host of lab.hosts) {
      const { stdout } = await host.exec("vrrp-agent status --json");
      expect(JSON.parse(stdout)).toMatchObject({
        firewall: { ok: true },
        clusters: [{ pending: false, drift: [] }],
      });
    }
    expect((await loose.up(WITH_PACK)).stdout).toMatch(/^Resources:\n +\d+ unchanged\n/m);
    await loose.destroy();
    await hostsAreUntouched();
  });

  test("a HaPair that nobody proved is judged by the pack under up --skip-preview, before its steps", async () => {
    const nodes = lab.hosts.map((host) => nodeOf(host));
    const cluster = { name: "gw", virtualRouterId: 51, virtualIpAddresses: [`${VIP}/24`] };
    const wrong = { ...cluster, nodes: nodes.map((node) => ({ ...node, priority: 100 })) };
    await raw.configure({ "raw-pair:cluster": wrong }, { privateKey: privateKeyOf(lab) });
    const { code, stdout } = await raw.up(WITH_PACK, { check: false });
    expect(code).not.toBe(0);
    expect(stdout.match(/\[mandatory\] +\S+/g)).toEqual([expect.stringMatching(/ equal-priorities$/)]);
    for (const host of lab.hosts) {
      expect((await host.exec("ls /touched", { check: false })).code).not.toBe(0);
    }
    await raw.configure({ "raw-pair:cluster": { ...cluster, nodes } }, { privateKey: privateKeyOf(lab) });
    await raw.up(WITH_PACK);
    for (const host of lab.hosts) await host.exec("rm /touched");
  });
});
