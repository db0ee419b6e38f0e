import { appendFileSync, cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";

const repository = join(__dirname, "../..");

/** Folders that are no part of what a user's program runs. */
const notCopied = new Set([".git", ".ci", "node_modules", "test", "docs", "examples", "engine", "lab"]);

/** A copy of the repository's program whose agent can be given another version. */
export class Program {
  private constructor(private readonly directory: string) {}

  static create(): Program {
    const directory = mkdtempSync(join(tmpdir(), "vrrp-program-"));
    mkdirSync(directory, { recursive: true });
    for (const name of readdirSync(repository)) {
      if (!notCopied.has(name)) cpSync(join(repository, name), join(directory, name), { recursive: true });
    }
    symlinkSync(join(repository, "node_modules"), join(directory, "node_modules"));
    return new Program(directory);
  }

  /** Its folder, as lab/stack.ts takes it. */
  get path(): string {
    return relative(repository, this.directory);
  }

  /** Makes the agent a new one, which does the same. */
  renewAgent(): void {
    appendFileSync(join(this.directory, "host/lib/common.sh"), "# another version\n");
  }

  remove(): void {
    rmSync(this.directory, { recursive: true });
  }
}
