import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Host, startUnit, stopUnit, until } from "../../../lab";
import { parseExposition } from "../../unit/host/exposition";
import { WatchedPair } from "./watchedPair";
import { CLI } from "../../cli";

const vips = ["10.20.30.200"];

interface Phase {
  name: string;
  takeover?: number;
  gap: number;
  twoMasters: number;
  predicted: { takeover?: { min: number; max: number }; gap: { max: number }; bounds: { gap: number } };
  points: { address: string; probe: string; asked: number; lost: number; silence: number }[];
  worse: string[];
}

interface Report {
  ok: boolean;
  refused?: string[];
  phases: Phase[];
  hooks: { node: string; kind: string; name: string; state: string; milliseconds: number }[];
  problems: string[];
  left: string[];
  isInterrupted: boolean;
}

/** What `pulumi-keepalived drill` ends with; `onStderrLine` sees what it says, and its process. */
async function drill(
  pair: WatchedPair,
  words: readonly string[],
  onStderrLine?: (line: string, pid: number) => void,
) {
  let pid = 0;
  const { code, stdout, stderr } = await pair.stack.run(
    [...CLI, "drill", "--stack", "lab", "--json", ...words],
    {
      check: false,
      onStart: (child) => (pid = child.pid!),
      onStderrLine: (line) => onStderrLine?.(line, pid),
    },
  );
  return { code, stderr, report: (stdout === "" ? {} : JSON.parse(stdout)) as Report };
}

interface Status {
  keepalived: { running: boolean };
  clusters: { drained: boolean; role: { wanted: string; reached: string } }[];
}

async function statusOf(host: Host): Promise<Status> {
  return JSON.parse((await host.exec("vrrp-agent status --json")).stdout) as Status;
}

const role = {
  settle: 0,
  actions: [{ name: "data", kind: "command", onMaster: "sleep 0.4", onBackup: "true" }],
};
const checks = [{ name: "ready", kind: "file", path: "/srv", effect: "yield", interval: 1, timeout: 2 }];

