import * as fc from "fast-check";
import {
  InstanceDraft,
  Judged,
  membersOf,
  parseCluster,
  RULES,
  UNKNOWN,
  unicastSrcIpForeign,
} from "../../../spec";
import { clusterInput } from "./cluster-input";

/** Members that break most rules at once. */
function broken(): Judged[] {
  const parsed = parseCluster(clusterInput({ version: 2, authPass: "12345678" }));
  if ("problems" in parsed) {
    throw new Error(JSON.stringify(parsed.problems));
  }
  const members: Judged[] = membersOf(parsed.value)[0]!;
  const script = { name: "web", script: "/bin/true", interval: 1, timeout: 1, fall: 1, rise: 1, weight: -1 };
  const [first, second] = members.map((member) => ({ ...member, preemption: "prefer-primary" as const }));
  return [
    {
      ...first!,
      instance: {
        ...first!.instance,
        state: "MASTER",
        nopreempt: true,
        preemptDelay: 5,
        trackScripts: [script],
      },
    },
    {
      ...second!,
      instance: {
        ...second!.instance,
        family: 6,
        unicastSrcIp: undefined,
        unicastPeers: [],
        virtualRouterId: 52,
        priority: 100,
        advertInt: 1.5,
        authPass: "longer-than-eight",
      },
    },
  ];
}

describe("rules", () => {
  it("have ids of their own and a sentence that ends", () => {
    expect(new Set(RULES.map((rule) => rule.id)).size).toBe(RULES.length);
    for (const rule of RULES) {
      expect(rule.id).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
      expect(rule.doc).toMatch(/^\S.*\.$/);
      expect(rule.fix).toMatch(/^[a-z].*[^.]$/);
    }
  });

  it("say nothing about an empty list", () => {
    expect(RULES.flatMap((rule) => rule([]))).toEqual([]);
  });

  it("find a subset with some values unknown of what they find with all of them", () => {
    const keys = Object.keys(broken()[0]!.instance) as (keyof InstanceDraft)[];
    const all = new Set(RULES.flatMap((rule) => rule(broken()).map((f) => `${rule.id} ${f.at}`)));
    expect(all.size).toBeGreaterThan(10);
    fc.assert(
      fc.property(fc.subarray(keys), fc.subarray(keys), (...hidden) => {
        const members = broken().map((member, i) => ({
          ...member,
          instance: { ...member.instance, ...Object.fromEntries(hidden[i]!.map((key) => [key, UNKNOWN])) },
        }));
        for (const rule of RULES) {
          for (const finding of rule(members)) {
            expect(all).toContain(`${rule.id} ${finding.at}`);
          }
        }
      }),
    );
  });
});

describe("unicast-src-ip-foreign", () => {
  const [member] = broken();

  it("compares with the addresses that the node was seen to have", () => {
    expect(unicastSrcIpForeign([{ ...member!, addresses: ["192.168.1.2"] }])).toEqual([]);
    expect(unicastSrcIpForeign([{ ...member!, addresses: ["192.168.1.22"] }])).toMatchObject([
      { at: 0, property: "unicastSrcIp", value: "192.168.1.2 (not on the node)" },
    ]);
  });
});
