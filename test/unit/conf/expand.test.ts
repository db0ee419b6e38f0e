import fc from "fast-check";

import { ConfFile, ReadOptions, Statement } from "../../../conf";
import { statementsOf } from "../../../conf/expand";
import { confLike } from "./arbitrary";

/** Statements as text: `a b{c d}` with a `?` before what depends on the host. */
function show(statements: Statement[]): string {
  return statements
    .map(({ keyword, args, body, condition }) =>
      [
        ...(condition === undefined ? [] : [`?${condition}`]),
        keyword,
        ...args.map((word) => (word.unknown ? `?${word.text}` : word.text)),
        ...(body === undefined ? [] : [`{${show(body)}}`]),
      ].join(" "),
    )
    .join("; ");
}

const read = (text: string, options?: ReadOptions, ...others: ConfFile[]) =>
  statementsOf([{ name: "etc/main.conf", text }, ...others], options);

test.each([
  ["a b\nc", "a b; c"],
  ["a {\n b c\n}", "a {b c}"],
  ["a\n{\n b\n}\nd", "a {b}; d"],
  ["a { b { c d } e }", "a {b {c d}; e}"],
  ["a{b c}d", "a {b c}; d"],
  ['a "b { c } # d"e', "a b { c } # d e"],
  ["a b # c\n! d\na#b", "a b; a"],
  ["a \\#b c", "a"],
  ["a 'b c'", "a 'b c'"],
  ["script '/x  y' z", "script /x  y z"],
  ["script \"/x 'a b' \\x41\\103\"", "script /x 'a b' AC"],
  ["$A=1\na $A ${A}b x$A,$A) $Ab", "a 1 1b x1,1) $Ab"],
  ["$A=1\n$A=2\na $A", "a 2"],
  ["$A=$B c\n$B=1\na $A", "a 1 c"],
  ["$A= x # y\na $A", "a x"],
  ["a ${_HASH}b # c\na ${_BANG}b", "a; a"],
  ["$A=\\\n b 1 \\\n c {\\\n  d # e \\\n }\nf\n$A\ng $A", "f; b 1; c {d}; g b 1; c {d}"],
  ["$A=b \\\n c\nx $A y", "x $A y"],
  ["$A=\\\n b\\\n\n c\n$A", "c; b"],
  ["$I=b\\\n c\n$O=x\\\n $I\\\n y\n$O", "x; b; c; y"],
  ["$I=b\\\n c\n$O=$I\\\n y\n$O", "b; c; y"],
  ["$A=b\\\r\n c\\\r\n\r\n d\r\n$A", "d; b; c"],
  ["~SEQ(i,1,3) a $i", "a 1; a 2; a 3"],
  ["~SEQ(i, 5, -2, 1) a $i", "a 5; a 3; a 1"],
  ["~SEQ(i,2) a $i", "a 1; a 2"],
  ["~SEQx(i,9,11) a ${i}0", "a 90; a a0; a b0"],
  ["$N=2\n~SEQ(i,$N) a $i", "a 1; a 2"],
  ["~SEQ(i,1,2) ~SEQ(j,1,2) a $i$j ${i}${j}", "a $i1 11; a $i2 12; a $i1 21; a $i2 22"],
  ["$B=b $i {\\\n c $i\\\n }\n~SEQ(i,1,2) $B", "b 1 {c 1}; b 2 {c 2}"],
  ["~LST(n,x,y) a $n", "a x; a y"],
  ["~LST({n, m}, {1, 2}, {3}) a $n $m e", "a 1 2 e; a 3 e"],
  ["$S=~SEQ(i,1,2) a $i\n$S", "a 1; a 2"],
  ["@gw-a a\n@gw-b b\n@^gw-a c\n@^gw-b d\ne", "a; d; e"],
  ["@gw-b a {\nb", "b"],
  ["a { @gw-b b }", "a {}"],
  ["@gw-b $A=x \\\n y\nz", "y; z"],
  ["@gw-a", ""],
  ["a \\\nb", "a\\; b"],
  ["a\r\nb c\r\n", "a; b c"],
])("keepalived on gw-a reads %j as %j", (text, expected) => {
  expect(show(read(text, { configId: "gw-a" }).statements)).toBe(expected);
});

