import { drill, type DrillOptions } from "../../../../operate/drill/drill";
import type { DrillHost } from "../../../../operate/drill/host";
import { Ledger } from "../../../../operate/drill/ledger";
import { reportOf } from "../../../../operate/drill/report";
import type { Ended } from "../../../../operate/host";
import { instance, node, role, VIP } from "../observations";

const ended = (stdout = "", code = 0, stderr = ""): Ended => ({ code, stdout, stderr });

interface Own {
  holds: boolean;
  drained: boolean;
  running: boolean;
  keeps: boolean;
  /** What is told by `holding`. */
  tell: (() => void)[];
}

/** A pair in memory: who runs and is not drained has the address, a first. Time stands still but for what is awaited. */
class Pair {
  readonly calls: string[] = [];
  readonly nodes = new Map<string, Own>(
    ["a", "b"].map((name) => [
      name,
      { holds: name === "a", drained: false, running: true, keeps: name === "a", tell: [] },
    ]),
  );
  /** What the hosts are to do by themselves. */
  readonly watches: string[] = [];
  /** Before a command is carried out. */
  before: (call: string) => void = () => undefined;
  /** keepalived is started again after a kill. */
  restarts = true;
  /** Drains that fail. */
  fails = false;

  get hosts(): DrillHost[] {
    return [...this.nodes.keys()].map((name) => this.host(name));
  }

  private host(name: string): DrillHost {
    const own = this.nodes.get(name)!;
    const call = (words: string) => {
      this.before(`${name} ${words}`);
      this.calls.push(`${name} ${words}`);
    };
    return {
      address: name,
      agent: async ([verb = "", , word = ""]) => {
        await new Promise(setImmediate);
        if (verb === "exercise") {
          this.watches.push(`${name} ${word} after ${this.calls.length}`);
          return ended();
        }
        if (verb === "status") return ended(this.status(name));
        if (verb === "events")
          return ended(
            `{"time":"2027-01-15T08:00:00Z","kind":"ACTION","name":"db","state":"done","ms":1500}\n`,
          );
        call(verb);
        if (verb === "drain" && this.fails) return ended("", 1, "vrrp-agent: a: drain: db is not ready\n");
        own.drained = verb === "drain";
        this.settle();
        return ended();
      },
      startKeepalived: () => {
        call("start");
        own.running = true;
        this.settle();
        return Promise.resolve(ended());
      },
      strike: (kind) => {
        call(kind);
        own.running = false;
        own.holds = false;
        this.tell();
        this.settle();
        if (kind === "kill" && this.restarts)
          setTimeout(() => {
            own.running = true;
            this.settle();
          }, 50);
        return Promise.resolve(ended("1.00\n"));
      },
      holding: async (_seconds, signal, onLine) => {
        const tell = () =>
          onLine(`${Math.round(performance.now())} 1800000000 ${own.holds ? `all ${VIP}` : "none"}`);
        own.tell.push(tell);
        tell();
        await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
        throw new Error("aborted");
      },
    };
  }

  private status(name: string): string {
    const { holds, drained, running, keeps } = this.nodes.get(name)!;
    const wanted = holds ? "master" : "backup";
    const changes = {
      drained,
      keeps,
      handOver: 1,
      role: role({ wanted, reached: wanted }),
      instances: [instance(holds ? [VIP] : [], wanted.toUpperCase())],
    };
    return JSON.stringify({ keepalived: { running }, clusters: [node(name, holds, changes).status] });
  }

  private settle(): void {
    const fit = [...this.nodes.values()].filter(({ running, drained }) => running && !drained);
    const [first] = fit.length > 0 ? fit : [...this.nodes.values()].filter(({ running }) => running);
    for (const own of this.nodes.values()) own.holds = own === first;
    this.tell();
  }

  private tell(): void {
    for (const { tell } of this.nodes.values()) tell.forEach((one) => one());
  }

