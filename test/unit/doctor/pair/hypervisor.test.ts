import { esxiPortGroup, pveNic, type PveLack } from "../../../../doctor/pair";
import type { Policy } from "../../../../hypervisor/esxi";
import { FAULTS } from "./faults";
import { clusterInput, Pair } from "./pair";

const made = (cause: string, how: string) => {
  const one = FAULTS.find((f) => f.cause === cause && f.how === how)!;
  const pair = new Pair(one.input ?? clusterInput(), one.masters);
  one.break(pair);
  return pair;
};

const nic = (id: number, lack: Partial<PveLack["lack"]>, changes: Partial<PveLack> = {}) =>
  pveNic({
    where: `net0 of VM ${id} on pve1`,
    dev: "eth0",
    lack: { rules: [], macfilter: false, ...lack },
    said: {},
    ...changes,
  });

const rules = [{ type: "in" as const, family: 4 as const, source: "10.0.0.2", dest: "10.0.0.1" }];

describe("with what the hypervisor says", () => {
  test("a filter is on the node whose NIC lacks the rule, whichever end it is, and pulumi puts it back", () => {
    const { findings } = made("hv-filter", "both ways").look({
      hypervisor: { a: [nic(101, { rules }, { notes: ["it is locked"] })], b: [nic(102, {})] },
    });
    expect(findings).toHaveLength(1);
    expect(findings[0]).toMatchObject({
      cause: "hv-filter",
      node: "a",
      confidence: "certain",
      fix: { repair: "spec", commands: ["pulumi up --refresh"] },
    });
    expect(findings[0]!.fix).not.toHaveProperty("specChange");
    expect(findings[0]!.evidence).toEqual(
      expect.arrayContaining([
        "net0 of VM 101 on pve1: firewall=1, and no rule of its firewall lets protocol 112 through: it lacks IN ACCEPT vrrp 10.0.0.2 -> 10.0.0.1",
        "net0 of VM 101 on pve1: it is locked",
      ]),
    );
  });

  test("a filter that no NIC has is somewhere else on the way, and somebody has to look", () => {
    const { findings } = made("hv-filter", "adverts of the master").look({
      hypervisor: { a: [nic(101, {})] },
    });
    expect(findings[0]).toMatchObject({
      cause: "hv-filter",
      node: "a",
      confidence: "likely",
      fix: { repair: "human" },
    });
    expect(findings[0]!.evidence.join()).toContain("something else on the way");
  });

  test("a NIC that was looked at says nothing of another interface", () => {
    const { findings } = made("hv-filter", "adverts of the master").look({
      hypervisor: { a: [nic(101, {}, { dev: "eth1" })] },
    });
    expect(findings[0]).toMatchObject({ cause: "hv-filter", confidence: "certain" });
    expect(findings[0]!.evidence.join()).not.toContain("something else on the way");
  });

  test("an address filter is told by its name", () => {
    const { findings } = made(
      "hv-ip-filter",
      "nobody answers for the address, the holder's own is reached",
    ).look({
      hypervisor: { a: [nic(101, { ipfilter: { name: "ipfilter-net0", addresses: ["10.0.0.100"] } })] },
    });
    expect(findings[0]).toMatchObject({
      cause: "hv-ip-filter",
      confidence: "certain",
      fix: { commands: ["pulumi up --refresh"] },
    });
    expect(findings[0]!.evidence.join()).toContain("the set ipfilter-net0 lacks 10.0.0.100");
  });

  test.each([
    [{}, ["+ hypervisor.macChanges: true"], "pulumi up"],
    [
      { forgedTransmits: false },
      ["- hypervisor.forgedTransmits: false", "+ hypervisor.forgedTransmits: true"],
      "pulumi up",
    ],
    [{ macChanges: true }, undefined, "pulumi up --refresh"],
  ])("a MAC filter where the spec says %j is that word's to lift", (said, specChange, command) => {
    const { findings } = made("hv-mac-filter", "nobody answers for the address").look({
      hypervisor: { a: [nic(101, { macfilter: true }, { said })] },
    });
    expect(findings[0]).toMatchObject({ cause: "hv-mac-filter", confidence: "certain" });
    expect(findings[0]!.fix.specChange).toEqual(specChange);
    expect(findings[0]!.fix.commands).toEqual([command]);
  });

  test("of a port group that is told which a virtual MAC needs, not what nobody needs", () => {
    const setting = { accept: false, own: true };
    const policy: Policy = {
      promiscuous: { accept: true, own: false },
      macChanges: setting,
      forgedTransmits: setting,
    };
    const group = esxiPortGroup("port group 'LAN' of esxi1", "eth0", policy, {});
    const { findings } = made(
      "hv-mac-filter",
      "adverts from the virtual MAC are lost, probes from the NIC's arrive",
    ).look({
      hypervisor: { a: [group] },
    });
    expect(findings[0]!.evidence).toContain("port group 'LAN' of esxi1: forgedTransmits is on reject");
    expect(findings[0]!.evidence.join()).not.toContain("macChanges");
    expect(findings[0]!.fix.specChange).toEqual(["+ hypervisor.forgedTransmits: true"]);
  });

  test("where only the group is lost, a NIC without the rule is the reason, and not the network's multicast", () => {
    const group = [{ type: "in" as const, family: 4 as const, source: "10.0.0.1", dest: "224.0.0.18" }];
    const lost = made("hv-multicast", "the group is lost, the node itself is reached");
    const { findings } = lost.look({ hypervisor: { b: [nic(102, { rules: group })] } });
    expect(findings.map(({ cause, node }) => [cause, node])).toEqual([["hv-filter", "b"]]);
    expect(findings[0]!.evidence[0]).toContain("packets of protocol 112 to the VRRP group left a");
    const snooped = lost.look({ hypervisor: { b: [nic(102, {}, { snoopedBy: "vmbr0 of pve1" })] } });
    expect(snooped.findings.map(({ cause }) => cause)).toEqual(["hv-multicast"]);
    expect(snooped.findings[0]!.evidence.join()).toContain("multicast_snooping is on at vmbr0 of pve1");
  });

  test("where nothing at all passes, a NIC that lets nothing out is the reason, and not the network", () => {
    const pair = new Pair().cut("a", "b", "all").cut("b", "a", "all").become("b", "MASTER");
    const told = (...given: Parameters<Pair["look"]>) =>
      pair.look(...given).findings.map(({ cause, node }) => `${cause} on ${node}`);
    expect(told()).toEqual(["net-partition on b"]);
    const lacks = { a: [nic(101, { rules })], b: [nic(102, { rules })] };
    expect(told({ hypervisor: lacks })).toEqual(["hv-filter on a", "hv-filter on b"]);
  });

  test("what a NIC lacks is nothing where everything passes", () => {
    const lack = { rules, macfilter: true, ipfilter: { name: "ipfilter-net0", addresses: ["10.0.0.100"] } };
    const look = new Pair().look({ hypervisor: { a: [nic(101, lack, { snoopedBy: "vmbr0 of pve1" })] } });
    expect(look.findings).toEqual([]);
  });

  test("what could not be looked at is no finding, and is told", () => {
    const unread = [{ node: "a", words: "its hypervisor was not looked at: i/o timeout" }];
    expect(new Pair().look({ unread })).toMatchObject({ findings: [], symptoms: [], unread });
  });
});

