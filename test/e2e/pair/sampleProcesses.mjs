// Reads argv and environment of every process again and again, and prints `WHERE COMMAND: LABEL` for each that holds one
// of the needles (JSON on stdin), and `round` when it has seen all. It is told nothing by its own argv or environment.
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

const needles = JSON.parse(readFileSync(0, "utf8"));
// How pulumi's language host hands a program of Node.js the decrypted config of its stack; the SDK reads it nowhere else.
// Only the user's own processes and root can read it.
const PROGRAM_CONFIG = "PULUMI_CONFIG=";

const own = readlinkSync("/proc/self/ns/pid");

function read(path) {
  try {
    return readFileSync(path, "latin1");
  } catch {
    // It has ended, or belongs to the kernel.
    return "";
  }
}

function machineOf(pid) {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`) === own ? "client" : "host";
  } catch {
    return "gone";
  }
}

for (;;) {
  for (const pid of readdirSync("/proc")) {
    if (!/^\d+$/.test(pid)) continue;
    for (const what of ["cmdline", "environ"]) {
      const text = read(`/proc/${pid}/${what}`)
        .split("\0")
        .filter((word) => what === "cmdline" || !word.startsWith(PROGRAM_CONFIG))
        .join("\0");
      for (const { label, text: needle } of needles) {
        if (!text.includes(needle)) continue;
        const command = read(`/proc/${pid}/comm`).trim();
        process.stdout.write(`${machineOf(pid)} ${what} of ${command}: ${label}\n`);
      }
    }
  }
  process.stdout.write("round\n");
  // Lets what was written go out, and others work: what a command line of ours holds stays there for longer.
  await new Promise((resolve) => setTimeout(resolve, 50));
}
