import { proxmoxFirewall, ProxmoxFirewallArgs } from "../../../../components/pve/proxmoxFirewall";
import { NicNeeds } from "../../../../hypervisor";
import { find, registeredBy } from "../mocks";
import { IPSET, OPTIONS, RULES } from "./gateway";

const nic = (changes: Partial<NicNeeds> = {}): NicNeeds => ({
  interface: "eth0",
  vrrp: [{ family: 4, source: "192.168.1.2", peers: ["192.168.1.3"] }],
  addresses: ["192.168.1.2", "192.168.1.1"],
  virtualMac: false,
  also: [],
  ...changes,
});

const firewall = (changes: Partial<ProxmoxFirewallArgs> = {}) =>
  registeredBy(
    () =>
      void proxmoxFirewall("gw", { cluster: "gw", nodeName: "pve1", vmId: 101, needs: [nic()], ...changes }),
  );

const rulesOf = (registered: Awaited<ReturnType<typeof firewall>>) =>
  (find(registered, RULES, "gw-rules").inputs.rules as Record<string, unknown>[]).map(
    ({ type, proto, source, dest }) => [type, proto, source, dest],
  );

test("a guest's options are left as they are unless they are asked for", async () => {
  expect((await firewall()).map(({ type }) => type)).toEqual([RULES]);
});

test("a container is one, too", async () => {
  const registered = await firewall({ vmId: undefined, containerId: 200, options: {} });
  for (const [type, name] of [
    [RULES, "gw-rules"],
    [OPTIONS, "gw-options"],
  ] as const) {
    const { inputs } = find(registered, type, name);
    expect(inputs).toMatchObject({ nodeName: "pve1", containerId: 200 });
    expect(inputs).not.toHaveProperty("vmId");
  }
});

test.each([
  ["none", { vmId: undefined }],
  ["two", { containerId: 200 }],
])("%s of vmId and containerId is refused", async (_, changes) => {
  await registeredBy(() => undefined);
  const act = () =>
    proxmoxFirewall("gw", { cluster: "gw", nodeName: "pve1", vmId: 101, needs: [], ...changes });
  expect(act).toThrow("gw: give one of vmId and containerId");
});

test("VRRP is let out by a rule where not everything may go out", async () => {
  const registered = await firewall({ options: { outputPolicy: "DROP" } });
  expect(rulesOf(registered)).toEqual([
    ["in", "vrrp", "192.168.1.3", "192.168.1.2"],
    ["out", "vrrp", "192.168.1.2", "192.168.1.3"],
  ]);
});

test("multicast is let in by its group, of each family once", async () => {
  const registered = await firewall({
    needs: [
      nic({
        vrrp: [
          { family: 4, source: "192.168.1.2", peers: ["192.168.1.3"], group: "224.0.0.18" },
          { family: 6, source: "fd00::2", peers: ["fd00::3"], group: "ff02::12" },
        ],
      }),
      nic({ interface: "eth1", vrrp: [{ family: 4, peers: ["192.168.1.3"], group: "224.0.0.18" }] }),
    ],
  });
  expect(rulesOf(registered)).toEqual([
    ["in", "vrrp", "192.168.1.3", "224.0.0.18"],
    ["in", "vrrp", "fd00::3", "ff02::12"],
  ]);
});

test("a virtual MAC takes the MAC filter off, unless that is said otherwise", async () => {
  const macfilter = async (options: ProxmoxFirewallArgs["options"]) =>
    find(await firewall({ needs: [nic({ virtualMac: true })], options }), OPTIONS, "gw-options").inputs
      .macfilter;
  expect(await macfilter({})).toBe(false);
  expect(await macfilter({ macfilter: true })).toBe(true);
});

test("the set of a NIC has the addresses of that NIC, and what the pair sends from there, each once", async () => {
  const registered = await firewall({
    needs: [nic(), nic({ interface: "eth1", addresses: ["10.0.0.1"] })],
    ipfilter: { nic: "net0", interface: "eth0", addresses: ["192.168.1.2", "fd00::2"] },
  });
  expect(find(registered, IPSET, "gw-ipfilter").inputs.cidrs).toEqual(
    ["192.168.1.2", "fd00::2", "192.168.1.1"].map((name) => ({ name, nomatch: false })),
  );
});
