import { Note, Position, Statement, Word } from "../model";
import { commandWords, Piece, words } from "../syntax/scan";
import { Chars } from "./chars";
import { Expanded, FlatLine } from "./expand";

/** Words whose argument is a command: keepalived takes the line apart once more, with single quotes and escapes. */
const COMMANDS = new Set([
  "script",
  "notify",
  "notify_master",
  "notify_backup",
  "notify_fault",
  "notify_stop",
  "notify_deleted",
  "notify_master_rx_lower_pri",
  "notify_fifo_script",
  "vrrp_notify_fifo_script",
  "lvs_notify_fifo_script",
  "startup_script",
  "shutdown_script",
  "notify_up",
  "notify_down",
  "quorum_up",
  "quorum_down",
  "misc_path",
]);

/** Makes statements of lines: a brace opens the block of the words right before it. */
export function nest({ lines, shared }: Pick<Expanded, "lines" | "shared">): {
  statements: Statement[];
  notes: Note[];
} {
  const statements: Statement[] = [];
  const notes: Note[] = [];
  const open: Statement[] = [];
  // Braces that only some hosts have may well be balanced on each of them.
  const isUncertain = lines.some(({ chars, condition }) => condition !== undefined && isBrace(chars));
  const unbalanced = (message: string, position: Position) => {
    notes.push({
      kind: "unbalanced-brace",
      severity: isUncertain ? "unknown" : "error",
      message,
      position,
    });
  };
  let head: Statement | undefined;
  for (const line of lines) {
    const { chars } = line;
    if (isBrace(chars) && chars.text === "{") {
      if (head === undefined) {
        unbalanced("'{' without a word before it: keepalived ignores it", chars.position());
      } else {
        head.open = chars.position();
        head.body = [];
        open.push(head);
      }
      head = undefined;
    } else if (isBrace(chars)) {
      const block = open.pop();
      if (block === undefined) {
        unbalanced("'}' without '{' before it", chars.position());
      } else {
        block.close = chars.position();
      }
      head = undefined;
    } else {
      head = toStatement(line, shared, notes);
      if (head !== undefined) {
        (open.at(-1)?.body ?? statements).push(head);
      }
    }
  }
  for (const block of open) {
    unbalanced(`'{' of ${block.keyword} without its '}'`, block.open ?? block.position);
  }
  return { statements, notes };
}

function isBrace({ text, spots }: Chars): boolean {
  return (text === "{" || text === "}") && spots[0]?.unknown !== true;
}

function toStatement(
  { chars, condition }: FlatLine,
  shared: ReadonlySet<string>,
  notes: Note[],
): Statement | undefined {
  const { pieces: plain, unmatched } = wordsOf(chars);
  const command = COMMANDS.has(plain[0]?.value ?? "") ? commandWords(chars.text) : plain;
  if (unmatched !== undefined || command === undefined) {
    const message = "a quote without its partner: keepalived drops the rest of the line";
    notes.push({ kind: "unmatched-quote", severity: "error", message, position: chars.position() });
  }
  const pieces = unmatched === undefined ? (command ?? plain) : plain;
  const [keyword, ...args] = pieces.map((piece) => toWord(chars, piece));
  return keyword === undefined
    ? undefined
    : {
        keyword: keyword.text,
        args,
        position: keyword.position,
        literal: chars.isLiteral && !shared.has(keyword.position.file),
        ...(condition !== undefined && { condition }),
        ...(keyword.unknown && { unknown: true as const }),
      };
}

/** Braces are lines of their own by now; those that are left stand in what is not known. */
function wordsOf(chars: Chars): { pieces: Piece[]; unmatched?: number } {
  const { pieces, unmatched } = words(chars.text.replace(/[{}]/g, "_"));
  return {
    unmatched,
    pieces: pieces.map((piece) => ({
      ...piece,
      kind: "word" as const,
      value: piece.quoted
        ? chars.text.slice(piece.from + 1, piece.to - 1)
        : chars.text.slice(piece.from, piece.to),
    })),
  };
}

function toWord(chars: Chars, { from, to, value, quoted }: Piece): Word {
  const part = chars.slice(from, to);
  return {
    text: value,
    position: part.position(),
    quoted,
    ...(part.isUnknown && { unknown: true as const }),
  };
}
