import { readFileSync } from "node:fs";
import { conf } from "../lint/files";
import { cli, scratch, written } from "./command";

const directory = scratch();
const file = (name: string, text: string) => written(directory, name, text);
const lint = (...args: string[]) => cli("lint", ...args);

it("exits 0 when nothing is wrong, or only a warning was found", async () => {
  expect(await lint(file("a.conf", conf("")))).toEqual({
    code: 0,
    out: "1 node: 0 errors, 0 warnings\n",
    err: "",
  });
  expect(await lint(file("a.conf", conf("priority 255")))).toMatchObject({ code: 0, err: "" });
});

it("exits 1 when an error was found, and says where", async () => {
  const path = file("a.conf", conf("state MASTER\npriority 100\nnopreempt"));
  const { code, out, err } = await lint(path);
  expect([code, err]).toEqual([1, ""]);
  expect(out).toContain(`${path}:10:1: error: `);
});

it("prints JSON that holds the findings and nothing else", async () => {
  const path = file("a.conf", conf("state MASTER\npriority 100\nnopreempt"));
  const { code, out } = await lint("--json", path);
  expect(code).toBe(1);
  const { findings } = JSON.parse(out) as { findings: object[] };
  expect(findings).toEqual([
    expect.objectContaining({
      rule: "nopreempt-with-master",
      severity: "error",
      file: path,
      line: 10,
      column: 1,
      node: path,
    }),
  ]);
});

it("prints a SARIF log", async () => {
  const { code, out } = await lint("--sarif", file("a.conf", conf("priority 255")));
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({
    version: "2.1.0",
    runs: [{ results: [{ ruleId: "priority-255" }] }],
  });
});

it("writes what it puts right with --fix, says so on stderr, and judges what is left", async () => {
  const path = file("a.conf", conf("state MASTER\npriority 100\nnopreempt"));
  const { code, out, err } = await lint("--fix", path);
  expect([code, out]).toEqual([0, "1 node: 0 errors, 0 warnings\n"]);
  expect(err).toContain(`${path}:10: fixed: `);
  expect(readFileSync(path, "utf8")).toBe(conf("state MASTER\npriority 100"));
});

it("takes the version of keepalived into account", async () => {
  const path = file("a.conf", conf("version 3\ndown_timer_adverts 2"));
  expect((await lint(path, "--keepalived-version", "2.2.3")).code).toBe(0);
  expect((await lint(path, "--keepalived-version", "2.2.2")).code).toBe(1);
});

it("says on stderr what it could not judge", async () => {
  const { code, err } = await lint(file("a.conf", conf("include nowhere.conf")));
  expect(code).toBe(0);
  expect(err).toMatch(/a\.conf:8: not judged: .*nowhere\.conf/);
});

it.each([
  ["no file", [], /FILE: \(missing\)/],
  ["a file that is not there", ["/nowhere/keepalived.conf"], /\/nowhere\/keepalived\.conf: ENOENT/],
  ["two forms at once", ["--json", "--sarif", "x"], /choose one/],
  [
    "a version that is none",
    ["--keepalived-version", "two", "x"],
    /--keepalived-version: two; give a version as in 2\.2\.7/,
  ],
  ["an unknown option", ["--fux"], /--fux/],
])("exits 2 and says what to do about %s", async (_what, args, message) => {
  const { code, out, err } = await lint(...args);
  expect([code, out]).toEqual([2, ""]);
  expect(err).toMatch(message);
});

it("exits 2 where no file is a keepalived.conf", async () => {
  expect(await lint(file("a.txt", "hello\n"))).toMatchObject({ code: 2, out: "" });
});

