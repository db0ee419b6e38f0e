import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import fc from "fast-check";

import { CAUSES, type Cause, type Fact } from "../../../doctor";
import { causesTable, LOCAL_RULES, type Rule, SYMPTOM_RULES, type SymptomRule } from "../../../doctor/local";
import { findingsOf, symptomsOf } from "../../../doctor/local/findings";
import { ALONE_EXAMPLES, EXAMPLES } from "../doctor/local/examples";
import { BACKUP, changed, factsOf, MASTER, UNUSUAL } from "../doctor/local/healthy";
import { EVERY_SHELL, FakeHost, type Shell } from "./fake-host";

/** Runs of the properties. */
const RUNS = Number(process.env.RUNS ?? 15);

const place = mkdtempSync(join(tmpdir(), "vrrp-causes-"));
const table = (rules?: readonly Rule[], symptoms?: readonly SymptomRule[]) => {
  const path = join(place, "causes.table");
  writeFileSync(path, causesTable(rules, symptoms));
  return path;
};
afterAll(() => rmSync(place, { recursive: true }));

describe.each(EVERY_SHELL)("diagnose under %s", (shell: Shell) => {
  let host: FakeHost;
  beforeAll(async () => {
    host = await FakeHost.create(shell);
  });
  afterAll(() => host.close());

  const diagnose = (lines: readonly string[], causes = table(), ...options: string[]) =>
    host.agent(["diagnose", "-", ...options], `${lines.join("\n")}\n`, { VRRP_CAUSES: causes });
  const judged = (lines: readonly string[], causes?: string) => {
    const { stdout, stderr, status } = diagnose(lines, causes, "--json");
    expect(stderr).toBe("");
    const told = JSON.parse(stdout) as { clusters: [{ findings: unknown[]; symptoms: unknown[] }] };
    const [{ findings, symptoms }] = told.clusters;
    expect(status).toBe(findings.length === 0 ? 0 : 1);
    return { findings, symptoms };
  };

  test.each(Object.entries({ "a master": MASTER, "a backup": BACKUP, ...UNUSUAL }).slice(0, 4))(
    "nothing is found on %s, and 0 says so",
    (_, lines) => {
      const { status, stdout } = diagnose(lines);
      expect(stdout).toBe(
        "gw, node a: nothing is wrong, as far as this host alone tells\n" +
          "the other nodes were not asked; from where they are reached: npx pulumi-keepalived doctor\n",
      );
      expect(status).toBe(0);
    },
  );

  test("a finding is told with what was seen, what it is not, and what is to be done", () => {
    const lines = changed(
      MASTER,
      ["daemon", "state", "loaded", "reported"],
      ["daemon stopped", "lacks nft what became of packets"],
    );
    const { status, stdout } = diagnose(lines);
    expect(status).toBe(1);
    expect(stdout.split("\n")).toEqual([
      "gw, node a: 2 findings",
      "  1. vip-orphaned (certain): keepalived is dead and the virtual address is still on the interface",
      "     seen: keepalived does not run, and 10.0.0.100 of gw is still on eth0",
      "     not vip-duplicate: it is on the interface where keepalived puts it, and in no configuration",
      "     to do: take 10.0.0.100 off eth0 of a",
      "       vrrp-agent repair gw release 10.0.0.100 eth0",
      "  2. daemon-down (certain): keepalived does not run",
      "     seen: keepalived does not run",
      "     to do: start keepalived on a",
      "       vrrp-agent repair gw start-daemon",
      "  not known: nft what became of packets",
      "the other nodes were not asked; from where they are reached: npx pulumi-keepalived doctor",
      "",
    ]);
  });

  test("for repair there is a line for each finding, and what to do by itself behind it", () => {
    const lines = changed(
      MASTER,
      ["daemon", "state", "loaded", "reported", "witness"],
      ["daemon stopped", "witness u unreachable no answer"],
    );
    const { status, stdout } = diagnose(lines, table(), "--plain");
    expect(status).toBe(1);
    expect(stdout.split("\n")).toEqual([
      "finding vip-orphaned certain automatic take 10.0.0.100 off eth0 of a",
      "action release 10.0.0.100 eth0",
      "finding witness-lost certain human see that the lease service runs, and that a reaches it",
      "finding daemon-down certain automatic start keepalived on a",
      "action start-daemon",
      "end",
      "",
    ]);
  });

  test("what is a rule's cause on another node says so", () => {
    expect(diagnose(changed(MASTER, [], ["unreachable b 10.0.0.2 4"])).stdout).toContain(
      "  1. fw-reject on b (likely): ",
    );
  });

  test.each([
    ["facts that are cut off", ["vrrp-facts 1", "node a", "daemon stopped"], "did not come whole"],
    ["facts of another version", ["vrrp-facts 2", "node a", "end"], "did not come whole"],
    ["nothing at all", [], "did not come whole"],
  ])("%s are no diagnosis, and 2 says so", (_, lines, words) => {
    const { status, stderr } = diagnose(lines);
    expect(stderr).toContain(words);
    expect(status).toBe(2);
  });

  test("without the table there is no diagnosis", () => {
    const { status, stderr } = diagnose(MASTER, join(place, "none"));
    expect(stderr).toContain("there is no");
    expect(status).toBe(2);
  });

  test.each([
    [["diagnose", "nobody"], "there is no cluster nobody on this host"],
    [["diagnose"], "no cluster is applied on this host"],
    [["diagnose", "--xml"], "unknown option --xml; --json and --plain are the ones that there are"],
    [["diagnose", "a/b"], "'a/b' is not a name"],
  ])("%p is refused with a reason", (args, words) => {
    const { status, stderr } = host.agent(args, "", { VRRP_CAUSES: table() });
    expect(stderr).toContain(words);
    expect(status).toBe(2);
  });

  const expected = (lines: readonly string[], rules: readonly Rule[], symptoms: readonly SymptomRule[]) => {
    const facts: Fact[] = factsOf(lines);
    // As JSON has them: what is not there is left out.
    return JSON.parse(
      JSON.stringify({ findings: findingsOf(rules, facts, "a"), symptoms: symptomsOf(symptoms, facts, "a") }),
    ) as unknown;
  };

  test("what awk finds in facts of the real vocabulary is what the doctor finds, in order", () => {
    const causes = table();
    fc.assert(
      fc.property(realFacts, (lines) => {
        expect(judged(lines, causes)).toEqual(expected(lines, LOCAL_RULES, SYMPTOM_RULES));
      }),
      { numRuns: RUNS },
    );
  });

  test("so it is for any rules and facts", () => {
    fc.assert(
      fc.property(anyRules, anySymptoms, anyFacts, (rules, symptoms, lines) => {
        expect(judged(lines, table(rules, symptoms))).toEqual(expected(lines, rules, symptoms));
      }),
      { numRuns: RUNS },
    );
  });
});

