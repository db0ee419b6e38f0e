import * as fc from "fast-check";
import { CAUSES } from "../../../../doctor";
import { repairPlan } from "../../../../doctor/report";
import { finding, running, seen, unseen } from "./look";

const A = running("a", true);
const B = running("b", false);
const planned = (...given: Parameters<typeof repairPlan>) =>
  repairPlan(...given).steps.map(({ node, action }) => [node, ...action].join(" "));

test("what others depend on comes first, and the backup before the holder", () => {
  const findings = [
    finding("arp-stale", "a", "announce 10.0.0.100 eth0"),
    finding("daemon-down", "b", "start-daemon"),
    finding("fw-drop", "a", "firewall"),
    finding("fw-drop", "b", "firewall"),
    finding("ip-forward", "a", "sysctl"),
  ];
  expect(planned({ symptoms: [], findings }, [A, B])).toEqual([
    "a sysctl",
    "b firewall",
    "a firewall",
    "b start-daemon",
    "a announce 10.0.0.100 eth0",
  ]);
});

test("one action on a node is done once, whatever asks for it", () => {
  const findings = [finding("fw-drop", "b", "firewall"), finding("fw-established-only", "b", "firewall")];
  expect(planned({ symptoms: [], findings }, [A, B])).toEqual(["b firewall"]);
});

test("what is for the spec or for somebody is no step, nor what was not asked for", () => {
  const findings = [
    finding("conf-vrid", "b"),
    finding("fw-drop", "b", "firewall"),
    finding("daemon-down", "b", "start-daemon"),
  ];
  expect(planned({ symptoms: [], findings }, [A, B], ["daemon-down", "conf-vrid"])).toEqual([
    "b start-daemon",
  ]);
});

test("the only holder keeps its addresses until another one could take them", () => {
  const reload = finding("conf-not-loaded", "a", "reload");
  const waits = (...others: ReturnType<typeof running>[]) =>
    repairPlan({ symptoms: [], findings: [reload] }, [A, ...others]);
  expect(waits(B).held).toEqual([]);
  expect(waits(unseen("b")).held).toEqual([
    { finding: reload, because: "only a has the addresses, and might let go of them; put b right first" },
  ]);
  expect(waits(seen("b", "node b", "daemon stopped")).steps).toEqual([]);
  const deaf = finding("fw-drop", "b", "firewall");
  expect(planned({ symptoms: [], findings: [reload, deaf] }, [A, B])).toEqual(["b firewall"]);
  // It could take them all the same.
  const late = finding("daemon-not-enabled", "b", "enable-daemon");
  expect(planned({ symptoms: [], findings: [reload, late] }, [A, B])).toEqual([
    "b enable-daemon",
    "a reload",
  ]);
});

test("a drained peer would not take the addresses", () => {
  const reload = finding("conf-not-loaded", "a", "reload");
  const drained = seen("b", "node b", "daemon running 7 7", "drained");
  expect(repairPlan({ symptoms: [], findings: [reload] }, [A, drained])).toMatchObject({
    steps: [],
    held: [{ because: "only a has the addresses, and might let go of them; put b right first" }],
  });
});

test("nothing is repaired beside a change that is under way on any node", () => {
  const findings = [finding("daemon-not-enabled", "a", "enable-daemon"), finding("fw-drop", "b", "firewall")];
  const changing = seen("b", "node b", "daemon running 7 7", "pending");
  const { steps, held } = repairPlan({ symptoms: [], findings }, [A, changing]);
  expect(steps).toEqual([]);
  expect(held.map(({ because }) => because)).toEqual([
    "a change is under way on b; confirm it, or wait until it has gone back",
    "a change is under way on b; confirm it, or wait until it has gone back",
  ]);
});

test("nothing by which an address could be let go is done on the only holder without a peer, whatever is found", () => {
  const cause = fc.constantFrom(...(Object.keys(CAUSES) as (keyof typeof CAUSES)[]));
  const action = fc.constantFrom(
    "reload",
    "reapply",
    "notify",
    "tunnel wg0",
    "firewall",
    "start-daemon",
    undefined,
  );
  const found = fc
    .tuple(cause, fc.constantFrom("a", "b"), action)
    .map(([what, node, word]) => finding(what, node, word));
  fc.assert(
    fc.property(fc.array(found), (findings) => {
      const { steps } = repairPlan({ symptoms: [], findings }, [A, unseen("b")]);
      expect(
        steps.filter(
          ({ node, action: [word] }) => node === "a" && /^(reload|reapply|notify|tunnel)$/.test(word!),
        ),
      ).toEqual([]);
    }),
  );
});
