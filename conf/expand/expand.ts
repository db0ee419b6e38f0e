import { posix } from "node:path";

import { ConfFile, Note, NoteKind, Position, ReadOptions, SyntaxTree } from "../model";
import { parse, Places, rawLines } from "../syntax";
import { CONDITION, DEFINITION, INCLUDE, MAX_LINE_BYTES, scan, SEQUENCE } from "../syntax/scan";
import { Chars } from "./chars";
import { Definitions } from "./definitions";
import { included, isPattern } from "./files";
import { readSequence } from "./sequence";

/** A line as keepalived hands it on: words, or one brace. */
export interface FlatLine {
  chars: Chars;
  /** `@` condition that nobody could decide. */
  condition?: string;
}

/** A file and its includes, carried out. */
export interface Expanded {
  trees: SyntaxTree[];
  lines: FlatLine[];
  conditionNames: string[];
  /** Files that are included more than once: each of their lines stands for several. */
  shared: ReadonlySet<string>;
  notes: Note[];
}

/** Includes within includes; keepalived has no bound and ends when it runs out of files. */
const DEEPEST = 16;

/** Lines that are read at most, so that sequences within sequences end. */
const MOST_LINES = 200_000;

/** Carries out definitions, conditions, sequences and includes of the first file. */
export function expand(files: ConfFile[], options: ReadOptions): Expanded {
  const expander = new Expander(files, options);
  const [first] = files;
  if (first !== undefined) {
    expander.readFile(first, []);
  }
  return expander.result;
}

class Expander {
  private readonly shared = new Set<string>();
  readonly result: Expanded = { trees: [], lines: [], conditionNames: [], shared: this.shared, notes: [] };
  private readonly definitions: Definitions;
  private readonly noted = new Set<string>();
  /** A definition goes on in the next line. */
  private isDefining = false;
  private steps = 0;

  constructor(
    private readonly files: ConfFile[],
    private readonly options: ReadOptions,
  ) {
    this.definitions = new Definitions(options.definitions ?? {});
  }

  readFile(file: ConfFile, parents: ConfFile[]): void {
    const isFirst = !this.result.trees.some((tree) => tree.file === file.name);
    if (isFirst) {
      this.result.trees.push(parse(file));
    } else {
      this.shared.add(file.name);
    }
    const places = new Places(file.name, file.text);
    for (const { start, end } of rawLines(file.text)) {
      if (start === end) {
        this.isDefining = false;
      } else {
        const whole = Chars.of(places, file.text, start, end, true);
        if (Buffer.byteLength(whole.text) > MAX_LINE_BYTES) {
          const bound = `at most ${MAX_LINE_BYTES} bytes`;
          this.note("long-line", `keepalived reads lines of ${bound}: cut this one in two`, whole);
        }
        this.readLine(whole, [...parents, file]);
      }
    }
  }

  private readLine(whole: Chars, path: ConfFile[]): void {
    const line = this.withoutComment(whole);
    if (this.isDefining) {
      // Nothing but a comment: keepalived does not see the line at all.
      if (line.chars.length > 0 || line.continues) {
        this.definitions.more(line.chars);
        this.isDefining = line.continues;
      }
    } else if (line.chars.length > 0 || line.backslash !== undefined) {
      this.process(line, path, undefined);
    }
  }

  private withoutComment(whole: Chars): { chars: Chars; continues: boolean; backslash?: Chars } {
    const { start, end, comment, backslash, continues, isUnterminated } = scan(whole.text);
    if (isUnterminated) {
      this.note("unmatched-quote", "a double quote without its partner", whole);
    }
    if (continues && backslash === undefined && comment !== undefined) {
      const what =
        "keepalived 2.2 takes the backslash that ends this comment for the end of the line before it";
      this.note("trailing-backslash", what, whole.slice(comment), "warning");
    }
    return {
      chars: whole.slice(start, end),
      continues,
      ...(backslash !== undefined && { backslash: whole.slice(backslash, backslash + 1) }),
    };
  }

