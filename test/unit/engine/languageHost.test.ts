import * as fc from "fast-check";
import { shellWords } from "../../../engine/stand-ins/language-nodejs/shellWords";

test.each([
  ["", []],
  ["--import tsx", ["--import", "tsx"]],
  ["  --a\t--b\n", ["--a", "--b"]],
  [`--title "two words" ''`, ["--title", "two words", ""]],
  [`'it is \\' "\\"quoted\\""`, ["it is \\", '"quoted"']],
  ["one\\ word", ["one word"]],
  [`a'b'"c"`, ["abc"]],
])("nodeargs %j are the words %j", (text, words) => {
  expect(shellWords(text)).toEqual(words);
});

test("any words, each in single quotes, come back as they were", () => {
  const word = fc.string().map((text) => text.replaceAll("'", ""));
  fc.assert(
    fc.property(fc.array(word), (words) => {
      expect(shellWords(words.map((text) => `'${text}'`).join(" "))).toEqual(words);
    }),
  );
});

test("a quote that is never closed is an error", () => {
  expect(() => shellWords('--title "two')).toThrow('nodeargs: a " is never closed in: --title "two');
});
