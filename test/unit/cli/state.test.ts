import { clustersIn, pairIn } from "../../../cli/state";

const SECRET = "4dabf18193072939515e22adb298388d";
const secret = (value: unknown) => ({
  [SECRET]: "1b47061264138c4ac30d75fd1eb44270",
  plaintext: JSON.stringify(value),
});
const urn = (types: string, name: string) =>
  `urn:pulumi:prod::my-own::pulumi-keepalived:index:${types}$pulumi-keepalived:index:HostConfig$command:remote:Command::${name}`;
const connection = { host: "10.0.0.2", port: 2222, user: "ops", privateKey: "KEY" };
const step = (name: string, verb: string, of = "HaPair") => ({
  urn: urn(of, `${name}-${verb}`),
  type: "command:remote:Command",
  inputs: {
    connection: secret({ ...connection, privateKey: secret(connection.privateKey) }),
    create: `sudo -n sh -c 'exec $(command -v timeout && echo 300) /usr/lib/vrrp-agent/vrrp-agent ${verb} gw -'`,
  },
});
const state = (...resources: unknown[]) => ({ version: 3, deployment: { resources } });

describe("the hosts in a stack's state", () => {
  test("are those of every program's clusters, with their secrets, by the steps that apply them", () => {
    const found = clustersIn(
      state(
        { urn: "urn:x", type: "pulumi:pulumi:Stack" },
        step("a", "stage"),
        step("a", "activate"),
        step("b", "activate"),
      ),
    );
    expect([...found]).toEqual([
      [
        "gw",
        [
          { cluster: "gw", connection },
          { cluster: "gw", connection },
        ],
      ],
    ]);
  });

  test("are none of a tunnel, whose addresses do not move", () => {
    expect(clustersIn(state(step("t", "activate", "WireGuardTunnel"))).size).toBe(0);
  });

  test("whose secrets are not shown are told of", () => {
    const hidden = step("a", "activate");
    hidden.inputs.connection = { [SECRET]: "x", ciphertext: "y" } as never;
    expect(() => clustersIn(state(hidden))).toThrow("--stack: a-activate: its secrets are not shown; log in");
  });

  test("of another form is told of", () => {
    expect(() => clustersIn({ deployment: 1 })).toThrow("a state of another form");
  });
});

test("the arguments of a stack's pairs are in its state, by their clusters' names, with their secrets", () => {
  const token = "pulumi@pve!nics=11111111-2222-3333-4444-555555555555";
  const pair = (name: string, inputs: object) => ({
    urn: `urn:pulumi:prod::my-own::my:own:Site$pulumi-keepalived:index:HaPair::${name}`,
    type: "pulumi-keepalived:index:HaPair",
    inputs,
  });
  const all = state(
    pair("gateways", { name: "gw", hypervisor: { kind: "pve", token: secret(token) } }),
    pair("db", { name: "db", authPass: { [SECRET]: "not shown" } }),
    step("gateways", "activate"),
  );
  expect(pairIn(all, "gw")).toEqual({ name: "gw", hypervisor: { kind: "pve", token } });
  expect(pairIn(all, "other")).toBeUndefined();
  // Another cluster's secrets are nobody's matter here.
  expect(() => pairIn(all, "db")).toThrow("its secrets are not shown");
});
