import * as pulumi from "@pulumi/pulumi";

import { PveGateway, PveGatewayArgs } from "../../../../components";
import { find, HOST_KEY, registeredBy, secretValue, visible } from "../mocks";
import {
  COMMAND,
  FILE,
  gateway,
  HOST_KEY_TYPE,
  IPSET,
  KEYS,
  OPTIONS,
  registered,
  RULES,
  VM,
  withNode,
} from "./gateway";

/** A secret that holds an object. */
const secretObject = (value: unknown) => secretValue(value) as unknown as Record<string, string>;

describe("a gateway of two machines", () => {
  test("clones the template, with every option of the VM said", async () => {
    const all = await registered(gateway());
    expect(find(all, VM, "gw-gw-a").inputs).toEqual({
      name: "gw-a",
      nodeName: "pve1",
      description: "A gateway of pulumi-keepalived",
      clone: { vmId: 9000, full: true, retries: 5 },
      migrate: true,
      started: true,
      rebootAfterUpdate: false,
      onBoot: true,
      agent: { enabled: false, waitForIp: { disabled: true } },
      operatingSystem: { type: "l26" },
      cpu: { cores: 2, sockets: 1, type: "x86-64-v2-AES" },
      memory: { dedicated: 1024 },
      networkDevices: [{ bridge: "vmbr0", firewall: true, model: "virtio" }],
      initialization: {
        ipConfigs: [{ ipv4: { address: "192.168.1.2/24", gateway: "192.168.1.254" } }],
        userAccount: { username: "root", keys: [KEYS.publicKey] },
        vendorDataFileId: expect.stringMatching(/^local:snippets\/gw-gw-a-[0-9a-f]{12}\.yaml$/) as string,
      },
    });
    expect(find(all, VM, "gw-gw-b").inputs).toMatchObject({ name: "gw-b", nodeName: "pve2" });
  });

  test("gives each machine a host key by a file for cloud-init, which nobody can read", async () => {
    const all = await registered(gateway());
    expect(find(all, HOST_KEY_TYPE, "gw-gw-a-host-key").inputs.keepers).toEqual({ template: "9000" });
    const { sourceRaw, ...rest } = find(all, FILE, "gw-gw-a-host-key-file").inputs;
    expect(rest).toEqual({
      nodeName: "pve1",
      datastoreId: "local",
      contentType: "snippets",
      fileMode: "0600",
    });
    const { data, fileName } = secretObject(sourceRaw);
    expect(fileName).toMatch(/^gw-gw-a-[0-9a-f]{12}\.yaml$/);
    expect(data!.split("\n")[0]).toBe("#cloud-config");
    expect(JSON.parse(data!.replace("#cloud-config", ""))).toEqual({
      ssh_deletekeys: true,
      ssh_keys: { ed25519_private: "KEY OF gw-gw-a-host-key", ed25519_public: HOST_KEY },
    });
    expect(visible(all)).not.toContain("KEY OF");
    expect(visible(all)).not.toContain(KEYS.privateKey.slice(40, 120));
  });

  test("waits for each machine's boot and cloud-init, and makes the pair then, by the keys that were put in", async () => {
    const all = await registered(gateway());
    const { connection, create } = find(all, COMMAND, "gw-gw-a-ready").inputs;
    expect(secretValue(connection)).toMatchObject({
      host: "192.168.1.2",
      user: "root",
      hostKey: `${HOST_KEY} vm-101-BC:24:11:00:00:02`,
      dialErrorLimit: 90,
    });
    expect(create).toContain("cloud-init status --wait");
    const names = all.map(({ name }) => name);
    const stage = names.indexOf("gw-gw-a-stage");
    expect(stage).toBeGreaterThan(names.indexOf("gw-gw-a-ready"));
    expect(stage).toBeGreaterThan(names.indexOf("gw-gw-b-ready"));
    expect(secretValue(find(all, COMMAND, "gw-gw-a-stage").inputs.connection)).toMatchObject({
      hostKey: `${HOST_KEY} vm-101-BC:24:11:00:00:02`,
      dialErrorLimit: 3,
    });
    const files = find(all, "pulumi-keepalived:index:HostConfig", "gw-gw-a").inputs.files;
    expect((files as Record<string, string>)["/etc/keepalived/keepalived.conf"]).toMatch(
      /interface eth0\n[\s\S]*unicast_src_ip 192\.168\.1\.2\n/,
    );
  });

  test("opens protocol 112 in its firewall, for the peer alone, and says every option, so that no default is written", async () => {
    const all = await registered(gateway());
    expect(find(all, RULES, "gw-gw-a-rules").inputs).toEqual({
      nodeName: "pve1",
      vmId: 101,
      rules: [
        {
          type: "in",
          action: "ACCEPT",
          proto: "vrrp",
          source: "192.168.1.3",
          dest: "192.168.1.2",
          comment: "vrrp-agent:gw",
          enabled: true,
        },
      ],
    });
    expect(find(all, OPTIONS, "gw-gw-a-options").inputs).toEqual({
      nodeName: "pve1",
      vmId: 101,
      enabled: true,
      inputPolicy: "ACCEPT",
      outputPolicy: "ACCEPT",
      macfilter: true,
      ipfilter: false,
      dhcp: true,
      ndp: true,
      radv: false,
      logLevelIn: "nolog",
      logLevelOut: "nolog",
    });
    expect(all.filter(({ type }) => type === IPSET)).toEqual([]);
  });

  test("tells ids, MACs, addresses and host keys", async () => {
    const told: unknown[] = [];
    await registered(gateway(), (it) => {
      const { vmIds, macAddresses, addresses, hostKeys, virtualIpAddresses } = it;
      pulumi
        .all([vmIds, macAddresses, addresses, hostKeys, virtualIpAddresses])
        .apply((all) => void told.push(...all));
    });
    expect(told).toEqual([
      { "gw-a": 101, "gw-b": 102 },
      { "gw-a": ["BC:24:11:00:00:02"], "gw-b": ["BC:24:11:00:00:03"] },
      { "gw-a": "192.168.1.2", "gw-b": "192.168.1.3" },
      { "gw-a": HOST_KEY, "gw-b": HOST_KEY },
      ["192.168.1.1/24"],
    ]);
  });
});

