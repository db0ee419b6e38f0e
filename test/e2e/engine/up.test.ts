import { execFile, spawn } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { ensureEngine, type Engine } from "../../../engine/setup";
import { SshServer } from "./sshServer";

const REPOSITORY = path.join(__dirname, "..", "..", "..");

let engine: Engine;
let server: SshServer;
let directory: string;
let written: string;

interface Outcome {
  code: number;
  output: string;
}

beforeAll(async () => {
  engine = await ensureEngine({ log: (line) => console.error(line) });
  server = await SshServer.start();
  directory = fs.mkdtempSync(path.join(os.tmpdir(), "engine-test-"));
  fs.cpSync(path.join(__dirname, "program"), directory, { recursive: true });
  fs.symlinkSync(path.join(REPOSITORY, "node_modules"), path.join(directory, "node_modules"));
  fs.mkdirSync(path.join(directory, "state"));
  written = path.join(directory, "written");
  await succeed("stack", "init", "test");
  await succeed("config", "set", "file", written);
  fs.writeFileSync(path.join(directory, "connection.json"), JSON.stringify(server.connection()));
  await succeed("config", "set", "--secret", "text", "first text");
});

afterAll(async () => {
  await server.stop();
  fs.rmSync(directory, { recursive: true });
});

const environment = () => ({
  ...process.env,
  ...engine.env,
  PULUMI_BACKEND_URL: `file://${directory}/state`,
  PULUMI_CONFIG_PASSPHRASE: "test",
  SSH_AUTH_SOCK: undefined,
});

function pulumi(...args: string[]): Promise<Outcome> {
  const options = { cwd: directory, env: environment() };
  return new Promise((resolve) => {
    execFile(engine.pulumi, [...args, "--non-interactive"], options, (error, stdout, stderr) => {
      resolve({
        code: typeof error?.code === "number" ? error.code : error ? -1 : 0,
        output: stdout + stderr,
      });
    });
  });
}

async function succeed(...args: string[]): Promise<string> {
  const { code, output } = await pulumi(...args);
  if (code !== 0) throw new Error(`pulumi ${args.join(" ")}: exit code ${code}\n${output}`);
  return output;
}

test("a first up runs create with the stdin, and shows no warning", async () => {
  const output = await succeed("up", "--yes");
  expect(output).toContain("+ 2 created");
  expect(output).not.toMatch(/warning|error/i);
  expect(output).not.toContain("first text");
  expect(fs.readFileSync(written, "utf8")).toBe("first text");
  expect(await succeed("stack", "output", "stdout")).toBe("created\n");
});

test("a second up changes nothing and opens no SSH connection", async () => {
  const before = server.connections;
  expect(await succeed("up", "--yes")).toContain("2 unchanged");
  expect(server.connections).toBe(before);
});

test("a preview and a refresh open no SSH connection", async () => {
  const before = server.connections;
  await succeed("preview", "--diff");
  await succeed("refresh", "--yes");
  expect(server.connections).toBe(before);
});

test("a changed stdin runs update", async () => {
  await succeed("config", "set", "--secret", "text", "second text");
  expect(await succeed("up", "--yes")).toContain("~ 1 updated");
  expect(fs.readFileSync(written, "utf8")).toBe("second text");
  expect(await succeed("stack", "output", "stdout")).toBe("updated\n");
});

describe("a policy pack", () => {
  async function preview(say: string, ...args: string[]): Promise<Outcome> {
    await succeed("config", "set", "say", say);
    return await pulumi("preview", "--policy-pack", "policies", ...args);
  }

  afterAll(() => succeed("config", "rm", "say"));

  test("lets a program pass that it has nothing against", async () => {
    expect((await preview("created")).code).toBe(0);
  });

  test("refuses a program by a mandatory policy", async () => {
    const { code, output } = await preview("forbidden");
    expect(code).not.toBe(0);
    expect(output).toContain("the word is forbidden");
    expect(output).toContain("[mandatory]");
  });

  test("only tells by an advisory policy", async () => {
    const { code, output } = await preview("undoable");
    expect(code).toBe(0);
    expect(output).toContain("this one cannot be undone");
  });

  test("takes its config", async () => {
    const config = path.join(directory, "policy-config.json");
    fs.writeFileSync(config, JSON.stringify({ "no-word": { word: "other" } }));
    const refused = await preview("other", "--policy-pack-config", config);
    expect(refused.output).toContain("the word is other");
    expect(refused.code).not.toBe(0);
    expect((await preview("forbidden", "--policy-pack-config", config)).code).toBe(0);
  });
});

test("a program that throws shows its own error and no other", async () => {
  await succeed("config", "set", "throw", "yes");
  const { code, output } = await pulumi("preview");
  await succeed("config", "rm", "throw");
  expect(code).not.toBe(0);
  expect(output).toContain("Error: the program's own words");
  expect(output).not.toContain("non-zero exit code");
});

test("an interrupt ends a running command on the host", async () => {
  const started = path.join(directory, "started");
  const ended = path.join(directory, "ended");
  const say = `x; trap 'touch ${ended}; exit 1' TERM; touch ${started}; sleep 300 & wait`;
  await succeed("config", "set", "say", say);
  const up = spawn(
    engine.pulumi,
    ["up", "--yes", "--skip-preview", "--replace", "**command", "--non-interactive"],
    {
      cwd: directory,
      env: environment(),
      stdio: "ignore",
    },
  );
  const exited = new Promise((resolve) => up.once("exit", resolve));
  await exists(started);
  up.kill("SIGINT");
  await exists(ended);
  expect(await exited).not.toBe(0);
  await succeed("config", "rm", "say");
});

test("destroy runs delete", async () => {
  await succeed("cancel", "--yes");
  expect(await succeed("destroy", "--yes")).toMatch(/- [23] deleted/);
  expect(fs.existsSync(written)).toBe(false);
});

/** Waits until a file of the test's directory is there. */
function exists(file: string): Promise<void> {
  return new Promise((resolve) => {
    const watcher = fs.watch(directory, look);
    function look() {
      if (!fs.existsSync(file)) return;
      watcher.close();
      resolve();
    }
    look();
  });
}