  private process(
    line: { chars: Chars; continues: boolean; backslash?: Chars },
    path: ConfFile[],
    inherited: string | undefined,
  ): void {
    if (this.steps++ >= MOST_LINES) {
      this.note("definition-invalid", `more than ${MOST_LINES} lines: the rest is not read`, line.chars);
      return;
    }
    let { chars, backslash } = line;
    let condition = inherited;
    let rest: Chars[] = [];
    let restCondition = inherited;
    for (;;) {
      const head = CONDITION.exec(chars.text);
      if (head !== null) {
        const verdict = this.decide(head, chars);
        if (verdict === "no") {
          return;
        }
        condition = verdict === "unknown" ? head[0] : condition;
        chars = chars.slice(head[0].length).trimmed();
      }
      if (DEFINITION.test(chars.text)) {
        this.definitions.define(chars, line.continues, condition);
        this.isDefining = line.continues;
        return;
      }
      if (backslash !== undefined) {
        const what = "only a definition goes on after a backslash, which belongs to the last word here";
        this.note("trailing-backslash", what, backslash, "warning");
        chars = chars.concat(backslash);
        backslash = undefined;
      }
      if (SEQUENCE.test(chars.text)) {
        this.repeat(chars, path, condition);
        chars = new Chars("", []);
        break;
      }
      if (chars.text.startsWith("~")) {
        break;
      }
      const replaced = this.definitions.replace(chars, condition);
      for (const { name, at } of replaced.missing) {
        // A password can hold a dollar sign.
        if (!/auth_pass|password/.test(chars.text)) {
          const what = `nothing defines $${name}, so keepalived leaves it as it is`;
          this.note("definition-unknown", what, at, "warning");
        }
      }
      if (replaced.isEndless) {
        this.note("definition-invalid", "definitions make this line longer than 1023 bytes", chars);
        break;
      }
      if (!replaced.changed) {
        break;
      }
      rest = [...replaced.rest, ...rest];
      restCondition = replaced.condition ?? condition;
      condition = replaced.condition ?? condition;
      const left = this.withoutComment(replaced.chars);
      chars = left.backslash === undefined ? left.chars : left.chars.concat(left.backslash);
    }
    if (INCLUDE.test(`${chars.text} `)) {
      this.include(chars, path, condition);
    } else if (chars.length > 0) {
      this.emit(chars, path, condition);
    }
    for (const further of rest) {
      this.process({ chars: further, continues: false }, path, restCondition);
    }
  }

  /** Whether a line's condition holds. */
  private decide(head: RegExpExecArray, chars: Chars): "yes" | "no" | "unknown" {
    const [all, not, name = ""] = head;
    if (all.length === chars.length) {
      return "no";
    }
    if (!this.result.conditionNames.includes(name)) {
      this.result.conditionNames.push(name);
    }
    const { configId } = this.options;
    if (configId === undefined) {
      const what = `depends on the host: ${all} holds where the config id is ${not === "" ? "" : "not "}${name}`;
      this.note("condition-unknown", what, chars.slice(0, all.length), "unknown");
      return "unknown";
    }
    return (configId === name) !== (not === "^") ? "yes" : "no";
  }

  private repeat(chars: Chars, path: ConfFile[], condition: string | undefined): void {
    const rounds = readSequence(chars.text, (numbers) => {
      const part = new Chars(numbers, chars.spots.slice(0, numbers.length));
      return this.definitions.replace(part, condition).chars.text;
    });
    if (typeof rounds === "string") {
      this.note("definition-invalid", rounds, chars);
      return;
    }
    const text = chars.slice(rounds.from).shared();
    for (const values of rounds.values) {
      rounds.names.forEach((name, i) => this.definitions.set(name, values[i] ?? ""));
      this.process({ chars: text, continues: false }, path, condition);
    }
  }

  private include(chars: Chars, path: ConfFile[], condition: string | undefined): void {
    const pattern = chars.text.replace(INCLUDE, "");
    const [first, from] = [path[0], path.at(-1)];
    if (first === undefined || from === undefined || pattern === "") {
      return;
    }
    if (/["']/.test(pattern)) {
      const what = "keepalived takes the quotes of an include for part of the file's name";
      this.note("include-unknown", what, chars, "warning");
      return;
    }
    const found = included(pattern, from.name, this.files, first.name);
    if (found.length === 0) {
      this.result.lines.push({
        chars: chars.replacedBy(chars.text, true),
        ...(condition !== undefined && { condition }),
      });
      const what = `${isPattern(pattern) ? "no file was" : "this file was not"} given for include ${pattern}`;
      this.note("include-unknown", `${what}: what is in it is not judged`, chars, "unknown");
    }
    for (const file of found) {
      if (path.includes(file) || path.length > DEEPEST) {
        const where = posix.basename(file.name);
        this.note("include-loop", `${where} includes itself, directly or by others: read once`, chars);
      } else {
        this.readFile(file, path);
      }
    }
  }

  /** Takes braces outside double quotes for lines of their own, as keepalived does. */
  private emit(chars: Chars, path: ConfFile[], condition: string | undefined): void {
    const at = firstBrace(chars);
    const add = (part: Chars) => {
      const trimmed = part.trimmed();
      if (trimmed.length > 0) {
        this.result.lines.push({ chars: trimmed, ...(condition !== undefined && { condition }) });
      }
    };
    if (at === undefined) {
      add(chars);
      return;
    }
    add(chars.slice(0, at === 0 ? 1 : at));
    const residue = chars.slice(at === 0 ? 1 : at).trimmed();
    if (residue.length > 0) {
      this.process({ chars: residue, continues: false }, path, condition);
    }
  }

  private note(kind: NoteKind, message: string, at: Chars, severity: Note["severity"] = "error"): void {
    const position: Position = at.position();
    const key = `${kind} ${message} ${position.file} ${position.offset}`;
    if (!this.noted.has(key)) {
      this.noted.add(key);
      this.result.notes.push({ kind, severity, message, position });
    }
  }
}

/** The first brace that keepalived takes for one; those of a value that is not known do not count. */
function firstBrace({ text, spots }: Chars): number | undefined {
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '"') {
      const close = text.indexOf('"', i + 1);
      if (close < 0) {
        return undefined;
      }
      i = close;
    } else if ((text[i] === "{" || text[i] === "}") && spots[i]?.unknown !== true) {
      return i;
    }
  }
  return undefined;
}