test.each([
  ["@gw-a a 1\n@^gw-a a 2", "?@gw-a a 1; ?@^gw-a a 2"],
  ["@gw-a $A=1\n@gw-b $A=2\na $A\n@gw-b a $A", "a ?$A; ?@gw-b a 2"],
  ["$A=0\n@gw-a $A=x\\\n y\n$A", "?@gw-a x; ?@gw-a y"],
])("without a host both branches of %j are there, and marked", (text, expected) => {
  const { statements, notes, conditionNames } = read(text);
  expect(show(statements)).toBe(expected);
  expect(new Set(notes.map((note) => note.severity))).toEqual(new Set(["unknown"]));
  expect(conditionNames[0]).toBe("gw-a");
});

test("what only the host knows is unknown, and its braces are no block's", () => {
  expect(show(read("a { b ${_PWD}/c ${_RANDOM 1 9} }").statements)).toBe("a {b ?${_PWD}/c ?${_RANDOM}}");
  expect(show(read("a $_PWD", { definitions: { _PWD: "/etc" } }).statements)).toBe("a /etc");
});

describe("an include", () => {
  const others = [
    { name: "etc/conf.d/b.conf", text: "b\ninclude c.conf" },
    { name: "etc/conf.d/a.conf", text: "a" },
    { name: "etc/conf.d/.hidden.conf", text: "h" },
    { name: "etc/conf.d/c.conf", text: "$C=1" },
  ];
  test.each([
    ["include conf.d/b.conf\nd $C", "b; d 1"],
    ["include conf.d/[ab].conf", "a; b"],
    ["includea conf.d/{b,a}.conf", "b; a"],
    ["include /etc/keepalived/conf.d/?.conf", "a; b"],
    ["include /etc/conf.d/a.conf", "a"],
    ["x {\n include conf.d/a.conf\n}", "x {a}"],
    ["$D=conf.d\ninclude ${D}/a.conf", "a"],
  ])("%j is followed relative to the file that has it", (text, expected) => {
    const { statements, notes, trees } = read(text, {}, ...others);
    expect({ shown: show(statements), notes }).toEqual({ shown: expected, notes: [] });
    expect(trees.map((tree) => tree.file)).toContain(
      expected === "b; d 1" ? "etc/conf.d/c.conf" : "etc/conf.d/a.conf",
    );
  });

  test.each([
    ["include none.conf", "include-unknown", "unknown"],
    ["include conf.d/*.txt", "include-unknown", "unknown"],
    ['include "conf.d/a.conf"', "include-unknown", "warning"],
    ["include main.conf", "include-loop", "error"],
  ])("%j is a note of kind %s", (text, kind, severity) => {
    const { statements, notes } = read(text, {}, ...others);
    expect(statements.map((statement) => statement.unknown)).toEqual(severity === "unknown" ? [true] : []);
    expect(notes).toEqual([expect.objectContaining({ kind, severity })]);
  });
});

test.each([
  ["a {", "unbalanced-brace", 3],
  ["a\n}", "unbalanced-brace", 1],
  ["{\na", "unbalanced-brace", 1],
  ['a "b', "unmatched-quote", 1],
  ["a $B", "definition-unknown", 3],
  ["$A=$A x\na $A", "definition-invalid", 1],
  ["~SEQ(i,3,1,1) a", "definition-invalid", 1],
  ["~SEQ(i) a", "definition-invalid", 1],
  ["~LST(i) a", "definition-invalid", 1],
  [`a ${"x".repeat(1021)}`, "long-line", 1],
])("%j gets a note %s at its column", (text, kind, column) => {
  const found = read(text).notes.filter((note) => note.kind === kind);
  expect(found[0]?.position.column).toBe(column);
});

test("a line of 1022 bytes is read whole, and no note shows what may be a password", () => {
  expect(read(`a ${"x".repeat(1020)}`).notes).toEqual([]);
  expect(read("auth_pass a$b $cret")).toMatchObject({ notes: [] });
});

