/** What the drawings are made of: SVG's words and the scale of a time axis. */

export interface TextOptions {
  anchor?: "start" | "middle" | "end";
  fill?: string;
  isBold?: boolean;
  /** Colour around the letters, over whatever is below them. */
  halo?: string;
  /** What a pointer over it shows. */
  title?: string;
}

/** Words in an SVG, at the baseline of their first, middle or last letter. */
export function text(x: number, y: number, words: string, options: TextOptions = {}): string {
  const { anchor = "start", fill = "#222222", isBold = false, halo, title } = options;
  const bold = isBold ? ' font-weight="bold"' : "";
  const around =
    halo === undefined
      ? ""
      : ` stroke="${halo}" stroke-width="4" stroke-linejoin="round" paint-order="stroke"`;
  const shown = title === undefined || title === words ? "" : `<title>${escaped(title)}</title>`;
  return `<text x="${px(x)}" y="${y}" text-anchor="${anchor}" fill="${fill}"${bold}${around}>${shown}${escaped(words)}</text>`;
}

/** Pixels of a text in the wider ones of the usual fonts. */
export function widthOf(words: string): number {
  const of = (letter: string) =>
    /[mwMW@%]/.test(letter) ? 11.5 : /[A-Z]/.test(letter) ? 8.5 : /[ijl.:,' ]/.test(letter) ? 4 : 7.5;
  return [...words].reduce((sum, letter) => sum + of(letter), 0);
}

/** As much of a name as fits into so many pixels. */
export function short(name: string, room: number): string {
  const fits = (words: string) => widthOf(words) <= room;
  if (fits(name)) return name;
  const cut = [...name].map((_, at) => `${name.slice(0, at)}\u2026`);
  return cut.findLast(fits) ?? "\u2026";
}

/** Seconds between two ticks: at most twelve of them, a round number. */
export function tick(length: number): number {
  const least = length / 12;
  const power = 10 ** Math.floor(Math.log10(least));
  return power * ([1, 2, 5].find((factor) => factor * power >= least) ?? 10);
}

/** Pixels as they are written. */
export const px = (value: number) => Number(value.toFixed(2));

/** Words as SVG wants them. */
export function escaped(words: string): string {
  return words.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