/** Lines of healthy nodes and of examples, some of them, with words that stand in others of the same kind. */
const KNOWN = [...MASTER, ...BACKUP, ...[...EXAMPLES, ...ALONE_EXAMPLES].flatMap(({ add }) => add)].filter(
  (line) => !/^(vrrp-facts|node|cluster|end)\b|^\|/.test(line),
);
const WORDS = new Map<string, string[]>();
for (const line of KNOWN) {
  const [first = "", ...rest] = line.split(" ");
  for (const [i, word] of rest.entries()) {
    const key = `${first} ${i}`;
    WORDS.set(key, [...(WORDS.get(key) ?? []), word]);
  }
}
const realLine = fc.constantFrom(...KNOWN).chain((line) => {
  const [first = "", ...rest] = line.split(" ");
  return fc
    .tuple(
      ...rest.map((word, i) =>
        fc.oneof(
          { weight: 3, arbitrary: fc.constant(word) },
          fc.constantFrom(...WORDS.get(`${first} ${i}`)!),
        ),
      ),
    )
    .map((words) => [first, ...words].join(" "));
});
const realFacts = fc
  .tuple(
    fc.constantFrom(MASTER, BACKUP),
    fc.array(fc.constantFrom(...KNOWN)),
    fc.array(realLine, { maxLength: 40 }),
  )
  .map(([base, left, added]) => changed(base, left, added));

