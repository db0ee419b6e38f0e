import { execFile } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { ensureEngine, type Engine } from "../../../engine/setup";
import type { NicWords } from "../../../hypervisor";
import { wantOf } from "../../../hypervisor/pve";
import { PveStandIn } from "../../../lab/pve";

const REPOSITORY = path.join(__dirname, "..", "..", "..");
const TOKEN = { id: "pulumi@pve!nics", secret: "11111111-2222-3333-4444-555555555555" };
const NET0 = "virtio=BC:24:11:00:00:01,bridge=vmbr0,firewall=1,queues=2,tag=7";

let engine: Engine;
let pve: PveStandIn;
let directory: string;
let before: string;

beforeAll(async () => {
  engine = await ensureEngine({ log: (line) => console.error(line) });
  pve = await PveStandIn.start({
    nodes: ["pve1"],
    guests: [
      { id: 101, node: "pve1", kind: "qemu", config: `cores: 2\nname: gw-a\nnet0: ${NET0}\n`, running: true },
    ],
    tokens: [{ ...TOKEN, roles: { "/": "PVEAdmin" } }],
  });
  before = pve.config(101);
  directory = fs.mkdtempSync(path.join(os.tmpdir(), "pve-test-"));
  fs.cpSync(path.join(__dirname, "pve-program"), directory, { recursive: true });
  fs.mkdirSync(path.join(directory, "node_modules"));
  fs.symlinkSync(REPOSITORY, path.join(directory, "node_modules", "pulumi-keepalived"));
  for (const name of ["@pulumi", "tsx"])
    fs.symlinkSync(path.join(REPOSITORY, "node_modules", name), path.join(directory, "node_modules", name));
  fs.mkdirSync(path.join(directory, "state"));
  ask({ firewall: false });
  await succeed("stack", "init", "test");
});

afterAll(async () => {
  await pve.stop();
  fs.rmSync(directory, { recursive: true });
});

const access = () => ({
  endpoint: pve.endpoint,
  token: `${TOKEN.id}=${TOKEN.secret}`,
  caCertificate: pve.certificates.authority,
});

function ask(words: object): void {
  fs.writeFileSync(path.join(directory, "nic.json"), JSON.stringify({ ...access(), id: 101, ...words }));
}

/** All that pulumi printed. */
let printed = "";

function pulumi(...args: string[]): Promise<{ code: number; output: string }> {
  const env = {
    ...process.env,
    ...engine.env,
    PULUMI_BACKEND_URL: `file://${directory}/state`,
    PULUMI_CONFIG_PASSPHRASE: "test",
  };
  return new Promise((resolve) => {
    execFile(
      engine.pulumi,
      [...args, "--non-interactive"],
      { cwd: directory, env },
      (error, stdout, stderr) => {
        printed += stdout + stderr;
        resolve({
          code: typeof error?.code === "number" ? error.code : error ? -1 : 0,
          output: stdout + stderr,
        });
      },
    );
  });
}

async function succeed(...args: string[]): Promise<string> {
  const { code, output } = await pulumi(...args);
  if (code !== 0) throw new Error(`pulumi ${args.join(" ")}: exit code ${code}\n${output}`);
  return output;
}

test("a preview shows the NIC as it is and as it will be, and changes nothing", async () => {
  const output = await succeed("preview", "--diff");
  expect(output).toContain(`is         : "${NET0}"`);
  expect(output).toContain(`becomes    : "${NET0.replace("firewall=1", "firewall=0")}"`);
  expect(output).not.toMatch(/warning/);
  expect(output).toContain("plugs the NIC of the running guest anew: a short cut");
  expect(pve.config(101)).toBe(before);
});

test("a change that breaks off says where, and the next up makes it, with what somebody else is faster with", async () => {
  pve.dieBetweenReadAndWrite();
  const { code, output } = await pulumi("up", "--yes", "--skip-preview");
  expect(code).not.toBe(0);
  expect(output).toMatch(/guest 101\): .*: no answer from .*whether it was done is not known/);
  expect(pve.config(101)).toBe(before);
  pve.editBeforeWrite(() => pve.edit(101, (text) => text.replace("cores: 2", "cores: 4")));
  await succeed("up", "--yes", "--skip-preview");
  pve.heal();
  before = before.replace("cores: 2", "cores: 4");
  expect(pve.config(101)).toBe(before.replace("firewall=1", "firewall=0"));
});

