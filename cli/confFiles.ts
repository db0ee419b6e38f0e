import type { ConfFile } from "../conf";
import { hostsOf, isBlank } from "../lint";

/** Files that would count as a node each, and have nothing but blanks and comments in them. */
export function emptyNodes(files: ConfFile[]): string[] {
  const empty = files.filter(({ text }) => isBlank(text));
  // One that another file includes is no node, and without it the include would find nothing.
  const nodes = empty.length === 0 ? [] : hostsOf(files).map(({ conf }) => conf.file);
  return empty.map(({ name }) => name).filter((name) => nodes.includes(name));
}