describe("one more look", () => {
  test("is asked for where so little is lost that it may be chance", () => {
    const { findings, ask } = new Pair().set("a", "echo", "echo b 10.0.0.2 yes 25%").look();
    expect(findings).toEqual([]);
    expect(ask).toMatchObject({ options: ["--window", "12"] });
    expect(ask!.why).toContain("25 %");
  });

  test("is asked for where too few probes were sent to say that none arrives", () => {
    const { findings, ask } = new Pair()
      .cut("a", "b")
      .set(
        "a",
        "sent b 10.0.0.2 unicast",
        "sent b 10.0.0.2 unicast probe 2 2",
        "sent b 10.0.0.2 unicast advert 1 1",
      )
      .look();
    expect(findings).toEqual([]);
    expect(ask!.why).toContain("only 2 probes left a");
  });

  test("is asked for where a tunnel is silent, and none of its handshakes was seen in so short a time", () => {
    const pair = new Pair();
    pair.each((node, [other]) =>
      pair.add(
        node,
        "tunnel wg0 up",
        `tunnel-peer wg0 ${other} ${node === "a" ? "never" : "50"} 192.0.2.9:51820 0 0`,
        "tunnel-port wg0 51820 0 0 0",
        `tunnel-sent wg0 ${other} 0 0`,
        `tunnel-echo wg0 ${other} 10.9.0.1 small no`,
      ),
    );
    expect(pair.look().ask?.why).toContain("nothing passes wg0 between a and b");
    expect(pair.set("a", "tunnel-key", "tunnel-key wg0 other").look().ask).toBeUndefined();
    pair.drop("a", "tunnel-key").set("a", "tunnel-echo", "tunnel-echo wg0 b 10.9.0.2 small yes");
    expect(pair.look().ask).toBeUndefined();
  });

  test("is asked for where a daemon that is down has been started several times", () => {
    const { ask } = new Pair().stop("a", "b").add("a", "daemon-restarts 4 600").look();
    expect(ask!.why).toContain("whether it ends again and again");
  });

  test("is asked for where the nodes were not looked at together, and nothing is told", () => {
    const { findings, ask } = new Pair()
      .set("a", "came b 10.0.0.2 unicast probe", "came b 10.0.0.2 unicast probe 0 0 0")
      .set("b", "came a 10.0.0.1 unicast probe", "came a 10.0.0.1 unicast probe 0 0 0")
      .look();
    expect(findings).toEqual([]);
    expect(ask!.why).toContain("not looked at together");
  });

  test("is not asked for where it is plain", () => {
    expect(made("net-lossy", "half of what one sends is lost").look().ask).toBeUndefined();
  });
});

test("nodes without nftables that answer neither pings nor ARP are cut off from each other", () => {
  const pair = new Pair();
  pair.cut("a", "b", "all").cut("b", "a", "all").become("b", "MASTER");
  for (const node of ["a", "b"])
    pair.drop(node, "sent", "came", "frames", "heard").add(node, "lacks nft traffic");
  expect(pair.look().findings.map(({ cause, node }) => `${cause} on ${node}`)).toEqual([
    "net-partition on b",
  ]);
});
