import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import * as fs from "node:fs";
import * as net from "node:net";
import * as os from "node:os";
import * as path from "node:path";

/** A real sshd on a loopback port, with keys of its own, for one test file. */
export class SshServer {
  private constructor(
    readonly directory: string,
    readonly port: number,
    private readonly process: ChildProcess,
    private readonly output: { text: string },
  ) {}

  /** Starts sshd in the foreground, with further lines of sshd_config, and waits until it listens. */
  static async start(...config: string[]): Promise<SshServer> {
    const directory = fs.mkdtempSync(path.join(os.tmpdir(), "sshd-"));
    for (const name of ["host", "other-host", "user", "other-user"]) makeKey(path.join(directory, name));
    fs.copyFileSync(path.join(directory, "user.pub"), path.join(directory, "authorized_keys"));
    fs.mkdirSync("/run/sshd", { recursive: true });
    const port = await freePort();
    const file = path.join(directory, "sshd_config");
    const lines = [
      // sshd takes the first value of a keyword.
      ...config,
      `Port ${port}`,
      "ListenAddress 127.0.0.1",
      `HostKey ${directory}/host`,
      `AuthorizedKeysFile ${directory}/authorized_keys`,
      "PidFile none",
      "StrictModes no",
      "PermitRootLogin yes",
      "UsePAM no",
      "LogLevel VERBOSE",
      "Subsystem sftp internal-sftp",
    ];
    fs.writeFileSync(file, lines.join("\n") + "\n");
    // Ends with the test, even a killed one.
    const command = ["--pdeathsig", "TERM", "/usr/sbin/sshd", "-D", "-e", "-f", file];
    const child = spawn("setpriv", command, { stdio: ["ignore", "ignore", "pipe"] });
    const output = { text: "" };
    await new Promise<void>((resolve, reject) => {
      child.once("exit", () => reject(new Error(`sshd ended: ${output.text}`)));
      child.stderr.on("data", (data: Buffer) => {
        output.text += data.toString();
        if (output.text.includes("Server listening")) resolve();
      });
    });
    return new SshServer(directory, port, child, output);
  }

  /** A key file's text: `user` and `other-user` (private), `host.pub` and `other-host.pub`. */
  key(name: string): string {
    return fs.readFileSync(path.join(this.directory, name), "utf8");
  }

  /** A connection with the right keys. */
  connection(): Record<string, string | number> {
    return {
      host: "127.0.0.1",
      port: this.port,
      user: "root",
      privateKey: this.key("user"),
      hostKey: this.key("host.pub").trim(),
      dialErrorLimit: 0,
      perDialTimeout: 5,
    };
  }

  /** How many connections the server has had so far. */
  get connections(): number {
    return this.output.text.split("Connection from").length - 1;
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.process.once("exit", resolve));
    this.process.kill("SIGTERM");
    await ended;
    fs.rmSync(this.directory, { recursive: true });
  }
}

function makeKey(file: string): void {
  execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", file]);
}

/** A loopback port on which nobody listens at this moment. */
export async function freePort(): Promise<number> {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as net.AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
