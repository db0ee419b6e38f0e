import { terminal } from "../watch";

const styles = { bold: 1, dim: 2, red: 31, green: 32, cyan: 36 } as const;

/** Milliseconds after which a step that is still going on is worth a line where there is no terminal. */
const QUIET = 1_000;
/** Milliseconds between two such lines. */
const INTERVAL = 10_000;

/** What the demo shows, and which of its promises were broken. */
export class Screen {
  readonly width: number;
  readonly color: boolean;
  /** Promises that were not kept, one sentence each. */
  readonly broken: string[] = [];

  private acts = 0;
  private liveLine = "";

  constructor(private readonly stream: NodeJS.WriteStream) {
    ({ width: this.width, color: this.color } = terminal(stream, process.env));
    this.width = Math.min(this.width, 110);
  }

  /** Heads the next part of the demo. */
  act(title: string): void {
    this.acts += 1;
    this.heading(`${this.acts}  ${title}`);
  }

  heading(title: string): void {
    this.line(`\n${this.style(title, "bold")}`);
  }

  /** One line of plain text, or several. */
  say(text: string): void {
    this.line(indent(text));
  }

  /** Something that explains. */
  note(text: string): void {
    this.line(this.style(indent(text), "dim"));
  }

  /** A command as the operator would type it. */
  command(text: string): void {
    this.line(this.style(indent(`$ ${text}`), "cyan"));
  }

  /** Says what was promised and whether it was kept; `reasons` tell why not. */
  promise(isKept: boolean, text: string, reasons: readonly string[] = []): void {
    if (isKept) {
      this.line(`   ${this.style("✓", "green")} ${text}`);
      return;
    }
    this.broken.push(text);
    this.line(`   ${this.style("✗", "red")} ${text}`);
    for (const reason of reasons) this.line(this.style(indent(`  ${reason}`), "red"));
  }

  /** Does one thing, and shows that it goes on and how long it took. */
  async step<T>(what: string, work: () => Promise<T>): Promise<T> {
    const start = Date.now();
    const seconds = (digits: number) => `${((Date.now() - start) / 1000).toFixed(digits)} s`;
    const progress = () => this.style(`   … ${what} ${seconds(0)}`, "dim");
    const timers = this.stream.isTTY
      ? [setInterval(() => this.live(progress()), 200)]
      : [
          setTimeout(() => this.line(`   … ${what}`), QUIET),
          setInterval(() => this.line(progress()), INTERVAL),
        ];
    try {
      const result = await work();
      timers.forEach(clearInterval);
      this.line(`   ${this.style("✓", "green")} ${what} ${this.style(`(${seconds(1)})`, "dim")}`);
      return result;
    } catch (error) {
      this.line(`   ${this.style("✗", "red")} ${what} ${this.style(`(${seconds(1)})`, "dim")}`);
      throw error;
    } finally {
      timers.forEach(clearInterval);
      this.live("");
    }
  }

  style(text: string, ...names: (keyof typeof styles)[]): string {
    if (!this.color) return text;
    return names.reduce((styled, name) => `\u001b[${styles[name]}m${styled}\u001b[0m`, text);
  }

  private line(text: string): void {
    const { liveLine } = this;
    this.live("");
    this.stream.write(`${text}\n`);
    this.live(liveLine);
  }

  /** The line that is written over; empty: none. Only on a terminal. */
  private live(text: string): void {
    if (text === this.liveLine) return;
    this.liveLine = text;
    this.stream.write(`\r\u001b[K${text}`);
  }
}

const indent = (text: string): string => text.replace(/^(?=.)/gm, "   ");
