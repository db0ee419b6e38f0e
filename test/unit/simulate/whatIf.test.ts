import { faultNames, witnessFaultNames } from "../../../simulate/faults";
import { scenarios, nodesOfScenario, pauseOf, strikesOfScenario } from "../../../simulate/scenarios";
import { simulate } from "../../../simulate/run";
import { summaryText } from "../../../simulate/summary";
import { timelineSvg } from "../../../simulate/svg";
import { tableText } from "../../../simulate/text";
import { nodesOf, runOf, whatIf } from "../../../simulate/whatIf";
import { takeoverAfterGracefulStop, takeoverAfterSilence } from "../../../simulate/timing";
import { type Cluster, parseCluster } from "../../../spec";
import { clusterInput, mixedInput } from "../spec/cluster-input";
import { nodes, tied, web } from "./nodes";

function cluster(input: Record<string, unknown>): Cluster {
  const parsed = parseCluster(input);
  if ("problems" in parsed) throw new Error(JSON.stringify(parsed.problems));
  return parsed.value;
}

const backup = { version: 3 as const, advertInt: 1, priority: 90 };

describe("the table of faults", () => {
  it("has each fault, with gaps that fill the bounds of the timers", () => {
    const outcomes = whatIf(nodes([100, 90], web(0)));
    expect(outcomes.map(({ fault }) => fault)).toEqual(
      faultNames.filter((name) => !witnessFaultNames.includes(name)),
    );
    const of = (name: string) => outcomes.find(({ fault }) => fault === name)!;
    const { min, max } = takeoverAfterSilence(backup);
    for (const name of ["holder-dies", "cable-pulled", "cut-off"]) {
      const { gap } = of(name);
      expect(gap.min - min).toBeGreaterThanOrEqual(0);
      expect(max - gap.max).toBeGreaterThanOrEqual(0);
      expect([gap.min, gap.max]).toEqual([expect.closeTo(min, 2), expect.closeTo(max, 2)]);
    }
    expect(of("daemon-stops").gap).toEqual(takeoverAfterGracefulStop(backup));
    expect(of("cut-off").endsSplit).toBe(true);
    expect(of("check-fails-everywhere")).toMatchObject({ after: [[]], endsUnserved: true });
    expect(of("refresh-holder-first")).toMatchObject({ moves: { min: 0, max: 0 }, gap: { min: 0, max: 0 } });
  });

  it("counts the startup delay that a cluster states, or that is chosen for it", () => {
    const delays = [{ startupDelay: 7 }, { advertInt: 0.1 }, {}].map((more) =>
      nodesOf(cluster(clusterInput(more))).map(({ startupDelay }) => startupDelay),
    );
    expect(delays).toEqual([
      [7, 7],
      [2, 2],
      [0, 0],
    ]);
  });

  it("says of a sticky pair who stays after a cut without loss of carrier", () => {
    const [healed] = whatIf(nodes([100, 100]), { faults: ["cut-off-healed"], first: "gw-b" });
    expect(healed).toMatchObject({ before: "gw-b", after: [["gw-b"]], moves: { min: 2, max: 2 } });
    expect(healed!.notes).toEqual(["both were master; of equal priorities the higher source address stays"]);
  });

  it("leaves out what needs a check where there is none, and names it when it is asked for", () => {
    const plain = nodes([100, 90]);
    expect(whatIf(plain).some(({ fault }) => fault.startsWith("check-"))).toBe(false);
    expect(() => whatIf(plain, { faults: ["check-fails"] })).toThrow(/needs a check/);
    expect(() => whatIf(plain, { faults: ["no-such"] })).toThrow(
      /fault: 'no-such'; allowed is one of holder-dies/,
    );
  });

  it("has the faults of each check where there are several", () => {
    const [script] = web(0).trackScripts;
    const several = nodes([100, 90], { trackScripts: [script!, { ...script!, name: "dns", weight: -5 }] });
    const outcomes = whatIf(several, { faults: ["check-fails"] });
    expect(outcomes.map(({ fault, after }) => [fault, after])).toEqual([
      ["check-fails:web", [["gw-b"]]],
      ["check-fails:dns", [["gw-a"]]],
    ]);
    expect(outcomes[1]!.notes).toEqual(["the check fails, and the addresses stay"]);
    expect(whatIf(several, { faults: ["check-fails:dns"] })).toHaveLength(1);
  });

  it("strikes, for each router of an active/active pair, the node that holds its addresses", () => {
    const pair = nodes([100, 90]).map((node, place) => ({
      ...node,
      instances: [
        node.instances[0]!,
        { ...node.instances[0]!, name: "other", virtualRouterId: 52, priority: [90, 100][place]! },
      ],
    }));
    const outcomes = whatIf(pair, { faults: ["holder-reboots"] });
    expect(outcomes.map(({ router, before, after, moves }) => [router, before, after, moves.max])).toEqual([
      ["51/IPv4", "gw-a", [["gw-a"]], 2],
      ["52/IPv4", "gw-b", [["gw-b"]], 2],
    ]);
  });

  it("is a text of aligned columns; members of a sync group are one row", () => {
    const [head, ...rows] = tableText(
      whatIf(nodesOf(cluster(mixedInput())), { faults: ["holder-dies"] }),
    ).split("\n");
    expect(head).toMatch(/^fault +router +master +nobody serves +moves +two masters$/);
    expect(rows.slice(0, 2)).toEqual([
      expect.stringMatching(/^holder-dies +51\/IPv4, 51\/IPv6 +gw-a -> gw-b +2\.65\.\.3\.65 s +1 +-$/),
      "",
    ]);
  });

  it("says 'until mended' of what lasts as long as the fault", () => {
    const text = tableText(
      whatIf(nodes([100, 90], web(0)), { faults: ["cut-off", "check-fails-everywhere"] }),
    );
    expect(text.match(/until mended/g)).toHaveLength(2);
  });
});