test("what a VM's end takes with it, and its replacement must have anew, goes with the VM", async () => {
  const options = new Map<string, pulumi.CustomResourceOptions>();
  const transformations: pulumi.ResourceTransformation[] = [
    ({ type, name, opts, props }) => {
      options.set(`${type} ${name}`, opts);
      return { props, opts };
    },
  ];
  await registered(gateway({ firewall: { ipfilter: true } }), undefined, { transformations });
  for (const key of [`${VM} gw-gw-a`, `${FILE} gw-gw-a-host-key-file`]) {
    expect(options.get(key)!.deleteBeforeReplace).toBe(true);
  }
  for (const key of [`${RULES} gw-gw-a-rules`, `${IPSET} gw-gw-a-ipfilter`, `${OPTIONS} gw-gw-a-options`]) {
    const { replaceWith, deletedWith } = options.get(key)!;
    expect(replaceWith).toEqual([deletedWith]);
    expect(deletedWith).toMatchObject({ __pulumiType: VM, __name: "gw-gw-a" });
  }
  expect(options.get(`${IPSET} gw-gw-a-ipfilter`)!.deleteBeforeReplace).toBe(true);
});

test("cloud-init's disk is on the storage of the machine's own, unless it is said otherwise", async () => {
  const storage = async (args: PveGatewayArgs) =>
    (find(await registered(args), VM, "gw-gw-a").inputs.initialization as Record<string, unknown>)
      .datastoreId;
  expect(await storage(gateway())).toBeUndefined();
  expect(await storage(withNode({ datastore: "fast" }, { datastore: "slow" }))).toBe("fast");
  expect(await storage(gateway({ datastore: "slow" }))).toBe("slow");
  expect(await storage(gateway({ datastore: "slow", cloudInitDatastore: "ceph" }))).toBe("ceph");
});

