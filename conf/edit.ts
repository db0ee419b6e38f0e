import { ConfFile, Position, Statement } from "./model";

/** A stretch of a file's text and what comes in its place. */
export interface Edit {
  file: string;
  offset: number;
  length: number;
  text: string;
}

/**
 * A word as keepalived.conf writes it: in double quotes where it would not be one word without. undefined: no writing
 * of it is read back as it is.
 */
export function written(word: string): string | undefined {
  if (/["\\\n\r\0]|\$[A-Za-z_{]|^[{}]$/.test(word)) {
    return undefined;
  }
  return word === "" || /[\s#!{}]|^[@~$]/.test(word) ? `"${word}"` : word;
}

/**
 * Sets an argument of a statement, or adds it behind the last one. undefined, as for all edits here: the statement is
 * not there as such but out of a definition or a sequence, and a person has to decide.
 */
export function setArgument(statement: Statement, index: number, value: string): Edit | undefined {
  const text = written(value);
  const word = statement.args[index];
  if (!statement.literal || text === undefined || index > statement.args.length) {
    return undefined;
  }
  return word === undefined ? insertAt(endOfWords(statement), ` ${text}`) : replace(word.position, text);
}

/** Removes a statement with its block. A line that is empty then goes, too; a comment on it stays. */
export function remove(files: ConfFile[], statement: Statement): Edit | undefined {
  const text = textOf(files, statement.position);
  if (!statement.literal || text === undefined || (statement.body !== undefined && !statement.close)) {
    return undefined;
  }
  const start = statement.position.offset;
  const last = statement.close ?? endOfWords(statement);
  const end = last.offset + last.length;
  if (last.file !== statement.position.file) {
    return undefined;
  }
  const from = lineStart(text, start);
  const to = lineEnd(text, end);
  const before = text.slice(from, start);
  const after = text.slice(end, to);
  if (before.trim() !== "") {
    // It shares the line: what is left of it and right of it stays apart.
    const gap = /[ \t]*$/.exec(before)?.[0].length ?? 0;
    return { file: last.file, offset: start - gap, length: end - start + gap, text: "" };
  }
  if (after.trim() === "") {
    return { file: last.file, offset: from, length: to - from, text: "" };
  }
  const blanks = /^[ \t]*/.exec(after)?.[0].length ?? 0;
  return { file: last.file, offset: start, length: end - start + blanks, text: "" };
}

/** Puts a line into a block, last or first, indented as the lines there are. */
export function insertInBlock(
  files: ConfFile[],
  block: Statement,
  line: string,
  where: "first" | "last" = "last",
): Edit | undefined {
  const { open, close } = block;
  const text = textOf(files, block.position);
  if (!block.literal || text === undefined || open === undefined || close === undefined) {
    return undefined;
  }
  if (open.file !== block.position.file || close.file !== block.position.file) {
    return undefined;
  }
  const outer = indentOf(text, block.position.offset);
  const inside = (block.body ?? []).find(
    ({ literal, position }) => literal && position.file === open.file && position.line > open.line,
  );
  const indent = inside === undefined ? outer + stepOf(text) : indentOf(text, inside.position.offset);
  const newline = text.includes("\r\n") ? "\r\n" : "\n";
  const closeLine = lineStart(text, close.offset);
  const isCloseAlone = text.slice(closeLine, close.offset).trim() === "";
  if (where === "first" && open.line < close.line) {
    const next = lineEnd(text, open.offset);
    // Words behind the brace are the first of the block: they stay there.
    return { file: open.file, offset: next, length: 0, text: indent + line + newline };
  }
  if (isCloseAlone && open.line < close.line) {
    return { file: open.file, offset: closeLine, length: 0, text: indent + line + newline };
  }
  const gap = /[ \t]*$/.exec(text.slice(0, close.offset))?.[0].length ?? 0;
  return {
    file: open.file,
    offset: close.offset - gap,
    length: gap,
    text: newline + indent + line + newline + outer,
  };
}

/** Carries edits out on a file's text. Those of other files are left aside; of two that overlap the first counts. */
export function applyEdits({ name, text }: ConfFile, edits: Edit[]): string {
  let result = "";
  let done = 0;
  const own = edits
    .map((edit, order) => ({ edit, order }))
    .filter(({ edit }) => edit.file === name)
    .sort((a, b) => a.edit.offset - b.edit.offset || a.order - b.order);
  for (const { edit } of own) {
    if (edit.offset >= done) {
      result += text.slice(done, edit.offset) + edit.text;
      done = edit.offset + edit.length;
    }
  }
  return result + text.slice(done);
}

function replace({ file, offset, length }: Position, text: string): Edit {
  return { file, offset, length, text };
}

function insertAt({ file, offset, length }: Position, text: string): Edit {
  return { file, offset: offset + length, length: 0, text };
}

function endOfWords({ args, position }: Statement): Position {
  return args.at(-1)?.position ?? position;
}

function textOf(files: ConfFile[], { file }: Position): string | undefined {
  return files.find(({ name }) => name === file)?.text;
}

function lineStart(text: string, offset: number): number {
  return text.lastIndexOf("\n", offset - 1) + 1;
}

/** Past the end of the line. */
function lineEnd(text: string, offset: number): number {
  const feed = text.indexOf("\n", offset);
  return feed < 0 ? text.length : feed + 1;
}

function indentOf(text: string, offset: number): string {
  return /^[ \t]*/.exec(text.slice(lineStart(text, offset)))?.[0] ?? "";
}

/** By how much a file indents: as its first indented line, else four blanks. */
function stepOf(text: string): string {
  return /^[ \t]+(?=[^\s#!])/m.exec(text)?.[0] ?? "    ";
}
