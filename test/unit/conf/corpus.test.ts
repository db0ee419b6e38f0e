import { Note, readConf } from "../../../conf";
import { parse, print } from "../../../conf/syntax";
import { corpus } from "./corpus";

const entries = corpus();
const shown = (notes: Note[]) =>
  notes.map(({ kind, message, position }) => `${position.file}:${position.line} ${kind}: ${message}`);

test("there are at least thirty configurations", () => {
  expect(new Set(entries.map((entry) => entry.cluster)).size).toBeGreaterThanOrEqual(30);
});

test.each(entries.map((entry) => [entry.name, entry] as const))(
  "%s round-trips, and is read without a note as keepalived accepts it without a word",
  (_name, { files, configId }) => {
    for (const file of files) {
      expect(print(parse(file))).toBe(file.text);
    }
    const conf = readConf(files, { configId });
    expect(shown(conf.notes)).toEqual([]);
    expect(conf.instances.length).toBeGreaterThan(0);
  },
);
