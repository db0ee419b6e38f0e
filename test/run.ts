/**
 * Runs jest projects after the set-up that they need and ends with the line `N passed, N failed`; the exit status is
 * the truth. Arguments: the projects (unit, e2e), then anything for jest.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { prepareE2e } from "./e2e/prepare";

const root = join(__dirname, "..");
const PROJECTS = ["unit", "e2e"];

async function main(): Promise<number> {
  const args = process.argv.slice(2);
  const projects = args.filter((arg) => PROJECTS.includes(arg));
  const rest = args.filter((arg) => !PROJECTS.includes(arg));
  if (projects.includes("e2e")) {
    await prepareE2e();
  }
  const directory = mkdtempSync(join(tmpdir(), "jest-"));
  try {
    const report = join(directory, "report.json");
    // jest leaves one core to itself, half of a small machine; the hosts of e2e want theirs.
    const workers = projects.includes("e2e") ? [] : ["--maxWorkers=100%"];
    const jest = spawnSync(
      join(root, "node_modules", ".bin", "jest"),
      ["--selectProjects", ...projects, ...workers, "--json", `--outputFile=${report}`, ...rest],
      { cwd: root, stdio: ["ignore", "ignore", "inherit"] },
    );
    const result = JSON.parse(readFileSync(report, "utf8")) as Report;
    // A file that does not compile or whose set-up throws has no failed test of its own.
    const brokenFiles = result.numRuntimeErrorTestSuites;
    console.log(`${result.numPassedTests} passed, ${result.numFailedTests + brokenFiles} failed`);
    return jest.status ?? 1;
  } finally {
    rmSync(directory, { recursive: true });
  }
}

interface Report {
  numPassedTests: number;
  numFailedTests: number;
  numRuntimeErrorTestSuites: number;
}

main().then(
  (status) => process.exit(status),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(2);
  },
);
