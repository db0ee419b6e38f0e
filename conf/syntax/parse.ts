import {
  ConfFile,
  LineKind,
  Note,
  SyntaxBlock,
  SyntaxLine,
  SyntaxNode,
  SyntaxTree,
  Token,
  TokenKind,
} from "../model";
import { Places } from "./position";
import { CONDITION, DEFINITION, INCLUDE, scan, SEQUENCE, words } from "./scan";

/** A line of a text: its content and its end (`\n`, `\r\n`, nothing) as offsets. */
export interface RawLine {
  start: number;
  /** Of the content: what follows up to `next` is the end of the line. */
  end: number;
  next: number;
}

/** The lines of a text as keepalived sees them; a carriage return counts as part of the end only there. */
export function rawLines(text: string): RawLine[] {
  const lines: RawLine[] = [];
  for (let start = 0; start < text.length;) {
    const feed = text.indexOf("\n", start);
    const next = feed < 0 ? text.length : feed + 1;
    let end = feed < 0 ? text.length : feed;
    while (end > start && text[end - 1] === "\r") end--;
    lines.push({ start, end, next });
    start = next;
  }
  return lines;
}

/** Reads one file's text, losslessly: `print` gives it back. Knows nothing of other files, definitions or keywords. */
export function parse({ name, text }: ConfFile): SyntaxTree {
  const places = new Places(name, text);
  let isInDefinition = false;
  const lines = rawLines(text).map((raw, index): SyntaxLine => {
    const line = parseLine(text, raw, places, isInDefinition && raw.end > raw.start);
    // keepalived skips a line with nothing but a comment in it; an empty one ends the definition.
    isInDefinition = line.isOpen || (isInDefinition && line.kind === "blank" && raw.end > raw.start);
    return { kind: line.kind, number: index + 1, tokens: line.tokens };
  });
  const { nodes, notes } = nest(lines);
  return { file: name, text, lines, nodes, notes };
}

/** The text of a tree. */
export function print(tree: Pick<SyntaxTree, "lines">): string {
  return tree.lines.map((line) => line.tokens.map((token) => token.text).join("")).join("");
}

interface ParsedLine {
  kind: LineKind;
  tokens: Token[];
  /** A definition goes on in the next line. */
  isOpen: boolean;
}

function parseLine(text: string, raw: RawLine, places: Places, isInDefinition: boolean): ParsedLine {
  const content = text.slice(raw.start, raw.end);
  const { start, end, comment, backslash, continues } = scan(content);
  const tokens: Token[] = [];
  let done = 0;
  const add = (kind: TokenKind, to: number) => {
    if (to > done) {
      const offset = raw.start + done;
      const length = to - done;
      tokens.push({ kind, text: text.slice(offset, offset + length), ...places.at(offset, length) });
      done = to;
    }
  };
  const finish = (kind: LineKind, isOpen: boolean): ParsedLine => {
    const isContinued = isOpen && comment === undefined;
    if (backslash !== undefined) {
      add("space", backslash);
      // Outside a definition keepalived takes it for the last character of the word before it.
      add("word", isContinued ? backslash : backslash + 1);
    }
    if (comment !== undefined) {
      add("space", comment);
      add("comment", content.length);
    } else if (!isContinued) {
      add("space", content.length);
    }
    add(isOpen ? "continuation" : "newline", raw.next - raw.start);
    return { kind, tokens, isOpen };
  };

  add("space", start);
  if (end === start) {
    return isInDefinition && continues ? finish("continuation", true) : finish("blank", false);
  }
  let head = start;
  const condition = isInDefinition ? null : CONDITION.exec(content.slice(start, end));
  if (condition !== null) {
    add("condition", start + condition[0].length);
    head = done;
    while (head < end && " \t".includes(content.charAt(head))) head++;
    add("space", head);
  }
  const kind = isInDefinition ? "continuation" : kindOf(content.slice(head, end));
  const { pieces, unmatched } = words(content, head, end);
  for (const piece of pieces) {
    add("space", piece.from);
    add(piece.kind, piece.to);
  }
  if (unmatched !== undefined) {
    add("space", unmatched);
    add("word", end);
  }
  return finish(kind, continues && (kind === "definition" || kind === "continuation"));
}

function kindOf(content: string): LineKind {
  if (DEFINITION.test(content)) return "definition";
  if (SEQUENCE.test(content)) return "sequence";
  return INCLUDE.test(`${content} `) ? "include" : "statement";
}

/** Braces of a definition's text open and close blocks where it is used, not here. */
const NESTING: LineKind[] = ["statement"];

function nest(lines: SyntaxLine[]): { nodes: SyntaxNode[]; notes: Note[] } {
  const nodes: SyntaxNode[] = [];
  const notes: Note[] = [];
  const open: SyntaxBlock[] = [];
  for (const line of lines) {
    for (const token of line.tokens) {
      const isBrace = NESTING.includes(line.kind) && (token.kind === "open" || token.kind === "close");
      const inner = open.at(-1);
      if (isBrace && token.kind === "open") {
        const block: SyntaxBlock = { kind: "block", open: token, children: [] };
        (inner?.children ?? nodes).push(block);
        open.push(block);
      } else if (isBrace && inner !== undefined) {
        inner.close = token;
        open.pop();
      } else {
        if (isBrace) {
          notes.push(unbalanced("'}' without '{' before it", token));
        }
        (inner?.children ?? nodes).push(token);
      }
    }
  }
  notes.push(...open.map((block) => unbalanced("'{' without its '}'", block.open)));
  return { nodes, notes };
}

function unbalanced(message: string, { file, line, column, offset, length }: Token): Note {
  return {
    kind: "unbalanced-brace",
    severity: "error",
    message,
    position: { file, line, column, offset, length },
  };
}
