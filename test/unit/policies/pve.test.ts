import { HA_PAIR } from "../../../policies/resources";
import { nodeInput } from "../spec/cluster-input";
import { Foreign, judgePve, pairProps, Props, UNKNOWN_NUMBER, UNKNOWN_STRING } from "./fixtures";

const VM = "proxmoxve:index/vmLegacy:VmLegacy";
const CONTAINER = "proxmoxve:index/containerLegacy:ContainerLegacy";
const OPTIONS = "proxmoxve:firewall/optionsLegacy:OptionsLegacy";
const RULES = "proxmoxve:firewall/rulesLegacy:RulesLegacy";
const IPSET = "proxmoxve:firewall/ipsetLegacy:IpsetLegacy";
const COMMAND = "command:remote:Command";

const urn = (type: string, name: string) => `urn:pulumi:test::test::${type}::${name}`;

/** A guest of the compliant pair: gw-2 is 192.168.1.2 on pve2. */
function vm(n: number, change: Props = {}): Foreign {
  const props = {
    vmId: 100 + n,
    nodeName: `pve${n}`,
    networkDevices: [{ bridge: "vmbr0", firewall: true }],
    initialization: { ipConfigs: [{ ipv4: { address: `192.168.1.${n}/24` } }] },
    ...change,
  };
  return { type: VM, name: `gw-${n}`, props };
}

const options = (n: number, change: Props = {}): Foreign => ({
  type: OPTIONS,
  name: `options-${n}`,
  props: { vmId: 100 + n, nodeName: `pve${n}`, enabled: true, ...change },
});

const accept = (own: number, peer: number, change: Props = {}): Props => ({
  type: "in",
  action: "ACCEPT",
  proto: "vrrp",
  source: `192.168.1.${peer}`,
  dest: `192.168.1.${own}`,
  ...change,
});

const rules = (n: number, list: Props[]): Foreign => ({
  type: RULES,
  name: `rules-${n}`,
  props: { vmId: 100 + n, nodeName: `pve${n}`, rules: list },
});

const ipset = (n: number, ...cidrs: string[]): Foreign => ({
  type: IPSET,
  name: `ipset-${n}`,
  props: { vmId: 100 + n, name: "ipfilter-net0", cidrs: cidrs.map((name) => ({ name })) },
});

const pair = (change: Props = {}): Foreign => ({ type: HA_PAIR, name: "gw", props: pairProps(change) });

/** The compliant stack; resources of the same name replace those of it. */
function stack(...changes: Foreign[]): Foreign[] {
  const compliant = [
    pair(),
    vm(2),
    vm(3),
    options(2),
    options(3),
    rules(2, [accept(2, 3)]),
    rules(3, [accept(3, 2)]),
  ];
  const names = changes.map(({ name }) => name);
  return [...compliant.filter(({ name }) => !names.includes(name)), ...changes];
}

const without = (...names: string[]) => stack().filter(({ name }) => !names.includes(name));

/** A keepalived.conf with a virtual MAC, brought to a guest by its address. */
const conf = (own: number, peer: number, words = "use_vmac"): Foreign => ({
  type: COMMAND,
  name: `conf-${own}`,
  props: {
    connection: { host: `192.168.1.${own}` },
    create: `cat > /etc/keepalived/keepalived.conf <<'EOF'
vrrp_instance web {
  interface eth0
  virtual_router_id 51
  ${words}
  unicast_src_ip 192.168.1.${own}
  unicast_peer {
    192.168.1.${peer}
  }
  virtual_ipaddress {
    192.168.1.1/24
  }
}
EOF`,
  },
});
const byConf = (words?: string) => [...without("gw"), conf(2, 3, words), conf(3, 2, words)];

const hypervisor = (words: Props = {}): Foreign =>
  pair({
    hypervisor: { kind: "pve", endpoint: "https://pve1:8006", ...words },
    nodes: [2, 3].map((n) => ({ ...nodeInput(`gw-${n}`, n), guest: { id: 100 + n } })),
  });

