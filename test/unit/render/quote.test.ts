import { quoted, quotedCommand } from "../../../render/quote";

test.each([
  ["gw-a", "gw-a"],
  ["fd00::2", "fd00::2"],
  ["/usr/bin/a_b%c+d", "/usr/bin/a_b%c+d"],
  ["a b", '"a b"'],
  ["#a", '"#a"'],
  ["a!", '"a!"'],
  ["@a", '"@a"'],
  ["~SEQ(x, 1, 2)", '"~SEQ(x, 1, 2)"'],
  ["a$b", '"a$b"'],
  ["it's", '"it\'s"'],
  ["{a}", '"{a}"'],
  ["größe", '"größe"'],
])("%j is written as %s", (value, written) => {
  expect(quoted(value, "routerId")).toBe(written);
});

test.each(['a"b', "a\\b", "a\nb", "a\rb", "a\tb", "a\0b", "$_HASH", "${a}", "{", "}"])(
  "%j cannot be written, and the error names the property but shows nothing of the value",
  (value) => {
    expect(() => quoted(value, "authPass")).toThrow(
      new Error(
        "authPass holds what keepalived.conf cannot express (a double quote, a backslash, a control character, " +
          "'$_', '${', or nothing but a brace): choose a value without it",
      ),
    );
  },
);

test("an empty value is refused", () => {
  expect(() => quoted("", "routerId")).toThrow("routerId is empty: give a value or leave it out");
});

test.each(["a".repeat(960), "é".repeat(479), "#".repeat(958)])("what fits on a line is written", (text) => {
  expect(quoted(text, "script")).toContain(text);
});

test.each([
  ["a".repeat(961), 961],
  ["é".repeat(480), 962],
  ["#".repeat(959), 961],
])("what does not fit on a line, in bytes and with its quotes, is refused", (text, bytes) => {
  expect(() => quoted(text, "script")).toThrow(
    `script has ${bytes} bytes as keepalived.conf writes it; a line has room for 960: shorten it`,
  );
});

test.each(["/bin/echo 'a b' c", "/bin/echo 'a' '#'"])(
  "a command may hold pairs of single quotes: %s",
  (command) => {
    expect(quotedCommand(command, "script")).toBe(`"${command}"`);
  },
);

test.each(["/bin/echo it's", "/bin/echo 'a' 'b"])(
  "a single quote without its partner is refused: %s",
  (command) => {
    expect(() => quotedCommand(command, "script")).toThrow(
      "script holds a single quote without its partner: add the other one",
    );
  },
);
