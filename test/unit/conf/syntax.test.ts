import fc from "fast-check";

import { parse, print } from "../../../conf/syntax";
import { SyntaxNode } from "../../../conf";
import { confLike } from "./arbitrary";

const text = (nodes: SyntaxNode[]): string =>
  nodes
    .map((node) =>
      node.kind === "block" ? node.open.text + text(node.children) + (node.close?.text ?? "") : node.text,
    )
    .join("");

test.each([
  ["any string", fc.string({ unit: "binary", maxLength: 200 })],
  ["text made of keepalived.conf's own pieces", confLike],
])("printing what was parsed gives back %s, by its lines and by its blocks", (_name, arbitrary) => {
  fc.assert(
    fc.property(arbitrary, (source) => {
      const tree = parse({ name: "f", text: source });
      expect(print(tree)).toBe(source);
      expect(text(tree.nodes)).toBe(source);
    }),
    { numRuns: 2000 },
  );
});

test("every token says where it stands", () => {
  fc.assert(
    fc.property(confLike, (source) => {
      for (const { number, tokens } of parse({ name: "f", text: source }).lines) {
        for (const token of tokens) {
          expect(source.slice(token.offset, token.offset + token.length)).toBe(token.text);
          expect(token.line).toBe(number);
          const before = source.slice(0, token.offset).split("\n");
          expect([token.line, token.column]).toEqual([before.length, before.at(-1)!.length + 1]);
        }
      }
    }),
  );
});

const kinds = (source: string) =>
  parse({ name: "f", text: source }).lines.map((line) => [
    line.kind,
    ...line.tokens
      .filter((t) => t.kind !== "space" && t.kind !== "newline")
      .map((t) => `${t.kind} ${t.text}`),
  ]);

test.each<[string, string[][]]>([
  ["a { b } # c\n", [["statement", "word a", "open {", "word b", "close }", "comment # c"]]],
  ["a{b}c", [["statement", "word a", "open {", "word b", "close }", "word c"]]],
  ['a "x # { y" z', [["statement", "word a", 'word "x # { y"', "word z"]]],
  ["a \\# b ! c", [["statement", "word a", "comment \\# b ! c"]]],
  [
    "$X=a\\ # c\nb",
    [
      ["definition", "word $X=a", "word \\", "comment # c", "continuation \n"],
      ["continuation", "word b"],
    ],
  ],
  ["@gw-a  b c", [["statement", "condition @gw-a", "word b", "word c"]]],
  ["@^gw-a $X=1", [["definition", "condition @^gw-a", "word $X=1"]]],
  ["a ${X}b ${_RANDOM 1 9}", [["statement", "word a", "word ${X}b", "word ${_RANDOM 1 9}"]]],
  [
    "$X=\\\n  a {\\  \n# no end\n  }\nb",
    [
      ["definition", "word $X=", "continuation \\\n"],
      ["continuation", "word a", "open {", "continuation \\  \n"],
      ["blank", "comment # no end"],
      ["continuation", "close }"],
      ["statement", "word b"],
    ],
  ],
  ["$X=a\\\n\nb", [["definition", "word $X=a", "continuation \\\n"], ["blank"], ["statement", "word b"]]],
  [
    "a b\\\nc",
    [
      ["statement", "word a", "word b", "word \\"],
      ["statement", "word c"],
    ],
  ],
  ["~SEQ(i,1,3) a $i", [["sequence", "word ~SEQ(i,1,3)", "word a", "word $i"]]],
  ["include conf.d/*.conf", [["include", "word include", "word conf.d/*.conf"]]],
  ["include_check", [["statement", "word include_check"]]],
  [
    'a "b c\nd',
    [
      ["statement", "word a", 'word "b c'],
      ["statement", "word d"],
    ],
  ],
  [
    "a b\r\nc\r\n",
    [
      ["statement", "word a", "word b"],
      ["statement", "word c"],
    ],
  ],
])("the tokens of %j", (source, expected) => {
  expect(kinds(source)).toEqual(expected);
});

test.each([
  ["a {\n b {\n }\n", "'{' without its '}'", 1],
  ["a {\n}\n}\n", "'}' without '{' before it", 3],
])("an unbalanced brace in %j is a note, not an error", (source, message, line) => {
  expect(parse({ name: "f", text: source }).notes).toEqual([
    expect.objectContaining({
      kind: "unbalanced-brace",
      message,
      position: expect.objectContaining({ line }) as object,
    }),
  ]);
});
