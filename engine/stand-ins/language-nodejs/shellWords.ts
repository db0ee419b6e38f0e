/** Splits a command line as a POSIX shell would: blanks separate, quotes and backslashes keep. Expands nothing. */
export function shellWords(text: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote: "'" | '"' | undefined;
  for (let i = 0; i < text.length; i++) {
    const char = text.charAt(i);
    if (quote !== undefined && char === quote) {
      quote = undefined;
    } else if (char === "\\" && quote !== "'" && i + 1 < text.length) {
      word = (word ?? "") + text.charAt(++i);
    } else if (quote === undefined && (char === "'" || char === '"')) {
      quote = char;
      word ??= "";
    } else if (quote === undefined && /\s/.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else {
      word = (word ?? "") + char;
    }
  }
  if (quote !== undefined) throw new Error(`nodeargs: a ${quote} is never closed in: ${text}`);
  if (word !== undefined) words.push(word);
  return words;
}
