import { NicNeeds } from "../../../../hypervisor/needs";
import { GuestSeen, planOf, PveRule, restoreOf, wantOf } from "../../../../hypervisor/pve";
import { NicWords } from "../../../../hypervisor/words";
import { applied, guest, runPlan } from "./model";

const OWNER = { cluster: "lan" };
const PAIR: NicNeeds = {
  interface: "eth0",
  vrrp: [{ family: 4, source: "192.0.2.1", peers: ["192.0.2.2"] }],
  addresses: ["192.0.2.1", "192.0.2.9"],
  virtualMac: false,
  also: [],
};
const IPV6: NicNeeds = {
  ...PAIR,
  vrrp: [{ family: 6, source: "fe80::1", peers: ["fe80::2"], group: "ff02::12" }],
  addresses: ["fe80::1", "2001:db8::9"],
};

function plan(seen: GuestSeen, words: NicWords = {}, needs = PAIR) {
  return planOf(seen, wantOf(needs, words), OWNER);
}

/** Method, path and parameters of each call, the digest aside. */
function calls(
  seen: GuestSeen,
  words: NicWords = {},
  needs = PAIR,
): [string, string, Record<string, string>][] {
  return plan(seen, words, needs).changes.map(({ call: { method, path, params } }) => {
    const rest = Object.fromEntries(Object.entries(params).filter(([key]) => key !== "digest"));
    return [method, path.replace("/nodes/pve1/qemu/101/", ""), rest];
  });
}

const RULE = { action: "ACCEPT", enable: "1", iface: "net0", proto: "vrrp", comment: "vrrp-agent:lan" };

function rule(change: Partial<PveRule>): PveRule {
  return { pos: 0, type: "in", action: "ACCEPT", enable: 1, ...change };
}