test("a second machine is touched when the first is ready again, which is awaited when its VM changes", async () => {
  const names = (await registered(gateway())).map(({ name }) => name);
  expect(names.indexOf("gw-gw-b-host-key-file")).toBeGreaterThan(names.indexOf("gw-gw-a-ready"));
  expect(names.indexOf("gw-gw-b")).toBeGreaterThan(names.indexOf("gw-gw-a-ready"));
  const script = async (args: PveGatewayArgs) =>
    find(await registered(args), COMMAND, "gw-gw-a-ready").inputs.create;
  const before = await script(gateway());
  expect(await script(gateway())).toBe(before);
  expect(await script(gateway({ templateNode: "pve9" }))).toBe(before);
  for (const changed of [
    gateway({ cores: 4 }),
    withNode({ vlan: 7 }),
    withNode({ gateway: "192.168.1.253" }),
  ]) {
    expect(await script(changed)).not.toBe(before);
  }
});

test("a machine with a guest agent is known by its NIC's MAC, which no agent is asked for", async () => {
  const told: unknown[] = [];
  const all = await registered(gateway({ agent: true }), ({ macAddresses }) => {
    macAddresses.apply((macs) => told.push(macs));
  });
  expect(secretValue(find(all, COMMAND, "gw-gw-a-stage").inputs.connection)).toMatchObject({
    hostKey: `${HOST_KEY} vm-101-BC:24:11:00:00:02`,
  });
  expect(told).toEqual([{ "gw-a": ["BC:24:11:00:00:02"], "gw-b": ["BC:24:11:00:00:03"] }]);
});

test("everything that can be said of a machine is where the provider takes it", async () => {
  const args = withNode(
    {
      vmId: 201,
      bridge: "vmbr1",
      vlan: 20,
      macAddress: "bc:24:11:aa:aa:02",
      address6: "fd00::2/64",
      gateway6: "fd00::fe",
      templateId: 9001,
      templateNode: "pve3",
      datastore: "fast",
      interface: "ens18",
      priority: 200,
      nics: [{ bridge: "vmbr2", address: "10.0.0.2/24" }, {}],
    },
    {
      cores: 4,
      memory: 2048,
      cpuType: "host",
      linkedClone: true,
      dnsServers: ["192.168.1.53"],
      dnsDomain: "example.org",
      upgrade: false,
      agent: true,
      onBoot: false,
      startupOrder: 1,
      startupDelay: 30,
      tags: ["gw"],
      cloudInitDatastore: "ceph",
      snippetsDatastore: "shared",
      login: { privateKey: KEYS.privateKey, user: "debian", port: 2222 },
    },
  );
  const all = await registered(args);
  expect(find(all, VM, "gw-gw-a").inputs).toMatchObject({
    vmId: 201,
    clone: { vmId: 9001, nodeName: "pve3", datastoreId: "fast", full: false },
    onBoot: false,
    startup: { order: 1, upDelay: 30 },
    agent: { enabled: true, waitForIp: { disabled: true } },
    cpu: { cores: 4, type: "host" },
    memory: { dedicated: 2048 },
    tags: ["gw"],
    networkDevices: [
      { bridge: "vmbr1", vlanId: 20, macAddress: "BC:24:11:AA:AA:02", firewall: true },
      { bridge: "vmbr2", firewall: true },
      { bridge: "vmbr0", firewall: true },
    ],
    initialization: {
      datastoreId: "ceph",
      dns: { servers: ["192.168.1.53"], domain: "example.org" },
      upgrade: false,
      ipConfigs: [
        {
          ipv4: { address: "192.168.1.2/24", gateway: "192.168.1.254" },
          ipv6: { address: "fd00::2/64", gateway: "fd00::fe" },
        },
        { ipv4: { address: "10.0.0.2/24" } },
        {},
      ],
      userAccount: { username: "debian" },
    },
  });
  expect(find(all, FILE, "gw-gw-a-host-key-file").inputs.datastoreId).toBe("shared");
  // Not the VMID: to say the one that it has is no reason for another machine.
  expect(find(all, HOST_KEY_TYPE, "gw-gw-a-host-key").inputs.keepers).toEqual({ template: "9001" });
  expect(secretValue(find(all, COMMAND, "gw-gw-a-ready").inputs.connection)).toMatchObject({
    user: "debian",
    port: 2222,
  });
  const files = find(all, "pulumi-keepalived:index:HostConfig", "gw-gw-a").inputs.files;
  expect((files as Record<string, string>)["/etc/keepalived/keepalived.conf"]).toMatch(
    /interface ens18\n[\s\S]*priority 200\n/,
  );
});

