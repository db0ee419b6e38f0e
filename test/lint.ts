/** Everything that reads the code without running it; a warning fails. */
import { execFileSync, spawnSync } from "node:child_process";
import { join } from "node:path";

const root = join(__dirname, "..");

function shellScripts(): string[] {
  const files = execFileSync("git", ["ls-files", "-co", "--exclude-standard", "*.sh", "host/*", ".ci/run"], {
    cwd: root,
    encoding: "utf8",
  });
  return files
    .split("\n")
    .filter((file) => file.endsWith(".sh") || /^host\/vrrp-[a-z]+$/.test(file) || file === ".ci/run")
    .filter((file, i, all) => all.indexOf(file) === i);
}

const checks: [string, string[]][] = [
  ["tsc", ["--noEmit"]],
  ["eslint", ["--max-warnings", "0", "."]],
  ["prettier", ["--check", "--log-level", "warn", "."]],
  ["shellcheck", ["-x", ...shellScripts()]],
];

let failed = 0;
for (const [program, args] of checks) {
  const local = program === "shellcheck" ? program : join(root, "node_modules", ".bin", program);
  const { status, error } = spawnSync(local, args, { cwd: root, stdio: "inherit" });
  if (error) {
    console.error(
      `${program} did not run: ${error.message}${program === "shellcheck" ? " (apt-get install shellcheck)" : ""}`,
    );
  }
  console.error(`${program}: ${status === 0 ? "ok" : "FAILED"}`);
  failed += status === 0 ? 0 : 1;
}
process.exit(failed === 0 ? 0 : 1);
