import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Cut, partitions, partitionsText } from "../../../simulate/partitions";
import { withSection } from "../../section";

const all = partitions();
const nameOf = ({ cuts, before }: (typeof all)[number]) => `${cuts.join(", ") || "nothing"}, ${before} held`;

/** Who reaches whom, of A, B and W, and which nodes are on. */
function reached(cuts: readonly Cut[]) {
  const isOff = { A: cuts.includes(Cut.ADead), B: false, W: cuts.includes(Cut.WDead) };
  const reaches = (one: "A" | "B", other: "A" | "B" | "W") =>
    !isOff[one] && !isOff[other] && !cuts.includes([one, other].sort().join("-") as Cut);
  return {
    AB: reaches("A", "B"),
    AW: reaches("A", "W"),
    BW: reaches("B", "W"),
  };
}

describe.each(all.map((one) => [nameOf(one), one] as const))("with a lease, cut: %s:", (_name, one) => {
  const { AB, AW, BW } = reached(one.cuts);
  const { holders, two } = one.held.lease;

  it("never two hold", () => {
    expect(two).toBe(false);
    expect(holders.length).toBeLessThan(2);
  });

  it("one holds while two of the three reach each other, and none that is wholly alone", () => {
    const able = [...(AB || AW ? ["A"] : []), ...(AB || BW ? ["B"] : [])];
    expect(holders).toHaveLength(able.length > 0 ? 1 : 0);
    expect(able).toEqual(expect.arrayContaining(holders));
  });

  it("nothing moves from who can go on", () => {
    const canGoOn = one.before === "A" ? AB || AW : AB || BW;
    if (canGoOn) expect(holders).toEqual([one.before]);
  });
});

test("all states of the three links are there, for both holders", () => {
  const links = all.filter(({ cuts }) => !cuts.includes(Cut.ADead) && !cuts.includes(Cut.WDead));
  expect(new Set(links.map(nameOf)).size).toBe(16);
});

test("a pair without a witness, or with a ping, has two holders where its nodes do not hear each other", () => {
  const split = all.filter(({ cuts }) => cuts.length === 1 && cuts[0] === Cut.AB);
  for (const { held } of split) {
    expect(held.none.holders).toEqual(["A", "B"]);
    expect(held.ping.holders).toEqual(["A", "B"]);
  }
});

test("a ping is enough where one node is wholly alone", () => {
  const alone = all.filter(({ cuts }) => cuts.length === 2 && cuts.includes(Cut.AB));
  expect(alone).toHaveLength(4);
  for (const { cuts, held } of alone) expect(held.ping.holders).toEqual([cuts.includes(Cut.AW) ? "B" : "A"]);
});

test("the table of docs/two-sites.md is this one (npm run table:partitions)", () => {
  const document = readFileSync(join(__dirname, "../../../docs/two-sites.md"), "utf8");
  expect(withSection(document, "partitions", partitionsText(all))).toBe(document);
});
