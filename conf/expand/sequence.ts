/** What `~SEQ` and `~LST` repeat their text for: for each round the values of their names. */
export interface Rounds {
  names: string[];
  values: string[][];
  /** Index of the text in the line. */
  from: number;
}

/** Rounds that are carried out; keepalived itself has no bound. */
const MOST = 65_536;

/**
 * Reads `~SEQ(NAME, ...) text`, `~SEQx(...)` or `~LST(...)`, whose numbers have their definitions replaced already.
 * A string says what is wrong.
 */
export function readSequence(line: string, replaced: (numbers: string) => string): Rounds | string {
  return line.startsWith("~LST") ? readList(line) : readNumbers(line, replaced);
}

function readNumbers(line: string, replaced: (numbers: string) => string): Rounds | string {
  const form = /^~SEQ(x?)[ \t]*\([ \t]*([^ \t,)]+)[ \t]*,([^)]*)\)[ \t]*/.exec(line);
  if (form === null) {
    return "~SEQ takes a name and one to three numbers: ~SEQ(NAME, START, STEP, END)";
  }
  const [all, hex, name = "", list = ""] = form;
  const parts = replaced(list).split(",").map(number);
  const [one, two, three] = parts;
  if (parts.length > 3 || one === undefined || parts.includes(undefined)) {
    return "~SEQ takes one to three whole numbers after the name";
  }
  const [start, step, end] =
    two === undefined
      ? [one < 0 ? -1 : 1, one < 1 ? -1 : 1, one]
      : three === undefined
        ? [one, one <= two ? 1 : -1, two]
        : [one, two, three];
  if (step === 0 || (start < end && step < 0) || (start > end && step > 0)) {
    return `~SEQ never gets from ${start} to ${end} in steps of ${step}`;
  }
  if (hex === "x" && (start < 0 || end < 0)) {
    return "~SEQx takes no negative numbers";
  }
  const count = Math.floor(Math.abs(end - start) / Math.abs(step)) + 1;
  if (!(count <= MOST)) {
    return `~SEQ has ${count} rounds; at most ${MOST} are read here`;
  }
  const values = Array.from({ length: count }, (_, i) => [
    (start + i * step).toString(hex === "x" ? 16 : 10),
  ]);
  return { names: [name], values, from: all.length };
}

/** As strtol with base 0: decimal, 0x for hexadecimal, a leading 0 for octal. A missing number is 0. */
function number(text: string): number | undefined {
  const form = /^[ \t]*([+-]?)(?:0[xX]([0-9a-fA-F]+)|(0[0-7]*)|([1-9][0-9]*)|)[ \t]*$/.exec(text);
  if (form === null) {
    return undefined;
  }
  const [, sign, hex, octal, decimal = "0"] = form;
  const value =
    hex !== undefined ? parseInt(hex, 16) : octal !== undefined ? parseInt(octal, 8) : Number(decimal);
  return sign === "-" && value !== 0 ? -value : value;
}

function readList(line: string): Rounds | string {
  const wrong = "~LST takes a name or names, then values: ~LST({A, B}, {1, 2}, {3, 4})";
  const items: string[][] = [];
  let rest = /^~LST[ \t]*\([ \t]*([^]*)$/.exec(line)?.[1];
  if (rest === undefined) {
    return wrong;
  }
  for (;;) {
    const item = /^(?:\{[ \t]*([^{}()]*)\}|([^ \t,{}()]*))[ \t]*([,)])[ \t]*/.exec(rest);
    if (item === null) {
      return wrong;
    }
    items.push(item[1] === undefined ? [item[2] ?? ""] : item[1].split(",").map((word) => word.trim()));
    rest = rest.slice(item[0].length);
    if (item[3] === ")") {
      break;
    }
  }
  const [names = [], ...values] = items;
  if (values.length === 0 || names.some((name) => name === "")) {
    return wrong;
  }
  if (values.some((value) => value.length > names.length)) {
    return "~LST has more values in a set than names";
  }
  const padded = values.map((value) => names.map((_, i) => value[i] ?? ""));
  return { names, values: padded, from: line.length - rest.length };
}