describe("a drill", () => {
  let pair: WatchedPair;
  beforeAll(async () => {
    pair = await WatchedPair.start({ version: 3, advertInt: 0.5, vips, cluster: { role, checks } });
    await fit();
  });
  afterAll(() => pair?.stop());

  /** Until both nodes are as they are at rest: gw-a has the address. */
  const fit = async () => {
    await pair.settled("gw-a");
    await until("both roles are reached and the checks have run", 60_000, async () => {
      const all = await Promise.all([pair.a, pair.b].map(statusOf));
      return (
        all.map(({ clusters }) => clusters[0]!.role.reached).join() === "master,backup" &&
        (await pair.a.exec("vrrp-agent status")).stdout.includes("check ready (file): passing") &&
        (await pair.b.exec("vrrp-agent status")).stdout.includes("check ready (file): passing")
      );
    });
  };
  const asItWas = async () => {
    await fit();
    const all = await Promise.all([pair.a, pair.b].map(statusOf));
    expect(all.map(({ keepalived, clusters }) => [keepalived.running, clusters[0]!.drained])).toEqual([
      [true, false],
      [true, false],
    ]);
  };

  it("by drain costs who asks nothing, either way, and everything is as it was", async () => {
    const svg = join(pair.stack.directory, "drill.svg");
    const { code, report, stderr } = await drill(pair, ["--svg", svg]);
    expect({ code, stderr: code === 0 ? "" : stderr, problems: report.problems }).toEqual({
      code: 0,
      stderr: "",
      problems: [],
    });
    expect(report.phases.map(({ name, worse }) => [name, worse])).toEqual([
      ["move", []],
      ["back", []],
    ]);
    for (const { points } of report.phases) {
      expect(points).toEqual([expect.objectContaining({ address: vips[0], probe: "tcp:22", lost: 0 })]);
      expect(points[0]!.asked).toBeGreaterThan(20);
    }
    expect(report.hooks).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ node: "gw-b", kind: "action", name: "data", state: "done" }),
        expect.objectContaining({ node: "gw-b", kind: "role", state: "master" }),
      ]),
    );
    expect(
      report.hooks.find(({ node, name }) => node === "gw-b" && name === "data")!.milliseconds,
    ).toBeGreaterThan(390);
    expect(readFileSync(svg, "utf8")).toMatch(/^<svg [^]*gw: drain of gw-a, gw-b takes over; [^]*<\/svg>\n$/);
    await asItWas();
  });

  it("by kill has a gap within the prediction, and the preferred one has the address back", async () => {
    const { code, report, stderr } = await drill(pair, ["--kind", "kill", "--yes", "--every", "20"]);
    expect({ code, stderr: code === 0 ? "" : stderr, problems: report.problems }).toEqual({
      code: 0,
      stderr: "",
      problems: [],
    });
    const [away] = report.phases;
    // VRRP's own word: 3 adverts of 0.5 s and (256 - 90) / 256 of one, less up to an advert.
    expect(away!.predicted.takeover).toEqual({ min: 1324, max: 1824 });
    expect(away!.gap).toBeGreaterThan(500);
    expect(away!.gap).toBeLessThanOrEqual(away!.predicted.bounds.gap);
    expect(away!.points[0]!.lost).toBeGreaterThan(10);
    expect(stderr).toMatch(
      /^all processes of keepalived are killed on gw-a \(SIGKILL\); gw-b takes over\npredicted: nobody has the addresses for 1\.32 s to 1\.82 s/,
    );
    await asItWas();
  });

  it("is refused on a cluster that is not well, and nothing is touched", async () => {
    await stopUnit(pair.b, "keepalived");
    const refused = async () => {
      const { code, report, stderr } = await drill(pair, ["--kind", "kill", "--yes"]);
      expect(code).toBe(1);
      expect(report).toMatchObject({
        ok: false,
        refused: expect.arrayContaining(["keepalived does not run on gw-b"]) as string[],
      });
      expect(stderr).toContain("pulumi-keepalived doctor");
    };
    const { failures } = await pair.event("refused", refused, pair.stays("gw-a"));
    expect(failures).toEqual([]);
    await startUnit(pair.b, "keepalived");
    await fit();
  });

  it.each([
    ["drain", /^gw-b has the addresses/, []],
    ["drain", /^gw-a gives the addresses away/, []],
    ["kill", /^keepalived is killed on gw-a/, ["--yes"]],
  ] as const)("by %s that Ctrl-C ends at %s brings everything back", async (kind, at, words) => {
    let sent = 0;
    const { code, report, stderr } = await drill(pair, ["--kind", kind, ...words], (line, pid) => {
      if (sent === 0 && at.test(line)) process.kill(pid, "SIGINT");
      if (at.test(line)) sent += 1;
    });
    expect({
      code,
      sent: sent > 0,
      report: report.isInterrupted,
      stderr: report.left?.length === 0 ? "" : stderr,
    }).toEqual({
      code: 1,
      sent: true,
      report: true,
      stderr: "",
    });
    await asItWas();
  });

  it("has a watch beside it that tells each change, and ends at Ctrl-C with how everything is", async () => {
    const words = ["status", "--watch", "--interval", "1", "--stack", "lab"];
    let pid = 0;
    const watched = pair.stack.run([...CLI, ...words], {
      check: false,
      onStart: (child) => (pid = child.pid!),
    });
    const sights = () => new Promise((resolve) => setTimeout(resolve, 6000));
    await sights();
    await pair.a.exec("vrrp-agent drain gw");
    await sights();
    await pair.a.exec("vrrp-agent undrain gw");
    await fit();
    await sights();
    process.kill(pid, "SIGINT");
    const { code, stdout, stderr } = await watched;
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const lines = stdout.split("\n").map((line) => line.replace(/^\d\d:\d\d:\d\d /, ""));
    expect(lines).toEqual(
      expect.arrayContaining([
        `gw-a has: ${vips[0]}`,
        "gw-a drained: yes",
        `gw-a has: ${vips[0]} -> nothing`,
        `gw-b has: nothing -> ${vips[0]}`,
        "gw-a drained: gone",
        `gw-a has: nothing -> ${vips[0]}`,
        expect.stringMatching(/^gw-a +MASTER +10\.20\.30\.200 +role master$/) as string,
      ]),
    );
  });

  it("has metrics that Prometheus takes", async () => {
    const metrics = parseExposition((await pair.a.exec("vrrp-agent metrics")).stdout);
    const value = (name: string, labels: Record<string, string>) =>
      metrics
        .find((one) => one.name === `vrrp_agent_${name}`)!
        .samples.find((sample) => Object.entries(labels).every(([key, word]) => sample.labels[key] === word))!
        .value;
    expect(value("up", {})).toBe(1);
    expect(value("vip_held", { address: vips[0]!, cluster: "gw", node: "gw-a" })).toBe(1);
    expect(value("instance_state", { state: "MASTER" })).toBe(1);
    expect(value("role_reached", { role: "master" })).toBe(1);
    expect(value("check_passing", { check: "ready" })).toBe(1);
    expect(value("firewall_ok", {})).toBe(1);
  });
});
