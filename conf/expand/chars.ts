import { Position } from "../model";
import { Places } from "../syntax";

/** Where a character of an expanded line comes from. */
export interface Spot {
  places: Places;
  offset: number;
  length: number;
  /** It stands in the file just so, and nothing else of the configuration uses it. */
  literal: boolean;
  /** What is really there can be known on the host only. */
  unknown?: true;
}

/** A text whose characters (UTF-16 units) know where they come from. */
export class Chars {
  constructor(
    readonly text: string,
    readonly spots: readonly Spot[],
  ) {}

  /** A stretch of a file. */
  static of(places: Places, text: string, start: number, end: number, literal: boolean): Chars {
    const spots: Spot[] = [];
    for (let offset = start; offset < end; offset++) {
      spots.push({ places, offset, length: 1, literal });
    }
    return new Chars(text.slice(start, end), spots);
  }

  get length(): number {
    return this.text.length;
  }

  slice(from: number, to?: number): Chars {
    return new Chars(this.text.slice(from, to), this.spots.slice(from, to));
  }

  concat(...others: Chars[]): Chars {
    return new Chars(
      this.text + others.map((other) => other.text).join(""),
      this.spots.concat(...others.map((other) => other.spots)),
    );
  }

  /** Another text in place of this one, as a whole: all its characters come from here. */
  replacedBy(text: string, unknown: boolean): Chars {
    const first = this.spots[0];
    if (first === undefined) {
      return new Chars("", []);
    }
    const { offset, length } = this.position();
    const spot: Spot = { places: first.places, offset, length, literal: false, ...(unknown && { unknown }) };
    return new Chars(text, Array.from(text, (c) => Array<Spot>(c.length).fill(spot)).flat());
  }

  /** The same text that stands for more than one place of the configuration. */
  shared(): Chars {
    return new Chars(
      this.text,
      this.spots.map((spot) => (spot.literal ? { ...spot, literal: false } : spot)),
    );
  }

  trimmed(): Chars {
    const from = /^[ \t]*/.exec(this.text)?.[0].length ?? 0;
    const to = this.text.length - (/[ \t]*$/.exec(this.text)?.[0].length ?? 0);
    return this.slice(from, Math.max(from, to));
  }

  get isLiteral(): boolean {
    return this.spots.every((spot) => spot.literal);
  }

  get isUnknown(): boolean {
    return this.spots.some((spot) => spot.unknown === true);
  }

  /** Of a text that is not empty: from its first to its last character, as far as they are of one stretch. */
  position(): Position {
    const [first, last] = [this.spots[0], this.spots.at(-1)];
    if (first === undefined || last === undefined) {
      throw new Error("an empty text has no position");
    }
    const to = last.places === first.places ? last.offset + last.length : 0;
    return first.places.at(first.offset, to > first.offset ? to - first.offset : first.length);
  }
}
