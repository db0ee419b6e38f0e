/** How keepalived (lib/parser.c) looks at one line: shared by the syntax tree and by what carries a file out. */

/** Bytes of a line, without its end, that keepalived reads as one. */
export const MAX_LINE_BYTES = 1022;

/** What of a line is content, as indexes into it. */
export interface Scan {
  start: number;
  /** Past the last character that counts; blanks and a backslash at the end do not. */
  end: number;
  /** Where a comment begins, or what follows a NUL, which ends the line for keepalived. */
  comment?: number;
  /** The backslash that ends the content: a definition goes on in the next line, other lines have it in their text. */
  backslash?: number;
  /** A definition goes on in the next line: for 2.2 also after a comment that a backslash ends. */
  continues: boolean;
  /** A double quote has no partner. */
  isUnterminated: boolean;
}

const isBlank = (c: string | undefined) => c === " " || c === "\t";

/**
 * Takes a line without its end apart: leading blanks, content, backslash, comment. A comment character after a
 * backslash begins one all the same: the backslash is gone when keepalived's VRRP process reads the parent's copy.
 */
export function scan(line: string): Scan {
  let start = 0;
  while (isBlank(line[start])) start++;
  const nul = line.indexOf("\0");
  const limit = nul < 0 ? line.length : nul;
  let comment: number | undefined = nul < 0 ? undefined : nul;
  let isQuoted = false;
  let isComment = false;
  let continues = false;
  for (let i = start; i < limit; i++) {
    const c = line[i];
    const isEscaped = c === "\\";
    const mark = isEscaped ? line[i + 1] : c;
    if (!isQuoted && !isComment && (mark === "#" || mark === "!")) {
      isComment = true;
      comment = i;
    }
    if (isEscaped) {
      continues = i + 1 === limit;
      i++;
    } else if (c === '"' && !isComment) {
      isQuoted = !isQuoted;
    }
  }
  let end = comment ?? limit;
  const trim = () => {
    while (end > start && isBlank(line[end - 1])) end--;
  };
  trim();
  const backslash = end > start && line[end - 1] === "\\" ? end - 1 : undefined;
  if (backslash !== undefined) {
    end--;
    trim();
  }
  return {
    start,
    end,
    comment,
    ...(backslash !== undefined && { backslash }),
    continues: continues || backslash !== undefined,
    isUnterminated: isQuoted,
  };
}

/** `$NAME=` at the head of a line that defines something. */
export const DEFINITION = /^\$([A-Za-z_][A-Za-z0-9_]*)=[ \t]*/;

/** A line that is `~SEQ(...) text` or `~LST(...) text`. */
export const SEQUENCE = /^~(?:SEQ|LST)/;

/** `include`, or one of its forms that make a missing file an error. */
export const INCLUDE = /^include[rmwba]?[ \t\f\v\r]+/;

/** A line for the hosts that a name stands for; keepalived wants something after it. */
export const CONDITION = /^@(\^?)([^ \t]*)/;

/** `${NAME}`, with parameters where the name takes some: its braces are no block's. */
export const REFERENCE = /^\$\{[A-Za-z_][A-Za-z0-9_]*[A-Za-z0-9_ \t]*\}/;

/** Ends a word. */
export const WHITE_SPACE = " \t\f\n\r\v";

/** A word of a text, by its place in it; `value` is what it stands for. */
export interface Piece {
  kind: "word" | "open" | "close";
  from: number;
  to: number;
  value: string;
  quoted: boolean;
}

/**
 * The words of a text as keepalived takes them: a double quote begins a word of its own. Stops at a double quote
 * without partner; the rest is then the last piece, and `unmatched` says where it begins.
 */
export function words(text: string, from = 0, to = text.length): { pieces: Piece[]; unmatched?: number } {
  const pieces: Piece[] = [];
  let at = from;
  while (at < to) {
    const c = text.charAt(at);
    if (WHITE_SPACE.includes(c)) {
      at++;
    } else if (c === '"') {
      const close = text.indexOf('"', at + 1);
      if (close < 0 || close >= to) {
        return { pieces, unmatched: at };
      }
      pieces.push({ kind: "word", from: at, to: close + 1, value: text.slice(at + 1, close), quoted: true });
      at = close + 1;
    } else if (c === "{" || c === "}") {
      pieces.push({ kind: c === "{" ? "open" : "close", from: at, to: at + 1, value: c, quoted: false });
      at++;
    } else {
      const begin = at;
      while (at < to && !`${WHITE_SPACE}"{}`.includes(text.charAt(at))) {
        const reference = text[at] === "$" ? REFERENCE.exec(text.slice(at, to)) : null;
        at += reference?.[0].length ?? 1;
      }
      pieces.push({ kind: "word", from: begin, to: at, value: text.slice(begin, at), quoted: false });
    }
  }
  return { pieces };
}

const ESCAPES: Record<string, string> = {
  a: "\x07",
  b: "\b",
  E: "\x1b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};

/**
 * The words of a text as keepalived takes those of a command: single and double quotes anywhere in a word, and
 * backslash escapes in and out of them. undefined: a quote or an escape is not complete.
 */
export function commandWords(text: string): Piece[] | undefined {
  const pieces: Piece[] = [];
  let at = 0;
  for (;;) {
    while (at < text.length && WHITE_SPACE.includes(text.charAt(at))) at++;
    if (at >= text.length) {
      return pieces;
    }
    const from = at;
    let value = "";
    let quote = "";
    let quoted = false;
    while (at < text.length && (quote !== "" || !WHITE_SPACE.includes(text.charAt(at)))) {
      const c = text.charAt(at);
      if (c === "\\") {
        const escaped = /^\\(?:x([0-9A-Fa-f]{1,2})|c([^])|([0-7]{1,3})|([^]))/.exec(text.slice(at));
        if (escaped === null) {
          return undefined;
        }
        const [all, hex, control, octal, other = ""] = escaped;
        value +=
          hex !== undefined
            ? String.fromCharCode(parseInt(hex, 16))
            : control !== undefined
              ? String.fromCharCode(control.charCodeAt(0) & 0x1f)
              : octal !== undefined
                ? String.fromCharCode(parseInt(octal, 8) & 0xff)
                : (ESCAPES[other] ?? other);
        at += all.length;
      } else if (quote === "" ? c === '"' || c === "'" : c === quote) {
        quote = quote === "" ? c : "";
        quoted = true;
        at++;
      } else {
        value += c;
        at++;
      }
    }
    if (quote !== "") {
      return undefined;
    }
    pieces.push({ kind: "word", from, to: at, value, quoted });
  }
}
