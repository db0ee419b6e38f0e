import { type Host, startUnit, stopUnit } from "../../../lab";
import { WatchedPair } from "./watchedPair";

const FILE = "/var/lib/vrrp-agent/gw/drain";
const version = 3;
const advertInt = 0.5;

const agent = (host: Host, verb: string) => host.exec(`vrrp-agent ${verb} gw`);

/** What the host itself says, in words and in JSON. */
async function isDrained(host: Host): Promise<boolean> {
  const { stdout } = await host.exec("vrrp-agent status --json; vrrp-agent status");
  const [json = "", ...words] = stdout.split("\n");
  const [cluster] = (JSON.parse(json) as { clusters: { drained: boolean }[] }).clusters;
  expect(words.some((line) => line.startsWith("  drained: "))).toBe(cluster?.drained);
  return cluster?.drained ?? false;
}

describe("a host of a pair with an IPv4 and an IPv6 address that is drained", () => {
  const vips = ["10.20.30.200", "fd20:30:40::200"];
  let pair: WatchedPair;

  beforeAll(async () => {
    pair = await WatchedPair.start({ version, advertInt, vips });
  });
  afterAll(() => pair.stop());

  it("gives both addresses to its peer, which has them before it lets go, and says who has them", async () => {
    let said = "";
    const drain = async () => (said = (await agent(pair.a, "drain")).stdout);
    const { failures } = await pair.event("drain", drain, pair.preempts("gw-a", "gw-b"));
    expect(failures).toEqual([]);
    expect(said).toBe(["gw is drained", ...vips.map((vip) => `${vip} is held by gw-b`), ""].join("\n"));
    expect([await isDrained(pair.a), await isDrained(pair.b)]).toEqual([true, false]);
  });

  it("stays drained through a pulumi up that reloads keepalived", async () => {
    const before = (await pair.a.exec("cat /etc/keepalived/keepalived.conf")).stdout;
    const up = () => pair.apply({ trackScripts: [{ name: "fine", script: "/bin/true", weight: -20 }] });
    const { failures } = await pair.event("pulumi up", up, pair.stays("gw-b"));
    expect(failures).toEqual([]);
    expect((await pair.a.exec("cat /etc/keepalived/keepalived.conf")).stdout).not.toBe(before);
    expect(await isDrained(pair.a)).toBe(true);
  });

  it("stays drained when it loses its power and boots", async () => {
    const boot = async () => {
      await pair.a.powerOff();
      await pair.a.boot();
      await pair.answeredFor(2 * pair.afterSilence());
    };
    const { failures } = await pair.event("power loss and boot", boot, pair.stays("gw-b"));
    expect(failures).toEqual([]);
    expect(await isDrained(pair.a)).toBe(true);
  });

  it("takes the addresses back after undrain, as the preferred one", async () => {
    const undrain = () => agent(pair.a, "undrain");
    const { failures } = await pair.event("undrain", undrain, pair.preempts("gw-b", "gw-a"));
    expect(failures).toEqual([]);
    expect(await isDrained(pair.a)).toBe(false);
  });

  it("is not, and keeps the addresses, when no peer is there to take them", async () => {
    await stopUnit(pair.b, "keepalived");
    const drain = async () => {
      const { code, stdout, stderr } = await pair.a.exec("vrrp-agent drain", { check: false });
      expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
      expect(stderr).toMatch(/^vrrp-agent: gw-a: drain: no peer took the addresses of gw within 3 s, .*\n$/);
    };
    const { failures } = await pair.event("drain without a peer", drain, pair.stays("gw-a"));
    expect(failures).toEqual([]);
    expect(await isDrained(pair.a)).toBe(false);
    await startUnit(pair.b, "keepalived");
  });

  it("keeps the addresses when the other one is drained, too", async () => {
    const drainBoth = async () => {
      // Not through the agent, which would refuse; in place, as an editor may write.
      for (const host of [pair.b, pair.a]) await host.exec(`echo 1 >${FILE}`);
      await pair.answeredFor(2 * pair.afterSilence(1));
    };
    const { failures } = await pair.event("both drained", drainBoth, pair.stays("gw-a"));
    expect(failures).toEqual([]);
  });

  it("takes the addresses all the same when the other one, drained too, loses its power", async () => {
    const off = () => pair.a.powerOff();
    const { failures } = await pair.event(
      "power loss",
      off,
      pair.moves("gw-a", "gw-b", pair.afterSilence(1)),
    );
    expect(failures).toEqual([]);
  });

  it("keeps them when the other one, drained too, is back: one of all that are drained holds", async () => {
    const on = async () => {
      await pair.a.boot();
      await pair.answeredFor(2 * pair.afterSilence(1));
    };
    const { failures } = await pair.event("boot", on, pair.stays("gw-b"));
    expect(failures).toEqual([]);
  });
});

describe("a host of a sticky pair that is drained", () => {
  let pair: WatchedPair;

  beforeAll(async () => {
    const cluster = { preemption: "sticky" };
    pair = await WatchedPair.start({ version, advertInt, vips: ["10.20.30.200"], cluster });
  });
  afterAll(() => pair.stop());

  it("gives the address away, and undrain leaves it where it is", async () => {
    const drain = () => agent(pair.a, "drain");
    const drained = await pair.event("drain", drain, pair.preempts("gw-a", "gw-b"));
    const undrain = async () => {
      await agent(pair.a, "undrain");
      await pair.answeredFor(2 * pair.afterSilence(100));
    };
    const undrained = await pair.event("undrain", undrain, pair.stays("gw-b"));
    expect([...drained.failures, ...undrained.failures]).toEqual([]);
  });

  it("gets the address when the other one is drained", async () => {
    const drain = () => agent(pair.b, "drain");
    const { failures } = await pair.event("drain", drain, pair.preempts("gw-b", "gw-a"));
    expect(failures).toEqual([]);
  });
});