describe("the plan for a unicast pair without a virtual MAC", () => {
  it("is one rule for protocol 112 from the peer, where PVE's firewall drops what comes in", () => {
    expect(calls(guest())).toEqual([
      ["create", "firewall/rules", { ...RULE, type: "in", source: "192.0.2.2", dest: "192.0.2.1" }],
    ]);
  });

  it("is one more to the peer, where what goes out is dropped as well", () => {
    expect(calls(guest({}, { options: { enable: 1, policy_out: "DROP" } }))).toEqual([
      ["create", "firewall/rules", { ...RULE, type: "out", source: "192.0.2.1", dest: "192.0.2.2" }],
      ["create", "firewall/rules", { ...RULE, type: "in", source: "192.0.2.2", dest: "192.0.2.1" }],
    ]);
  });

  it.each<[string, GuestSeen, string]>([
    [
      "the NIC's flag is off",
      guest({ config: { net0: "virtio=BC:24:11:00:00:01,bridge=vmbr0" } }),
      "net0 of VM 101 (gw-a) on pve1: the NIC's firewall flag is off: nothing filters it, and nothing is made",
    ],
    [
      "the cluster's firewall is off",
      guest({}, { clusterEnabled: false }),
      "net0 of VM 101 (gw-a) on pve1: the firewall of the PVE cluster is off: nothing filters it, and no rule is made. Before that firewall is switched on, run again: it would stop VRRP until then",
    ],
    [
      "the guest's firewall is off",
      guest({}, { options: {} }),
      "net0 of VM 101 (gw-a) on pve1: the guest's own firewall is off: nothing filters it, and no rule is made. Before that firewall is switched on, run again: it would stop VRRP until then",
    ],
  ])("is nothing, and says why, where %s", (_why, seen, note) => {
    expect(plan(seen)).toEqual({ changes: [], notes: [note], refusals: [], bridgePort: {} });
  });

  it("heeds a guest's firewall though the node's own is off: that one is about the node", () => {
    expect(calls(guest({}, { nodeEnabled: false }))).toHaveLength(1);
  });

  it.each<[string, Partial<PveRule>[], number]>([
    ["by protocol", [{ proto: "vrrp" }], 0],
    ["by number, from the peer only", [{ proto: "112", source: "192.0.2.2", iface: "net0" }], 0],
    ["by a range and a list", [{ source: "192.0.2.1-192.0.2.4", dest: "198.51.100.1,192.0.2.1" }], 0],
    ["that is switched off", [{ proto: "vrrp", enable: 0 }], 1],
    ["of another NIC", [{ proto: "vrrp", iface: "net1" }], 1],
    ["of another peer", [{ proto: "vrrp", source: "192.0.2.3" }], 1],
    ["from an ipset, of which nobody knows what it holds", [{ proto: "vrrp", source: "+dc/peers" }], 1],
    ["below one that drops everything", [{ action: "DROP" }, { proto: "vrrp" }], 1],
    [
      "below a security group, of which nobody knows what it drops",
      [{ type: "group", action: "web" }, { proto: "vrrp" }],
      2,
    ],
    ["below one that drops TCP", [{ action: "DROP", proto: "tcp", dport: "22" }, { proto: "vrrp" }], 0],
    ["below one that drops every protocol", [{ action: "DROP", proto: "ip" }, { proto: "vrrp" }], 1],
    ["below one that drops protocol 0", [{ action: "DROP", proto: "0" }, { proto: "vrrp" }], 1],
    ["of protocol 0, which is every one to iptables alone", [{ proto: "ip" }], 1],
    ["below a macro that drops", [{ action: "DROP", macro: "SSH" }, { proto: "vrrp" }], 0],
  ])("counts a rule of others %s", (_which, rules, made) => {
    expect(calls(guest({}, { rules: rules.map(rule) }))).toHaveLength(made);
  });

  it.each<[string, Partial<PveRule>[], number]>([
    ["lets VRRP in", [{ proto: "vrrp" }], 0],
    ["drops something else", [{ action: "DROP", proto: "udp" }], 1],
    ["drops everything, but is switched off", [{ action: "DROP", enable: 0 }], 1],
  ])("reads a security group that %s", (_which, rules, made) => {
    const firewall = { rules: [rule({ type: "group", action: "web" })], groups: { web: rules.map(rule) } };
    expect(calls(guest({}, firewall))).toHaveLength(made);
  });

  it("switches its own rule on again, and lifts it above what drops", () => {
    const own = rule({ ...RULE, enable: 0, source: "192.0.2.2", dest: "192.0.2.1" });
    const seen = guest({}, { rules: [rule({ action: "DROP" }), own] });
    expect(calls(seen)).toEqual([["set", "firewall/rules/1", { enable: "1" }]]);
    const { seen: after } = runPlan(seen, wantOf(PAIR, {}), OWNER);
    expect(after.firewall.rules.map(({ action, enable }) => [action, enable])).toEqual([
      ["ACCEPT", 1],
      ["DROP", 1],
    ]);
  });

  it("removes its rule of a peer that is gone, after what widens, by the position of that moment", () => {
    const old = rule({ ...RULE, enable: 1, source: "192.0.2.3", dest: "192.0.2.1" });
    const seen = guest({}, { rules: [rule({ proto: "tcp" }), old] });
    const { changes } = plan(seen);
    expect(changes.map(({ phase, call }) => [phase, call.method, call.reread])).toEqual([
      ["widen", "create", true],
      ["tighten", "delete", true],
    ]);
    const { seen: after } = runPlan(seen, wantOf(PAIR, {}), OWNER);
    expect(after.firewall.rules.map(({ source, proto }) => [source, proto])).toEqual([
      ["192.0.2.2", "vrrp"],
      [undefined, "tcp"],
    ]);
  });

  it("removes second copies of its rule from the end, and says of each another position", () => {
    const own = rule({ ...RULE, enable: 1, source: "192.0.2.2", dest: "192.0.2.1" });
    const { seen, done } = runPlan(guest({}, { rules: [own, own, own] }), wantOf(PAIR, {}), OWNER);
    expect(done.map(({ call }) => call.path.split("/").at(-1))).toEqual(["2", "1"]);
    expect(seen.firewall.rules).toHaveLength(1);
  });

  it("adds the addresses to an ipset that filters what the NIC sends, but for those that it has", () => {
    const entries = [{ cidr: "192.0.2.1" }, { cidr: "198.51.100.0/24" }];
    expect(calls(guest({}, { ipsets: { "ipfilter-net0": { entries } } }))[0]).toEqual([
      "create",
      "firewall/ipset/ipfilter-net0",
      { cidr: "192.0.2.9", comment: "vrrp-agent:lan" },
    ]);
    const wide = [{ cidr: "192.0.2.0/24" }];
    expect(calls(guest({}, { ipsets: { "ipfilter-net0": { entries: wide } } }))).toHaveLength(1);
  });

  it("fills an empty ipset: pve-firewall takes it for a filter that lets nothing out, proxmox-firewall for none", () => {
    const ipsets = { "ipfilter-net0": { entries: [] } };
    expect(calls(guest({}, { ipsets })).filter(([, path]) => path.includes("ipset"))).toHaveLength(2);
    expect(calls(guest({}, { ipsets, nftables: true }))).toHaveLength(1);
  });

  it("makes the ipset where the option ipfilter is on, with what PVE lets through by itself", () => {
    const made = calls(guest({}, { options: { enable: 1, ipfilter: 1 } }));
    expect(made.slice(0, 4)).toEqual([
      ["create", "firewall/ipset", { name: "ipfilter-net0", comment: "vrrp-agent:lan" }],
      ...["fe80::be24:11ff:fe00:1", "192.0.2.1", "192.0.2.9"].map((cidr) => [
        "create",
        "firewall/ipset/ipfilter-net0",
        { cidr, comment: "vrrp-agent:lan" },
      ]),
    ]);
  });

  it("takes its ipset away when the option goes off: alone it would be the filter", () => {
    const on = guest({}, { options: { enable: 1, ipfilter: 1 } });
    const { seen } = runPlan(on, wantOf(PAIR, {}), OWNER);
    const off = { ...seen, firewall: { ...seen.firewall, options: { enable: 1 } } };
    expect(calls(off)).toEqual([["delete", "firewall/ipset/ipfilter-net0", { force: "1" }]]);
  });

  it("has other calls for an ipset of its own where a Proxmox VE does not know how to remove it as a whole", () => {
    const on = guest({}, { options: { enable: 1, ipfilter: 1 } });
    const { seen } = runPlan(on, wantOf(PAIR, {}), OWNER);
    const [whole] = plan({ ...seen, firewall: { ...seen.firewall, options: { enable: 1 } } }).changes;
    const after = whole!.call.otherwise!.reduce(applied, seen);
    expect(after.firewall.ipsets).toEqual({});
  });

  it("refuses where an ipset says no to the very address", () => {
    const entries = [{ cidr: "192.0.2.0/24" }, { cidr: "192.0.2.9", nomatch: true }];
    expect(plan(guest({}, { ipsets: { "ipfilter-net0": { entries } } })).refusals).toEqual([
      "VM 101 (gw-a) on pve1: ipset ipfilter-net0 has !192.0.2.9, which drops it: remove that entry",
    ]);
  });
});

