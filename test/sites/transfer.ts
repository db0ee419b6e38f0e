import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Host } from "../../lab";
import { namedNamespace } from "../../lab/watch";

const PORT = 5001;

/** What came of a transfer. */
export interface Transferred {
  bytes: number;
  connections: number;
  /** Seconds for which nothing came, at most. */
  stall: number;
}

/** A transfer over TCP from one machine to an address that another one has, over one connection, until it is stopped. */
export class Transfer {
  private constructor(
    private readonly taker: ChildProcess,
    private readonly giver: ChildProcess,
  ) {}

  static async start(from: Host, to: Host, address: string): Promise<Transfer> {
    const taker = await begin(to, ["take", String(PORT)]);
    try {
      return new Transfer(taker, await begin(from, ["give", address, String(PORT)]));
    } catch (error) {
      taker.kill("SIGKILL");
      throw error;
    }
  }

  /** What has come so far. */
  look(): Promise<Transferred> {
    return this.told(() => this.taker.stdin!.write("\n"));
  }

  async stop(): Promise<Transferred> {
    const transferred = await this.told(() => this.taker.stdin!.end());
    this.kill();
    return transferred;
  }

  kill(): void {
    this.giver.kill("SIGKILL");
    this.taker.kill("SIGKILL");
  }

  private async told(ask: () => unknown): Promise<Transferred> {
    const told = once(this.taker.stdout!, "data");
    ask();
    const [line] = (await told) as [Buffer];
    return JSON.parse(line.toString()) as Transferred;
  }
}

async function begin(host: Host, args: string[]): Promise<ChildProcess> {
  const program = [process.execPath, join(__dirname, "tcp.mjs"), ...args];
  const child = namedNamespace(host.netns).spawn(program, { stdin: "pipe" });
  child.stderr?.pipe(process.stderr, { end: false });
  await new Promise<void>((resolve, reject) => {
    child.stdout?.once("data", () => resolve());
    child.once("close", (code) => reject(new Error(`tcp.mjs ${args[0]}: exit status ${String(code)}`)));
  });
  return child;
}