test("an up without a change, and its preview, ask nothing of Proxmox VE", async () => {
  const asked = pve.requests.length;
  expect(await succeed("preview", "--expect-no-changes")).toMatch(/3 unchanged/);
  expect(await succeed("up", "--yes", "--expect-no-changes")).toMatch(/3 unchanged/);
  expect(pve.requests.length).toBe(asked);
});

test("a refresh shows what was changed by hand, and the next up makes it right", async () => {
  pve.edit(101, (text) => text.replace("firewall=0", "firewall=1"));
  await succeed("refresh", "--yes");
  expect(await succeed("preview", "--diff")).toMatch(
    /found\s*: "to be done: .*firewall flag off.*" => "as applied"/,
  );
  await succeed("up", "--yes", "--skip-preview");
  expect(pve.config(101)).toBe(before.replace("firewall=1", "firewall=0"));
});

test("a word that is said no more is told in the preview, and goes back", async () => {
  ask({ macChanges: true });
  expect(await succeed("preview", "--diff")).toMatch(/firewall flag on/);
  await succeed("up", "--yes", "--skip-preview");
  expect(pve.config(101)).toBe(before);
});

test("destroy gives the guest back byte for byte", async () => {
  ask({ firewall: false });
  await succeed("up", "--yes", "--skip-preview");
  expect(pve.config(101)).not.toBe(before);
  await succeed("destroy", "--yes", "--skip-preview");
  expect(pve.config(101)).toBe(before);
  expect(pve.firewall(101)).toBe("");
});

test("the token is in nothing that was printed, and in the state only as a secret", async () => {
  ask({ firewall: false });
  await succeed("up", "--yes", "--skip-preview");
  const state = await succeed("stack", "export");
  await succeed("destroy", "--yes", "--skip-preview");
  expect(state).toContain("PveNics");
  expect(state + printed).not.toContain(TOKEN.secret);
});

describe("the two parts of a pair", () => {
  const askParts = (words: NicWords) => {
    const want = wantOf(
      {
        interface: "eth0",
        vrrp: [{ family: 4, source: "192.0.2.1", peers: ["192.0.2.2"] }],
        addresses: ["192.0.2.1", "192.0.2.9"],
        virtualMac: false,
        also: [],
      },
      words,
    );
    ask({
      parts: { cluster: "gw", guests: [{ node: "gw-a", id: 101, at: "", want }], access: { "": access() } },
    });
  };

  test("widen first, ask nothing without a change, narrow last, and give everything back", async () => {
    pve.store.write("firewall/cluster.fw", "[OPTIONS]\n\nenable: 1\n\n");
    pve.store.write("firewall/101.fw", "[OPTIONS]\n\nenable: 1\n\n");
    const [config, firewall] = [pve.config(101), pve.firewall(101)];
    askParts({ firewall: false });
    await succeed("up", "--yes", "--skip-preview");
    expect(pve.config(101)).toContain("firewall=0");
    const asked = pve.requests.length;
    await succeed("up", "--yes", "--expect-no-changes");
    expect(pve.requests.length).toBe(asked);

    askParts({});
    expect(await succeed("preview")).toMatch(/firewall flag on.*after the pair's own change/);
    await succeed("up", "--yes", "--skip-preview");
    expect(pve.config(101)).toBe(config);
    expect(pve.firewall(101)).toContain("# vrrp-agent:gw");
    const writes = pve.requests.filter(({ method }) => method !== "GET").map(({ path }) => path);
    expect(writes.slice(-2)).toEqual(["/nodes/pve1/qemu/101/firewall/rules", "/nodes/pve1/qemu/101/config"]);

    await succeed("destroy", "--yes", "--skip-preview");
    expect([pve.config(101), pve.firewall(101)]).toEqual([config, firewall]);
  });
});