describe("the host key of a machine", () => {
  const connectionOf = (all: Awaited<ReturnType<typeof registered>>) =>
    secretValue(find(all, COMMAND, "gw-gw-a-stage").inputs.connection);

  test("may be given: its public half is what is trusted", async () => {
    const all = await registered(withNode({ hostPrivateKey: KEYS.privateKey }));
    expect(connectionOf(all)).toMatchObject({ hostKey: `${KEYS.publicKey} vm-101-BC:24:11:00:00:02` });
    const { data } = secretObject(find(all, FILE, "gw-gw-a-host-key-file").inputs.sourceRaw);
    expect(data).toContain(KEYS.publicKey);
    expect(all.map(({ name }) => name)).not.toContain("gw-gw-a-host-key");
    expect(visible(all)).not.toContain(KEYS.privateKey.slice(40, 120));
  });

  test("may be the template's: then nothing is put in", async () => {
    const all = await registered(withNode({ hostKey: `${KEYS.publicKey} root@template` }));
    expect(connectionOf(all)).toMatchObject({ hostKey: `${KEYS.publicKey} vm-101-BC:24:11:00:00:02` });
    expect(all.map(({ name }) => name)).not.toContain("gw-gw-a-host-key-file");
    expect(find(all, VM, "gw-gw-a").inputs.initialization).not.toHaveProperty("vendorDataFileId");
  });

  test("is anybody's only where that is asked for by name", async () => {
    const all = await registered(withNode({ insecureHostKey: true }));
    expect(connectionOf(all)).not.toHaveProperty("hostKey");
    expect(all.map(({ name }) => name)).not.toContain("gw-gw-a-host-key-file");
  });
});

describe("the firewall around the machines", () => {
  test("may be left out: the NICs go without, and nothing of it is made", async () => {
    const all = await registered(gateway({ firewall: { enabled: false } }));
    expect(find(all, VM, "gw-gw-a").inputs.networkDevices).toMatchObject([{ firewall: false }]);
    expect(all.filter(({ type }) => [RULES, IPSET, OPTIONS].includes(type))).toEqual([]);
  });

  test("that drops what no rule names lets in what the pair and its users need", async () => {
    const all = await registered(
      gateway({
        firewall: { inputPolicy: "DROP", sshSources: ["10.0.0.0/8"], rules: [{ proto: "tcp", port: "80" }] },
        pair: {
          virtualRouterId: 51,
          virtualIpAddresses: ["192.168.1.1/24"],
          openPorts: [{ protocol: "tcp", port: 443, from: "192.168.0.0/16" }],
        },
      }),
    );
    expect(find(all, OPTIONS, "gw-gw-a-options").inputs).toMatchObject({ inputPolicy: "DROP" });
    const { rules } = find(all, RULES, "gw-gw-a-rules").inputs as { rules: Record<string, string>[] };
    expect(rules.map(({ proto, source, dport }) => [proto, source, dport])).toEqual([
      ["vrrp", "192.168.1.3", undefined],
      ["tcp", "10.0.0.0/8", "22"],
      ["tcp", "192.168.0.0/16", "443"],
      ["ipv6-icmp", "fe80::/10", undefined],
      ["icmp", "192.168.1.3", undefined],
      ["tcp", undefined, "80"],
    ]);
  });

  test("that filters addresses knows the machine's own and the virtual ones", async () => {
    const all = await registered(gateway({ firewall: { ipfilter: true } }));
    expect(find(all, IPSET, "gw-gw-a-ipfilter").inputs).toEqual({
      nodeName: "pve1",
      vmId: 101,
      name: "ipfilter-net0",
      comment: "vrrp-agent:gw",
      cidrs: [
        { name: "192.168.1.2", nomatch: false },
        { name: "fe80::be24:11ff:fe00:2", nomatch: false },
        { name: "192.168.1.1", nomatch: false },
      ],
    });
  });
});

