import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { clientAddress, clientAddress6, namespaces, portOf } from "./network";
import { type Result, type RunOptions, run } from "./process";

/**
 * The lab's one client, and the operator's seat: this machine's own programs and files, in a network namespace
 * from which only loopback and the lab's network are reached.
 */
export class Client {
  readonly name = "client";
  readonly address = clientAddress;
  readonly address6 = clientAddress6;
  readonly port = portOf("client");
  /** Network namespace of the switch. */
  readonly switch: string;
  /** Network namespace of the client. */
  readonly netns: string;

  constructor(lab: string) {
    ({ switch: this.switch, client: this.netns } = namespaces(lab));
  }

  /** Runs a shell command, or a program with its arguments. */
  async exec(command: string | readonly string[], options: RunOptions = {}): Promise<Result> {
    return run(this.enter(command), options);
  }

  /** Starts a command and leaves it running; the caller ends it, at the latest the end of the lab does. */
  spawn(command: string | readonly string[], options: SpawnOptions = {}): ChildProcess {
    const [file, ...args] = this.enter(command);
    return spawn(file, args, options);
  }

  /** The command line that runs `command` in the client's namespace. */
  enter(command: string | readonly string[]): [string, ...string[]] {
    const inside = typeof command === "string" ? ["sh", "-c", command] : command;
    return ["nsenter", `--net=/run/netns/${this.netns}`, "--", ...inside];
  }
}
