import type { Lab } from "../lab";
import { namedNamespace } from "../watch";
import { Capture } from "../watch/capture";
import { type Instant, now } from "../watch/timeline";

/** Counts the SSH connections that anybody opens on the lab's switch, by the first packet of each. */
export class SshConnections {
  private constructor(
    private readonly capture: Capture,
    private readonly opened: Instant[],
  ) {}

  static async start(lab: Lab): Promise<SshConnections> {
    const opened: Instant[] = [];
    const filter = "tcp dst port 22 and tcp[tcpflags] & (tcp-syn|tcp-ack) == tcp-syn";
    const observer = namedNamespace(lab.client.switch);
    const capture = await Capture.start("SSH connections", observer, "br0", filter, ({ at }) =>
      opened.push(at),
    );
    return new SshConnections(capture, opened);
  }

  /** Does something and tells how many connections were opened meanwhile. */
  async during<T>(work: () => Promise<T>): Promise<{ result: T; count: number }> {
    const from = now();
    const result = await work();
    await this.capture.sync();
    const { failures } = this.capture.life();
    if (failures.length > 0) throw new Error(`SSH connections were not counted: ${failures.join("; ")}`);
    return { result, count: this.opened.filter((at) => at >= from).length };
  }

  async stop(): Promise<void> {
    await this.capture.stop();
  }
}
