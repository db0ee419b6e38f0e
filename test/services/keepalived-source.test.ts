import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { type Host, Image } from "../../lab";
import { ensureImages } from "../../lab/image";
import { VIP } from "../e2e/pair/cluster";
import { changes, type HostState, statesOf } from "../e2e/pair/hostState";
import { preemptionOverlap } from "../../lab/watch";
import { slack, WatchedPair } from "../e2e/pair/watchedPair";

/** The releases whose tarballs lie on the hosts. */
const RELEASES = ["2.2.7", "2.3.3"] as const;
type Release = (typeof RELEASES)[number];

const tarball = (version: Release) => `/usr/src/keepalived_${version}.orig.tar.gz`;

describe("a pair whose keepalived is built from a tarball", () => {
  let pair: WatchedPair;
  let before: Record<string, HostState>;
  let digests: Record<string, string>;

  const source = (keepalived: Release, changed: Record<string, unknown> = {}) => ({
    keepalivedSource: {
      url: `file://${tarball(keepalived)}`,
      sha256: digests[keepalived],
      version: keepalived,
      ...changed,
    },
  });
  const running = async (host: Host) =>
    (
      await host.exec(
        'exec 2>&1; pid=$(systemctl show --property=MainPID --value keepalived); "/proc/$pid/exe" --version; readlink "/proc/$pid/exe"',
      )
    ).stdout;
  const builds = async (host: Host) => (await host.exec("ls /opt/keepalived", { check: false })).stdout;

  beforeAll(async () => {
    const [root = ""] = (await ensureImages(() => undefined, [Image.Source])).get(Image.Source)!;
    digests = Object.fromEntries(
      RELEASES.map((version) => {
        const bytes = readFileSync(join(root, tarball(version)));
        return [version, createHash("sha256").update(bytes).digest("hex")];
      }),
    );
    pair = await WatchedPair.start({
      version: 3,
      advertInt: 1,
      vips: [VIP],
      cluster: source("2.2.7"),
      images: [Image.Source, Image.Source],
      diskMegabytes: 1024,
      prepare: async (lab) => {
        before = await statesOf(lab.hosts);
      },
    });
  });
  afterAll(() => pair?.stop());

  test("runs what was built, without the distribution's, and the output tells its version", async () => {
    for (const host of pair.lab.hosts) {
      expect(await running(host)).toMatch(
        /^Keepalived v2\.2\.7 [\s\S]*\n\/opt\/keepalived\/2\.2\.7-[0-9a-f]{8}\/sbin\/keepalived\n$/,
      );
      expect((await host.exec("command -v keepalived", { check: false })).code).not.toBe(0);
    }
    const { stdout } = await pair.stack.pulumi(["stack", "output", "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({
      keepalivedVersions: { "gw-a": "2.2.7", "gw-b": "2.2.7" },
    });
  });

  test("up again changes nothing", async () => {
    expect(await pair.apply(source("2.2.7"))).toMatch(/^Resources:\n +\d+ unchanged\n/m);
  });

  test("moves the address when the holder goes off, and back after its reboot", async () => {
    const off = await pair.event(
      "power off",
      () => pair.a.powerOff(),
      pair.moves("gw-a", "gw-b", pair.afterSilence()),
    );
    expect(off.failures).toEqual([]);
    await pair.a.boot();
    await pair.settled("gw-a");
    expect(await running(pair.a)).toContain("Keepalived v2.2.7 ");
  });

  test("a tarball with another sha256 is refused before it is unpacked, and nothing changes", async () => {
    const former = await builds(pair.a);
    await pair.configure(source("2.3.3", { sha256: digests["2.2.7"] }));
    const { stdout, stderr, code } = await pair.stack.up([], { check: false });
    expect(code).not.toBe(0);
    expect(stdout + stderr).toContain(
      `vrrp-agent: gw-a: stage: file://${tarball("2.3.3")} has the sha256 ${digests["2.3.3"]}, and keepalivedSource.sha256 is ${digests["2.2.7"]}; nothing of it was unpacked`,
    );
    expect(await builds(pair.a)).toBe(former);
    await pair.settled("gw-a");
  });

  test("a build that fails shows its own words, and nothing changes", async () => {
    const former = await builds(pair.a);
    await pair.configure(source("2.3.3", { configureOptions: ["CC=no-such-compiler"] }));
    const { stdout, stderr, code } = await pair.stack.up([], { check: false });
    expect(code).not.toBe(0);
    expect(stdout + stderr).toContain("the configure of keepalived 2.3.3 failed; see its own words");
    expect(stdout + stderr).toMatch(/configure: error: .*C compiler/);
    expect(await builds(pair.a)).toBe(former);
    await pair.settled("gw-a");
  });

  const handsOver = (label: string, strike: () => Promise<unknown>) =>
    pair.event(label, strike, {
      before: "gw-a",
      after: "gw-a",
      // It gives way, starts anew and takes over again; the other serves meanwhile.
      way: ["gw-a", "gw-b", "gw-a"],
      withoutHolder: preemptionOverlap,
      twoHolders: preemptionOverlap,
      silence: slack,
    });

  test("another version takes its place behind a hand-over, and can go back", async () => {
    const { failures } = await handsOver("2.3.3", () => pair.apply(source("2.3.3")));
    expect(failures).toEqual([]);
    for (const host of pair.lab.hosts) {
      expect(await running(host)).toContain("Keepalived v2.3.3 ");
      // Its programs run, though their path has a link in it: keepalived tells the agent what it does.
      expect(JSON.parse((await host.exec("vrrp-agent status --json")).stdout)).toMatchObject({
        clusters: [{ instances: [{ reported: { state: host === pair.a ? "MASTER" : "BACKUP" } }] }],
      });
      expect((await builds(host)).trim().split("\n")).toHaveLength(2);
    }
    const back = await handsOver("rollback", async () => {
      for (const host of [pair.b, pair.a]) await host.exec("vrrp-agent rollback");
    });
    expect(back.failures).toEqual([]);
    for (const host of pair.lab.hosts) expect(await running(host)).toContain("Keepalived v2.2.7 ");
    const built = await builds(pair.a);
    for (const host of [pair.b, pair.a]) {
      const { stdout } = await host.exec("vrrp-agent generations gw");
      const newest = stdout.trim().split("\n").at(-1)!.split(" ")[1]!;
      await host.exec(["vrrp-agent", "rollback", "gw", newest]);
    }
    expect(await builds(pair.a)).toBe(built);
    await pair.settled("gw-a");
  });

  test("the distribution's takes its place when the property goes", async () => {
    const { failures } = await handsOver("distribution", () => pair.apply({ keepalivedSource: undefined }));
    expect(failures).toEqual([]);
    for (const host of pair.lab.hosts) {
      expect(await running(host)).toMatch(/^Keepalived v2\.2\.7 [\s\S]*\n\/usr\/sbin\/keepalived\n$/);
      expect((await host.exec("systemctl is-enabled keepalived")).stdout).toBe("enabled\n");
    }
    await pair.a.reboot();
    await pair.settled("gw-a");
  });

  test("destroy from a build leaves nothing of it", async () => {
    await pair.apply(source("2.3.3"));
    await pair.stack.destroy();
    const after = await statesOf(pair.lab.hosts);
    for (const host of pair.lab.hosts) {
      expect(changes(before[host.name]!, after[host.name]!)).toEqual([]);
      expect((await host.exec("ls /opt; systemctl list-units --all --no-legend 'keepalived*'")).stdout).toBe(
        "",
      );
    }
  });
});