describe("what lasts as long as the fault", () => {
  const row = (fault: string) => tableText(whatIf(nodes([100, 90]), { faults: [fault] })).split("\n")[1]!;

  it("is no number of the table: only what is left after the fault is", () => {
    expect(row("holder-deaf-healed")).toMatch(/ while it lasts +0 +-$/);
    expect(row("network-lost-healed")).toMatch(/ while it lasts \+ 3\.61 s +0 +-$/);
    expect(row("cut-off-healed")).toMatch(/ 2\.65\.\.3\.65 s +2 +while it lasts \+ 0\.00\.\.0\.65 s$/);
  });

  it("does not depend on how long the simulated fault is", () => {
    // A long delay, which nothing here waits for, makes the pause between the steps longer.
    const faults = ["network-lost-healed", "cut-off-healed"];
    const [short, long] = [0, 60].map((delay) =>
      whatIf(
        nodes([100, 90]).map((node) => ({ ...node, restartAfter: delay })),
        { faults },
      ),
    );
    expect(long!.map(({ lasts }) => lasts)).not.toEqual(short!.map(({ lasts }) => lasts));
    expect(tableText(long!)).toBe(tableText(short!));
  });

  it("is told below the table, where there is such a fault; what the columns are always is", () => {
    const below = (fault: string) =>
      tableText(whatIf(nodes([100, 90]), { faults: [fault] })).replace(/^[^]*?\n\n/, "");
    for (const fault of ["holder-dies", "cut-off-healed"])
      expect(below(fault)).toMatch(/^nobody serves: .*moves: [^]*two masters: /);
    expect(below("cut-off-healed")).toContain("while it lasts: ");
    expect(below("holder-dies")).not.toContain("while it lasts");
  });
});

describe("the summary of a cluster", () => {
  it("has a check only where there is one", () => {
    const checks = { trackScripts: [{ name: "web", script: "/bin/web" }] };
    expect(summaryText(cluster(clusterInput()))).not.toContain("check-");
    expect(summaryText(cluster(clusterInput(checks)))).toMatch(/^check-recovers +gw-a -> gw-a/m);
  });

  it("does not keep a preview waiting for millions of adverts", () => {
    const slow = cluster(clusterInput({ advertInt: 0.01, preemptDelay: 1000 }));
    expect(summaryText(slow)).toMatch(/^not simulated here/);
  });
});

describe("the drawing", () => {
  const svg = timelineSvg([{ title: "a <b>", run: runOf(nodes([100, 90]), "cut-off-healed") }]);

  it("has a lane a node, one for who serves, and the strikes", () => {
    for (const words of ["gw-a", "gw-b", "served by", "nobody", "cut-silently gw-a", "restore-silently gw-a"])
      expect(svg).toContain(`>${words}</text>`);
  });

  it("is well-formed, whatever the title says", () => {
    expect(svg).toContain("a &#60;b&#62; (51/IPv4)");
    const open = svg.match(/<[a-z]+[^>]*[^/]>/g)?.length;
    const closed = svg.match(/<\/[a-z]+>/g)?.length;
    expect(open).toBe(closed);
    expect(svg).not.toMatch(/NaN|undefined|Infinity/);
  });
});

