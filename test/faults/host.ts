import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { ChildProcess } from "node:child_process";
import type { Host } from "../../lab";
import type { Step } from "./cases";

/** The tools of the agent at whose calls a fault can strike: those that change something, or wait. */
const tools =
  "cat chmod chown cp date find flock ip keepalived ln mkdir mktemp mv nft rm rmdir setsid sha256sum sleep sync " +
  "systemctl systemd-run tail touch";

const shim = (name: string) => readFileSync(join(__dirname, "shim", `${name}.sh`), "utf8");

/** A process of a step, as the host counts pids. */
export interface StepProcess {
  pid: number;
  args: string;
}

/** Where in a step the host was struck, and the processes from there up to init. */
export interface Struck {
  where: string;
  processes: StepProcess[];
}

/**
 * Makes a host ready to be struck: sessions over SSH find the suite's timeout(1) first, which does nothing while the
 * host is not armed.
 */
export async function prepareHost(host: Host): Promise<void> {
  await host.writeFile("/opt/faults/bin/timeout", shim("timeout"), "755");
  await host.writeFile("/opt/faults/strike", shim("strike"), "755");
  await host.writeFile("/opt/faults/tool", shim("tool"), "755");
  await host.writeFile("/opt/faults/dpkg", shim("dpkg"), "755");
  await host.exec(
    `mkdir -p /opt/faults/tools && cd /opt/faults/tools && for t in ${tools}; do ln -sf ../tool $t; done`,
  );
  const path = "/opt/faults/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  await host.writeFile("/etc/ssh/sshd_config.d/faults.conf", `SetEnv PATH=${path}\nMaxStartups 100\n`);
  await host.exec("systemctl reload ssh");
}

/** Counts the calls of every step of the next apply. */
export async function count(host: Host): Promise<void> {
  await host.exec("rm -rf /run/faults && mkdir /run/faults");
}

/** The calls of each step since the count began. */
export async function counted(host: Host): Promise<Map<Step, number>> {
  const { stdout } = await host.exec("cd /run/faults && wc -l calls.* && rm -rf /run/faults");
  const lines = [...stdout.matchAll(/^ *(\d+) calls\.(\w+)$/gm)];
  return new Map(lines.map(([, number, step]) => [step as Step, Number(number)]));
}

/** A host that is to be struck in a step. */
export class Armed {
  private constructor(
    private readonly host: Host,
    private readonly reader: ChildProcess,
    /** When it is struck; never resolves when it is not. */
    readonly struck: Promise<Struck>,
  ) {}

  /** Arms a host for the step's call of that number: 0 is before the first, `Infinity` after the last. */
  static async arm(host: Host, step: Step, call: number): Promise<Armed> {
    const number = Math.min(call, 999_999);
    await host.exec(
      `rm -rf /run/faults && mkdir /run/faults && mkfifo /run/faults/reached && echo ${step} ${number} >/run/faults/at`,
    );
    const reader = host.spawn(["cat", "/run/faults/reached"]);
    let text = "";
    reader.stdout?.on("data", (chunk: Buffer) => (text += chunk.toString()));
    const struck = new Promise<Struck>((resolve) => {
      reader.on("close", () => {
        if (text !== "") resolve(readStruck(text));
      });
    });
    return new Armed(host, reader, struck);
  }

  /** Lets the step go on. */
  async release(): Promise<void> {
    if (this.host.isOn)
      await this.host.exec("[ ! -d /run/faults ] || touch /run/faults/go", { check: false });
  }

  /** Nothing of the suite is in the way of the host any more. */
  async disarm(): Promise<void> {
    await this.release();
    this.reader.kill("SIGKILL");
    if (this.host.isOn) await this.host.exec("rm -rf /run/faults", { check: false });
  }
}

/** Reads what strike.sh tells. */
export function readStruck(text: string): Struck {
  const where = /^where \d+ (.*)$/m.exec(text)?.[1] ?? "";
  const processes = [...text.matchAll(/^process (\d+) (.*?) *$/gm)].map(([, pid, args]) => ({
    pid: Number(pid),
    args: args ?? "",
  }));
  return { where, processes };
}

/**
 * The processes of a step, of those from the point up to init: the agent itself (its topmost shell), whoever sshd
 * started, and sshd's own process for the session.
 */
export function partsOf({ processes }: Struck): {
  agent: number;
  shell: number;
  session: number;
  all: number[];
} {
  const sshd = processes.findIndex(({ args }) => args.startsWith("sshd"));
  const shell = processes[sshd - 1];
  const session = processes[sshd];
  if (shell === undefined || session === undefined) {
    throw new Error(`the step was not started by sshd: ${JSON.stringify(processes)}`);
  }
  const started = processes.findIndex(({ args }) => args.startsWith("/usr/bin/timeout "));
  const agent = processes[started - 1] ?? shell;
  return {
    agent: agent.pid,
    shell: shell.pid,
    session: session.pid,
    all: processes.slice(0, sshd).map(({ pid }) => pid),
  };
}
