/** What a rule knows of the facts that it was matched with: names of its patterns -> words. */
export type Bindings = Readonly<Record<string, string>>;

/**
 * A fact's words, of which the first is as it is. Each other one is a test:
 *
 *     word, one|other     that word, or one of these
 *     !word, !one|other   any other
 *     *                   any
 *     >N, <N              a number above, below N
 *     ~text, !~text       holds text, does not
 *     $x                  binds any word, or is the one that was bound; $x:TEST is held against TEST, too
 *     !$x                 another one than was bound
 *     ..., $...x          the rest of the line, which may be empty; only ever last
 *
 * An unbound `!$x` is any word. There are as many words as in the pattern, unless it ends with a rest.
 */
export type Pattern = string;

/** A pattern's word as both interpreters have it; `name` without `test` is held against `*`. */
export interface Word {
  name?: string;
  rest: boolean;
  test: string;
}

const WORD = /^(?:\$(\.\.\.)?([a-z]+)(?::(.+))?|(\.\.\.))$/;

const known = new Map<Pattern, readonly Word[]>();

/** @throws where it is no pattern: a defect of a rule. */
export function wordsOf(pattern: Pattern): readonly Word[] {
  const words = known.get(pattern) ?? read(pattern);
  known.set(pattern, words);
  return words;
}

function read(pattern: Pattern): Word[] {
  const words = pattern.split(" ").map((text): Word => {
    const [, rest, name, test = "*", anonymous] = WORD.exec(text) ?? [];
    if (name !== undefined) return { name, rest: rest !== undefined, test };
    if (anonymous !== undefined) return { rest: true, test: "*" };
    if (text === "" || text.startsWith("$")) throw new Error(`no pattern: ${pattern}`);
    return { rest: false, test: text };
  });
  if (!/^[a-z-]+$/.test(words[0]!.test) || words.slice(0, -1).some(({ rest }) => rest)) {
    throw new Error(`no pattern: ${pattern}`);
  }
  return words;
}

/** What is bound when a line's words match; undefined where they do not. */
export function matched(
  pattern: readonly Word[],
  line: readonly string[],
  bound: Bindings,
): Bindings | undefined {
  const last = pattern.at(-1)!;
  if (last.rest ? line.length < pattern.length - 1 : line.length !== pattern.length) return undefined;
  let result = bound;
  for (const [i, { name, rest, test }] of pattern.entries()) {
    const word = rest ? line.slice(i).join(" ") : line[i]!;
    if (!passes(word, test, result)) return undefined;
    if (name === undefined) continue;
    if (result[name] === undefined) result = { ...result, [name]: word };
    else if (result[name] !== word) return undefined;
  }
  return result;
}

/** Numbers of more digits are none: not every awk counts them exactly. */
const NUMBER = /^[0-9]{1,15}$/;

function passes(word: string, test: string, bound: Bindings): boolean {
  const argument = test.slice(1);
  switch (test.charAt(0)) {
    case "*":
      return true;
    case ">":
      return NUMBER.test(word) && Number(word) > Number(argument);
    case "<":
      return NUMBER.test(word) && Number(word) < Number(argument);
    case "~":
      return word.includes(argument);
    case "!":
      return argument.startsWith("$") ? bound[argument.slice(1)] !== word : !passes(word, argument, bound);
    default:
      return test.split("|").includes(word);
  }
}

/** A text with the names in it filled in; `$` before anything else stays. */
export function filled(text: string, bound: Bindings): string {
  return text.replace(/\$([a-z]+)/g, (whole, name: string) => bound[name] ?? whole);
}

/** The names that a text needs. */
export function namesIn(text: string): string[] {
  return [...text.matchAll(/\$([a-z]+)/g)].map(([, name]) => name!);
}