describe("the plan for multicast", () => {
  it("names the group, and from whom where that is known", () => {
    const needs = { ...PAIR, vrrp: [{ family: 4 as const, peers: [], group: "224.0.0.18" }] };
    expect(calls(guest(), {}, needs)[0]).toEqual([
      "create",
      "firewall/rules",
      { ...RULE, type: "in", dest: "224.0.0.18" },
    ]);
  });

  it("asks nothing of the bridge for IPv4, whose group no bridge snoops", () => {
    const needs = { ...PAIR, vrrp: [{ ...PAIR.vrrp[0]!, group: "224.0.0.18" }] };
    expect(plan(guest(), {}, needs).bridgePort).toEqual({});
  });

  it("takes the port for a router's where IPv6 is behind the firewall, which stops MLD's queries", () => {
    expect(plan(guest(), {}, IPV6).bridgePort).toEqual({ mcastRouter: 2 });
    expect(plan(guest({}, { options: {} }), {}, IPV6).bridgePort).toEqual({});
  });
});

describe("the words", () => {
  const bare = guest({ config: { net0: "virtio=BC:24:11:00:00:01,bridge=vmbr0,firewall=1,tag=7" } });

  it("firewall: false takes the NIC out of the firewall, at the price of a replug, and nothing else", () => {
    const { changes } = plan(bare, { firewall: false });
    expect(changes).toEqual([
      {
        says: "net0 of VM 101 (gw-a) on pve1: firewall flag off, 'virtio=BC:24:11:00:00:01,bridge=vmbr0,firewall=1,tag=7' becomes 'virtio=BC:24:11:00:00:01,bridge=vmbr0,firewall=0,tag=7'",
        phase: "widen",
        effect: "replug",
        call: {
          method: "set",
          path: "/nodes/pve1/qemu/101/config",
          params: { net0: "virtio=BC:24:11:00:00:01,bridge=vmbr0,firewall=0,tag=7", digest: bare.digest },
          reread: true,
        },
        undo: {
          what: "nic",
          nic: "net0",
          before: "virtio=BC:24:11:00:00:01,bridge=vmbr0,firewall=1,tag=7",
          after: "virtio=BC:24:11:00:00:01,bridge=vmbr0,firewall=0,tag=7",
        },
      },
    ]);
  });

  it("firewall: false is nothing where the flag is absent: writing 0 would replug for nothing", () => {
    expect(
      calls(guest({ config: { net0: "virtio=BC:24:11:00:00:01,bridge=vmbr0" } }), { firewall: false }),
    ).toEqual([]);
  });

  it("firewall: true first lets the cluster through, then puts the NIC behind the firewall", () => {
    const seen = guest({ config: { net0: "virtio=BC:24:11:00:00:01,bridge=vmbr0" }, status: "stopped" });
    expect(
      plan(seen, { firewall: true }).changes.map(({ phase, effect, call }) => [phase, effect, call.path]),
    ).toEqual([
      ["widen", "at once", "/nodes/pve1/qemu/101/firewall/rules"],
      ["tighten", "next start", "/nodes/pve1/qemu/101/config"],
    ]);
  });

  it("forgedTransmits, macChanges and a virtual MAC switch the macfilter off, once", () => {
    const asked: [NicWords, NicNeeds][] = [
      [{ forgedTransmits: true }, PAIR],
      [{ macChanges: true }, PAIR],
      [{}, { ...PAIR, virtualMac: true }],
    ];
    for (const [words, needs] of asked) {
      expect(calls(guest(), words, needs)).toContainEqual(["set", "firewall/options", { macfilter: "0" }]);
      expect(calls(guest({}, { options: { enable: 1, macfilter: 0 } }), words, needs)).toHaveLength(1);
    }
  });

  it("say so when the macfilter goes off for another NIC as well", () => {
    const config = { ...bare.config, net1: "virtio=BC:24:11:00:00:02,firewall=1" };
    expect(plan(guest({ config }), { macChanges: true }).notes).toEqual([
      "net0 of VM 101 (gw-a) on pve1: macfilter is one for the guest: it goes off for net1 as well",
    ]);
  });

  it("promiscuous floods the port; learning is asked for only where the bridge does not learn", () => {
    const learns = (learning: boolean) => guest({ bridges: { net0: { name: "vmbr0", learning } } });
    expect(plan(learns(true), { promiscuous: true }).bridgePort).toEqual({ flood: true, mcastFlood: true });
    expect(plan(learns(false), { forgedTransmits: true }).bridgePort).toEqual({ learning: true });
  });

  it("that contradict each other or the cluster are refused", () => {
    expect(plan(guest(), { macChanges: true, forgedTransmits: false }).refusals).toEqual([
      "macChanges: true and forgedTransmits: false are one switch on Proxmox VE (macfilter): give both the same value, or one of them",
    ]);
    expect(plan(guest(), { macChanges: false }, { ...PAIR, virtualMac: true }).refusals).toEqual([
      "macChanges: false would drop what the cluster sends from its virtual MAC: remove macChanges, or use_vmac",
    ]);
  });
});

