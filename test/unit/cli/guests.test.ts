import { guestsOf } from "../../../cli/guests";
import { clusterInput } from "../doctor/pair/pair";

const TOKEN = "pulumi@pve!nics=11111111-2222-3333-4444-555555555555";
const api = { kind: "pve", endpoint: "https://pve1.example:8006", token: TOKEN };
const ssh = (host: string) => ({ host, user: "ops", password: "x", insecureHostKey: true });
const spec = (hypervisor?: object, a: object = { id: 101 }, b: object = { id: 102, nic: "net1" }) =>
  clusterInput(["a", "b"], {
    ...(hypervisor && { hypervisor }),
    nodes: hypervisor ? { a: { guest: a }, b: { guest: b } } : {},
  });

test("the guests of a spec are what its nodes ask of Proxmox VE, by its API", () => {
  const { guests, unread } = guestsOf(spec({ ...api, macChanges: true }), "gw");
  expect(unread).toEqual([]);
  expect(guests).toMatchObject([
    {
      node: "a",
      dev: "eth0",
      kind: "pve",
      id: 101,
      said: { macChanges: true },
      access: { endpoint: api.endpoint, token: TOKEN },
      want: {
        nic: "net0",
        vrrp: [{ source: "10.0.0.1", peers: ["10.0.0.2"] }],
        addresses: ["10.0.0.1", "10.0.0.100"],
      },
    },
    { node: "b", id: 102, want: { nic: "net1" } },
  ]);
});

test("a guest's own way goes before the hypervisor's, over SSH with the tries of a look", () => {
  const { guests } = guestsOf(
    spec({ kind: "pve", connection: ssh("pve1") }, { id: 101 }, { id: 101, connection: ssh("pve2") }),
    "gw",
  );
  expect(guests).toMatchObject([
    { access: { connection: { host: "pve1", port: 22, user: "ops", dialErrorLimit: 1 } } },
    { access: { connection: { host: "pve2" } } },
  ]);
});

test("a port group on ESXi is one, too", () => {
  const group = { portGroup: "LAN" };
  const { guests } = guestsOf(spec({ kind: "esxi", connection: ssh("esxi1") }, group, group), "gw");
  expect(guests).toMatchObject([
    { node: "a", kind: "esxi", portGroup: "LAN", connection: { host: "esxi1" }, dev: "eth0" },
    { node: "b", kind: "esxi", portGroup: "LAN" },
  ]);
});

test("a spec without hypervisor has none, and so has a cluster that no HaPair made", () => {
  const none = { guests: [], unread: [] };
  expect(guestsOf(spec(), "gw")).toEqual(none);
  expect(guestsOf(undefined, "gw")).toEqual(none);
});

test("a machine that has no guest is left out", () => {
  const input = clusterInput(["a", "b"], { hypervisor: api, nodes: { a: { guest: { id: 101 } } } });
  expect(guestsOf(input, "gw").guests.map(({ node }) => node)).toEqual(["a"]);
});

test("a way that cannot be used is told without what stands in it", () => {
  const { insecureHostKey, ...unknown } = ssh("pve9.example");
  expect(insecureHostKey).toBe(true);
  const { guests, unread } = guestsOf(
    spec({ kind: "pve", connection: { ...unknown, password: "SECRET" } }),
    "gw",
  );
  expect(guests).toEqual([]);
  expect(unread.map(({ node }) => node)).toEqual(["a", "b"]);
  expect(unread[0]!.words).toMatch(
    /^its hypervisor was not looked at: the connection to it: hostKey: allowed is .*ssh-keyscan/,
  );
  expect(JSON.stringify(unread)).not.toContain("SECRET");
});

test("a spec that this version refuses is told, and nobody is asked", () => {
  const { guests, unread } = guestsOf({ ...spec(api), virtualRouterId: 0 }, "gw");
  expect(guests).toEqual([]);
  expect(unread[0]!.words).toMatch(/the spec is refused: virtualRouterId: allowed is/);
});
