import { spawn } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";

/** How to run a tool of the set-up. */
export interface RunOptions {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  /** Milliseconds after which the tool is ended. @default no limit */
  timeout?: number;
}

// Enough of a tool's last words to tell what went wrong.
const TAIL_LENGTH = 4_000;

/** Runs a tool to its end and answers its stdout; an error carries the tool's last words. */
export function run(command: string, args: string[], options: RunOptions = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
    let stdout = "";
    let tail = "";
    child.stdout.on("data", (data: Buffer) => {
      stdout += data.toString();
      tail = (tail + data.toString()).slice(-TAIL_LENGTH);
    });
    child.stderr.on("data", (data: Buffer) => {
      tail = (tail + data.toString()).slice(-TAIL_LENGTH);
    });
    child.once("error", (error) => reject(new Error(`cannot start ${command}: ${error.message}`)));
    child.once("close", (code, signal) => {
      if (code === 0) resolve(stdout);
      else
        reject(
          new Error(`${command} ${args.join(" ")}: ended with ${signal ?? `code ${code}`}\n${tail.trim()}`),
        );
    });
  });
}

/** The path of an executable in the directories of a PATH. */
export function findExecutable(name: string, searchPath: string): string | undefined {
  return searchPath
    .split(path.delimiter)
    .filter((directory) => directory !== "")
    .map((directory) => path.join(directory, name))
    .find(isExecutable);
}

/** Whether a path is a file that may be executed. */
export function isExecutable(file: string): boolean {
  try {
    fs.accessSync(file, fs.constants.X_OK);
    return fs.statSync(file).isFile();
  } catch {
    return false;
  }
}
