import fc from "fast-check";

import { parseFacts, restOf } from "../../../../doctor/facts";

const facts = (...lines: string[]) => parseFacts(`${["vrrp-facts 1", ...lines, "end"].join("\n")}\n`);

describe("the facts of an examination", () => {
  test("are one for each line, with all its words", () => {
    expect(facts("node gw-a", "want peer gw-b 10.0.0.3")).toEqual({
      facts: [
        ["node", "gw-a"],
        ["want", "peer", "gw-b", "10.0.0.3"],
      ],
    });
  });

  test("keep the blanks of a rest", () => {
    const parsed = facts("conf-error (line 3)  Unknown keyword");
    expect("facts" in parsed && restOf(parsed.facts[0]!, 1)).toBe("(line 3)  Unknown keyword");
  });

  test("have a text as the last word of its fact, and what follows it", () => {
    expect(
      facts("text /etc/a 2 ended", "|one two", "|end", "applied-text /etc/a 1 open", "|x", "drained"),
    ).toEqual({
      facts: [
        ["text", "/etc/a", "2", "ended", "one two\nend\n"],
        ["applied-text", "/etc/a", "1", "open", "x"],
        ["drained"],
      ],
    });
  });

  test.each([
    ["no end", "vrrp-facts 1\nnode gw-a\n", "cut off"],
    ["a text with a line too few", "vrrp-facts 1\ntext /etc/a 3 ended\n|one\nend\n", "cut off"],
    ["another version", "vrrp-facts 2\nend\n", "version 2"],
    ["something else", "vrrp-agent: no such verb\n", "something else than facts"],
    ["nothing", "", "something else than facts"],
  ])("are a problem with %s", (_name, text, words) => {
    const parsed = parseFacts(text);
    expect("problem" in parsed && parsed.problem).toContain(words);
  });

  test("are never half of what was told", () => {
    const word = fc.stringMatching(/^[a-z0-9./:-]{1,8}$/);
    const line = fc.array(word, { minLength: 1, maxLength: 6 }).filter(([first]) => first !== "end");
    fc.assert(
      fc.property(fc.array(line, { maxLength: 10 }), fc.nat(), (lines, cut) => {
        const whole = ["vrrp-facts 1", ...lines.map((words) => words.join(" ")), "end", ""].join("\n");
        const isText = lines.some(([first]) => first === "text" || first === "applied-text");
        fc.pre(!isText);
        expect(parseFacts(whole)).toEqual({ facts: lines });
        const part = whole.slice(0, cut % (whole.length - 1));
        fc.pre(!part.split("\n").includes("end"));
        expect(parseFacts(part)).toHaveProperty("problem");
      }),
    );
  });
});
