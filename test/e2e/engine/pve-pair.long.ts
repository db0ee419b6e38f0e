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
  const index = path.join(program, "index.ts");
  const text = fs.readFileSync(index, "utf8");
  // What each test changes of the gateway, and of its second machine.
  fs.writeFileSync(
    index,
    text
      .replace("startupOrder: 1,", '$& ...config.getObject<object>("gateway"),')
      .replace('nodeName: "pve2",', '$& ...config.getObject<object>("second"),'),
  );
  const plugin = path.join(directory, "plugin");
  writeProxmoxvePlugin(plugin, path.join(REPOSITORY, "node_modules"));
  fs.appendFileSync(
    path.join(program, "Pulumi.yaml"),
    `plugins:\n  providers:\n${["proxmoxve", "command"].map((name) => `    - name: ${name}\n      path: ${plugin}\n`).join("")}`,
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

/** Up to the machines that are ready: what follows is the pair. */
const MACHINES = [
  "**pulumi:pulumi:Stack**",
  "**pulumi:providers**",
  "**PveGateway::gw",
  ...["GuestHostKey", "FileLegacy", "VmLegacy", "RulesLegacy", "OptionsLegacy"].map(
    (type) => `**:${type}::*`,
  ),
  "**:Command::gw-gw-*-ready",
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

/** The place of each call, which must be there. */
function places(done: string[]): (call: string) => number {
  return (call) => {
    const at = done.findIndex((line) => `${line} `.startsWith(`${call} `));
    if (at < 0) throw new Error(`no '${call}' in:\n${done.join("\n")}`);
    return at;
  };
}

function inOrder(done: string[], ...expected: string[]): void {
  const at = expected.map(places(done));
  expect(at).toEqual([...at].sort((a, b) => a - b));
}

const change = (what: "gateway" | "second", value: object) =>
  succeed("config", "set", what, "--", JSON.stringify(value));

test("the machines are made after their keys, one after the other, their rules after them, and a second up changes nothing of it", async () => {
  await succeed("up", "--yes", ...MACHINES);
  const made = calls();
  expect(made).toHaveLength(10);
  inOrder(
    made,
    ...["gw-gw-a", "gw-gw-b"].flatMap((node) => [
      `create FileLegacy ${node}-host-key-file`,
      `create VmLegacy ${node}`,
      `create RulesLegacy ${node}-rules`,
      `create OptionsLegacy ${node}-options`,
      `create Command ${node}-ready`,
    ]),
  );
  await succeed("up", "--yes", ...MACHINES);
  expect(calls()).toEqual([]);
});

test("the state keeps no key in clear", async () => {
  const exported = await succeed("stack", "export");
  expect(exported).toContain("GuestHostKey");
  expect(exported).not.toContain("BEGIN OPENSSH PRIVATE KEY");
});

test("a change of both machines is made at one after the other", async () => {
  await change("gateway", { cores: 4 });
  await succeed("up", "--yes", ...MACHINES);
  expect(calls()).toEqual([
    "update VmLegacy gw-gw-a",
    "update Command gw-gw-a-ready",
    "update VmLegacy gw-gw-b",
    "update Command gw-gw-b-ready",
  ]);
});

test("what only the clone was made by changes no machine", async () => {
  await change("gateway", { cores: 4, templateNode: "pve9", datastore: "fast", linkedClone: true });
  await succeed("up", "--yes", ...MACHINES);
  expect(calls()).toEqual([]);
});

test("an id that is said as it is, and an agent, make no machine anew, and it stays known by its MAC", async () => {
  const known = async () =>
    [
      ...(await succeed("stack", "export", "--show-secrets")).matchAll(
        /ssh-ed25519 \S+ (vm-\d+-[0-9A-F:]+)/g,
      ),
    ].map(([, comment]) => comment!);
  const before = await known();
  expect(new Set(before).size).toBe(2);
  const [, id] = /VmLegacy::gw-gw-b",\s*"custom": true,\s*"id": "(\d+)"/.exec(
    await succeed("stack", "export"),
  )!;
  await change("second", { vmId: Number(id) });
  await change("gateway", { cores: 4, agent: true });
  await succeed("up", "--yes", ...MACHINES);
  expect(calls().filter((call) => !call.startsWith("update"))).toEqual([]);
  expect(await known()).toEqual(before);
});

test("a host key's file that is written anew, on a storage that the nodes share, is there afterwards", async () => {
  await change("gateway", { cores: 4, agent: true, snippetMode: "0640" });
  await change("second", { nodeName: "pve3" });
  await succeed("up", "--yes", ...MACHINES);
  const done = calls();
  for (const node of ["gw-gw-a", "gw-gw-b"]) {
    inOrder(done, `delete FileLegacy ${node}-host-key-file`, `create FileLegacy ${node}-host-key-file`);
    const volumes = done
      .filter((call) => call.includes(`FileLegacy ${node}-`))
      .map((call) => call.split(" ").at(-1));
    expect(new Set(volumes).size).toBe(1);
  }
  expect(done.filter((call) => /(create|delete) VmLegacy/.test(call))).toEqual([]);
});

test("another template makes other machines, one after the other, each with another key and with its rules anew", async () => {
  const before = await succeed("stack", "export");
  await succeed("config", "set", "templateId", "9001");
  await change("gateway", { cores: 4, templateNode: "pve9", datastore: "fast" });
  await succeed("up", "--yes", ...MACHINES);
  const done = calls();
  inOrder(
    done,
    ...["gw-gw-a", "gw-gw-b"].flatMap((node) => [
      `delete VmLegacy ${node}`,
      `create VmLegacy ${node} from pve9 fast`,
      `create RulesLegacy ${node}-rules`,
      `create OptionsLegacy ${node}-options`,
      `update Command ${node}-ready`,
    ]),
  );
  for (const node of ["gw-gw-a", "gw-gw-b"]) places(done)(`create FileLegacy ${node}-host-key-file`);
  const keys = (text: string) =>
    [...text.matchAll(/"publicKey": "(ssh-ed25519 \S+)"/g)].map(([, key]) => key);
  const after = keys(await succeed("stack", "export"));
  expect(after).toHaveLength(keys(before).length);
  for (const key of keys(before)) expect(after).not.toContain(key);
});
