import { readFileSync } from "node:fs";
import { join } from "node:path";
import { policies } from "../../../policies/policies";
import { CONF_RULES } from "../../../lint";
import { HOST_RULES, RULES } from "../../../spec";

const root = join(__dirname, "../../../policies");

it("has a policy with its fix for every rule, each under a name of its own, mandatory where the rule is an error", () => {
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

it("has one more for each rule that a keepalived.conf can break, of which the version can be set", () => {
  for (const { id, severity, foreign } of [...CONF_RULES, ...HOST_RULES]) {
    const policy = policies.find(({ name }) => name === `${id}-in-conf`);
    expect([id, policy?.enforcementLevel]).toEqual([
      id,
      (foreign?.severity ?? severity) === "error" ? "mandatory" : "advisory",
    ]);
    expect(Object.keys(policy?.configSchema?.properties ?? {})).toEqual(["keepalivedVersion"]);
  }
});
