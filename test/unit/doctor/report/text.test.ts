import type { Diagnosis } from "../../../../doctor/model";
import { diagnosisText, isHealthy, reportOf } from "../../../../doctor/report";
import { finding, running, unseen } from "./look";

const A = running(
  "gw-a",
  true,
  "sent gw-b 10.0.0.2 unicast probe 20 20",
  "came gw-b 10.0.0.2 unicast probe 20 20 20",
);
const B = running(
  "gw-b",
  false,
  "sent gw-a 10.0.0.1 unicast probe 20 20",
  "came gw-a 10.0.0.1 unicast advert 12 12 12",
  "came gw-a 10.0.0.1 unicast probe 20 20 5",
  "lacks arping who answers for an address",
);
const nothing: Diagnosis = { symptoms: [], findings: [] };
const text = (diagnosis: Diagnosis, nodes = [A, B], options = {}) =>
  diagnosisText(diagnosis, nodes, { cluster: "gw", ...options });

const dropped: Diagnosis = {
  symptoms: [{ symptom: "dual-master", evidence: "10.0.0.100 is on gw-a and on gw-b" }],
  findings: [
    finding("fw-drop", "gw-b", "firewall", {
      evidence: ["of 20 probes of gw-a 5 passed; the rule that dropped them: ip protocol 112 drop"],
      ruledOut: [{ cause: "hv-filter", because: "all of them reached the interface" }],
      fix: {
        repair: "automatic",
        automatic: true,
        summary: "put our rule into the chain",
        commands: ["vrrp-agent repair gw firewall"],
        action: ["firewall"],
      },
    }),
    finding("conf-vrid", "gw-a", undefined, {
      confidence: "possible",
      fix: {
        repair: "spec",
        automatic: false,
        summary: "give both nodes one",
        specChange: ["-  virtualRouterId: 52", "+  virtualRouterId: 51"],
        commands: ["pulumi up"],
      },
    }),
  ],
};

test("a healthy pair is told in two lines, with what was seen", () => {
  expect(text(nothing, [A, { ...B, facts: "facts" in B ? B.facts.slice(0, -1) : [] }])).toBe(
    "gw: healthy\n  gw-a MASTER, gw-b BACKUP, 12 adverts seen, 25 of 40 probes passed\n",
  );
});

test("what is to be seen comes first, then causes with evidence, what was ruled out and what to do", () => {
  expect(text(dropped))
    .toBe(`gw: dual-master: more than one node has the virtual address (10.0.0.100 is on gw-a and on gw-b)
  gw-a MASTER, gw-b BACKUP

1. fw-drop on gw-b (certain): the firewall of a node drops adverts from its peer
   saw  of 20 probes of gw-a 5 passed; the rule that dropped them: ip protocol 112 drop
   not  hv-filter: all of them reached the interface
   do   --repair does it: put our rule into the chain
        on gw-b: vrrp-agent repair gw firewall

2. conf-vrid on gw-a (possible): the nodes have not the same virtual router id
   do   give both nodes one
        -  virtualRouterId: 52
        +  virtualRouterId: 51
        pulumi up

what the look lacked
   gw-b: arping is missing: who answers for an address
`);
});

test("a node that was not seen is told, and is not healthy", () => {
  const nodes = [A, unseen("gw-b", "connection refused")];
  expect(isHealthy(nothing, nodes)).toBe(false);
  expect(text(nothing, nodes)).toContain("gw: not all was seen\n  gw-a MASTER, gw-b not seen\n");
  expect(text(nothing, nodes)).toContain("   gw-b: connection refused\n");
});

test("no line is longer than the terminal, but for words and commands that are", () => {
  const lines = text(dropped, [A, B], { width: 50 }).split("\n");
  expect(lines.filter((line) => line.length > 50)).toEqual([]);
  // A finding's further lines stand below its first word.
  expect(lines).toContain("        that dropped them: ip protocol 112 drop");
});

test("colours are for those who want them, and change nothing else", () => {
  const coloured = text(dropped, [A, B], { colours: true });
  expect(coloured).toContain("\u001b[31mdual-master\u001b[0m");
  expect(coloured.replace(/\u001b\[\d+m/g, "")).toBe(text(dropped));
  expect(text(dropped)).not.toContain("\u001b");
});

test("the JSON says the same, with the nodes as they were seen", () => {
  expect(reportOf(dropped, [A, unseen("gw-b")])).toEqual({
    healthy: false,
    nodes: [
      { node: "gw-a", address: "gw-a.example", states: ["MASTER"], lacks: [] },
      { node: "gw-b", address: "gw-b.example", states: [], lacks: [], problem: "i/o timeout" },
    ],
    figures: { adverts: 0, probesSent: 20, probesPassed: 20 },
    ...dropped,
  });
});

test("a hypervisor that was not looked at is told at the end, and is no reason not to be healthy", () => {
  const unread = [{ node: "gw-b", words: "its hypervisor was not looked at: i/o timeout" }];
  const report = reportOf({ symptoms: [], findings: [], unread }, [A, B]);
  expect(report.healthy).toBe(true);
  expect(report.nodes.map(({ lacks }) => lacks)).toEqual([
    [],
    ["arping is missing: who answers for an address", unread[0]!.words],
  ]);
  expect(text({ symptoms: [], findings: [], unread })).toContain(
    "   gw-b: its hypervisor was not looked at: i/o timeout\n",
  );
});
