import { type ChildProcess, spawn } from "node:child_process";

/** A network namespace in which the watchers run their tools. */
export interface Namespace {
  /** Its name below /run/netns; the kernel's events of a host are told apart by it. */
  readonly name: string;
  /** Starts a program in it. The child must be the program itself, not a shell around it: it gets signals. */
  spawn(argv: readonly string[], options?: { stdin: "ignore" | "pipe" }): ChildProcess;
}

/** The namespace that `ip netns` knows by this name. It need not exist until something is started in it. */
export function namedNamespace(name: string): Namespace {
  return {
    name,
    spawn: (argv, { stdin } = { stdin: "ignore" }) =>
      // No tool outlives this process, even when it is killed.
      spawn("setpriv", ["--pdeathsig", "KILL", "nsenter", `--net=/run/netns/${name}`, "--", ...argv], {
        // The tools' own words are parsed, and their clock is read as UTC.
        env: { ...process.env, LC_ALL: "C", TZ: "UTC" },
        stdio: [stdin, "pipe", "pipe"],
      }),
  };
}
