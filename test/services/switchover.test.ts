import { type Host, startUnit, stopUnit, until } from "../../lab";
import { clientView } from "../../lab/watch";
import { type Seen, WatchedPair } from "../e2e/pair/watchedPair";
import { CLI } from "../cli";

const version = 3;
const advertInt = 0.5;
const vips = ["10.20.30.200"];

/** What `pulumi-keepalived VERB` ends with, for the stack of a pair. */
async function cli(pair: WatchedPair, verb: string, ...words: string[]) {
  const { code, stdout, stderr } = await pair.stack.run(
    [...CLI, verb, "--stack", "lab", "--json", ...words],
    { check: false },
  );
  return { code, stderr, report: (stdout === "" ? {} : JSON.parse(stdout)) as Report };
}

interface Report {
  ok: boolean;
  moved: boolean;
  from: string[];
  gapMs?: number;
  actions: { node: string; name: string; state: string }[];
  notes: string[];
  problem?: string;
}

interface Status {
  drained: boolean;
  promoted: boolean;
  role: { wanted: string; reached: string } | null;
}

async function statusOf(host: Host): Promise<Status> {
  const { stdout } = await host.exec("vrrp-agent status --json");
  return (JSON.parse(stdout) as { clusters: Status[] }).clusters[0]!;
}

const reached = (host: Host, role: string) =>
  until(`${host.name} is ${role}`, 60_000, async () => (await statusOf(host)).role?.reached === role);

/** A command of each step, which says in a file what was done; its quiesce fails where /run/not-ready is there. */
const note = (word: string) => `echo ${word} >>/run/done`;
const role = {
  settle: 0,
  actions: [
    {
      name: "data",
      kind: "command",
      onMaster: note("master"),
      onBackup: note("backup"),
      quiesce: `test ! -e /run/not-ready && ${note("quiesce")}`,
      resume: note("resume"),
    },
  ],
};

const done = async (host: Host) =>
  (await host.exec("cat /run/done 2>/dev/null; rm -f /run/done", { check: false })).stdout.trim().split("\n");

describe("a sticky pair with a role", () => {
  let pair: WatchedPair;
  const checks = [{ name: "ready", kind: "file", path: "/srv", effect: "yield", interval: 1, timeout: 2 }];

  beforeAll(async () => {
    pair = await WatchedPair.start({
      version,
      advertInt,
      vips,
      cluster: { preemption: "sticky", role, checks },
    });
    await reached(pair.a, "master");
    await reached(pair.b, "backup");
    await Promise.all([pair.a, pair.b].map(done));
  });
  afterAll(() => pair?.stop());

  const to = async (from: Host, target: Host) => {
    let ended: Awaited<ReturnType<typeof cli>> | undefined;
    const move = async () => (ended = await cli(pair, "switchover", "--to", target.name));
    const { failures } = await pair.event("switchover", move, pair.preempts(from.name, target.name));
    expect(failures).toEqual([]);
    return ended!;
  };

  it("moves both ways with one holder at a time, the old master made ready first, and nobody drained at the end", async () => {
    for (const [from, target] of [
      [pair.a, pair.b],
      [pair.b, pair.a],
    ] as const) {
      const { code, report, stderr } = await to(from, target);
      expect({ code, problem: report.problem, stderr: code === 0 ? "" : stderr }).toEqual({
        code: 0,
        stderr: "",
      });
      expect(report).toMatchObject({ ok: true, moved: true, from: [from.name] });
      expect(report.gapMs).toBeGreaterThanOrEqual(0);
      expect(report.actions).toEqual(
        expect.arrayContaining([
          expect.objectContaining({ node: from.name, name: "data", state: "quiesced" }),
          expect.objectContaining({ node: target.name, name: "data", state: "done" }),
        ]),
      );
      await reached(from, "backup");
      expect([await done(from), await done(target)]).toEqual([["quiesce", "backup"], ["master"]]);
      expect([(await statusOf(from)).drained, (await statusOf(target)).drained]).toEqual([false, false]);
    }
  });

  it("is there already where it is asked for again", async () => {
    const { code, report } = await cli(pair, "switchover", "--to", "gw-a");
    expect({ code, moved: report.moved, notes: report.notes }).toEqual({
      code: 0,
      moved: false,
      notes: ["gw-a has all addresses already"],
    });
  });

  it("moves nothing where the master cannot get ready, and everything goes on", async () => {
    await pair.a.exec("touch /run/not-ready");
    const refused = async () => {
      const { code, report } = await cli(pair, "switchover", "--to", "gw-b");
      expect({ code, ok: report.ok, problem: report.problem }).toEqual({
        code: 1,
        ok: false,
        problem: expect.stringMatching(
          /^gw-a keeps the addresses: gw stays here: data is not ready to move/,
        ) as string,
      });
    };
    const { failures } = await pair.event("not ready", refused, pair.stays("gw-a"));
    expect(failures).toEqual([]);
    expect(await done(pair.a)).toEqual(["resume"]);
    expect(await statusOf(pair.a)).toMatchObject({ drained: false, role: { reached: "master" } });
    await pair.a.exec("rm /run/not-ready");
  });

  it("waits for a target on which a check fails, and moves nothing where it goes on failing", async () => {
    await pair.b.exec("mv /srv /srv.gone");
    await until("the check fails", 20_000, async () =>
      (await pair.b.exec("vrrp-agent status")).stdout.includes("check ready (file): failing"),
    );
    const refused = async () => {
      const { code, report } = await cli(pair, "switchover", "--to", "gw-b", "--wait", "3");
      expect({ code, problem: report.problem }).toEqual({
        code: 1,
        problem: expect.stringContaining("a check fails on gw-b: ready") as string,
      });
    };
    const { failures } = await pair.event("refused", refused, pair.stays("gw-a"));
    expect(failures).toEqual([]);
    const mended = async () => {
      const moved = cli(pair, "switchover", "--to", "gw-b");
      await pair.answeredFor(3);
      await pair.b.exec("mv /srv.gone /srv");
      expect((await moved).code).toBe(0);
      expect((await cli(pair, "switchover", "--to", "gw-a")).code).toBe(0);
    };
    await mended();
    await until("the check passes", 20_000, async () =>
      (await pair.b.exec("vrrp-agent status")).stdout.includes("check ready (file): passing"),
    );
  });

  it("starts a keepalived that is dead on the target, and moves to it", async () => {
    await stopUnit(pair.b, "keepalived");
    const { code, report } = await to(pair.a, pair.b);
    expect(code).toBe(0);
    expect(report.notes).toContain("keepalived did not run on gw-b and was started");
    await reached(pair.b, "master");
  });

  it("goes back by promote on the host, which lowers itself again", async () => {
    let said = "";
    const promote = async () => (said = (await pair.a.exec("vrrp-agent promote gw")).stdout);
    const { failures } = await pair.event("promote", promote, pair.preempts("gw-b", "gw-a"));
    expect(failures).toEqual([]);
    expect(said).toMatch(
      /^gw is here: .*\ngap as seen from here: at most \d+ ms .*\nnote: what the former holder ran /,
    );
    expect((await statusOf(pair.a)).promoted).toBe(false);
    const wait = () => pair.answeredFor(2 * pair.afterSilence(100));
    expect((await pair.event("lowered", wait, pair.stays("gw-a"))).failures).toEqual([]);
  });

  it("goes on as master where a drain is killed after it has got ready", async () => {
    await reached(pair.a, "master");
    await done(pair.a);
    await stopUnit(pair.b, "keepalived");
    // As one does that finds no peer: it waits, and is killed.
    await pair.a.exec("timeout -s KILL 8 vrrp-agent drain gw --wait 60", { check: false });
    await pair.a.exec("vrrp-agent undrain gw");
    expect(await done(pair.a)).toEqual(["quiesce", "resume"]);
    expect((await statusOf(pair.a)).role).toMatchObject({ wanted: "master", reached: "master" });
    await startUnit(pair.b, "keepalived");
  });
});

