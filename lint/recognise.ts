import { TOP_LEVEL } from "../conf/read/keywords";
import { INCLUDE } from "../conf/syntax/scan";

/** The lines of a text without what does not matter here: blanks, a condition, the mark that an editor put in front. */
function contents(text: string): string[] {
  return text
    .replace(/^\uFEFF/, "")
    .split("\n")
    .map((line) => line.replace(/^[ \t]*(?:@\S+[ \t]+)?/, "").trimEnd());
}

/** Words that no other program's files begin a line with. */
const OWN = /^(?:vrrp_|global_defs$|virtual_server)/;

/**
 * Whether a text has a word that keepalived reads outside of blocks; a file that is only included may lack all of
 * them. `any`: somebody says that it is a keepalived.conf; `own`: nobody does, and `include` is many programs' word.
 */
export function isKeepalivedConf(text: string, which: "own" | "any" = "own"): boolean {
  return contents(text).some((line) => {
    const word = /^\w+(?=[\s{]|$)/.exec(line)?.[0] ?? "";
    return TOP_LEVEL.has(word) ? which === "any" || OWN.test(word) : which === "any" && INCLUDE.test(line);
  });
}

/** Whether a text has nothing but blanks and comments in it. */
export function isBlank(text: string): boolean {
  return contents(text).every((line) => /^(?:[#!].*)?$/.test(line));
}

/** Whether a text is that of a program: the checks and hooks that configurations name. */
export function isProgram(text: string): boolean {
  return text.startsWith("#!/");
}