test("words say where they stand; a value is where its definition is used, a line of a definition where it is", () => {
  const text = '$P=100\n$B=x 1\\\n y 2\na $P "b c"\n$B\n';
  const [a, x, y] = read(text).statements;
  const at = ({ line, column, length }: Statement["position"]) => [line, column, length];
  expect([a?.position, ...(a?.args ?? []).map((word) => word.position)].map((p) => at(p!))).toEqual([
    [4, 1, 1],
    [4, 3, 2],
    [4, 6, 5],
  ]);
  expect(at(x!.position)).toEqual([2, 4, 1]);
  expect(at(y!.args[0]!.position)).toEqual([3, 4, 1]);
  expect([a?.literal, x?.literal, read("z 1").statements[0]?.literal]).toEqual([false, false, true]);
});

interface Shape {
  keyword: string;
  args: string[];
  body?: Shape[];
}

const keyword = fc.stringMatching(/^[a-z][a-z_]{0,8}$/).filter((word) => !/^include[rmwba]?$/.test(word));
const word = fc.oneof(keyword, fc.stringMatching(/^[0-9.:/!# {}é-]{0,8}$/));
const { block } = fc.letrec<{ block: Shape; leaf: Shape }>((tie) => ({
  leaf: fc.record({ keyword, args: fc.array(word, { maxLength: 3 }) }),
  block: fc.record({
    keyword,
    args: fc.array(word, { maxLength: 2 }),
    body: fc.array(fc.oneof({ maxDepth: 3 }, tie("leaf"), tie("block")), { maxLength: 4 }),
  }),
}));

/** Writes a shape in a style of its own for each place, which `styles` chooses. */
function write({ keyword, args, body }: Shape, style: () => number): string {
  const pick = (...texts: string[]) => texts[style() % texts.length] ?? "";
  const blank = () => pick(" ", "\t", "   ");
  const end = () => pick("\n", "\r\n", " # } {\n", '\t! "quoted" \n\n', "\n  # comment\n");
  const words = [keyword, ...args.map((arg) => (/[\s#!{}]|^$/.test(arg) ? `"${arg}"` : arg))].join(blank());
  if (body === undefined) {
    return blank() + words + end();
  }
  const open = pick(" {", "{", " { ", "\n{", "\r\n\t{\n", " { # open\n");
  const children = body.map((child) => write(child, style)).join("");
  return `${blank()}${words}${open}${children}${blank()}}${pick("", " ", end())}`;
}

test("a tree of words is read back from any style that it can be written in", () => {
  const shapes = fc.array(block, { maxLength: 4 });
  const outline = (statements: Statement[]): Shape[] =>
    statements.map(({ keyword, args, body }) => ({
      keyword,
      args: args.map((arg) => arg.text),
      ...(body !== undefined && { body: outline(body) }),
    }));
  fc.assert(
    fc.property(shapes, fc.array(fc.nat(1000), { minLength: 1, maxLength: 20 }), (expected, styles) => {
      let at = 0;
      const text = expected.map((shape) => write(shape, () => styles[at++ % styles.length] ?? 0)).join("");
      const { statements, notes } = read(text);
      const isCommand = /^\s*(script|notify\w*)\b/m.test(text);
      fc.pre(!isCommand);
      expect({ text, shapes: outline(statements), notes }).toEqual({ text, shapes: expected, notes: [] });
    }),
    { numRuns: 150 },
  );
});

test("no text makes it throw, and every position is in the file", () => {
  fc.assert(
    fc.property(confLike, confLike, (text, other) => {
      const { statements, notes } = read(text, {}, { name: "etc/o.conf", text: other });
      const all = [...notes.map((note) => note.position), ...statements.map((s) => s.position)];
      for (const { file, offset, length } of all) {
        const length_ = (file === "etc/o.conf" ? other : text).length;
        expect(offset + length).toBeLessThanOrEqual(length_);
      }
    }),
    { numRuns: 1000 },
  );
});
