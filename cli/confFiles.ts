import type { ConfFile } from "../conf";
import { TOP_LEVEL } from "../conf/read/keywords";
import { INCLUDE } from "../conf/syntax/scan";
import { hostsOf } from "../lint";

/** A line's content: what stands in front of it does not matter here, the mark of an editor neither. */
function contents(text: string): string[] {
  return text
    .replace(/^\uFEFF/, "")
    .split("\n")
    .map((line) => line.replace(/^[ \t]*(?:@\S+[ \t]+)?/, "").trimEnd());
}

/** Whether a text has any word that keepalived reads outside of blocks. */
export function isConf({ text }: ConfFile): boolean {
  return (
    !text.startsWith("#!/") &&
    contents(text).some((line) => TOP_LEVEL.has(/^\w*/.exec(line)![0]) || INCLUDE.test(line))
  );
}

/** Files that would count as a node each, and have nothing but blanks and comments in them. */
export function emptyNodes(files: ConfFile[]): string[] {
  const empty = files.filter(({ text }) => contents(text).every((line) => /^(?:[#!].*)?$/.test(line)));
  // One that another file includes is no node, and without it the include would find nothing.
  const nodes = empty.length === 0 ? [] : hostsOf(files).map(({ conf }) => conf.file);
  return empty.map(({ name }) => name).filter((name) => nodes.includes(name));
}
