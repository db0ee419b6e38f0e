import { gapOf, Holding } from "../../../operate/gap";
import type { Ended, Host } from "../../../operate/host";
import { switchOver } from "../../../operate/switchover";
import { switchoverText } from "../../../operate/text";
import { instance, node, role, VIP } from "./observations";

/** A pair in memory, as far as a switchover sees it: who is drained gives to who is not. */
class Pair {
  readonly calls: string[] = [];
  readonly nodes = new Map([
    ["a", { holds: true, drained: false, running: true, keeps: true }],
    ["b", { holds: false, drained: false, running: true, keeps: true }],
  ]);
  /** Why a drain of `a` fails. */
  notReady?: string;

  get hosts(): Host[] {
    return [...this.nodes.keys()].map((name) => this.host(name));
  }

  private host(name: string): Host {
    const own = this.nodes.get(name)!;
    const status = () => {
      const { holds, drained, keeps } = own;
      const wanted = holds ? "master" : "backup";
      const changes = {
        drained,
        keeps,
        role: role({ wanted, reached: wanted }),
        instances: [instance(holds ? [VIP] : [], wanted)],
      };
      const keepalived = { running: own.running };
      return JSON.stringify({ keepalived, clusters: [node(name, holds, changes).status] });
    };
    const ended = (stdout: string, code = 0, stderr = ""): Ended => ({ code, stdout, stderr });
    return {
      address: name,
      agent: async ([verb, , ...more]) => {
        await Promise.resolve();
        if (verb === "status") return ended(status());
        if (verb === "events") return ended(`{"kind":"ACTION","name":"db","state":"done","ms":1500}\n{"cut`);
        this.calls.push([name, verb, ...more].join(" "));
        if (verb === "drain" && this.notReady !== undefined)
          return ended("", 1, `vrrp-agent: a: drain: ${this.notReady}\n`);
        own.drained = verb === "drain";
        for (let tries = 0; tries < 20 && !this.settle(); tries++) await new Promise(setImmediate);
        return ended("");
      },
      startKeepalived: () => {
        this.calls.push(`${name} start`);
        own.running = true;
        return Promise.resolve(ended(""));
      },
      holding: (_seconds, _signal, onLine) => {
        onLine(`1000 1 ${own.holds ? "all" : "none"}`);
        return Promise.resolve();
      },
    };
  }

  /** Whether somebody who is not drained has it. */
  private settle(): boolean {
    const [free] = [...this.nodes].filter(([, one]) => one.running && !one.drained);
    const holder = [...this.nodes.values()].find(({ holds }) => holds);
    if (free !== undefined && holder?.drained === true) {
      holder.holds = false;
      free[1].holds = true;
    }
    return [...this.nodes.values()].some(({ holds, drained }) => holds && !drained);
  }

  run(to: string, force = false) {
    const pause = () => new Promise<void>(setImmediate);
    return switchOver({
      hosts: this.hosts,
      cluster: "gw",
      to,
      force,
      patience: 1,
      say: () => undefined,
      pause,
    });
  }
}

describe("a switchover", () => {
  test("drains the holder, and ends that where the addresses stay without it", async () => {
    const pair = new Pair();
    const report = await pair.run("b");
    expect(report).toMatchObject({ ok: true, moved: true, from: ["a"], notes: [] });
    expect(pair.calls).toEqual(["a drain --wait 0", "a undrain"]);
    expect(report.actions).toContainEqual({ node: "b", name: "db", state: "done", milliseconds: 1500 });
    expect(switchoverText(report)).toMatch(/^moved from a to b in \d/);
  });

  test("leaves the holder drained where it would take them back, and says so", async () => {
    const pair = new Pair();
    pair.nodes.get("b")!.keeps = false;
    const report = await pair.run("b");
    expect(pair.calls).toEqual(["a drain --wait 0"]);
    expect(report.notes).toEqual([
      expect.stringContaining("a stays drained, for it would take the addresses back") as string,
    ]);
  });

  test("to one that is drained has the holder wait for it, and undrains it once the holder is ready", async () => {
    const pair = new Pair();
    pair.nodes.get("b")!.drained = true;
    expect(await pair.run("b")).toMatchObject({ ok: true, moved: true });
    expect(pair.calls).toEqual(["a drain --wait 30", "b undrain", "a undrain"]);
  });

  test("of a holder that cannot get ready moves nothing, and leaves everything as it was", async () => {
    for (const drained of [false, true]) {
      const pair = new Pair();
      pair.nodes.get("b")!.drained = drained;
      pair.notReady = "gw stays here: db is not ready to move";
      expect(await pair.run("b")).toMatchObject({
        ok: false,
        moved: false,
        problem: "a keeps the addresses: gw stays here: db is not ready to move",
      });
      expect([...pair.nodes.values()].map((one) => [one.holds, one.drained])).toEqual([
        [true, false],
        [false, drained],
      ]);
    }
  });

  test("starts a keepalived that is dead first", async () => {
    const pair = new Pair();
    pair.nodes.get("b")!.running = false;
    const report = await pair.run("b");
    expect(pair.calls).toEqual(["b drain", "b start", "a drain --wait 30", "b undrain", "a undrain"]);
    expect(report).toMatchObject({ ok: true, notes: ["keepalived did not run on b and was started"] });
  });

  test("to who has them does nothing", async () => {
    const pair = new Pair();
    expect(await pair.run("a")).toMatchObject({
      ok: true,
      moved: false,
      notes: ["a has all addresses already"],
    });
    expect(pair.calls).toEqual([]);
  });

  test("whose target never gets well ends with why", async () => {
    const pair = new Pair();
    pair.nodes.get("a")!.holds = false;
    expect(await pair.run("b")).toMatchObject({ ok: false, problem: "nobody has the addresses; see status" });
  });
});

describe("the gap", () => {
  const holding = (...lines: [line: string, came: number][]) => {
    const one = new Holding();
    for (const [line, came] of lines) one.add(line, came);
    return one;
  };

  test("is counted by each host's uptime, by the fastest of its lines, whatever its clock says", () => {
    const to = holding(["1000 99 none", 51_000], ["4000 99 all", 54_900]);
    const from = holding(["700000 7 all", 51_300], ["702500 7 none", 53_500]);
    // 50000 + 4000 less 51000 ... : a's uptime is 648700 behind by its second line's 648998.
    expect(gapOf(to.changes, [from.changes])).toBe(54_000 - 53_500);
    expect([to.epoch, from.epoch]).toEqual([99, 7]);
  });

  test("is none while two hold, and not known where somebody was not seen to let go", () => {
    const to = holding(["1000 1 all", 1000]).changes;
    expect(gapOf(to, [holding(["500 1 all", 500], ["1200 1 none", 1200]).changes])).toBe(0);
    expect(gapOf(to, [holding(["500 1 all", 500], ["what", 600]).changes])).toBeUndefined();
  });
});
