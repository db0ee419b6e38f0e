import type { ChildProcess } from "node:child_process";
import type { Instant, RecorderLife } from "./timeline";

/** Seconds that a tool may take to start, or to show that it has told everything. */
export const toolTimeout = 10;

/** A tool that writes what it sees, line by line, and that must not end before it is told to. */
export class Recorder {
  /** Since when it sees everything; set by whoever knows how the tool says so. */
  from: Instant = Infinity;
  /** Up to when it is known to have seen everything. */
  to: Instant = -Infinity;
  readonly failures: string[] = [];

  private stopping = false;
  private readonly ended: Promise<void>;

  constructor(
    readonly name: string,
    private readonly child: ChildProcess,
    onLine: { stdout: (line: string) => void; stderr: (line: string) => void },
  ) {
    eachLine(child.stdout, (line) => this.parse(line, onLine.stdout));
    eachLine(child.stderr, (line) => this.parse(line, onLine.stderr));
    this.ended = new Promise((resolve) => {
      child.on("error", (error) => {
        this.failures.push(`could not be started: ${error.message}`);
        resolve();
      });
      child.on("close", (code, signal) => {
        if (!this.stopping) this.failures.push(`ended by itself with ${signal ?? `exit status ${code}`}`);
        resolve();
      });
    });
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  get isAlive(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null && this.child.pid !== undefined;
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }

  /** Ends the tool and waits until its last line has been read. */
  async stop(): Promise<void> {
    this.stopping = this.isAlive;
    this.child.kill("SIGINT");
    await this.ended;
  }

  life(): RecorderLife {
    return { recorder: this.name, from: this.from, to: this.to, failures: [...this.failures] };
  }

  /** Waits for a condition; that it does not come true in time is a failure. Returns whether it did. */
  async wait(what: string, condition: () => boolean): Promise<boolean> {
    const met = await this.poll(condition, toolTimeout);
    if (!met && this.isAlive) this.failures.push(`${what}: not so after ${toolTimeout} s`);
    return met;
  }

  /** Waits for a condition for some seconds, or until the tool dies. Returns whether it came true. */
  async poll(condition: () => boolean, seconds: number): Promise<boolean> {
    const end = performance.now() + seconds * 1000;
    while (!condition()) {
      if (!this.isAlive || performance.now() > end) return false;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    return true;
  }

  /** Throws when the tool has failed to start. */
  assertStarted(): void {
    if (this.failures.length > 0) throw new Error(`${this.name}: ${this.failures.join("; ")}`);
  }

  // An exception in a stream's listener would end the whole process; a line not understood is a failure to report.
  private parse(line: string, onLine: (line: string) => void): void {
    try {
      onLine(line);
    } catch (error) {
      this.failures.push(error instanceof Error ? error.message : String(error));
    }
  }
}

function eachLine(stream: NodeJS.ReadableStream | null, onLine: (line: string) => void): void {
  let partial = "";
  stream?.setEncoding("utf8");
  stream?.on("data", (chunk: string) => {
    const lines = (partial + chunk).split("\n");
    partial = lines.pop() ?? "";
    lines.forEach(onLine);
  });
  stream?.on("end", () => {
    if (partial !== "") onLine(partial);
  });
}

/**
 * Runs a tool ahead of everything else on the machine, so that what it stamps or sends is not late under load. The
 * tools sleep between events: real-time scheduling costs the others nothing.
 */
export const punctually = (argv: readonly string[]): string[] => ["chrt", "--fifo", "20", ...argv];
