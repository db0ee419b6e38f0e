// The one file that runs before `npm ci`: plain JavaScript with nothing but Node. Installs the pinned packages when
// they are missing or older than the lock file, then runs the given program from node_modules/.bin.
import { spawn } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { constants } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const MIN_NODE = 20;

/** Runs a program to its end; a signal that reaches only us is passed on, so that it can clean up. */
function run(program, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: root, stdio: "inherit" });
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
      process.on(signal, () => child.kill(signal));
    }
    child.on("error", reject);
    child.on("close", (status, signal) => resolve(status ?? 128 + constants.signals[signal]));
  });
}

function packagesAreCurrent() {
  const installed = join(root, "node_modules", ".package-lock.json");
  return (
    existsSync(installed) && statSync(installed).mtimeMs >= statSync(join(root, "package-lock.json")).mtimeMs
  );
}

const major = Number(process.versions.node.split(".")[0]);
if (major < MIN_NODE) {
  console.error(`Node.js ${process.versions.node} is too old: ${MIN_NODE} or later is needed`);
  process.exit(2);
}
if (!packagesAreCurrent()) {
  console.error("Installing the npm packages (npm ci) ...");
  const status = await run("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"]);
  if (status !== 0) {
    process.exit(status);
  }
}
const [program, ...args] = process.argv.slice(2);
process.exit(await run(join(root, "node_modules", ".bin", program), args));
