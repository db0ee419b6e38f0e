/** Colours, or none. */
export type Paint = Record<"good" | "bad" | "strong" | "faint" | "command", (text: string) => string>;

const CODES = { good: 32, bad: 31, strong: 1, faint: 2, command: 36 } as const;

export function paintOf(colours: boolean): Paint {
  const paint = (code: number) => (text: string) => (colours ? `\u001b[${code}m${text}\u001b[0m` : text);
  return {
    good: paint(CODES.good),
    bad: paint(CODES.bad),
    strong: paint(CODES.strong),
    faint: paint(CODES.faint),
    command: paint(CODES.command),
  };
}

/** Characters of a text; what a terminal takes for a colour has no width. */
const shown = (text: string) => text.replace(/\u001b\[\d+m/g, "").length;

/** A text in lines of a width, behind a head; what follows stands below its first word. A word that is longer stays whole. */
export function wrapped(head: string, text: string, width: number): string[] {
  const indent = " ".repeat(shown(head));
  const lines: string[] = [];
  let line = head;
  let isEmpty = true;
  for (const word of text.split(/\s+/).filter(Boolean)) {
    if (!isEmpty && shown(line) + 1 + shown(word) > width) {
      lines.push(line);
      line = indent;
      isEmpty = true;
    }
    line += isEmpty ? word : ` ${word}`;
    isEmpty = false;
  }
  return [...lines, line].map((one) => one.trimEnd());
}