describe("a guest that cannot be planned for", () => {
  const off = { firewall: false };

  it.each<[string, Partial<GuestSeen>, NicWords, string]>([
    [
      "a template",
      { template: true },
      {},
      "VM 101 (gw-a) on pve1 is a template: name the guest that was made of it",
    ],
    [
      "no such NIC",
      { config: { net1: "virtio" } },
      {},
      "VM 101 (gw-a) on pve1 has no net0: give one of net1",
    ],
    [
      "a NIC that PVE cannot read",
      { config: { net0: "bridge=vmbr0" } },
      {},
      "net0 of VM 101 (gw-a) on pve1: 'bridge=vmbr0': it names no model: mend it first",
    ],
    [
      "a NIC without a MAC",
      { config: { net0: "virtio,firewall=1" } },
      off,
      "net0 of VM 101 (gw-a) on pve1: 'virtio,firewall=1' names no MAC, and PVE would make a new one: write the one that the guest has into it",
    ],
    [
      "a pending change of the NIC",
      { pending: [{ key: "net0", value: "virtio", pending: "e1000" }] },
      off,
      "net0 of VM 101 (gw-a) on pve1: 'e1000' is pending and would be lost: stop and start the guest, or revert it (qm set 101 --revert net0), then run again",
    ],
  ])("says why and how to mend it: %s", (_what, change, words, refusal) => {
    expect(plan(guest(change), words)).toMatchObject({ changes: [], refusals: [refusal] });
  });

  it("is busy while it is locked, if its configuration has to change", () => {
    expect(plan(guest({ lock: "backup" }), off).busy).toBe("backup");
    expect(plan(guest({ lock: "backup" })).busy).toBeUndefined();
  });

  it("is taken to be filtered where nobody may read whether it is", () => {
    const seen = guest({ unread: ["the firewall of pve1 (right Sys.Audit on /nodes/pve1)"] });
    expect(plan(seen).notes).toEqual([
      "net0 of VM 101 (gw-a) on pve1: could not be read: the firewall of pve1 (right Sys.Audit on /nodes/pve1); the plan takes it to be on",
    ]);
  });
});