describe("the words of the drawing", () => {
  const drawn = (name: string, long = "") => {
    const [a, b] = nodes([100, 90]);
    const two = [
      { ...a!, name: `gw-a${long}` },
      { ...b!, name: `gw-b${long}` },
    ];
    return timelineSvg([{ title: name, run: runOf(two, name) }]);
  };
  const numbers = (svg: string, form: RegExp) => [...svg.matchAll(form)].map(([, x]) => Number(x));

  it("stand above the lines of strikes, and beside them where there is room", () => {
    const svg = drawn("drained-undrained");
    expect(svg.lastIndexOf("<line ")).toBeLessThan(svg.indexOf(">MASTER</text>", svg.indexOf("<line ")));
    expect(svg.slice(svg.indexOf(">drained"), svg.indexOf("<line "))).not.toContain(">MASTER</text>");
    const lines = numbers(svg, /<line x1="([0-9.]+)"/g);
    expect(lines).toHaveLength(2);
    for (const x of numbers(svg, /<text x="([0-9.]+)"[^>]*>(?:MASTER|BACKUP|FAULT)<\/text>/g).slice(3))
      for (const line of lines) expect(Math.abs(x - line)).toBeGreaterThan(30);
  });

  it("stay within the picture, and a name that is cut is shown whole by a pointer", () => {
    const svg = drawn("holder-dies", "W".repeat(40));
    const [, name = ""] = /text-anchor="end"[^>]*><title>gw-aW{40}<\/title>([^<]*)</.exec(svg)!;
    expect(name).toMatch(/^gw-aW+\u2026$/);
    // An upper bound: a W is 12 pixels wide.
    expect([...name].length).toBeLessThan(13);
    const ticks = numbers(svg, /<text x="([0-9.]+)"[^>]*>[0-9.]+ s<\/text>/g);
    expect(Math.max(...ticks)).toBeLessThan(950);
  });
});

it("draws once what two families do alike", () => {
  const svg = timelineSvg([{ title: "both", run: runOf(tied([100, 90]), "holder-dies") }]);
  expect(svg).toContain(">both (51/IPv4, 51/IPv6)</text>");
  expect(svg.match(/>served by<\/text>/g)).toHaveLength(1);
});

describe("the legend of the drawing", () => {
  const svg = timelineSvg([{ title: "cable", run: runOf(nodes([100, 90]), "cable-pulled") }]);
  /** How the legend, or a bar, is filled. */
  const inLegend = (words: string) => new RegExp(`fill="([^"]*)"/><text[^>]*>${words}</text>`).exec(svg)![1]!;
  const ofBar = (title: string) => new RegExp(`fill="([^"]*)"><title>${title} `).exec(svg)![1]!;

  it("stands above the first panel", () => {
    expect(svg.indexOf(">nobody serves</text>")).toBeLessThan(svg.indexOf(">cable ("));
    const y = (words: string) => Number(new RegExp(`y="([0-9.]+)"[^>]*>${words}`).exec(svg)![1]);
    expect(y("nobody serves</text>")).toBeLessThan(y("cable \\("));
  });

  it("tells FAULT from nobody serving, by colour and without", () => {
    const [fault, nobody] = [ofBar("gw-a FAULT"), ofBar("nobody")];
    expect([inLegend("FAULT"), inLegend("nobody serves")]).toEqual([fault, nobody]);
    expect(fault).not.toBe(nobody);
    expect(svg).toMatch(/<pattern id="FAULT"[^>]*><rect [^>]*\/><path d="[^"]+" stroke="/);
    expect(nobody).not.toMatch(/^url/);
  });

  it("is not needed where a bar has room for its role", () => {
    expect(svg.match(/<text[^>]*>FAULT<\/text>/g)).toHaveLength(2);
  });
});

describe("the scenarios for model and lab", () => {
  it("are at least 25, with names of their own", () => {
    expect(new Set(scenarios.map(({ name }) => name)).size).toBe(scenarios.length);
    expect(scenarios.length).toBeGreaterThanOrEqual(25);
  });

  it.each(scenarios.map((scenario) => [scenario.name, scenario] as const))(
    "%s holds first as it says, and settles",
    (_name, scenario) => {
      const pause = pauseOf(scenario);
      const { first = "gw-a" } = scenario;
      const run = simulate(nodesOfScenario(scenario), {
        strikes: strikesOfScenario(scenario),
        first,
        tail: pause,
      });
      for (const { spans } of run.routers) {
        expect(spans[0]!.holders).toEqual([first]);
        // Nothing changes in the last tenth of a pause: the next step, or the lab's last look, meets a settled cluster.
        for (let step = 1; step <= scenario.steps.length; step++) {
          const end = strikesOfScenario(scenario)[0]!.at + step * pause;
          expect(spans.some(({ from }) => from > end - pause / 10 && from < end)).toBe(false);
        }
      }
    },
  );
});
