import { FAULTS } from "./faults";
import { clusterInput, Pair } from "./pair";

describe("the first finding", () => {
  test.each(FAULTS)(
    "is $cause on $node: $how",
    ({ cause, node, break: make, input, masters, seen, symptom }) => {
      const pair = new Pair(input ?? clusterInput(), masters);
      make(pair);
      const { findings, symptoms } = pair.look();
      expect(findings.map((one) => `${one.cause} on ${one.node}`)).toEqual([`${cause} on ${node}`]);
      const [first] = findings;
      expect(first!.evidence.length).toBeGreaterThan(0);
      expect(first!.fix.summary).not.toBe("");
      if (seen !== undefined) expect(first!.evidence.join("\n")).toContain(seen);
      if (symptom !== undefined) expect(symptoms.map((one) => one.symptom)).toContain(symptom);
    },
  );
});
