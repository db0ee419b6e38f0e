/**
 * Runs jest projects, one after the other, each after the set-up that it needs, and ends with the line `N passed, N
 * failed`; the exit status is the truth. Arguments: the projects (unit, e2e, long, services), then anything for jest.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { prepareE2e } from "./e2e/prepare";

const root = join(__dirname, "..");
const PROJECTS = ["unit", "e2e", "long", "services"];

/** jest workers of each project. The unit tests take what there is; the hosts of e2e mostly wait, for timers. */
const WORKERS: Record<string, string> = { unit: "100%", e2e: "2", long: "1", services: "1" };

async function main(): Promise<number> {
  const args = process.argv.slice(2);
  const projects = PROJECTS.filter((project) => args.includes(project));
  const rest = args.filter((arg) => !PROJECTS.includes(arg));
  let [passed, failed, status] = [0, 0, 0];
  for (const project of projects) {
    if (project !== "unit") await prepareE2e();
    const [report, code] = runJest(project, rest);
    passed += report.numPassedTests;
    // A file that does not compile or whose set-up throws has no failed test of its own.
    failed += report.numFailedTests + report.numRuntimeErrorTestSuites;
    status = code;
    // What fails on a desk need not be tried on hosts.
    if (status !== 0) break;
  }
  console.log(`${passed} passed, ${failed} failed`);
  return passed === 0 ? 1 : status;
}

function runJest(project: string, args: string[]): [Report, number] {
  const directory = mkdtempSync(join(tmpdir(), "jest-"));
  try {
    const report = join(directory, "report.json");
    const own = ["--selectProjects", project, `--maxWorkers=${WORKERS[project]}`, "--passWithNoTests"];
    const jest = spawnSync(
      join(root, "node_modules", ".bin", "jest"),
      [...own, "--json", `--outputFile=${report}`, ...args],
      { cwd: root, stdio: ["ignore", "ignore", "inherit"] },
    );
    return [JSON.parse(readFileSync(report, "utf8")) as Report, jest.status ?? 1];
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
