import { DEFINITION } from "../syntax/scan";
import { Chars } from "./chars";

/** What `$NAME` stands for. */
interface Definition {
  /** The lines of a definition of several lines; else one. */
  lines: Chars[];
  isMultiline: boolean;
  /** What it is can be known on the host only, or only where this `@` condition holds. */
  unknown?: string;
}

/** A reference that keepalived would look up, at the head of a text. */
const FORM =
  /^\$(?:\{([A-Za-z_][A-Za-z0-9_]*)((?:[ \t]+[A-Za-z0-9_]+)*)\}|([A-Za-z_][A-Za-z0-9_]*)(?=[ \t,)]|$))/;

/** Always defined; what they are is known on the host. */
const OF_THE_HOST = ["_PWD", "_INSTANCE", "_RANDOM", "_ENV"];

/** Characters that a line can have: keepalived gives up beyond. */
const LONGEST = 1023;

/** What replacing made of a line. */
export interface Replaced {
  chars: Chars;
  changed: boolean;
  /** The further lines of a definition of several lines that the line ends with. */
  rest: Chars[];
  /** Text of the `@` condition that such a definition depends on. */
  condition?: string;
  /** Names of references that nothing defines, with what they would replace. */
  missing: { name: string; at: Chars }[];
  /** The line got too long, or a definition holds itself. */
  isEndless: boolean;
}

/** The `$` definitions that a line can use. Their order matters: a later one replaces an earlier one. */
export class Definitions {
  private readonly known = new Map<string, Definition>();
  /** Name of the one that was defined last. */
  private last = "";

  constructor(given: Record<string, string>) {
    const none = (text: string) => new Chars(text, []);
    for (const name of OF_THE_HOST) {
      this.known.set(name, { lines: [none("")], isMultiline: false, unknown: "host" });
    }
    this.known.set("_HASH", { lines: [none("#")], isMultiline: false });
    this.known.set("_BANG", { lines: [none("!")], isMultiline: false });
    for (const [name, text] of Object.entries(given)) {
      this.known.set(name, { lines: [none(text)], isMultiline: false });
    }
  }

  /** Takes a line `$NAME=TEXT`; where it goes on in the next line, `more` takes those. */
  define(line: Chars, continues: boolean, condition?: string): void {
    const head = DEFINITION.exec(line.text);
    const value = line.slice(head?.[0].length ?? 0);
    this.known.set(head?.[1] ?? "", {
      lines: value.length === 0 && continues ? [] : [value],
      isMultiline: continues,
      ...(condition !== undefined && { unknown: condition }),
    });
    this.last = head?.[1] ?? "";
  }

  /** A further line of what `define` took last. */
  more(line: Chars): void {
    if (line.length > 0) {
      this.known.get(this.last)?.lines.push(line);
    }
  }

  /** Gives a name of a sequence its value. */
  set(name: string, value: string): void {
    this.known.set(name, { lines: [new Chars(value, [])], isMultiline: false });
  }

  /** Replaces the references of a line, and those in what they stand for. `condition`: the one that the line has. */
  replace(line: Chars, condition: string | undefined): Replaced {
    const result: Replaced = { chars: line, changed: false, rest: [], missing: [], isEndless: false };
    let rounds = 0;
    for (let at = line.text.indexOf("$"); at >= 0; at = result.chars.text.indexOf("$", at)) {
      const found = FORM.exec(result.chars.text.slice(at));
      const definition = this.known.get(found?.[1] ?? found?.[3] ?? "");
      const whole = found?.[0] ?? "";
      const after = result.chars.slice(at + whole.length);
      const isUnknown = definition?.unknown !== undefined && definition.unknown !== condition;
      if (found === null || result.chars.spots[at]?.unknown === true) {
        at += 1;
      } else if (definition === undefined || (definition.isMultiline && after.length > 0)) {
        if (definition === undefined) {
          result.missing.push({
            name: found[1] ?? found[3] ?? "",
            at: result.chars.slice(at, at + whole.length),
          });
        }
        at += 1;
      } else {
        rounds++;
        const use = result.chars.slice(at, at + whole.length);
        const [first, ...rest] = definition.lines;
        const value = definition.isMultiline
          ? (first?.shared() ?? new Chars("", []))
          : use.replacedBy(isUnknown ? whole.replace(/[ \t][^}]*/, "") : (first?.text ?? ""), isUnknown);
        if (definition.isMultiline) {
          // Lines of a definition inside a definition come first.
          result.rest.unshift(...rest.map((chars) => chars.shared()));
          result.condition = isUnknown ? definition.unknown : result.condition;
        }
        result.chars = result.chars.slice(0, at).concat(value, after);
        result.changed = true;
        if (rounds > LONGEST || Buffer.byteLength(result.chars.text) > LONGEST) {
          result.isEndless = true;
          return result;
        }
        if (value.text.trimStart().startsWith("~")) {
          return result;
        }
      }
    }
    return result;
  }
}
