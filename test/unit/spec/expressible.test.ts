import fc from "fast-check";

import { quoted, quotedCommand } from "../../../render/quote";
import { parseCluster, Problem } from "../../../spec";
import { clusterInput } from "./cluster-input";

function problemsOf(change: Record<string, unknown>): Problem[] {
  const parsed = parseCluster(clusterInput(change));
  return "problems" in parsed ? parsed.problems : [];
}

const withPassword = (authPass: string) => problemsOf({ version: 2, authPass });
const withScript = (script: string) => problemsOf({ trackScripts: [{ name: "web", script }] });
const withProcess = (process: string) => problemsOf({ trackProcesses: [{ name: "web", process }] });

test.each(['a"b', "a\\b", "$_HASH", "${a}", "{", "}"])(
  "the password %j, which keepalived.conf cannot express, is a problem that shows nothing of it",
  (authPass) => {
    expect(withPassword(authPass)).toEqual([
      {
        rule: "bounds",
        severity: "error",
        path: "authPass",
        value: "(secret)",
        allowed: expect.stringContaining('without blanks, ", \\, $_ and ${') as string,
        fix: expect.stringMatching(/^give 1 to 8 printable ASCII characters/) as string,
      },
    ]);
  },
);

test.each(["a", "{}", "#!", "$a", "it's", "@a~b"])("the password %j is accepted", (authPass) => {
  expect(withPassword(authPass)).toEqual([]);
});

test.each(['/bin/a "b"', "/bin/a\\b", "/bin/a $_B", "/bin/a ${B}", "/bin/a it's", `/${"a".repeat(950)}`])(
  "the script %j, which keepalived.conf cannot express, is a problem with its path and value",
  (script) => {
    expect(withScript(script)).toMatchObject([{ path: "trackScripts[0].script", rule: "bounds" }]);
    expect(withScript(script)[0]?.value.slice(0, 6)).toBe(script.slice(0, 6));
  },
);

test("a process name that keepalived.conf cannot express is a problem", () => {
  expect(withProcess("a$_B")).toMatchObject([{ path: "trackProcesses[0].process", value: "a$_B" }]);
});

test("whatever the spec accepts, keepalived.conf can express", () => {
  const text = fc
    .array(
      fc.oneof(fc.constantFrom('"', "\\", "'", "$", "_", "{", "}", " ", "\t", "#", "!", "é"), fc.string()),
    )
    .map((parts) => parts.join(""));
  const cases: [(text: string) => Problem[], (text: string) => string][] = [
    [withPassword, (value) => quoted(value, "authPass")],
    [(value) => withScript(`/${value}`), (value) => quotedCommand(`/${value}`, "script")],
    [withProcess, (value) => quoted(value, "process")],
  ];
  fc.assert(
    fc.property(text, fc.constantFrom(...cases), (value, [problems, write]) => {
      if (problems(value).length === 0) {
        expect(() => write(value)).not.toThrow();
      }
    }),
    { numRuns: 200 },
  );
});