describe("what destroy puts back", () => {
  const want = wantOf(PAIR, { firewall: false, macChanges: true });
  const { seen: after, kept } = runPlan(guest(), want, OWNER);
  const restore = (seen: GuestSeen) => restoreOf(kept, seen, "net0", OWNER);
  const config = (net0: string) => ({ ...after, config: { net0 } });

  it("is the whole NIC where it is as it was left", () => {
    expect(restore(after).changes.map(({ call }) => call.params["net0"])).toEqual([
      "virtio=BC:24:11:00:00:01,bridge=vmbr0,firewall=1",
    ]);
  });

  it("is only the flag where another key was changed since", () => {
    const seen = config("virtio=BC:24:11:00:00:01,bridge=vmbr1,firewall=0,mtu=1");
    expect(restore(seen).changes.map(({ call }) => call.params["net0"])).toEqual([
      "virtio=BC:24:11:00:00:01,bridge=vmbr1,firewall=1,mtu=1",
    ]);
  });

  it("is nothing where the flag itself was changed since, and says so", () => {
    expect(restore(config("virtio=BC:24:11:00:00:01,bridge=vmbr0"))).toMatchObject({
      changes: [],
      notes: [
        "net0 of VM 101 (gw-a) on pve1: its firewall flag was changed since by somebody else: it stays as it is",
      ],
    });
    expect(restore(config("virtio=BC:24:11:00:00:01,bridge=vmbr0,firewall=1")).changes).toEqual([]);
  });

  it("is an option that was not set before, unset again; one that was changed since stays", () => {
    const ran = runPlan(guest(), wantOf(PAIR, { macChanges: true }), OWNER);
    const options = (macfilter: number) => ({
      ...ran.seen,
      firewall: { ...ran.seen.firewall, options: { enable: 1, macfilter } },
    });
    const back = (seen: GuestSeen) => restoreOf(ran.kept, seen, "net0", OWNER);
    expect(back(options(0)).changes[0]!.call.params["delete"]).toBe("macfilter");
    expect(back(options(1)).notes).toEqual([
      "VM 101 (gw-a) on pve1: its firewall option macfilter was changed since by somebody else: it stays as it is",
    ]);
  });

  it("leaves in an ipset what others have put there, and the ipset with it", () => {
    const ran = runPlan(guest({}, { options: { enable: 1, ipfilter: 1 } }), wantOf(PAIR, {}), OWNER);
    ran.seen.firewall.ipsets["ipfilter-net0"]!.entries.push({ cidr: "192.0.2.77" });
    const { changes } = restoreOf(ran.kept, ran.seen, "net0", OWNER);
    expect(changes.map(({ call }) => `${call.method} ${call.path.split("/firewall/")[1]}`)).toEqual([
      "delete rules/0",
      "delete ipset/ipfilter-net0/192.0.2.9",
      "delete ipset/ipfilter-net0/192.0.2.1",
      "delete ipset/ipfilter-net0/fe80%3A%3Abe24%3A11ff%3Afe00%3A1",
    ]);
  });

  it("says that the NIC is gone, or locked", () => {
    expect(restore({ ...after, config: {} }).notes).toEqual([
      "net0 of VM 101 (gw-a) on pve1 is gone: nothing to put back",
    ]);
    expect(restore({ ...after, lock: "snapshot" }).busy).toBe("snapshot");
  });
});
