import { ConfFile, Note, ReadOptions, Statement, SyntaxTree } from "../model";
import { expand } from "./expand";
import { nest } from "./nest";

/** The statements of a file and its includes, as keepalived gets to see them. */
export function statementsOf(
  files: ConfFile[],
  options: ReadOptions = {},
): { trees: SyntaxTree[]; statements: Statement[]; conditionNames: string[]; notes: Note[] } {
  const expanded = expand(files, options);
  const { trees, conditionNames, notes } = expanded;
  const nested = nest(expanded);
  return { trees, conditionNames, statements: nested.statements, notes: [...notes, ...nested.notes] };
}
