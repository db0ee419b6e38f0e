import fc from "fast-check";

import { applyEdits, Edit, insertInBlock, readConf, remove, setArgument, Statement } from "../../../conf";
import { written } from "../../../conf/edit";
import { corpus } from "./corpus";

/** The text after an edit of the statement that the path of keywords names. */
function edited(
  text: string,
  path: string[],
  edit: (statement: Statement, files: { name: string; text: string }[]) => Edit | undefined,
): string | undefined {
  const file = { name: "f", text };
  let statements = readConf([file]).statements;
  let found: Statement | undefined;
  for (const keyword of path) {
    found = statements.find((statement) => statement.keyword === keyword);
    statements = found?.body ?? [];
  }
  const made = edit(found!, [file]);
  return made && applyEdits(file, [made]);
}

const TEXT = `vrrp_instance gw {
\tpriority  "255"   # too much
\tnopreempt
\t! the addresses
\tvirtual_ipaddress { 192.168.1.1/24 }
\tstate MASTER # keep me
}
`;

test("an argument is set, and everything else stays", () => {
  const set = (path: string[], index: number, value: string) =>
    edited(TEXT, ["vrrp_instance", ...path], (s) => setArgument(s, index, value));
  expect(set(["priority"], 0, "150")).toBe(TEXT.replace('"255"', "150"));
  expect(set([], 0, "gw # 2")).toBe(TEXT.replace("gw", '"gw # 2"'));
  expect(set(["nopreempt"], 0, "on")).toBe(TEXT.replace("nopreempt", "nopreempt on"));
  expect(set(["priority"], 0, 'a"b')).toBeUndefined();
  expect(set(["priority"], 2, "1")).toBeUndefined();
});

test("a statement is removed with its line and its block, and a comment beside it stays", () => {
  const without = (...path: string[]) =>
    edited(TEXT, ["vrrp_instance", ...path], (s, files) => remove(files, s));
  expect(without("nopreempt")).toBe(TEXT.replace("\tnopreempt\n", ""));
  expect(without("state")).toBe(TEXT.replace("state MASTER ", ""));
  expect(without("virtual_ipaddress")).toBe(TEXT.replace("\tvirtual_ipaddress { 192.168.1.1/24 }\n", ""));
  expect(without("virtual_ipaddress", "192.168.1.1/24")).toBe(TEXT.replace(" 192.168.1.1/24", ""));
  expect(without()).toBe("");
});

test.each([
  ["last", TEXT, TEXT.replace("# keep me\n", "# keep me\n\tversion 3\n")],
  ["first", TEXT, TEXT.replace("gw {\n", "gw {\n\tversion 3\n")],
  ["last", "vrrp_instance gw { priority 1 }\n", "vrrp_instance gw { priority 1\n    version 3\n}\n"],
  ["first", "vrrp_instance gw {}", "vrrp_instance gw {\n    version 3\n}"],
  ["last", "vrrp_instance gw\r\n{\r\n  a\r\n}\r\n", "vrrp_instance gw\r\n{\r\n  a\r\n  version 3\r\n}\r\n"],
] as const)("a line is put %s into %j", (where, text, expected) => {
  const insert = (s: Statement, files: { name: string; text: string }[]) =>
    insertInBlock(files, s, "version 3", where);
  expect(edited(text, ["vrrp_instance"], insert)).toBe(expected);
});

test("of edits that overlap the first counts, and those of another file do not", () => {
  const edit = (offset: number, length: number, text: string, file = "f") => ({ file, offset, length, text });
  const edits = [edit(4, 2, "X"), edit(1, 2, "Y"), edit(2, 3, "Z"), edit(0, 6, "W", "g")];
  expect(applyEdits({ name: "f", text: "abcdef" }, edits)).toBe("aYdX");
});

test("what comes out of a definition is left to a person", () => {
  const text = "$P=255\nvrrp_instance gw {\n priority $P\n}\n";
  const path = ["vrrp_instance", "priority"];
  expect(edited(text, path, (s) => setArgument(s, 0, "1"))).toBeUndefined();
  expect(edited(text, path, (s, files) => remove(files, s))).toBeUndefined();
});

test("a word that can be written is read back as it is", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 12 }), (word) => {
      const text = written(word);
      if (text !== undefined) {
        const read = readConf([{ name: "f", text: `router_id ${text} x\n` }]).statements;
        expect(read.map(({ keyword, args }) => [keyword, ...args.map((arg) => arg.text)])).toEqual([
          ["router_id", word, "x"],
        ]);
      }
    }),
    { numRuns: 100 },
  );
});

const all = (statements: Statement[]): Statement[] =>
  statements.flatMap((statement) => [statement, ...all(statement.body ?? [])]);
const outline = (statements: Statement[]): unknown[] =>
  statements.map(({ keyword, args, body }) => [
    keyword,
    ...args.map((arg) => arg.text),
    body && outline(body),
  ]);

test("in every configuration of the corpus, each edit changes exactly the statement that it is meant for", () => {
  let edits = 0;
  for (const { files, configId } of corpus().filter((entry) => entry.configId === "gw-a")) {
    const before = readConf(files, { configId });
    const outlined = (made: Edit) => {
      const changed = files.map((file) => ({ name: file.name, text: applyEdits(file, [made]) }));
      return outline(readConf(changed, { configId }).statements);
    };
    for (const statement of all(before.statements)) {
      const { keyword, args, body } = statement;
      const set = args.length > 0 && setArgument(statement, 0, "edited");
      if (set) {
        const [first] = args.splice(0, 1, { ...args[0]!, text: "edited" });
        expect(outlined(set)).toEqual(outline(before.statements));
        args.splice(0, 1, first!);
        edits++;
      }
      const inserted = body && insertInBlock(files, statement, "inserted line");
      if (inserted) {
        body.push({
          ...statement,
          keyword: "inserted",
          args: [{ ...args[0]!, text: "line" }],
          body: undefined,
        });
        expect([keyword, outlined(inserted)]).toEqual([keyword, outline(before.statements)]);
        body.pop();
        edits++;
      }
    }
  }
  expect(edits).toBeGreaterThan(300);
});
