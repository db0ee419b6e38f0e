import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { ensureEngine } from "../engine/setup";
import type { Client } from "./client";
import type { Result, RunOptions } from "./process";

const repository = join(__dirname, "..");
const STACK = "lab";

/** What a stack is made of. */
export interface StackOptions {
  /** Where the operator sits: pulumi runs in its network namespace. */
  client: Client;
  /** Folder of the program, relative to the repository. @default the repository's own program */
  program?: string;
  /** Gets one line per step of the set-up. @default silence */
  log?: (line: string) => void;
}

/** A Pulumi stack of its own, with its state and config in a directory that goes with it. */
export class Stack {
  private constructor(
    private readonly client: Client,
    /** Where its state, its config and pulumi's own files lie. */
    readonly directory: string,
    private readonly env: NodeJS.ProcessEnv,
  ) {}

  /** Makes an empty stack of a program, with the real engine. */
  static async create({ client, program = ".", log }: StackOptions): Promise<Stack> {
    const engine = await ensureEngine({ log });
    const directory = mkdtempSync(join(tmpdir(), "vrrp-stack-"));
    const source = join(repository, program);
    // The program runs where it is; only its project file and what pulumi writes lie in the stack's directory.
    cpSync(join(source, "Pulumi.yaml"), join(directory, "Pulumi.yaml"));
    symlinkSync(join(source, "index.ts"), join(directory, "index.ts"));
    symlinkSync(join(repository, "node_modules"), join(directory, "node_modules"));
    symlinkSync(join(repository, "package.json"), join(directory, "package.json"));
    const stack = new Stack(client, directory, {
      ...process.env,
      ...engine.env,
      PULUMI_BACKEND_URL: `file://${directory}`,
      PULUMI_CONFIG_PASSPHRASE: "lab",
      HOME: directory,
      NO_COLOR: "1",
    });
    await stack.pulumi(["stack", "init", STACK]);
    return stack;
  }

  /** The same stack as another operator has it, who does not share its lock: state and config as they are now. */
  async copy(): Promise<Stack> {
    const directory = mkdtempSync(join(tmpdir(), "vrrp-stack-"));
    cpSync(this.directory, directory, { recursive: true, verbatimSymlinks: true });
    const env = { ...this.env, PULUMI_BACKEND_URL: `file://${directory}`, HOME: directory };
    const stack = new Stack(this.client, directory, env);
    await stack.pulumi(["stack", "select", STACK]);
    return stack;
  }

  /** Sets the whole config: `plain` values as they are, `secret` ones encrypted. */
  async configure(plain: Record<string, unknown>, secret: Record<string, string> = {}): Promise<void> {
    const file = join(this.directory, `Pulumi.${STACK}.yaml`);
    const salt = readFileSync(file, "utf8")
      .split("\n")
      .find((line) => line.startsWith("encryptionsalt:"));
    // JSON is YAML.
    const lines = Object.entries(plain).map(([key, value]) => `  ${key}: ${JSON.stringify(value)}`);
    writeFileSync(file, [salt, "config:", ...lines, ""].join("\n"));
    for (const [key, value] of Object.entries(secret)) {
      await this.pulumi(["config", "set", "--secret", key], { stdin: value });
    }
  }

  /** Runs `pulumi up` without asking. */
  async up(args: string[] = [], options: RunOptions = {}): Promise<Result> {
    return this.pulumi(["up", "--yes", "--skip-preview", ...args], options);
  }

  /** Runs `pulumi preview --diff`. */
  async preview(args: string[] = [], options: RunOptions = {}): Promise<Result> {
    return this.pulumi(["preview", "--diff", ...args], options);
  }

  /** Runs `pulumi destroy` without asking. */
  async destroy(args: string[] = [], options: RunOptions = {}): Promise<Result> {
    return this.pulumi(["destroy", "--yes", "--skip-preview", ...args], options);
  }

  /** Runs any pulumi command on the stack. */
  async pulumi(args: string[], options: RunOptions = {}): Promise<Result> {
    return this.client.exec(["pulumi", ...args, "--non-interactive"], {
      ...options,
      env: { ...this.env, ...options.env },
      cwd: this.directory,
    });
  }

  /** Runs any other command as the operator, where the stack is. */
  async run(command: readonly string[], options: RunOptions = {}): Promise<Result> {
    return this.client.exec(command, {
      ...options,
      env: { ...this.env, ...options.env },
      cwd: this.directory,
    });
  }

  /** Removes the stack's directory. The hosts stay as they are: destroy first. */
  remove(): void {
    rmSync(this.directory, { recursive: true });
  }
}
