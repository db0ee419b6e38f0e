import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const AGENT = join(__dirname, "../../../host/vrrp-agent");

/** The shells that the agent must run under. */
export const SHELLS = [["dash"], ["busybox", "ash"]];

const NEEDED = {
  nft: "nftables",
  "iptables-nft": "iptables",
  "iptables-legacy": "iptables",
  dash: "dash",
  busybox: "busybox",
};

/** Throws, with the command that installs it, when a program is not there. */
export function requirePrograms(): void {
  for (const [program, name] of Object.entries(NEEDED)) {
    if (spawnSync("sh", ["-c", `command -v ${program}`]).status !== 0) {
      throw new Error(`${program} is missing: apt-get install ${name}`);
    }
  }
}

/** A network namespace with a ruleset of its own, and the files that the agent reads. */
export class FirewallHost {
  private readonly root = mkdtempSync(join(tmpdir(), "vrrp-firewall-"));
  private readonly netns = `vrrp-fw-${process.pid}-${this.root.slice(-6)}`;

  constructor(private readonly shell: string[]) {
    symlinkSync("/proc", join(this.root, "proc"));
    execFileSync("ip", ["netns", "add", this.netns]);
  }

  close(): void {
    execFileSync("ip", ["netns", "del", this.netns]);
    rmSync(this.root, { recursive: true });
  }

  rules(cluster: string, lines: string[]): void {
    const directory = join(this.root, "etc/vrrp-agent", cluster);
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, "firewall.rules"), lines.map((line) => `${line}\n`).join(""));
  }

  forget(cluster: string): void {
    rmSync(join(this.root, "etc/vrrp-agent", cluster), { recursive: true });
  }

  agent(...args: string[]): { status: number; stderr: string } {
    const [program = "", ...before] = this.shell;
    const result = this.spawn([program, ...before, AGENT, "firewall", ...args]);
    return { status: result.status ?? -1, stderr: result.stderr };
  }

  /** Runs a program that must succeed. */
  run(...argv: string[]): string {
    const result = this.spawn(argv);
    if (result.status !== 0) throw new Error(`${argv.join(" ")}: ${result.stderr}`);
    return result.stdout;
  }

  load(ruleset: string): void {
    const result = this.spawn(["nft", "-f", "-"], ruleset);
    if (result.status !== 0) throw new Error(`nft: ${result.stderr}`);
  }

  /** Everything that nftables has, without counters. */
  ruleset(): string {
    return this.run("nft", "-s", "list", "ruleset");
  }

  /** The rules of a chain, without handles and without the chain's own lines. */
  chain(family: string, table: string, chain: string): string[] {
    return this.run("nft", "-s", "list", "chain", family, table, chain)
      .split("\n")
      .filter((line) => /^\t\t/.test(line) && !line.startsWith("\t\ttype "))
      .map((line) => line.trim());
  }

  /** The rules of an iptables table, without policies. */
  iptables(command: string, table: string): string[] {
    return this.run(command, "-t", table, "-S")
      .split("\n")
      .filter((line) => line.startsWith("-A"));
  }

  /** Absolute path of a file of this host's own. */
  path(name: string): string {
    return join(this.root, name);
  }

  write(name: string, text: string): void {
    writeFileSync(this.path(name), text);
  }

  /** Does something once, just before the agent's next call of a program whose first argument is this. */
  wrap(program: string, argument: string, script: string): void {
    const real = execFileSync("sh", ["-c", `command -v ${program}`], { encoding: "utf8" }).trim();
    const directory = join(this.root, "bin");
    mkdirSync(directory, { recursive: true });
    writeFileSync(
      join(directory, program),
      `#!/bin/sh\nPATH=\${PATH#*:}\nif [ "$1" = ${argument} ] && [ ! -e ${this.root}/once ]; then\n: >${this.root}/once\n${script}\nfi\nexec ${real} "$@"\n`,
      { mode: 0o755 },
    );
  }

  private spawn(argv: string[], input = "") {
    return spawnSync("ip", ["netns", "exec", this.netns, ...argv], {
      input,
      encoding: "utf8",
      env: { ...process.env, VRRP_ROOT: this.root, PATH: `${join(this.root, "bin")}:${process.env.PATH}` },
    });
  }
}