/** Words that awk could take for numbers, patterns or escapes. */
const word = fc.constantFrom(
  "x",
  "y",
  "xy",
  "1",
  "1.0",
  "01",
  "10",
  "9",
  "1e1",
  "9007199254740993",
  "-",
  "*",
  "!x",
  "a|b",
  "$p",
  "&",
  "\\",
  '"',
  "%s",
  "ä",
  "x\\y",
);
const kind = fc.constantFrom("ka", "kb", "k-c");
const line = fc
  .tuple(kind, fc.array(fc.oneof({ weight: 20, arbitrary: word }, fc.constant("")), { maxLength: 4 }))
  .map(([first, words]) => [first, ...words].join(" "));
const anyFacts = fc
  .array(
    fc.oneof({ weight: 9, arbitrary: line }, fc.constantFrom("|ka x", "text /x 1 ended", "lacks nft x")),
    { maxLength: 14 },
  )
  .map((lines) => ["vrrp-facts 1", "node a", "cluster gw 1", ...lines, "end"]);

const name = fc.constantFrom("p", "q", "r", "node");
const plain = fc.constantFrom(
  "x",
  "1",
  "10",
  "x|y",
  "1.0|01",
  "a",
  "*",
  ">9",
  "<2",
  "~x",
  "~\\",
  "!x",
  "!x|1",
  "!~x",
  "!>9",
);
const test_ = fc.oneof(
  plain,
  name.map((n) => `!$${n}`),
);
const patternWord = fc.oneof(
  test_,
  name.map((n) => `$${n}`),
  fc.tuple(name, test_).map(([n, t]) => `$${n}:${t}`),
);
const ending = fc.oneof(
  { weight: 2, arbitrary: fc.constant([]) },
  fc.constant(["..."]),
  name.map((n) => [`$...${n}`]),
  fc.tuple(name, test_).map(([n, t]) => [`$...${n}:${t}`]),
);
const pattern = fc
  .tuple(kind, fc.array(patternWord, { maxLength: 3 }), ending)
  .map(([first, words, rest]) => [first, ...words, ...rest].join(" "));
const text = fc
  .array(
    fc.constantFrom(
      "$p",
      "$q",
      "$r",
      "$node",
      "$cluster",
      "$",
      "$P",
      "says",
      " ",
      "\\",
      '"',
      "&",
      "$5",
      "ä",
      "'",
    ),
    { maxLength: 5 },
  )
  .map((parts) => `t${parts.join("")}`);
const seen = {
  when: fc.array(pattern, { minLength: 1, maxLength: 3 }) as fc.Arbitrary<[string, ...string[]]>,
  unless: fc.array(pattern, { maxLength: 2 }),
  says: fc.array(text, { minLength: 1, maxLength: 2 }) as fc.Arbitrary<[string, ...string[]]>,
  also: fc.array(fc.tuple(pattern, text), { maxLength: 2 }),
};
const cause = fc.constantFrom(...(Object.keys(CAUSES) as Cause[]).slice(0, 5));
const rule: fc.Arbitrary<Rule> = fc.record(
  {
    id: fc.constant("some"),
    cause,
    confidence: fc.constantFrom("certain" as const, "likely" as const, "possible" as const),
    ...seen,
    at: fc.constantFrom("$node", "$p", "b"),
    ruledOut: fc.array(fc.record({ cause, because: text }), { maxLength: 2 }),
    explains: fc.array(cause, { maxLength: 2 }),
    fix: fc.record(
      {
        repair: fc.constantFrom("automatic" as const, "spec" as const, "human" as const),
        summary: text,
        commands: fc.array(text, { minLength: 1, maxLength: 2 }),
        action: fc.array(fc.constantFrom("go", "$p", "$q"), { minLength: 1, maxLength: 3 }),
      },
      { requiredKeys: ["repair", "summary"] },
    ),
  },
  { requiredKeys: ["id", "cause", "confidence", "when", "says", "fix"] },
);
const anyRules = fc.array(rule, { maxLength: 6 });
const anySymptoms: fc.Arbitrary<SymptomRule[]> = fc.array(
  fc.record(
    { id: fc.constant("some"), symptom: fc.constantFrom("flapping" as const, "degraded" as const), ...seen },
    { requiredKeys: ["id", "symptom", "when", "says"] },
  ),
  { maxLength: 2 },
);
