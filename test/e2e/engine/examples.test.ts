import { execFile } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { ensureEngine, type Engine } from "../../../engine/setup";
import { HOST_KEY } from "../../unit/components/mocks";

const REPOSITORY = path.join(__dirname, "..", "..", "..");

let engine: Engine;
let directory: string;
let program: string;

beforeAll(async () => {
  engine = await ensureEngine({ log: (line) => console.error(line) });
  // The example as it lies in the repository, below its package.json; what pulumi writes stays here.
  directory = fs.mkdtempSync(path.join(os.tmpdir(), "examples-test-"));
  for (const name of ["components", "node_modules", "package.json", "policies"]) {
    fs.symlinkSync(path.join(REPOSITORY, name), path.join(directory, name));
  }
  program = path.join(directory, "examples", "two-instances");
  fs.cpSync(path.join(REPOSITORY, "examples", "two-instances"), program, { recursive: true });
  fs.mkdirSync(path.join(directory, "state"));
  await pulumi("stack", "init", "test");
  for (const name of ["hostKeyA", "hostKeyB"]) await pulumi("config", "set", name, HOST_KEY);
  await pulumi("config", "set", "--secret", "privateKey", "PRIVATE");
});

afterAll(() => fs.rmSync(directory, { recursive: true }));

function pulumi(...args: string[]): Promise<{ isGood: boolean; output: string }> {
  const env = {
    ...process.env,
    ...engine.env,
    PULUMI_BACKEND_URL: `file://${directory}/state`,
    PULUMI_CONFIG_PASSPHRASE: "test",
    NO_COLOR: "1",
  };
  return new Promise((resolve) => {
    execFile(engine.pulumi, [...args, "--non-interactive"], { cwd: program, env }, (error, stdout, stderr) =>
      resolve({ isGood: error === null, output: stdout + stderr }),
    );
  });
}

test("two-instances runs its own program, and the policy pack says what is wrong with it until it is right", async () => {
  const preview = () => pulumi("preview", "--policy-pack", "../../policies");
  const asWritten = await preview();
  expect(asWritten.output).toContain("unicast-src-ip-missing");
  expect(asWritten.isGood).toBe(false);

  await pulumi("config", "set", "unicastSrcIpB", "192.168.1.3");
  await pulumi("config", "set", "virtualRouterIdB", "52");
  const twoRouters = await preview();
  expect(twoRouters.output).toContain("virtual-router-id-mismatch-in-stack");
  expect(twoRouters.isGood).toBe(false);

  await pulumi("config", "set", "virtualRouterIdB", "51");
  const mended = await preview();
  expect(mended.output).toContain("19 to create");
  expect(mended.isGood).toBe(true);
});