describe("policies over guests of Proxmox VE accept", () => {
  it.each<[string, Foreign[]]>([
    ["a pair with a rule for protocol 112 on each side", stack()],
    [
      "a rule by number, and for the whole network",
      stack(rules(2, [accept(2, 3, { proto: "112", source: "192.168.1.0/24" })])),
    ],
    [
      "NICs that are not behind the firewall",
      without("rules-2", "rules-3").map((one) =>
        one.type === VM ? { ...one, props: { ...one.props, networkDevices: [{ bridge: "vmbr0" }] } } : one,
      ),
    ],
    [
      "guests whose firewall is off",
      [
        ...without("rules-2", "rules-3", "options-2", "options-3"),
        options(2, { enabled: false }),
        options(3, { enabled: false }),
      ],
    ],
    ["a pair that makes its rules itself", [...without("gw", "rules-2", "rules-3"), hypervisor()]],
    [
      "a pair that makes its rules itself, whatever it says of its NICs' firewall and of how PVE is reached",
      [
        ...without("gw", "rules-2", "rules-3"),
        hypervisor({
          firewall: true,
          token: UNKNOWN_STRING,
          caCertificate: UNKNOWN_STRING,
          promiscuous: true,
        }),
      ],
    ],
    [
      "a pair that makes its rules itself, of which nobody says whether the guests' firewall is on",
      [...without("gw", "rules-2", "rules-3", "options-2", "options-3"), hypervisor({ firewall: true })],
    ],
    [
      "a pair that switches the NICs' firewall off",
      [...without("gw", "rules-2", "rules-3"), hypervisor({ firewall: false })],
    ],
    ["guests of nobody's pair", [vm(7), options(7)]],
    [
      "an ipset with all that is sent",
      stack(ipset(2, "192.168.1.0/24"), ipset(3, "192.168.1.3", "192.168.1.1")),
    ],
    ["a keepalived.conf without a virtual MAC", byConf("")],
    [
      "a virtual MAC without macfilter",
      [
        ...byConf().filter(({ type }) => type !== OPTIONS),
        options(2, { macfilter: false }),
        options(3, { macfilter: false }),
      ],
    ],
    [
      "several NICs that state their MACs",
      stack(
        vm(2, {
          networkDevices: [2, 3].map((n) => ({ firewall: true, macAddress: `BC:24:11:00:00:0${n}` })),
        }),
      ),
    ],
    [
      "a rule of which preview does not know whose it is",
      [...without("rules-2", "rules-3"), { ...rules(2, []), props: { vmId: UNKNOWN_NUMBER, rules: [] } }],
    ],
  ])("%s", async (_what, resources) => {
    expect(await judgePve(resources)).toEqual([]);
  });
});