  async run(changes: Partial<DrillOptions> = {}) {
    const ledger = new Ledger();
    const outcome = await drill({
      hosts: this.hosts,
      cluster: "gw",
      kind: "drain",
      stay: false,
      probes: [],
      every: 50,
      say: () => undefined,
      confirm: () => Promise.resolve(true),
      pause: () => new Promise((resolve) => setTimeout(resolve, 5)),
      ask: () => Promise.resolve({ points: [], lacks: ["nobody asks"], end: () => Promise.resolve() }),
      patience: 2,
      ledger,
      ...changes,
    });
    return { outcome, ledger, report: "record" in outcome ? reportOf(outcome.record) : undefined };
  }

  get state() {
    return [...this.nodes.values()].map(({ holds, drained, running }) => [holds, drained, running]);
  }
}

const asItWas = [
  [true, false, true],
  [false, false, true],
];

describe("a drill", () => {
  test("by drain moves the address away and back, and nobody is drained at the end", async () => {
    const pair = new Pair();
    const { report } = await pair.run();
    expect(report).toMatchObject({ ok: true, left: [], problems: [], lacks: ["nobody asks"] });
    expect(report!.phases.map(({ name, from, to }) => [name, from, to])).toEqual([
      ["move", "a", "b"],
      ["back", "b", "a"],
    ]);
    expect(pair.calls).toEqual(["a drain", "b drain", "a undrain", "b undrain"]);
    expect(pair.state).toEqual(asItWas);
    expect(report!.hooks).toContainEqual(
      expect.objectContaining({ node: "b", name: "db", milliseconds: 1500 }),
    );
  });

  test("that is to stay leaves the address there, and only who would take it back drained", async () => {
    const pair = new Pair();
    const said: string[] = [];
    const { report } = await pair.run({ stay: true, say: (line) => said.push(line) });
    expect(report).toMatchObject({ ok: true, left: [] });
    expect(report!.phases.map(({ name }) => name)).toEqual(["move"]);
    expect(pair.state).toEqual([
      [false, true, true],
      [true, false, true],
    ]);
    expect(said).toContainEqual(expect.stringContaining("a stays drained") as string);
  });

  test.each(["kill", "stop"] as const)(
    "by %s has keepalived run again, and the preferred one the address",
    async (kind) => {
      const pair = new Pair();
      const { report } = await pair.run({ kind });
      expect(report).toMatchObject({ left: [], problems: [] });
      expect(report!.phases[0]).toMatchObject({
        name: "move",
        predicted: { takeover: expect.anything() as unknown },
      });
      expect(pair.calls).toEqual(kind === "kill" ? ["a kill"] : ["a stop", "a start"]);
      expect(pair.state).toEqual(asItWas);
    },
  );

  test("announces what it does and what that costs before it is confirmed, and does nothing without", async () => {
    const pair = new Pair();
    const said: string[] = [];
    const confirm = () => {
      expect(said).toEqual([
        expect.stringMatching(/^all processes of keepalived are killed on a/) as string,
        expect.stringMatching(/^predicted: nobody has the addresses for 1\.\d+ s to /) as string,
      ]);
      return Promise.resolve(false);
    };
    const { outcome } = await pair.run({ kind: "kill", say: (line) => said.push(line), confirm });
    expect(outcome).toEqual({ refused: ["not confirmed, so nothing was done"], isUnfit: false });
    expect(pair.calls).toEqual([]);
  });

  test("is refused where the pair is not well, before anything is asked", async () => {
    const pair = new Pair();
    pair.nodes.get("b")!.running = false;
    const confirm = jest.fn();
    const { outcome } = await pair.run({ confirm });
    expect(outcome).toEqual({ refused: ["keepalived does not run on b"], isUnfit: true });
    expect(confirm).not.toHaveBeenCalled();
  });

  test("is refused where a node does not tell what it has", async () => {
    const pair = new Pair();
    const [a, b] = pair.hosts;
    const silent: DrillHost = { ...b!, holding: () => Promise.reject(new Error("no such verb")) };
    expect((await pair.run({ hosts: [a!, silent] })).outcome).toEqual({
      refused: ["not every node tells what it has: b: no such verb"],
      isUnfit: true,
    });
    expect(pair.calls).toEqual([]);
  });

  test.each(["a drain", "b drain", "a kill", "a stop", "a undrain"])(
    "that is interrupted at %s brings everything back, and is not well",
    async (at) => {
      const pair = new Pair();
      const over = new AbortController();
      pair.before = (call) => call === at && over.abort();
      const kind = at === "a kill" ? "kill" : at === "a stop" ? "stop" : "drain";
      const { report, ledger } = await pair.run({ kind, signal: over.signal });
      expect(report).toMatchObject({ ok: false, isInterrupted: true, left: [] });
      expect(ledger.left).toEqual([]);
      expect(pair.state).toEqual(asItWas);
    },
  );

  test("that is interrupted before anything was done does nothing", async () => {
    const pair = new Pair();
    const { report } = await pair.run({ signal: AbortSignal.abort() });
    expect(report).toMatchObject({ ok: false, isInterrupted: true, left: [] });
    expect(pair.calls).toEqual([]);
  });

  test("whose holder cannot get ready moves nothing, says why, and everything is as it was", async () => {
    const pair = new Pair();
    pair.fails = true;
    const { report } = await pair.run();
    expect(report).toMatchObject({
      ok: false,
      problems: ["a keeps the addresses: db is not ready"],
      left: [],
    });
    expect(report!.phases.map(({ name }) => name)).toEqual(["move"]);
    expect(pair.state).toEqual(asItWas);
  });

  test("has every host bring back what is changed, should this process be gone, until all is as it was", async () => {
    const pair = new Pair();
    await pair.run();
    const all = pair.calls.length;
    expect(pair.watches.slice(0, 2)).toEqual(["a 600 after 0", "b 600 after 0"]);
    expect(pair.watches.slice(-2)).toEqual([`a end after ${all}`, `b end after ${all}`]);
  });

  test("starts keepalived on a host that was away when it was first looked at", async () => {
    const pair = new Pair();
    pair.restarts = false;
    const [a, b] = pair.hosts;
    let away = 0;
    const rebooting: DrillHost = {
      ...a!,
      agent: (words, limit) =>
        words[0] === "status" && pair.calls.includes("a stop") && ++away < 4
          ? Promise.resolve(ended("", 255, "connection refused"))
          : a!.agent(words, limit),
    };
    const { report } = await pair.run({ hosts: [rebooting, b!], kind: "stop" });
    expect(pair.calls).toContain("a start");
    expect(report!.left).toEqual([]);
    expect(pair.state).toEqual(asItWas);
  });

  test("ends a drain that would not end at first", async () => {
    const pair = new Pair();
    const [a, b] = pair.hosts;
    let tries = 0;
    const stubborn: DrillHost = {
      ...b!,
      agent: (words, limit) =>
        words[0] === "undrain" && ++tries < 3
          ? Promise.resolve(ended("", 1, "another step holds the lock"))
          : b!.agent(words, limit),
    };
    const { report } = await pair.run({ hosts: [a!, stubborn] });
    expect(report).toMatchObject({ ok: true, left: [] });
    expect([tries, pair.state]).toEqual([3, asItWas]);
  });

  test("tells what is left to be done while it goes on, for whoever ends it at once", async () => {
    const pair = new Pair();
    const ledger = new Ledger();
    const left: string[] = [];
    pair.before = (call) => call === "b drain" && left.push(...ledger.left);
    await pair.run({ ledger });
    expect(left).toEqual([
      "a may still be drained; there: vrrp-agent undrain gw",
      "b may still be drained; there: vrrp-agent undrain gw",
    ]);
    expect(ledger.left).toEqual([]);
  });

  test("that cannot start keepalived again says so, and how it is done by hand", async () => {
    const pair = new Pair();
    pair.restarts = false;
    const [a, b] = pair.hosts;
    const dead: DrillHost = { ...a!, startKeepalived: () => Promise.resolve(ended("", 1, "no such unit")) };
    const later = jest.spyOn(Date, "now");
    let now = 1_800_000_000_000;
    later.mockImplementation(() => (now += 100));
    const { report } = await pair.run({ hosts: [dead, b!], kind: "stop" });
    later.mockRestore();
    expect(report!.ok).toBe(false);
    expect(report!.left).toEqual([
      "keepalived may not run on a; there: systemctl start keepalived",
      expect.stringContaining("the addresses are not where they were") as string,
    ]);
    // The hosts still see to it.
    expect(pair.watches.some((watch) => watch.includes("end"))).toBe(false);
  });
});
