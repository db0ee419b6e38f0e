import { appendFileSync, cpSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";

const repository = join(__dirname, "../../..");

/** What a program of the repository is made of. */
const SOURCES = ["components", "conf", "host", "render", "simulate", "spec", "templates"];
const FILES = ["index.ts", "Pulumi.yaml", "package.json", "tsconfig.json"];

/** A copy of the repository's own program, as a user has it who is about to get another version of it. */
export class SourceCopy {
  private versions = 0;

  private constructor(private readonly directory: string) {}

  static make(): SourceCopy {
    const directory = mkdtempSync(join(tmpdir(), "vrrp-source-"));
    for (const path of [...SOURCES, ...FILES]) {
      cpSync(join(repository, path), join(directory, path), { recursive: true });
    }
    symlinkSync(join(repository, "node_modules"), join(directory, "node_modules"));
    return new SourceCopy(directory);
  }

  /** Its folder as lab's Stack takes a program: relative to the repository. */
  get program(): string {
    return relative(repository, this.directory);
  }

  /** Makes another version of the agent; returns a line that only this version has. */
  renewAgent(): string {
    const line = `# version ${++this.versions} of a test`;
    appendFileSync(join(this.directory, "host/lib/common.sh"), `${line}\n`);
    return line;
  }

  remove(): void {
    rmSync(this.directory, { recursive: true });
  }
}
