import * as pulumi from "@pulumi/pulumi";

import { WireGuardTunnel, WireGuardTunnelArgs } from "../../../components";
import { key } from "../spec/tunnel-input";
import { find, HOST_KEY, Registered, registeredBy, secretValue, visible } from "./mocks";

const COMMAND = "command:remote:Command";
const HOST_CONFIG = "pulumi-keepalived:index:HostConfig";
const CONF = "/etc/wireguard/wg0.conf";
const STEPS = ["agent", "key", "stage", "activate", "finish", "join", "observe", "confirm"];

function tunnel(
  changes: Partial<WireGuardTunnelArgs> = {},
  ofNodes: Partial<WireGuardTunnelArgs["nodes"][number]> = {},
): WireGuardTunnelArgs {
  const node = (name: string, n: number) => ({
    name,
    connection: { host: `192.0.2.${n}`, privateKey: "PRIVATE", hostKey: HOST_KEY },
    addresses: [`10.99.0.${n}/24`],
    endpoint: `192.0.2.${n}`,
    ...ofNodes,
  });
  return { virtualIpAddresses: ["10.99.0.100/32"], nodes: [node("a", 1), node("b", 2)], ...changes };
}

/** What the hosts print, which the engine keeps as a secret: the key of a is 1, that of b 2. */
const told = (name: string) =>
  name.endsWith("-key") ? pulumi.secret(`public-key ${key(name === "sites-a-key" ? 1 : 2)}\n`) : "";

async function make(args: WireGuardTunnelArgs, stdout = told) {
  let made: WireGuardTunnel | undefined;
  const registered = await registeredBy(() => {
    made = new WireGuardTunnel("sites", args);
  }, stdout);
  return { registered, made: made! };
}

const registeredWith = async (args: WireGuardTunnelArgs) => (await make(args)).registered;

function filesOf(registered: Registered[], node: string): Record<string, string> {
  return find(registered, HOST_CONFIG, `sites-${node}`).inputs.files as Record<string, string>;
}

test("each host tells its key before it gets files", async () => {
  const commands = (await registeredWith(tunnel())).filter((r) => r.type === COMMAND).map((r) => r.name);
  expect([...commands].sort()).toEqual(["a", "b"].flatMap((n) => STEPS.map((s) => `sites-${n}-${s}`)).sort());
  const stages = ["sites-a-stage", "sites-b-stage"].map((name) => commands.indexOf(name));
  expect(["sites-a-key", "sites-b-key"].every((k) => commands.indexOf(k) < Math.min(...stages))).toBe(true);
});

test("the file of each host holds the public key that the other one has told, and is shown", async () => {
  const registered = await registeredWith(tunnel());
  expect(filesOf(registered, "a")[CONF]).toContain(`PublicKey = ${key(2)}\n`);
  expect(filesOf(registered, "b")[CONF]).toContain(`PublicKey = ${key(1)}\n`);
  expect(find(registered, HOST_CONFIG, "sites-a").inputs.secretFiles).toBeUndefined();
});

test("a key is asked for by its number, and made on the host", async () => {
  const args = tunnel({ interface: "wg-ab" }, { keyNumber: 3 });
  const { inputs } = find(await registeredWith(args), COMMAND, "sites-a-key");
  expect(inputs.create).toBe(
    "sh -c 'exec $(command -v timeout && echo 600) /usr/lib/vrrp-agent/vrrp-agent tunnel-key sites wg-ab 3'",
  );
  expect(secretValue(inputs.stdin)).toBe("");
});

test("keys that are given go to their hosts on stdin and in a file, and nowhere else", async () => {
  const [own, both] = [key(64), key(72)];
  const args = tunnel({ presharedKey: pulumi.secret(both) });
  args.nodes[0]!.privateKey = own;
  const registered = await registeredWith(args);
  const { create, stdin } = find(registered, COMMAND, "sites-a-key").inputs;
  expect(create).toMatch(/ tunnel-key sites wg0 1 given'$/);
  expect(secretValue(stdin)).toBe(`${own}\n`);
  expect(secretValue(find(registered, HOST_CONFIG, "sites-a").inputs.secretFiles)).toEqual({
    "/etc/wireguard/wg0.b.psk": `${both}\n`,
  });
  expect(filesOf(registered, "a")[CONF]).toContain(" preshared-key /etc/wireguard/wg0.b.psk\n");
  expect(secretValue(find(registered, COMMAND, "sites-a-stage").inputs.stdin)).not.toContain(own);
  const text = visible(registered);
  expect(text).not.toContain(own);
  expect(text).not.toContain(both);
});

test("two given keys are no problem for being placeholders while they are shown", async () => {
  const args = tunnel();
  args.nodes[0]!.privateKey = pulumi.secret(key(64));
  args.nodes[1]!.privateKey = pulumi.secret(key(72));
  const stdin = async (name: string) =>
    secretValue(find(await registeredWith(args), COMMAND, name).inputs.stdin);
  expect(await stdin("sites-a-key")).toBe(`${key(64)}\n`);
  expect(await stdin("sites-b-key")).toBe(`${key(72)}\n`);
});

test("the public keys and the interface are outputs", async () => {
  const { made } = await make(tunnel());
  const outputs = await new Promise((resolve) =>
    pulumi.all([made.publicKeys, made.interface]).apply(resolve),
  );
  expect(outputs).toEqual([{ a: key(1), b: key(2) }, "wg0"]);
  expect(await pulumi.isSecret(made.publicKeys)).toBe(false);
});

test("what is wrong is told before anything is registered", async () => {
  const registered = await registeredBy(() => {
    expect(
      () => new WireGuardTunnel("sites", tunnel({}, { endpoint: "10.99.0.7", privateKey: "x" })),
    ).toThrow(/^sites: 5 problems\n.*nodes\[0\]\.privateKey: \(secret\) \[bounds\]/s);
  });
  expect(registered).toEqual([]);
});
