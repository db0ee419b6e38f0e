/** A change of what a host holds, by the clock of whoever looks on, in milliseconds. */
export interface Change {
  at: number;
  holds: "all" | "some" | "none";
}

/** Lines of `vrrp-agent holding`, each with the instant at which it came. */
export class Holding {
  private readonly lines: { uptime: number; came: number; holds: Change["holds"] }[] = [];
  /** Of the host's own clock, in seconds since 1970, when it began to look. */
  epoch?: number;

  add(line: string, came: number): void {
    const [, uptime, epoch, holds] = /^(\d+) (\d+) (all|some|none)$/.exec(line) ?? [];
    if (holds === undefined) return;
    this.epoch ??= Number(epoch);
    this.lines.push({ uptime: Number(uptime), came, holds: holds as Change["holds"] });
  }

  /** The host counts by its uptime; the fastest of its lines says what that is here. */
  get changes(): Change[] {
    const offset = Math.min(...this.lines.map(({ came, uptime }) => came - uptime));
    return this.lines.map(({ uptime, holds }) => ({ at: uptime + offset, holds }));
  }
}

/** Milliseconds for which nobody had the addresses: from a former holder's letting go to the new one's having all. */
export function gapOf(to: readonly Change[], from: readonly (readonly Change[])[]): number | undefined {
  const taken = to.find(({ holds }) => holds === "all")?.at;
  const left = from.map((changes) => changes.find(({ holds }) => holds === "none")?.at);
  if (taken === undefined || left.length === 0 || left.includes(undefined)) return undefined;
  return Math.max(0, Math.round(taken - Math.min(...(left as number[]))));
}
