/** A stream that may be a terminal. */
export type Terminal = Pick<NodeJS.WriteStream, "isTTY" | "columns" | "rows" | "write" | "on" | "off">;

/** The terminal's other screen, redrawn in place; what was on the usual one is there again afterwards. */
export class Screen {
  private last: (() => string[]) | undefined;
  private readonly resized = () => this.redraw();
  /** However this process ends. */
  private readonly exit = () => this.close();

  constructor(private readonly out: Terminal) {
    out.write("\u001b[?1049h\u001b[?25l");
    out.on("resize", this.resized);
    process.on("exit", this.exit);
  }

  /** Shows what `draw` gives, now and after each change of the window's size. */
  show(draw: () => string[]): void {
    this.last = draw;
    this.redraw();
  }

  get width(): number {
    return this.out.columns || 80;
  }

  get height(): number {
    return this.out.rows || 24;
  }

  close(): void {
    process.off("exit", this.exit);
    this.out.off("resize", this.resized);
    this.out.write("\u001b[?25h\u001b[?1049l");
  }

  private redraw(): void {
    const lines = this.last?.() ?? [];
    this.out.write(`\u001b[H${lines.map((line) => `${line}\u001b[K`).join("\r\n")}\u001b[J`);
  }
}

/** Whether colours are wanted: https://no-color.org. */
export function wantsColor({ isTTY }: Pick<Terminal, "isTTY">, env: NodeJS.ProcessEnv): boolean {
  return isTTY && !env.NO_COLOR && env.TERM !== "dumb";
}