describe("policies over guests of Proxmox VE report", () => {
  it.each<[string, string, Foreign[], string, RegExp]>([
    [
      "pve-vrrp-dropped",
      "no rule at all",
      without("rules-2"),
      "gw-2",
      /^gw-2, net0, gw-a of gw: no rule lets through IN ACCEPT vrrp 192\.168\.1\.3 -> 192\.168\.1\.2$/,
    ],
    [
      "pve-vrrp-dropped",
      "a rule for another peer",
      stack(rules(2, [accept(2, 9)])),
      "gw-2",
      /IN ACCEPT vrrp/,
    ],
    [
      "pve-vrrp-dropped",
      "a rule that is off",
      stack(rules(2, [accept(2, 3, { enabled: false })])),
      "gw-2",
      /IN ACCEPT vrrp/,
    ],
    [
      "pve-vrrp-dropped",
      "a rule below one that drops",
      stack(rules(2, [{ type: "in", action: "DROP" }, accept(2, 3)])),
      "gw-2",
      /IN ACCEPT vrrp/,
    ],
    [
      "pve-vrrp-dropped",
      "a policy that lets nothing out",
      stack(options(2, { outputPolicy: "DROP" })),
      "gw-2",
      /OUT ACCEPT vrrp 192\.168\.1\.2 -> 192\.168\.1\.3$/,
    ],
    [
      "pve-vrrp-dropped",
      "a list that takes HaPair's rule away",
      [...stack(rules(2, [])).filter(({ name }) => name !== "gw"), hypervisor()],
      "gw-2",
      /IN ACCEPT vrrp/,
    ],
    [
      "pve-vrrp-dropped",
      "a container",
      stack(
        {
          ...vm(2, { networkDevices: undefined, networkInterfaces: [{ name: "eth0", firewall: true }] }),
          type: CONTAINER,
        },
        { ...rules(2, []), props: { containerId: 102, rules: [] } },
      ),
      "gw-2",
      /IN ACCEPT vrrp/,
    ],
    [
      "pve-vrrp-dropped",
      "a NIC that is not the first",
      stack(
        vm(2, {
          networkDevices: [
            { macAddress: "BC:24:11:00:00:01" },
            { firewall: true, macAddress: "BC:24:11:00:00:02" },
          ],
          initialization: { ipConfigs: [{}, { ipv4: { address: "192.168.1.2/24" } }] },
        }),
        rules(2, []),
      ),
      "gw-2",
      /^gw-2, net1, /,
    ],
    [
      "pve-vrrp-dropped",
      "a keepalived.conf of anybody's",
      byConf("").filter(({ name }) => name !== "rules-3"),
      "gw-3",
      /IN ACCEPT vrrp 192\.168\.1\.2 -> 192\.168\.1\.3$/,
    ],
    [
      "pve-firewall-unknown",
      "a guest of which nobody says whether its firewall is on",
      without("options-2", "rules-2"),
      "gw-2",
      /IN ACCEPT vrrp/,
    ],
    [
      "pve-macfilter",
      "use_vmac with what the provider writes by default",
      byConf()
        .filter(({ name }) => name !== "options-3")
        .concat(options(3, { macfilter: false })),
      "gw-2",
      /^gw-2, net0, .*: macfilter is on, which is the default; allowed: macfilter: false$/,
    ],
    [
      "pve-macfilter",
      "forgedTransmits that OptionsLegacy takes back",
      [
        ...without("gw", "options-3"),
        hypervisor({ forgedTransmits: true }),
        options(3, { macfilter: false }),
      ],
      "gw-2",
      /macfilter/,
    ],
    [
      "pve-ipfilter",
      "an ipset without the virtual address",
      stack(ipset(2, "192.168.1.2")),
      "gw-2",
      /: ipfilter-net0 does not have 192\.168\.1\.1$/,
    ],
    [
      "pve-ipfilter",
      "the option alone",
      stack(options(2, { ipfilter: true })),
      "gw-2",
      /does not have 192\.168\.1\.2, 192\.168\.1\.1$/,
    ],
    [
      "pve-same-host",
      "both on one node",
      stack(vm(3, { nodeName: "pve2" })),
      "gw-3",
      /^gw-3\.nodeName: pve2; allowed: another one than that of gw-2, which is a node of gw too$/,
    ],
    [
      "pve-mac-by-position",
      "several NICs, one without its MAC",
      stack(vm(2, { networkDevices: [{ firewall: true }, { macAddress: "BC:24:11:00:00:02" }] })),
      "gw-2",
      /^gw-2: NICs 0 of 2 state no macAddress/,
    ],
  ])("%s: %s", async (policy, _what, resources, guest, message) => {
    const type = resources.find(({ name }) => name === guest)!.type;
    expect(await judgePve(resources)).toEqual([
      {
        policy: `${policy}-in-stack`,
        message: expect.stringMatching(message) as string,
        urn: urn(type, guest),
      },
    ]);
  });

  it("a guest whose VMID is known only later, by what its rules depend on", async () => {
    const later = vm(2, { vmId: UNKNOWN_NUMBER });
    const depends = { propertyDependencies: { vmId: [{ urn: urn(VM, "gw-2") }] } };
    const resources = [...stack(later, { ...rules(2, []), ...depends }, { ...options(2), ...depends })];
    expect((await judgePve(resources)).map(({ policy, urn: at }) => [policy, at])).toEqual([
      ["pve-vrrp-dropped-in-stack", urn(VM, "gw-2")],
    ]);
  });
});
