import { Position } from "../model";

/** Finds lines and columns in one text. */
export class Places {
  private readonly starts = [0];

  constructor(
    readonly file: string,
    text: string,
  ) {
    for (let i = text.indexOf("\n"); i >= 0; i = text.indexOf("\n", i + 1)) {
      this.starts.push(i + 1);
    }
  }

  at(offset: number, length: number): Position {
    let low = 0;
    let high = this.starts.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return {
      file: this.file,
      line: low + 1,
      column: offset - (this.starts[low] ?? 0) + 1,
      offset,
      length,
    };
  }
}
