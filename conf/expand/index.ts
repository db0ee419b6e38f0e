import { ConfFile, Note, ReadOptions, Statement, SyntaxTree } from "../model";
import { expand } from "./expand";
import { nest } from "./nest";

/** The statements of a file and its includes, as keepalived gets to see them. */
export function statementsOf(
  files: ConfFile[],
  options: ReadOptions = {},
): { trees: SyntaxTree[]; statements: Statement[]; conditionNames: string[]; notes: Note[] } {
  const { trees, lines, conditionNames, notes } = expand(files, options);
  const nested = nest(lines);
  return { trees, conditionNames, statements: nested.statements, notes: [...notes, ...nested.notes] };
}
