/** Where one resource's messages go. */
export interface ResourceLog {
  info: (message: string) => void;
  warning: (message: string) => void;
  error: (message: string) => void;
  /** A passing message in the progress display; it is not kept. */
  status: (message: string) => void;
  /** Ends when the engine has taken every message. */
  drain: () => Promise<void>;
}

// Above this a line is shown in pieces: the official plugin stops reading there, and the command hangs.
const MAX_LINE_LENGTH = 64 * 1024;

/** Cuts a stream of text into lines for the log. */
export class LineSplitter {
  private rest = "";

  constructor(private readonly onLine: (line: string) => void) {}

  write(text: string): void {
    const lines = (this.rest + text).split("\n");
    this.rest = lines.pop() ?? "";
    for (const line of lines) this.emit(line);
    while (this.rest.length > MAX_LINE_LENGTH) {
      this.onLine(this.rest.slice(0, MAX_LINE_LENGTH));
      this.rest = this.rest.slice(MAX_LINE_LENGTH);
    }
  }

  end(): void {
    if (this.rest !== "") this.emit(this.rest);
    this.rest = "";
  }

  private emit(line: string): void {
    for (let i = 0; i === 0 || i < line.length; i += MAX_LINE_LENGTH)
      this.onLine(line.slice(i, i + MAX_LINE_LENGTH));
  }
}
