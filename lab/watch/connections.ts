import { join } from "node:path";
import type { Namespace } from "./namespace";
import { Recorder, punctually } from "./recorder";
import { type Instant, type RecorderLife, now, probeInterval } from "./timeline";

/** Seconds without answer after which a connection counts as lost. */
export const connectionLimit = 1;

/** One fresh connection of the client. */
export interface Connection {
  /** When it was begun. */
  at: Instant;
  /** Seconds until it was answered, or given up. */
  took: number;
  /** What the other side said, such as its name; absent: the connection was lost. */
  answer?: string;
  /** Why it was lost. */
  reason?: string;
}

/** Reads one line of connect.mjs. */
export function parseConnection(line: string): Connection & { sequence: number } {
  const [, sequence, at, took, kind, words] =
    /^(\d+) ([\d.]+) ([\d.]+) (answered|lost) (.*)$/.exec(line) ?? [];
  if (sequence === undefined) throw new Error(`connect.mjs: line not understood: ${line}`);
  return {
    sequence: Number(sequence),
    at: Number(at),
    took: Number(took) / 1000,
    ...(kind === "answered" ? { answer: words } : { reason: words }),
  };
}

/**
 * Opens a fresh TCP connection from the client every 20 ms and records which were answered, and by whom. Without a retry
 * of the SYN, a single frame that goes missing on its way in or out is a lost connection.
 */
export class ConnectionProbe {
  /** Settled connections, in the order in which they were settled. */
  readonly connections: Connection[] = [];
  private readonly recorder: Recorder;
  private settled = 0;
  private begun = 0;

  private constructor(client: Namespace, address: string, port: number) {
    const program = join(__dirname, "connect.mjs");
    const argv = [address, port, probeInterval * 1000, connectionLimit * 1000].map(String);
    this.recorder = new Recorder(
      `connections to ${address}:${port}`,
      client.spawn(punctually([process.execPath, program, ...argv])),
      {
        stdout: (line) => {
          const { sequence, ...connection } = parseConnection(line);
          this.settled += 1;
          this.begun = Math.max(this.begun, sequence + 1);
          this.connections.push(connection);
        },
        stderr: (line) => void this.recorder.failures.push(line),
      },
    );
  }

  /** Starts to connect to a service; returns when it has been answered for the first time. */
  static async start(client: Namespace, address: string, port: number): Promise<ConnectionProbe> {
    const probe = new ConnectionProbe(client, address, port);
    const { recorder, connections } = probe;
    await recorder.wait("the service answers", () => connections.some(({ answer }) => answer !== undefined));
    if (recorder.failures.length > 0) {
      await recorder.stop();
      recorder.assertStarted();
    }
    recorder.from = now();
    return probe;
  }

  /** Returns when every connection that was begun before the call is settled. */
  async sync(): Promise<void> {
    const before = now();
    // Those begun since then are settled in their turn: when one that began a limit later is, all before it are.
    const isSettled = () => (this.connections.at(-1)?.at ?? 0) > before + connectionLimit;
    const complete = await this.recorder.wait("all connections are settled", isSettled);
    if (complete) this.recorder.to = before;
    const open = this.begun - this.settled;
    // At most those of the last limit may still be open.
    if (open > connectionLimit / probeInterval)
      this.recorder.failures.push(`${open} connections told no end`);
  }

  async stop(): Promise<void> {
    await this.sync();
    await this.recorder.stop();
  }

  life(): RecorderLife {
    return this.recorder.life();
  }
}

/** The longest time in which no connection was begun: a probe that pauses sees no loss. */
export function longestPause(connections: readonly Connection[], from: Instant, to: Instant): number {
  const begun = connections.map(({ at }) => at).filter((at) => at >= from && at <= to);
  const edges = [from, ...begun.sort((one, other) => one - other), to];
  return Math.max(...edges.slice(1).map((at, i) => at - edges[i]!));
}
