import { UNKNOWN } from "../../spec";
import { parseAddress } from "../../spec/addresses";
import { suggest } from "../../spec/suggest";
import { BLOCKS } from "./keywords";
import { Note, NoteKind, Position, Positions, Statement, Word } from "../model";

type Unknown = typeof UNKNOWN;

/** Bounds of a number in a configuration. */
export interface Bounds {
  min: number;
  max: number;
  /** Digits after the point; absent: whole numbers. */
  decimals?: number;
}

/** What the blocks of one configuration have in common while they are read. */
export class Context {
  readonly notes: Note[] = [];
  /** Some include was not followed: what nothing defines may be defined there. */
  hasUnknownIncludes = false;

  note(kind: NoteKind, message: string, position: Position, severity: Note["severity"] = "error"): void {
    this.notes.push({ kind, severity, message, position });
  }

  /** Notes what refers to something that nothing defines. */
  unresolved(what: string, position: Position): void {
    if (this.hasUnknownIncludes) {
      const message = `${what} may be defined in a file that was not given`;
      this.note("reference-unknown", message, position, "unknown");
    } else {
      this.note("reference-unknown", `nothing defines ${what}; keepalived ignores it`, position);
    }
  }

  /** Notes a word that is none of those that are known in its place, and the one that is likely meant. */
  unknownWord({ keyword, position }: Statement, where: string, known: ReadonlySet<string>): void {
    const meant = suggest(keyword, [...known]);
    const hint = meant === undefined ? "" : `; did you mean ${quote(meant)}?`;
    this.note("keyword-unknown", `keepalived knows no word ${quote(keyword)} ${where}${hint}`, position);
  }
}

/** Reads the statements of one block, keyword by keyword. */
export class Block {
  readonly positions: Positions = {};
  readonly extra: Statement[] = [];
  /** Something in the block is not there to be read: what is absent need not be. */
  isOpen = false;

  /** `name`: how messages call the block. */
  constructor(
    readonly context: Context,
    readonly statement: Statement,
    readonly name: string,
  ) {}

  /** Hands each statement of the body to its reader; the others are kept in `extra`. */
  each(known: ReadonlySet<string>, readers: Record<string, (statement: Statement) => void>): void {
    for (const statement of this.statement.body ?? []) {
      if (known.has(statement.keyword)) {
        this.checkBraces(statement, BLOCKS.has(statement.keyword));
      }
      const reader = Object.hasOwn(readers, statement.keyword) ? readers[statement.keyword] : undefined;
      if (statement.unknown) {
        this.isOpen = true;
        this.extra.push(statement);
      } else if (reader !== undefined) {
        reader(statement);
      } else {
        if (!known.has(statement.keyword)) {
          this.context.unknownWord(statement, `in ${this.name}`, known);
        }
        this.extra.push(statement);
      }
    }
    if (this.statement.body === undefined) {
      this.checkBraces(this.statement, true);
    }
  }

  /** The lines of a block that is a list: none of them has a block of its own. */
  lines(statement: Statement): Statement[] {
    for (const line of statement.body ?? []) {
      this.checkBraces(line, false);
    }
    return statement.body ?? [];
  }

  private checkBraces(statement: Statement, isBlock: boolean): void {
    if (isBlock && statement.body === undefined) {
      const what = `${quote(statement.keyword)} has no block: '{' is missing`;
      this.context.note("unbalanced-brace", what, statement.position);
    } else if (!isBlock && statement.body !== undefined) {
      const what =
        "a '{' where no block can begin: keepalived ignores it, and its '}' ends the block around it";
      this.context.note("unbalanced-brace", what, statement.open ?? statement.position);
    }
  }

  /** What a statement says, unless it is only said on some hosts. */
  private known<T>(statement: Statement, value: T | Unknown): T | Unknown {
    return statement.condition === undefined ? value : UNKNOWN;
  }

  at(property: string, position: Position): void {
    this.positions[property] = position;
  }

  /** The first argument, noted where it is missing. */
  argument(statement: Statement): Word | undefined {
    const [word] = statement.args;
    if (word === undefined) {
      this.context.note("argument-missing", `${statement.keyword} needs a value`, statement.position);
    }
    return word;
  }

  /** Notes what follows the only argument that a keyword has, without its words: a password can be among them. */
  surplus(statement: Statement): void {
    const [, first] = statement.args;
    if (first !== undefined) {
      const message = `${statement.keyword} has one value; keepalived takes no notice of what follows it on the line`;
      this.context.note("argument-surplus", message, first.position, "warning");
    }
  }

  /** A text; `undefined` where it is missing: keepalived then has what it had before. */
  text(property: string, statement: Statement): string | Unknown | undefined {
    const word = this.argument(statement);
    this.at(property, word?.position ?? statement.position);
    return word && this.known(statement, word.unknown ? UNKNOWN : word.text);
  }

  /** A number in its bounds; UNKNOWN, with a note, where it is none. */
  number(property: string, statement: Statement, bounds: Bounds): number | Unknown {
    if (property !== "weight") {
      this.surplus(statement);
    }
    const word = this.argument(statement);
    this.at(property, word?.position ?? statement.position);
    return word === undefined
      ? UNKNOWN
      : this.known(statement, this.wordAsNumber(word, statement.keyword, bounds));
  }

  wordAsNumber(word: Word, what: string, bounds: Bounds): number | Unknown {
    if (word.unknown) {
      return UNKNOWN;
    }
    const value = parseNumber(word.text, bounds);
    if (value === undefined) {
      const kind =
        bounds.decimals === undefined ? "a whole number" : `a number of at most ${bounds.decimals} decimals`;
      const allowed = `${kind} from ${bounds.min} to ${bounds.max}`;
      this.context.note(
        "argument-invalid",
        `${what} is ${quote(word.text)}; allowed: ${allowed}`,
        word.position,
      );
      return UNKNOWN;
    }
    return value;
  }

  /** An address in canonical text. */
  address(property: string, statement: Statement): string | Unknown {
    this.surplus(statement);
    const word = this.argument(statement);
    this.at(property, word?.position ?? statement.position);
    if (word === undefined || word.unknown) {
      return UNKNOWN;
    }
    const address = parseAddress(word.text);
    if (address === undefined) {
      const message = `${statement.keyword} is ${quote(word.text)}; allowed: an IPv4 or IPv6 address`;
      this.context.note("argument-invalid", message, word.position);
      return UNKNOWN;
    }
    return this.known(statement, address.text);
  }

  /** A word that is there or not. */
  flag(property: string, statement: Statement, value: boolean): boolean | Unknown {
    this.at(property, statement.position);
    return this.known(statement, value);
  }

  /** What nobody stated: the default, unless it may be stated where nobody could look. */
  otherwise<T>(value: T | Unknown | undefined, fallback: T | Unknown): T | Unknown {
    return value ?? (this.isOpen ? UNKNOWN : fallback);
  }
}

export function quote(text: string): string {
  return `'${text.length > 40 ? `${text.slice(0, 40)}...` : text}'`;
}

/** A decimal number as keepalived reads it; undefined where it is none, or out of bounds. */
export function parseNumber(text: string, { min, max, decimals }: Bounds): number | undefined {
  const form = decimals === undefined ? /^\s*[+-]?\d+$/ : /^\s*\+?(\d+(\.\d*)?|\.\d+)$/;
  if (!form.test(text) || (text.split(".")[1]?.length ?? 0) > (decimals ?? 0)) {
    return undefined;
  }
  const value = Number(text);
  return value >= min && value <= max ? value : undefined;
}
