import type { ChildProcess } from "node:child_process";
import { type Lab, until } from "../../lab";

interface WriterOptions {
  disk: string;
  vip: string;
  table: string;
  first?: number;
  /** Milliseconds within which writes must go on. */
  patience?: number;
}

/** Writes numbers through the virtual address all the time, one connection each, and knows which it was told are safe. */
export class Writer {
  readonly acknowledged: number[] = [];
  private readonly process: ChildProcess;
  private readonly patience: number;

  /** `disk` is a host whose disk has the client of MariaDB, `table` has one column, the number. */
  constructor(lab: Lab, { disk, vip, table, first = 0, patience = 120_000 }: WriterOptions) {
    this.patience = patience;
    const client = `timeout 5 chroot ${lab.host(disk).root} mariadb --no-defaults --host=${vip} --user=app --password=app --connect-timeout=1`;
    const write = `${client} -e "INSERT INTO ${table} VALUES ($i)" 2>/dev/null && echo $i`;
    this.process = lab.client.spawn(`i=${first}; while :; do i=$((i + 1)); ${write} || sleep 0.1; done`, {
      stdio: ["ignore", "pipe", "ignore"],
    });
    let partial = "";
    this.process.stdout?.on("data", (chunk: Buffer) => {
      const lines = (partial + chunk.toString()).split("\n");
      partial = lines.pop() ?? "";
      this.acknowledged.push(...lines.map(Number));
    });
  }

  /** Waits for some more writes than there are now. */
  async goesOn(): Promise<void> {
    const before = this.acknowledged.length;
    await until("writes go on", this.patience, () => this.acknowledged.length > before + 5);
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.process.once("close", resolve));
    this.process.kill("SIGKILL");
    await ended;
  }
}
