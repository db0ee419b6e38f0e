/** What was done and is still to be taken back: key -> how somebody does that by hand. */
export class Ledger {
  private readonly open = new Map<string, string>();

  add(key: string, how: string): void {
    this.open.set(key, how);
  }

  done(key: string): void {
    this.open.delete(key);
  }

  get left(): string[] {
    return [...this.open.values()];
  }
}

export const keys = {
  drained: (node: string) => `drained ${node}`,
  stopped: (node: string) => `stopped ${node}`,
};
