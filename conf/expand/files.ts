import { posix } from "node:path";

import { ConfFile } from "../model";

/** Where the packages put the first file; a caller's copy of the directory may have any other name. */
const HOME = "/etc/keepalived";

/**
 * The given files that an include names, sorted as glob sorts them. The pattern is relative to the directory of the
 * file that includes it; an absolute one below /etc/keepalived also stands for the directory of the first file.
 */
export function included(pattern: string, from: string, files: ConfFile[], first: string): ConfFile[] {
  const candidates = [posix.resolve("/", posix.dirname(from), pattern)];
  if (pattern.startsWith(`${HOME}/`)) {
    candidates.push(posix.resolve("/", posix.dirname(first), pattern.slice(HOME.length + 1)));
  }
  for (const candidate of candidates) {
    const expressions = alternatives(candidate).map(toExpression);
    const found = expressions.flatMap((expression) =>
      files
        .filter(({ name }) => expression.test(posix.resolve("/", name)))
        .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0)),
    );
    if (found.length > 0) {
      return found;
    }
  }
  return [];
}

export function isPattern(text: string): boolean {
  return /[*?[{]/.test(text);
}

/** `a{b,c}` as `ab` and `ac`. */
function alternatives(pattern: string): string[] {
  const group = /^([^{]*)\{([^{}]*)\}([^]*)$/.exec(pattern);
  if (group === null) {
    return [pattern];
  }
  const [, before = "", inner = "", after = ""] = group;
  return inner.split(",").flatMap((part) => alternatives(before + part + after));
}

function toExpression(pattern: string): RegExp {
  const source = pattern.replace(/\*|\?|\[!?[^\]/]+\]|[^]/g, (part) =>
    part === "*"
      ? "[^/]*"
      : part === "?"
        ? "[^/]"
        : part.length > 1
          ? part.replace("[!", "[^").replaceAll("\\", "\\\\")
          : part.replace(/[\\^$.|+()[\]{}]/, "\\$&"),
  );
  // A name that begins with a dot is found by its dot only.
  const visible = pattern.includes("/.") ? "" : "(?!.*/\\.)";
  try {
    return new RegExp(`^${visible}${source}$`);
  } catch {
    // `[z-a]` matches nothing.
    return /(?!)/;
  }
}
