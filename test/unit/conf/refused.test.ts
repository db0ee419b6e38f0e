import { readConf } from "../../../conf";
import { refused, right } from "./refused";

// That keepalived refuses them, too, is shown by test/e2e/render/corpus.test.ts.
test.each(refused.map((item) => [item.name, item] as const))("%s is an error at its line", (_name, item) => {
  const { notes } = readConf([{ name: "f", text: item.text }]);
  const errors = notes.filter((note) => note.severity === "error");
  expect(errors.map((note) => ({ kind: note.kind, line: note.position.line }))).toContainEqual({
    kind: item.kind,
    line: item.line,
  });
});

test.each(right)("what they are made of is right", (text) => {
  expect(readConf([{ name: "f", text }]).notes).toEqual([]);
});
