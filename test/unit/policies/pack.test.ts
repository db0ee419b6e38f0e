import { readFileSync } from "node:fs";
import { join } from "node:path";
import { policies } from "../../../policies/policies";
import { RULES } from "../../../spec";

const root = join(__dirname, "../../../policies");

it("has a policy with its fix for every rule, mandatory unless it only warns, each under a name of its own", () => {
  const names = policies.map((policy) => policy.name);
  expect(new Set(names).size).toBe(names.length);
  for (const rule of RULES) {
    const own = policies.filter(({ name }) => name === rule.id || name === `${rule.id}-in-stack`);
    expect([rule.id, own.length]).toEqual([rule.id, rule.scope === "pair" ? 2 : 1]);
    for (const policy of own) {
      expect(policy.enforcementLevel).toBe(rule.severity === "error" ? "mandatory" : "advisory");
      expect(policy.description).toContain(`Fix: ${rule.fix}.`);
    }
  }
});

it("has the version that PolicyPack asks for", () => {
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
  expect(version).toMatch(/^\d+\.\d+\.\d+$/);
});
