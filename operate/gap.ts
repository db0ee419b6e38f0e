/** A change of what a host holds, by the clock of whoever looks on, in milliseconds. */
export interface Change {
  at: number;
  holds: "all" | "some" | "none";
  /** Those that it holds. */
  addresses: string[];
}

/** Lines of `vrrp-agent holding`, each with the instant at which it came. */
export class Holding {
  private readonly lines: (Omit<Change, "at"> & { uptime: number; came: number })[] = [];
  /** Of the host's own clock, in seconds since 1970, when it began to look. */
  epoch?: number;

  add(line: string, came: number): void {
    const [, uptime, epoch, holds, list = ""] = /^(\d+) (\d+) (all|some|none)((?: \S+)*)$/.exec(line) ?? [];
    if (holds === undefined) return;
    this.epoch ??= Number(epoch);
    const addresses = list.split(" ").filter(Boolean);
    this.lines.push({ uptime: Number(uptime), came, holds: holds as Change["holds"], addresses });
  }

  /** What is to be added to the host's uptime, in milliseconds, for the clock of whoever looks on; infinite before the first line. */
  get offset(): number {
    return Math.min(...this.lines.map(({ came, uptime }) => came - uptime));
  }

  /** The host counts by its uptime; the fastest of its lines says what that is here. A line that says the same again is none. */
  get changes(): Change[] {
    const { offset } = this;
    const says = (at: number) => [this.lines[at]?.holds, ...(this.lines[at]?.addresses ?? [])].join(" ");
    return this.lines
      .filter((_, at) => says(at) !== says(at - 1))
      .map(({ uptime, holds, addresses }) => ({ at: uptime + offset, holds, addresses }));
  }
}

/** Milliseconds for which nobody had the addresses: from a former holder's letting go to the new one's having all. */
export function gapOf(to: readonly Change[], from: readonly (readonly Change[])[]): number | undefined {
  const taken = to.find(({ holds }) => holds === "all")?.at;
  const left = from.map((changes) => changes.find(({ holds }) => holds === "none")?.at);
  if (taken === undefined || left.length === 0 || left.includes(undefined)) return undefined;
  return Math.max(0, Math.round(taken - Math.min(...(left as number[]))));
}
