import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../../../cli/run";
import { ExitCode } from "../../../cli/verb";

/** A directory that is gone when the tests of the file are over. */
export function scratch(): string {
  const directory = mkdtempSync(join(tmpdir(), "cli-"));
  afterAll(() => rmSync(directory, { recursive: true }));
  return directory;
}

/** Writes a file and returns its path. */
export function written(directory: string, name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
}

/** Runs a command line: what it ended with, and what it wrote. */
export async function cli(...args: string[]): Promise<{ code: ExitCode; out: string; err: string }> {
  const streams = { out: "", err: "" };
  const code = await run(args, {
    out: (text) => void (streams.out += text),
    err: (text) => void (streams.err += text),
  });
  return { code, ...streams };
}
