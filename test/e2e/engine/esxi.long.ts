import { execFile } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { ensureEngine, type Engine } from "../../../engine/setup";
import { SshServer } from "./sshServer";

const REPOSITORY = path.join(__dirname, "..", "..", "..");
const PROGRAM = path.join("test", "e2e", "engine", "esxi");

let engine: Engine;
/** An ESXi host, and one whose connection breaks when it has set something; both have the same port groups. */
let host: SshServer;
let breaking: SshServer;
let directory: string;
let program: string;

const esxcliState = () => path.join(directory, "esxcli-state");
const state = (own: string) =>
  `vswitch\tvSwitch0\tfalse\tfalse\ttrue\nportgroup\tGate ways\tvSwitch0\t20\t${own}\n`;
const isState = (own: string) => expect(fs.readFileSync(esxcliState(), "utf8")).toBe(state(own));

beforeAll(async () => {
  engine = await ensureEngine({ log: (line) => console.error(line) });
  directory = fs.mkdtempSync(path.join(os.tmpdir(), "esxi-test-"));
  const tools = path.join(directory, "tools");
  fs.mkdirSync(tools);
  fs.symlinkSync(path.join(REPOSITORY, "lab", "esxi", "esxcli"), path.join(tools, "esxcli"));
  const env = `SetEnv PATH=${tools}:/usr/bin:/bin ESXCLI_STATE=${esxcliState()}`;
  host = await SshServer.start(env);
  breaking = await SshServer.start(`${env} ESXCLI_CUTS=1`);

  for (const name of ["components", "node_modules", "package.json"]) {
    fs.symlinkSync(path.join(REPOSITORY, name), path.join(directory, name));
  }
  program = path.join(directory, PROGRAM);
  fs.cpSync(path.join(REPOSITORY, PROGRAM), program, { recursive: true });
  fs.mkdirSync(path.join(directory, "state"));
  fs.writeFileSync(esxcliState(), state("-\tfalse\tfalse"));
  reachBy(host);
  await succeed("stack", "init", "test");
  await succeed("config", "set", "portGroup", "Gate ways");
});

afterAll(async () => {
  await host.stop();
  await breaking.stop();
  fs.rmSync(directory, { recursive: true });
});

function reachBy(server: SshServer): void {
  fs.writeFileSync(path.join(program, "connection.json"), JSON.stringify(server.connection()));
}

function pulumi(...args: string[]): Promise<{ isGood: boolean; output: string }> {
  const env = {
    ...process.env,
    ...engine.env,
    PULUMI_BACKEND_URL: `file://${directory}/state`,
    PULUMI_CONFIG_PASSPHRASE: "test",
    SSH_AUTH_SOCK: undefined,
    NO_COLOR: "1",
  };
  return new Promise((resolve) => {
    execFile(engine.pulumi, [...args, "--non-interactive"], { cwd: program, env }, (error, stdout, stderr) =>
      resolve({ isGood: error === null, output: stdout + stderr }),
    );
  });
}

async function succeed(...args: string[]): Promise<string> {
  const { isGood, output } = await pulumi(...args);
  if (!isGood) throw new Error(`pulumi ${args.join(" ")}\n${output}`);
  return output;
}

test("an up sets what is not as wanted and says so; a second one changes nothing and connects to nobody", async () => {
  const output = await succeed("up", "--yes");
  expect(output).toContain("port group 'Gate ways' of 127.0.0.1: forgedTransmits reject -> accept");
  expect(output).not.toContain("PRIVATE KEY");
  isState("-\tfalse\ttrue");
  const before = host.connections;
  expect(await succeed("up", "--yes")).toContain("3 unchanged");
  expect(host.connections).toBe(before);
});

test("a refresh shows what was changed by hand, and the next up sets it again", async () => {
  fs.writeFileSync(esxcliState(), state("-\tfalse\tfalse"));
  expect(await succeed("preview", "--refresh", "--diff")).toMatch(/forgedTransmits: false => true/);
  await succeed("up", "--refresh", "--yes");
  isState("-\tfalse\ttrue");
});

test("a connection that breaks in the middle of a change leaves no change that a destroy would not take back", async () => {
  await succeed("config", "set", "promiscuous", "true");
  reachBy(breaking);
  const { isGood } = await pulumi("up", "--yes");
  expect(isGood).toBe(false);
  isState("true\tfalse\ttrue");
  reachBy(host);
  await succeed("up", "--yes");
  isState("true\tfalse\ttrue");
  await succeed("destroy", "--yes");
  isState("-\tfalse\tfalse");
});

test("the same at the very first change", async () => {
  reachBy(breaking);
  expect((await pulumi("up", "--yes")).isGood).toBe(false);
  isState("true\tfalse\ttrue");
  reachBy(host);
  await succeed("up", "--yes");
  await succeed("destroy", "--yes");
  isState("-\tfalse\tfalse");
});