describe("before anything is registered a gateway is refused", () => {
  test.each([
    [
      "both machines on one node",
      withNode({ nodeName: "pve2" }),
      /nodes\[1\]\.nodeName.*pve2.*allowSameNode/s,
    ],
    [
      "one VMID for two",
      gateway({ nodes: gateway().nodes.map((n) => ({ ...n, vmId: 200 })) }),
      /nodes\[1\]\.vmId/,
    ],
    [
      "one address for two",
      withNode({ address: "192.168.1.3/24" }),
      /nodes\[1\]\.address.*nodes\[0\]\.address/s,
    ],
    ["an address without its network", withNode({ address: "192.168.1.2" }), /nodes\[0\]\.address/],
    [
      "a router elsewhere",
      withNode({ gateway: "10.0.0.1" }),
      /nodes\[0\]\.gateway.*network of 192\.168\.1\.2\/24/s,
    ],
    ["two host keys", withNode({ hostKey: HOST_KEY, insecureHostKey: true }), /at most one of them/],
    ["no template", gateway({ templateId: undefined }), /nodes\[0\]\.templateId/],
    [
      "an agent, and no key to let in",
      gateway({ login: { agentSocketPath: "/run/a" } }),
      /authorizedKeys.*ssh-add -L/s,
    ],
    ["no way to log in", gateway({ login: {} }), /login/],
    [
      "ports for a firewall that lets all in",
      gateway({ firewall: { rules: [{ proto: "tcp" }] } }),
      /firewall\.rules/,
    ],
    [
      "ports of a protocol that has none",
      gateway({ firewall: { inputPolicy: "DROP", rules: [{ proto: "icmp", port: "80" }] } }),
      /firewall\.rules\[0\]\.port.*tcp, udp/s,
    ],
    [
      "a hypervisor beside it",
      gateway({ pair: { ...gateway().pair, hypervisor: { kind: "pve" } } as never }),
      /pair\.hypervisor.*said in firewall/s,
    ],
    ["a misspelt word", gateway({ core: 2 } as object), /did you mean 'cores'/],
    [
      "what is wrong with the pair",
      gateway({ pair: { virtualRouterId: 300, virtualIpAddresses: ["192.168.1.1/24"] } }),
      /virtualRouterId.*from 1 to 255/s,
    ],
  ])("for %s", async (_, args, message) => {
    let thrown: unknown;
    const all = await registeredBy(() => {
      try {
        new PveGateway("gw", args);
      } catch (error) {
        thrown = error;
      }
    });
    expect(String(thrown)).toMatch(message);
    expect(all).toEqual([]);
  });

  test("unless it is said that one node will do", async () => {
    const all = await registered({ ...withNode({ nodeName: "pve2" }), allowSameNode: true });
    expect(find(all, VM, "gw-gw-a").inputs.nodeName).toBe("pve2");
  });
});

test("a gateway whose values are known later is made of them", async () => {
  const all = await registered(
    withNode({ nodeName: pulumi.output("pve9"), address: pulumi.output("192.168.1.9/24") }),
  );
  expect(find(all, VM, "gw-gw-a").inputs).toMatchObject({
    nodeName: "pve9",
    initialization: { ipConfigs: [{ ipv4: { address: "192.168.1.9/24" } }] },
  });
  expect(find(all, RULES, "gw-gw-b-rules").inputs.rules).toMatchObject([{ source: "192.168.1.9" }]);
});
