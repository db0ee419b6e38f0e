import type { Namespace } from "./namespace";
import { Recorder } from "./recorder";
import { type Instant, type RecorderLife, now } from "./timeline";

/** What every captured frame has, and the rest of tcpdump's line. */
export interface Frame {
  at: Instant;
  sourceMac: string;
  source: string;
  destination: string;
  text: string;
}

const frameLine = /^(\d+)\.(\d{9}) ([0-9a-f:]{17}) > \S+ ethertype .*?, length \d+: (\S+) > (\S+): (.*)$/;

/** Reads one line of `tcpdump -e -n -tt --nano`; times are the kernel's, taken when the frame passed. */
export function parseFrame(line: string): Frame {
  const [, seconds, nanos, sourceMac, source, destination, text] = frameLine.exec(line) ?? [];
  if (sourceMac === undefined || source === undefined || destination === undefined || text === undefined) {
    throw new Error(`tcpdump: line not understood: ${line}`);
  }
  return { at: Number(seconds) + Number(nanos) / 1e9, sourceMac, source, destination, text };
}

/** A tcpdump that misses no frame, or says so. */
export class Capture {
  private readonly recorder: Recorder;
  private listening = false;
  /** Frames read from tcpdump, and those that it says the kernel's filter let through. */
  private read = 0;
  private received = 0;
  private dropped = 0;
  private reports = 0;

  private constructor(
    name: string,
    namespace: Namespace,
    device: string,
    filter: string,
    onFrame: (f: Frame) => void,
  ) {
    // Whole frames of what any offload may make would leave room for eight: too few when a client's queue goes out at once.
    const short = "--snapshot-length=1024";
    const format = ["-e", "-n", "-tt", "--nano", "-l", "--immediate-mode", short];
    this.recorder = new Recorder(name, namespace.spawn(["tcpdump", "-i", device, ...format, filter]), {
      stdout: (line) => {
        // tcpdump's farewell.
        if (line === "") return;
        this.read += 1;
        onFrame(parseFrame(line));
      },
      stderr: (line) => this.hear(line),
    });
  }

  /** Starts to capture what matches `filter` on an interface; returns when no frame is missed any more. */
  static async start(
    name: string,
    namespace: Namespace,
    device: string,
    filter: string,
    onFrame: (frame: Frame) => void,
  ): Promise<Capture> {
    const capture = new Capture(name, namespace, device, filter, onFrame);
    await capture.recorder.wait("tcpdump listens", () => capture.listening);
    if (!capture.listening) {
      await capture.recorder.stop();
      capture.recorder.assertStarted();
    }
    capture.recorder.from = now();
    return capture;
  }

  /** Returns when every frame that passed before the call has been read. */
  async sync(): Promise<void> {
    const before = now();
    let asked = -1;
    // tcpdump tells its counts on SIGUSR1.
    const complete = await this.recorder.wait("tcpdump has read all that passed", () => {
      if (this.reports > asked) {
        if (asked >= 0 && this.read >= this.received) return true;
        asked = this.reports;
        this.recorder.signal("SIGUSR1");
      }
      return false;
    });
    if (complete) this.recorder.to = before;
    if (this.dropped > 0) this.recorder.failures.push(`${this.dropped} frames dropped by the kernel`);
  }

  async stop(): Promise<void> {
    await this.sync();
    await this.recorder.stop();
  }

  life(): RecorderLife {
    return this.recorder.life();
  }

  private hear(line: string): void {
    // The counts come as one line on SIGUSR1 and as several at the end.
    const received = /(\d+) packets? received by filter/.exec(line)?.[1];
    const dropped = /(\d+) packets? dropped by kernel/.exec(line)?.[1];
    if (dropped !== undefined) this.dropped = Number(dropped);
    if (received !== undefined) {
      this.received = Number(received);
      this.reports += 1;
    }
    const isExpected = /listening on |packets? (captured|received|dropped)|verbose output suppressed/.test(
      line,
    );
    if (line.includes("listening on ")) this.listening = true;
    if (!isExpected) this.recorder.failures.push(line);
  }
}
