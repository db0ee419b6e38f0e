import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { destroyCommand, labDirectory } from "./record";

const owned = new Set<string>();

/**
 * Ends a lab with this process, whether it returns, throws or gets a signal. Only SIGKILL leaves the lab behind,
 * for the next start of any lab to clean.
 */
export function endWithProcess(id: string): void {
  if (owned.size === 0) {
    process.on("exit", endOwned);
    for (const [signal, number] of [
      ["SIGHUP", 1],
      ["SIGINT", 2],
      ["SIGTERM", 15],
    ] as const) {
      const onSignal = () => {
        // Another listener means that the program ends itself, and the exit event comes then.
        if (process.listenerCount(signal) === 1) process.exit(128 + number);
      };
      process.on(signal, onSignal);
    }
  }
  owned.add(id);
}

function endOwned(): void {
  for (const id of owned) {
    if (!existsSync(labDirectory(id))) continue;
    const [command, ...args] = destroyCommand(id);
    const { status } = spawnSync(command, args, { stdio: "inherit" });
    if (status !== 0)
      process.stderr.write(`lab ${id}: was not cleaned up; the next start of a lab tries again\n`);
  }
}
