import { execFile } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { utils } from "ssh2";
import { ensureEngine, type Engine } from "../../../engine/setup";
import { writeProxmoxvePlugin } from "./proxmoxvePlugin";

const REPOSITORY = path.join(__dirname, "..", "..", "..");
const EXAMPLE = path.join("examples", "pve-pair");

let engine: Engine;
let directory: string;
let program: string;
const { private: privateKey } = utils.generateKeyPairSync("ed25519");

beforeAll(async () => {
  engine = await ensureEngine({ log: (line) => console.error(line) });
  directory = fs.mkdtempSync(path.join(os.tmpdir(), "pve-pair-test-"));
  for (const name of ["components", "node_modules", "package.json"]) {
    fs.symlinkSync(path.join(REPOSITORY, name), path.join(directory, name));
  }
  program = path.join(directory, EXAMPLE);
  fs.cpSync(path.join(REPOSITORY, EXAMPLE), program, { recursive: true });
  const plugin = path.join(directory, "plugin");
  writeProxmoxvePlugin(plugin, path.join(REPOSITORY, "node_modules"));
  fs.appendFileSync(
    path.join(program, "Pulumi.yaml"),
    `plugins:\n  providers:\n    - name: proxmoxve\n      path: ${plugin}\n`,
  );
  fs.mkdirSync(path.join(directory, "state"));
  await succeed("stack", "init", "test");
  await succeed("config", "set", "endpoint", "https://pve1.example.org:8006");
  await succeed("config", "set", "templateId", "9000");
  await succeed("config", "set", "--secret", "apiToken", "pulumi@pve!test=TOKEN");
  await succeed("config", "set", "--secret", "privateKey", "--", privateKey);
});

afterAll(() => fs.rmSync(directory, { recursive: true }));

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
    execFile(engine.pulumi, ["--non-interactive", ...args], { cwd: program, env }, (error, stdout, stderr) =>
      resolve({ isGood: error === null, output: stdout + stderr }),
    );
  });
}

async function succeed(...args: string[]): Promise<string> {
  const { isGood, output } = await pulumi(...args);
  if (!isGood) throw new Error(`pulumi ${args.join(" ")}\n${output}`);
  return output;
}

/** What the plugin was told to do since the last look. */
function calls(): string[] {
  const file = path.join(directory, "plugin", "calls");
  const lines = fs.readFileSync(file, "utf8").split("\n").filter(Boolean);
  fs.writeFileSync(file, "");
  return lines;
}

/** Up to the machines: what follows connects to them. */
const MACHINES = [
  "**pulumi:pulumi:Stack**",
  "**pulumi:providers**",
  "**PveGateway::gw",
  ...["GuestHostKey", "FileLegacy", "VmLegacy", "RulesLegacy", "OptionsLegacy"].map(
    (type) => `**:${type}::*`,
  ),
].map((target) => `--target=${target}`);

test("a first preview, which knows no key and no machine, shows all that will be made, and no secret", async () => {
  const output = await succeed("preview", "--diff", "--show-full-output");
  expect(output).toMatch(/\+ \d+ to create/);
  expect(output).toContain("gw-gw-b-ready");
  expect(output).toContain("gw-gw-b-confirm");
  expect(output).toMatch(/proto\s*: "vrrp"/);
  for (const secret of ["TOKEN", privateKey.split("\n")[2]!]) expect(output).not.toContain(secret);
  expect(calls()).toEqual([]);
});

test("the machines are made after their keys, their rules after them, and a second up changes nothing of it", async () => {
  await succeed("up", "--yes", ...MACHINES);
  const made = calls();
  expect(made).toHaveLength(8);
  const at = (what: string) => made.indexOf(`create ${what}`);
  for (const node of ["gw-gw-a", "gw-gw-b"]) {
    expect(at(`FileLegacy ${node}-host-key-file`)).toBeGreaterThanOrEqual(0);
    expect(at(`VmLegacy ${node}`)).toBeGreaterThan(at(`FileLegacy ${node}-host-key-file`));
    expect(at(`RulesLegacy ${node}-rules`)).toBeGreaterThan(at(`VmLegacy ${node}`));
    expect(at(`OptionsLegacy ${node}-options`)).toBeGreaterThan(at(`RulesLegacy ${node}-rules`));
  }
  await succeed("up", "--yes", ...MACHINES);
  expect(calls()).toEqual([]);
});

test("the state keeps no key in clear", async () => {
  const exported = await succeed("stack", "export");
  expect(exported).toContain("GuestHostKey");
  expect(exported).not.toContain("BEGIN OPENSSH PRIVATE KEY");
});

test("another template makes other machines, each with another key and with its rules anew", async () => {
  const before = await succeed("stack", "export");
  await succeed("config", "set", "templateId", "9001");
  await succeed("up", "--yes", ...MACHINES);
  const done = calls();
  const at = (call: string) => {
    expect(done).toContain(call);
    return done.indexOf(call);
  };
  for (const node of ["gw-gw-a", "gw-gw-b"]) {
    const deleted = at(`delete VmLegacy ${node}`);
    expect(at(`create VmLegacy ${node}`)).toBeGreaterThan(deleted);
    expect(at(`create RulesLegacy ${node}-rules`)).toBeGreaterThan(at(`create VmLegacy ${node}`));
    at(`create OptionsLegacy ${node}-options`);
    at(`create FileLegacy ${node}-host-key-file`);
  }
  const keys = (text: string) =>
    [...text.matchAll(/"publicKey": "(ssh-ed25519 \S+)"/g)].map(([, key]) => key);
  const after = keys(await succeed("stack", "export"));
  expect(after).toHaveLength(keys(before).length);
  for (const key of keys(before)) expect(after).not.toContain(key);
});
