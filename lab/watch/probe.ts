import { readProc } from "../process";
import type { HostOfMac } from "./adverts";
import { Capture, type Frame } from "./capture";
import type { Namespace } from "./namespace";
import { Recorder, punctually } from "./recorder";
import { type Answer, type RecorderLife, type Request, now, probeInterval } from "./timeline";

/** Seconds given to ping, which sleeps up to a tick of the kernel (4 ms at 250 Hz) longer than it is told. */
const pingInterval = probeInterval - 0.004;

const echo = /echo (request|reply), id \d+, seq (\d+)/;

/** Reads a question or an answer; the sequence is the wire's, of 16 bits. */
export function parseEcho(frame: Frame): { kind: "request" | "reply"; sequence: number } {
  const [, kind, sequence] = echo.exec(frame.text) ?? [];
  if (sequence === undefined) throw new Error(`tcpdump: no echo: ${frame.text}`);
  return { kind: kind === "request" ? "request" : "reply", sequence: Number(sequence) };
}

/** Continues a 16-bit counter past its end, given the last value. */
export const unwrap = (wire: number, last: number): number => {
  const step = (wire - last) & 0xffff;
  return last + (step < 0x8000 ? step : step - 0x10000);
};

/**
 * Asks a VIP from the client and records who answers: ICMP echo, so it is the holder's kernel that answers, and the
 * frame's source MAC address tells whose. `ping` only keeps the pace, and waits for no answer; all times are of frames
 * on the client's interface.
 */
export class Probe {
  private constructor(
    readonly requests: readonly Request[],
    readonly answers: readonly Answer[],
    private readonly pace: Recorder,
    private readonly capture: Capture,
  ) {}

  /** Starts to ask `vip` through an interface of the client; returns when it asks and nothing is missed. */
  static async start(client: Namespace, device: string, vip: string, hostOfMac: HostOfMac): Promise<Probe> {
    const isIpv6 = vip.includes(":");
    await dropUnresolved(client, device, isIpv6 ? "ipv6" : "ipv4");
    const requests: Request[] = [];
    const answers: Answer[] = [];
    let last = 0;
    const filter = isIpv6
      ? `icmp6 and host ${vip} and (ip6[40] == 128 or ip6[40] == 129)`
      : `icmp and host ${vip} and (icmp[0] == 8 or icmp[0] == 0)`;
    const capture = await Capture.start(`client to ${vip}`, client, device, filter, (frame) => {
      const { kind, sequence } = parseEcho(frame);
      const asked = { at: frame.at, vip, sequence: unwrap(sequence, last) };
      if (kind === "reply") answers.push({ ...asked, host: hostOfMac(frame.sourceMac) });
      else {
        last = asked.sequence;
        requests.push(asked);
      }
    });
    const words: string[] = [];
    const ping = ["ping", isIpv6 ? "-6" : "-4", "-n", "-q", "-i", String(pingInterval), vip];
    const pace = new Recorder(`ping ${vip}`, client.spawn(punctually(ping)), {
      stdout: (line) => void words.push(line),
      // A client that is cut off hears so from its own kernel: that is what is being measured.
      stderr: (line) => void words.push(line),
    });
    // ping tells nothing before its end; the launchers before it must have made way for it.
    await pace.wait("ping runs", () => readProc(`/proc/${pace.pid}/comm`) === "ping\n");
    if (pace.failures.length > 0) {
      await Promise.all([pace.stop(), capture.stop()]);
      throw new Error(`probe of ${vip}: ${[...pace.failures, ...words].join("; ")}`);
    }
    pace.from = now();
    return new Probe(requests, answers, pace, capture);
  }

  /** Returns when all frames that passed before the call have been read. */
  async sync(): Promise<void> {
    if (this.pace.isAlive) this.pace.to = now();
    await this.capture.sync();
  }

  async stop(): Promise<void> {
    await this.sync();
    await Promise.all([this.pace.stop(), this.capture.stop()]);
  }

  lives(): RecorderLife[] {
    return [this.pace.life(), this.capture.life()];
  }
}

/** While the VIP's MAC address is unknown a kernel stores up to 100 questions and sends them all at last; not here. */
async function dropUnresolved(client: Namespace, device: string, family: "ipv4" | "ipv6"): Promise<void> {
  const setting = `net/${family}/neigh/${device}/unres_qlen_bytes=0`;
  const child = client.spawn(["sysctl", "-qw", setting]);
  const code = await new Promise((resolve, reject) => child.on("error", reject).on("close", resolve));
  if (code !== 0) throw new Error(`sysctl ${setting} in ${client.name}: exit status ${String(code)}`);
}