/** Requests that the client has lost in an event, one each 20 ms, and its longest time without an answer. */
function lossOf({ timeline }: Seen): { lost: number; milliseconds: number } {
  const { lost, silence } = clientView(timeline, vips[0]!);
  return { lost, milliseconds: Math.round((silence.to - silence.from) * 1000) };
}

describe("a pair that prefers its primary", () => {
  let pair: WatchedPair;
  const planned: { lost: number; milliseconds: number }[] = [];

  beforeAll(async () => {
    pair = await WatchedPair.start({ version, advertInt, vips });
  });
  afterAll(() => pair?.stop());

  it("leaves the primary drained after a switchover to the other, and says so; one back ends that", async () => {
    for (const [from, to] of [
      ["gw-a", "gw-b"],
      ["gw-b", "gw-a"],
    ] as const) {
      const move = async () => {
        const { code, report, stderr } = await cli(pair, "switchover", "--to", to);
        expect({ code, from: report.from, stderr: code === 0 ? "" : stderr }).toEqual({
          code: 0,
          from: [from],
          stderr: "",
        });
        const stays = "gw-a stays drained, for it would take the addresses back: ";
        expect(report.notes.some((line) => line.startsWith(stays))).toBe(to === "gw-b");
      };
      const seen = await pair.event(`switchover to ${to}`, move, pair.preempts(from, to));
      expect(seen.failures).toEqual([]);
      planned.push(lossOf(seen));
      expect([(await statusOf(pair.a)).drained, (await statusOf(pair.b)).drained]).toEqual([
        to === "gw-b",
        false,
      ]);
    }
  });

  it("keeps what promote has brought to the other until undrain; who is promoted second gets nothing", async () => {
    const promote = () => pair.b.exec("vrrp-agent promote");
    expect((await pair.event("promote", promote, pair.preempts("gw-a", "gw-b"))).failures).toEqual([]);
    const second = async () => {
      const { code, stderr } = await pair.a.exec("vrrp-agent promote", { check: false });
      expect(code).toBe(1);
      expect(stderr).toMatch(
        /and the raise was taken back: gw-b keeps them; it is promoted, too \(vrrp-agent undrain there\)/,
      );
    };
    expect((await pair.event("both promoted", second, pair.stays("gw-b"))).failures).toEqual([]);
    const undrain = () => pair.b.exec("vrrp-agent undrain");
    expect((await pair.event("undrain", undrain, pair.preempts("gw-b", "gw-a"))).failures).toEqual([]);
  });

  it("costs the client less when it is moved than when its holder dies", async () => {
    const die = () => pair.a.powerOff();
    const crash = await pair.event("power loss", die, pair.moves("gw-a", "gw-b", pair.afterSilence()));
    expect(crash.failures).toEqual([]);
    const died = lossOf(crash);
    console.error(
      `a client asks every 20 ms; moved: ${JSON.stringify(planned)}; died: ${JSON.stringify(died)}`,
    );
    for (const { lost, milliseconds } of planned) {
      expect(lost).toBeLessThan(died.lost);
      expect(milliseconds).toBeLessThan(died.milliseconds);
    }
    await pair.a.boot();
    await pair.settled("gw-a");
  });

  it("is seen by status, all hosts side by side", async () => {
    const { code, report } = await cli(pair, "status");
    expect(code).toBe(0);
    expect(report).toMatchObject([
      { node: "gw-a", running: true },
      { node: "gw-b", running: true },
    ]);
  });
});
