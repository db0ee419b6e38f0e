import { Note, NoteKind, Statement } from "../model";

const SECRET = new Set(["auth_pass", "password", "key", "auth_hmac"]);

/** Messages that quote what they are about, and what they say where it may be a password. */
const WITHOUT_QUOTE: Partial<Record<NoteKind, string>> = {
  "keyword-unknown": "keepalived does not know this word here",
  "argument-invalid": "keepalived does not take this value",
  "reference-unknown": "nothing defines this name",
  "definition-unknown": "nothing defines this name",
  "definition-invalid": "keepalived cannot read this",
  "include-unknown": "what is included here is not known",
  duplicate: "this is there already",
};

/**
 * The notes, none of which shows any of a password: one with a brace, a blank or a quote in it comes out of the parser
 * in pieces, on the line of the password or in its block.
 */
export function withoutSecrets(notes: Note[], statements: Statement[]): Note[] {
  const lines = new Set<string>();
  const mark = (all: Statement[]) => {
    for (const { keyword, position, close, body } of all) {
      const isBlock = keyword === "authentication" && body !== undefined;
      const to = isBlock && close?.file === position.file ? close.line : position.line;
      const last = isBlock && body.length > 0 ? Math.max(to, ...body.map((one) => one.position.line)) : to;
      for (let line = position.line; (isBlock || SECRET.has(keyword)) && line <= last; line++) {
        lines.add(`${position.file}:${line}`);
      }
      mark(body ?? []);
    }
  };
  mark(statements);
  return notes.map((note) => {
    const instead = WITHOUT_QUOTE[note.kind];
    const isSecret = lines.has(`${note.position.file}:${note.position.line}`);
    return isSecret && instead !== undefined
      ? { ...note, message: `${instead} (not shown: there is a password beside it)` }
      : note;
  });
}