it.each([
  ["an LVS-only file", "virtual_server 192.0.2.10 80 {\n    lvs_sched rr\n}\n"],
  ["a file of includes", "  include conf.d/*.conf\n"],
  ["an include that must be there", "includer conf.d/a.conf\n"],
  ["a word under a condition", "@gw-a static_routes {\n}\n"],
  ["a byte order mark in front of the first word", "\uFEFFvrrp_instance VI {\n}\n"],
])("judges %s", async (_what, text) => {
  const { code, out } = await lint(file("a.conf", text));
  expect(code).not.toBe(2);
  expect(out).toMatch(/^1 node: /m);
});

it("exits 2 where a word of keepalived only begins another one, or stands in a program", async () => {
  expect((await lint(file("a.txt", "included files\n"))).code).toBe(2);
  expect((await lint(file("a.sh", "#!/bin/sh\ninclude lib.sh\n"))).code).toBe(2);
});

it("says of an empty file that it is no node, unless another one includes it", async () => {
  const empty = file("empty.conf", "\n# later\n");
  const { code, out, err } = await lint(file("a.conf", conf("")), empty);
  expect([code, out]).toEqual([0, "1 node: 0 errors, 0 warnings\n"]);
  expect(err).toBe(`${empty}: nothing but blanks and comments; not counted as a node\n`);
  expect(await lint(file("b.conf", `${conf("")}include ${empty}\n`), empty)).toMatchObject({ err: "" });
  expect(await lint(empty)).toMatchObject({ code: 2, out: "" });
});

it("says in the JSON what --fix has put right", async () => {
  const path = file("a.conf", conf("state MASTER\npriority 100\nnopreempt"));
  const { out } = await lint("--fix", "--json", path);
  expect(JSON.parse(out)).toMatchObject({
    findings: [],
    fixed: [{ rule: "nopreempt-with-master", file: path, line: 10 }],
  });
  expect(JSON.parse((await lint("--fix", "--json", path)).out)).toMatchObject({ fixed: [] });
  expect(JSON.parse((await lint("--json", path)).out)).not.toHaveProperty("fixed");
});

it("says in the SARIF log what --fix has put right, and does not count it as a result", async () => {
  const path = file("a.conf", conf("state MASTER\npriority 100\nnopreempt\nadvert_int 300"));
  const sarif = async (...args: string[]) =>
    (JSON.parse((await lint("--sarif", ...args, path)).out) as { runs: [Record<string, unknown>] }).runs[0];
  expect(await sarif()).not.toHaveProperty("invocations");
  expect(await sarif("--fix")).toMatchObject({
    tool: { driver: { rules: [{ id: "argument-invalid" }, { id: "nopreempt-with-master" }] } },
    invocations: [
      {
        executionSuccessful: true,
        toolExecutionNotifications: [
          {
            associatedRule: { id: "nopreempt-with-master", index: 1 },
            level: "note",
            message: { text: expect.stringMatching(/^Fixed: VI: nopreempt: void.*[^.]\.$/) as string },
            locations: [{ physicalLocation: { region: { startLine: 10, startColumn: 1, endColumn: 10 } } }],
          },
        ],
      },
    ],
    results: [{ ruleId: "argument-invalid", ruleIndex: 0 }],
  });
  expect(await sarif("--fix")).toMatchObject({ invocations: [{ toolExecutionNotifications: [] }] });
});

it("lists every rule with its fix", async () => {
  const { code, out } = await lint("--rules");
  expect(code).toBe(0);
  expect(out).toMatch(
    /^nopreempt-with-master \(error, --fix\)\n {2}nopreempt goes with .*\n {2}fix: remove nopreempt,/m,
  );
  const listed = JSON.parse((await lint("--rules", "--json")).out) as { rule: string }[];
  expect(new Set(listed.map(({ rule }) => rule)).size).toBe(listed.length);
  expect(listed).toContainEqual(
    expect.objectContaining({ rule: "vip-list-mismatch", severity: "error", versions: "before 2.3.3" }),
  );
});

it("has a help of its own", async () => {
  expect(await lint("--help")).toMatchObject({
    code: 0,
    out: expect.stringMatching(/^usage: .* lint FILE/) as string,
  });
});
