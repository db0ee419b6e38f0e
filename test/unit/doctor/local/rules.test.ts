import { CAUSES } from "../../../../doctor";
import {
  LOCAL_EXPLAINS,
  LOCAL_RULES,
  localFindings,
  localSymptoms,
  loneFindings,
  SYMPTOM_RULES,
} from "../../../../doctor/local";
import { byFirstWord, firings } from "../../../../doctor/local/match";
import { namesIn, wordsOf } from "../../../../doctor/local/pattern";
import { ALONE_EXAMPLES, type Example, EXAMPLES } from "./examples";
import { BACKUP, changed, factsOf, MASTER, UNUSUAL } from "./healthy";

const factsOfExample = ({ on, without = [], add }: Example) =>
  factsOf(changed(on === "master" ? MASTER : BACKUP, without, add));

const states = { "a master": MASTER, "a backup": BACKUP, ...UNUSUAL };

test.each(Object.entries(states))("nothing is found on %s", (_, lines) => {
  expect(localFindings(factsOf(lines), "a")).toEqual([]);
  expect(loneFindings(factsOf(lines), "a")).toEqual([]);
});

describe.each([
  ["with the other nodes", EXAMPLES, localFindings],
  ["alone", [...EXAMPLES, ...ALONE_EXAMPLES], loneFindings],
])("%s", (_, examples, find) => {
  test.each(examples.map((example) => [example.rule, example] as const))(
    "%s is found first",
    (_, example) => {
      const [first] = find(factsOfExample(example), "a");
      expect(first).toMatchObject({ cause: example.first });
      expect(first?.evidence.join("\n")).toContain(example.seen);
      expect(first?.fix.action).toEqual(example.action);
      expect(first?.fix.automatic).toBe(example.action !== undefined);
    },
  );
});

test.each([...EXAMPLES, ...ALONE_EXAMPLES].map((example) => [example.rule, example] as const))(
  "the rule %s itself fires in its example",
  (id, example) => {
    const rule = LOCAL_RULES.find((one) => one.id === id);
    expect(rule).toBeDefined();
    expect(firings(rule!, byFirstWord(factsOfExample(example)), { node: "a", cluster: "gw" })).not.toEqual(
      [],
    );
  },
);

test("every rule has an example, and each its own id", () => {
  const ids = LOCAL_RULES.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  expect([...EXAMPLES, ...ALONE_EXAMPLES].map(({ rule }) => rule).sort()).toEqual([...ids].sort());
});

test("a node that only looks at itself does not guess for others where these are asked", () => {
  for (const example of ALONE_EXAMPLES) expect(localFindings(factsOfExample(example), "a")).toEqual([]);
});

const TEXTS = [...LOCAL_RULES, ...SYMPTOM_RULES];

test.each(TEXTS.map((rule) => [rule.id, rule] as const))("%s says only what its patterns bind", (_, rule) => {
  const names = (patterns: readonly string[]) =>
    patterns.flatMap((pattern) => wordsOf(pattern).flatMap(({ name }) => name ?? []));
  const bound = ["node", "cluster", ...names(rule.when)];
  const texts =
    "fix" in rule
      ? [rule.fix.summary, ...(rule.fix.commands ?? []), ...(rule.fix.action ?? []), rule.at ?? ""]
      : [];
  for (const text of [
    ...rule.says,
    ...texts,
    ...("ruledOut" in rule ? rule.ruledOut! : []).map((r) => r.because),
  ]) {
    expect(bound).toEqual(expect.arrayContaining(namesIn(text)));
  }
  for (const [pattern, text] of rule.also ?? []) {
    expect([...bound, ...names([pattern])]).toEqual(expect.arrayContaining(namesIn(text)));
  }
  for (const pattern of rule.unless ?? []) expect(() => wordsOf(pattern)).not.toThrow();
});

test("what the doctor does by itself is automatic in the catalogue, too", () => {
  for (const { cause, fix } of LOCAL_RULES) {
    if (fix.action !== undefined) expect(fix.repair).toBe("automatic");
    else expect(fix.repair).not.toBe("automatic");
    if (fix.action !== undefined) expect(CAUSES[cause].repair).toContain("automatic");
  }
});

test("no cause follows from itself, not over others either", () => {
  const reach = (cause: string, path: string[]): void => {
    expect(path).not.toContain(cause);
    for (const next of LOCAL_EXPLAINS.get(cause as never) ?? []) reach(next, [...path, cause]);
  };
  for (const cause of LOCAL_EXPLAINS.keys()) reach(cause, []);
});

test("findings of one cause that ask for the same are one, with the evidence of all", () => {
  const drift = ["file /etc/x changed", "file /etc/y absent"];
  const findings = localFindings(factsOf(changed(MASTER, [], drift)), "a");
  expect(findings).toHaveLength(1);
  expect(findings[0]?.evidence).toEqual([
    "/etc/x is not what was applied: changed",
    "/etc/y is not what was applied: absent",
  ]);
});

test("two causes at once are both found", () => {
  const causes = localFindings(
    factsOf(changed(MASTER, ["daemon-enabled", "witness"], ["daemon-enabled no", "witness u unreachable x"])),
    "a",
  ).map(({ cause }) => cause);
  expect(causes).toEqual(["daemon-not-enabled", "witness-lost"]);
});

test("what only follows comes last", () => {
  const { without, add } = EXAMPLES.find(({ rule }) => rule === "conf-invalid-changed")!;
  const lines = changed(
    MASTER,
    [...without!, "daemon", "vip"],
    [...add, "daemon stopped", "vip gw 10.0.0.100 eth0 free"],
  );
  const causes = localFindings(factsOf(lines), "a").map(({ cause }) => cause);
  expect(causes).toEqual(["conf-invalid", "conf-drift", "daemon-down"]);
});

test("symptoms are told apart from causes", () => {
  expect(localSymptoms(factsOf(MASTER), "a")).toEqual([]);
  const lines = changed(MASTER, ["vip"], ["vip gw 10.0.0.100 eth0 free", "flaps gw 12 600"]);
  expect(localSymptoms(factsOf(lines), "a")).toEqual([
    { symptom: "master-without-vip", node: "a", evidence: "gw is MASTER, and 10.0.0.100 is not on eth0" },
    { symptom: "flapping", node: "a", evidence: "gw changed its state 12 times within 600 s" },
  ]);
});
