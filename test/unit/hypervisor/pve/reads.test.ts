import { FIND, findGuest, furtherReadsOf, GuestAt, readsOf, seenFrom } from "../../../../hypervisor/pve";

const AT: GuestAt = { host: "pve2", kind: "qemu", id: 101 };
const GUEST = "/nodes/pve2/qemu/101";
const NETWORK = "/nodes/pve2/network";

const ANSWERS: Record<string, unknown> = {
  [`${GUEST}/status/current`]: { status: "running", name: "gw-a", vmid: 101, lock: "backup" },
  [`${GUEST}/config`]: {
    digest: "c0ffee",
    cores: 2,
    net0: "virtio=BC:24:11:00:00:01,bridge=vmbr0,firewall=1",
    net1: "virtio=BC:24:11:00:00:02,bridge=vmbr1",
    lxc: [["lxc.apparmor.profile", "unconfined"]],
  },
  [`${GUEST}/pending`]: [{ key: "net1", value: "virtio", pending: "e1000" }],
  [`${GUEST}/firewall/options`]: { enable: 1, macfilter: 0, digest: "0f" },
  [`${GUEST}/firewall/rules`]: [
    { pos: 0, type: "group", action: "web", enable: 1, digest: "ab" },
    { pos: 1, type: "group", action: "off", enable: 0, digest: "ab" },
  ],
  [`${GUEST}/firewall/ipset`]: [{ name: "ipfilter-net0", comment: "ours", digest: "1" }],
  [`${GUEST}/firewall/ipset/ipfilter-net0`]: [
    { cidr: "192.0.2.1", digest: "2" },
    { cidr: "192.0.2.9", nomatch: 1, comment: "no" },
  ],
  "/cluster/firewall/options": { enable: 1 },
  "/nodes/pve2/firewall/options": { enable: 0, nftables: 1 },
  "/cluster/firewall/groups/web": [{ pos: 0, type: "in", action: "DROP", enable: 1 }],
  [`${NETWORK}/vmbr0`]: { type: "bridge", "bridge-disable-mac-learning": 1 },
  [`${NETWORK}/vmbr1`]: { type: "OVSBridge" },
};

function answered(answers: Record<string, unknown>) {
  const asked = [...readsOf(AT), ...furtherReadsOf(AT, answers)];
  return Object.fromEntries(asked.map(({ path }) => [path, answers[path]]));
}

describe("a guest of Proxmox VE", () => {
  it("is found wherever in the cluster it is, by its VMID", () => {
    expect(FIND).toEqual({ path: "/cluster/resources", params: { type: "vm" } });
    const answer = [
      { id: "qemu/100", vmid: 100, node: "pve1", type: "qemu" },
      { id: "lxc/101", vmid: 101, node: "pve2", type: "lxc" },
    ];
    expect(findGuest(answer, 101)).toEqual({ host: "pve2", kind: "lxc", id: 101 });
    expect(findGuest(answer, 102)).toBeUndefined();
    expect(findGuest(null, 101)).toBeUndefined();
  });

  it("is read as it is now, not as pending changes would have it", () => {
    expect(readsOf(AT)).toContainEqual({ path: `${GUEST}/config`, params: { current: "1" } });
  });

  it("is what all answers together show", () => {
    expect(seenFrom(AT, answered(ANSWERS))).toEqual({
      ...AT,
      name: "gw-a",
      status: "running",
      lock: "backup",
      config: {
        cores: "2",
        net0: "virtio=BC:24:11:00:00:01,bridge=vmbr0,firewall=1",
        net1: "virtio=BC:24:11:00:00:02,bridge=vmbr1",
      },
      digest: "c0ffee",
      pending: [{ key: "net1", value: "virtio", pending: "e1000" }],
      firewall: {
        clusterEnabled: true,
        nodeEnabled: false,
        nftables: true,
        options: { enable: 1, macfilter: 0 },
        optionsDigest: "0f",
        rules: ANSWERS[`${GUEST}/firewall/rules`],
        groups: { web: ANSWERS["/cluster/firewall/groups/web"] },
        ipsets: {
          "ipfilter-net0": {
            comment: "ours",
            entries: [{ cidr: "192.0.2.1" }, { cidr: "192.0.2.9", nomatch: true, comment: "no" }],
          },
        },
      },
      bridges: {
        net0: { name: "vmbr0", type: "bridge", learning: false },
        net1: { name: "vmbr1", type: "OVSBridge", learning: true },
      },
      unread: [],
    });
  });

  it("has PVE's defaults where nothing is set", () => {
    const bare = {
      [`${GUEST}/status/current`]: { status: "stopped" },
      [`${GUEST}/config`]: { digest: "d", template: 1 },
      "/cluster/firewall/options": {},
      "/nodes/pve2/firewall/options": {},
    };
    expect(seenFrom(AT, bare)).toMatchObject({
      template: true,
      firewall: {
        clusterEnabled: false,
        nodeEnabled: true,
        nftables: false,
        options: {},
        rules: [],
        ipsets: {},
      },
    });
  });

  it("says what a token may not read, and takes the firewall to be on", () => {
    const optional = readsOf(AT).filter((read) => read.optional);
    const may = Object.fromEntries(
      Object.entries(ANSWERS).filter(([path]) => !optional.some((read) => read.path === path)),
    );
    const seen = seenFrom(AT, answered(may));
    expect(seen.firewall).toMatchObject({ clusterEnabled: true, nodeEnabled: true });
    expect(seen.unread).toEqual([
      "whether the firewall of the PVE cluster is on (right Sys.Audit on /)",
      "the firewall of pve2 (right Sys.Audit on /nodes/pve2)",
    ]);
  });
});
