import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

const LIB = join(__dirname, "../../../host/lib");
const MODULES = [
  "common",
  "network",
  "firewall-ufw",
  "facts",
  "keys",
  "tunnel",
  "examine-net",
  "examine-net-table",
  "examine-net-rules",
  "examine-net-probes",
  "examine-net-trace",
  "examine-net-heard",
  "examine-net-neighbours",
  "examine-net-addresses",
  "examine-net-tunnels",
];

const COMMANDS = { dash: ["/usr/bin/dash"], busybox: ["/bin/busybox", "ash"] } as const;

/** Shells that the modules run under; with busybox, awk and its like are busybox's, too. */
export const SHELLS = Object.keys(COMMANDS) as (keyof typeof COMMANDS)[];

/** The modules of examine's traffic on a host of plain files. */
export class NetHost {
  private readonly root = mkdtempSync(join(tmpdir(), "vrrp-examine-net-"));

  constructor(private readonly shell: keyof typeof COMMANDS) {
    this.directory("bin");
    this.directory("work/look-net");
    if (shell === "busybox") {
      execFileSync("busybox", ["--install", "-s", this.directory("applets")]);
      // The host's own are none of the host's that is tested.
      for (const name of ["ip", "ping", "arping"]) rmSync(join(this.root, "applets", name), { force: true });
    }
  }

  close(): void {
    rmSync(this.root, { recursive: true });
  }

  /** A file of the host, by its absolute path. */
  write(path: string, text: string): void {
    const file = join(this.root, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }

  /** Lines of a file that the modules keep among themselves. */
  note(name: string, lines: string[]): void {
    this.write(`work/look-net/${name}`, lines.map((line) => `${line}\n`).join(""));
  }

  /** A program of the host; its text is sh, and $FAKE the directory of these programs. */
  program(name: string, text: string): void {
    writeFileSync(join(this.root, "bin", name), `#!/bin/sh\nFAKE=\${0%/*}\n${text}\n`, { mode: 0o755 });
  }

  link(path: string, target: string): void {
    this.directory(dirname(path));
    symlinkSync(target, join(this.root, path));
  }

  /** What a script prints that has the modules' names, a line each. */
  run(script: string, stdin = ""): string[] {
    const sources = MODULES.map((name) => `. ${LIB}/${name}.sh`).join("\n");
    const text = `set -eu\nhere=${LIB}/..\n${sources}\nwork=$root/work net_dir=$root/work/look-net\n${script}`;
    const [program, ...before] = COMMANDS[this.shell];
    const { status, stdout, stderr } = spawnSync(program, [...before, "-c", text], {
      input: stdin,
      encoding: "utf8",
      env: {
        VRRP_ROOT: this.root,
        PATH: `${this.root}/bin:${this.shell === "busybox" ? `${this.root}/applets:` : ""}/usr/bin:/bin`,
      },
    });
    if (status !== 0) throw new Error(`status ${status}: ${stderr}`);
    return stdout.split("\n").slice(0, -1);
  }

  private directory(path: string): string {
    const made = join(this.root, path);
    mkdirSync(made, { recursive: true });
    return made;
  }
}
