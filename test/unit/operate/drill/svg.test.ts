import { drillSvg } from "../../../../operate/drill/svg";
import { VIP } from "../observations";
import { asked, phase, record, requests, silence, watched, ZERO } from "./records";

/** The bars of a drawing, by what a pointer over them shows. */
const bars = (svg: string) =>
  [...svg.matchAll(/<rect x="([\d.]+)"[^>]* width="([\d.]+)"[^>]*><title>([^<]*)<\/title>/g)].map(
    ([, x, w, title]) => ({
      x: Number(x),
      end: Number(x) + Number(w),
      title: title!,
    }),
  );

describe("the drawing of a drill", () => {
  const killed = record({
    kind: "kill",
    phases: [phase({ struck: ZERO + 1100, prediction: silence })],
    nodes: [watched("a", [0, VIP], [1250]), watched("b", [0], [2700, VIP])],
    points: [asked(requests(0, 6000, 1250, 2700))],
    hooks: [{ node: "b", kind: "action", name: 'd"b', state: "done", milliseconds: 500, at: ZERO + 3200 }],
  });

  test("has what each node had, what was answered, hooks, and the prediction, by seconds from the strike", () => {
    const svg = drillSvg(killed);
    expect(bars(svg).map(({ title }) => title)).toEqual([
      `a has ${VIP}, -1.000 s to 0.150 s`,
      `b has ${VIP}, 1.600 s to 2.900 s`,
      `${VIP} (ping) answered, -1.000 s to 0.150 s`,
      `${VIP} (ping) lost, 0.150 s to 1.600 s`,
      `${VIP} (ping) answered, 1.600 s to 2.900 s`,
      "b: d&#34;b done (to a second), 1.600 s to 2.100 s",
      "b misses 3 adverts, 1.300 s to 1.800 s",
    ]);
    const [holder, next, , , , , predicted] = bars(svg);
    expect(holder!.x).toBe(150);
    expect(next!.end).toBeCloseTo(940, 0);
    // b takes over within what was predicted.
    expect(next!.x).toBeGreaterThan(predicted!.x);
    expect(next!.x).toBeLessThan(predicted!.end);
    expect(svg).toContain("away: a to b, predicted: gap up to 1.80 s");
  });

  test("has one bar for a node that goes on, whatever the other does", () => {
    const [, next] = [...bars(drillSvg(record()))].filter(({ title }) => title.startsWith("b has"));
    expect(next).toBeUndefined();
  });

  test("is well-formed whatever the names are", () => {
    const svg = drillSvg(record({ cluster: "<&>", lacks: ["x"], points: [], phases: [] }));
    expect(svg.endsWith("</svg>\n")).toBe(true);
    expect(svg).not.toMatch(/<&>|undefined|NaN/);
    const open = [...svg.matchAll(/<(\/?)([a-z]+)[^>]*?(\/?)>/gi)].filter(([, , , self]) => self === "");
    const stack: string[] = [];
    for (const [, close, name] of open) {
      if (close === "/") expect(stack.pop()).toBe(name);
      else stack.push(name!);
    }
    expect(stack).toEqual([]);
  });
});
