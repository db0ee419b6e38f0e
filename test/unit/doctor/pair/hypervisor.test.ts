import { pveNic } from "../../../../doctor/pair";
import { FAULTS } from "./faults";
import { clusterInput, Pair } from "./pair";

const made = (cause: string, how: string) => {
  const one = FAULTS.find((f) => f.cause === cause && f.how === how)!;
  const pair = new Pair(one.input ?? clusterInput(), one.masters);
  one.break(pair);
  return pair;
};

const rules = [{ type: "in" as const, family: 4 as const, source: "10.0.0.2", dest: "10.0.0.1" }];

describe("with what the hypervisor says", () => {
  test("a filter is on the node whose NIC lacks the rule, whichever end it is, and the spec changes", () => {
    const { findings } = made("hv-filter", "both ways").look({
      hypervisor: {
        a: [pveNic("net0 of VM 101", "a", { rules, macfilter: false })],
        b: [pveNic("net0 of VM 102", "b", { rules: [], macfilter: false })],
      },
    });
    expect(findings).toHaveLength(1);
    expect(findings[0]).toMatchObject({
      cause: "hv-filter",
      node: "a",
      confidence: "certain",
      fix: { repair: "spec" },
    });
    expect(findings[0]!.evidence).toContain(
      "net0 of VM 101: no rule of its firewall lets the adverts through: IN ACCEPT vrrp 10.0.0.2 -> 10.0.0.1",
    );
    expect(findings[0]!.fix.specChange).toContain("+ nodes[a].guest: { id: VMID }");
  });

  test("a filter that no NIC has is somewhere else on the way, and somebody has to look", () => {
    const { findings } = made("hv-filter", "adverts of the master").look({
      hypervisor: { a: [pveNic("net0 of VM 101", "a", { rules: [], macfilter: false })] },
    });
    expect(findings[0]).toMatchObject({
      cause: "hv-filter",
      node: "a",
      confidence: "likely",
      fix: { repair: "human" },
    });
    expect(findings[0]!.evidence.join()).toContain("something else on the way");
  });

  test("an address filter and a MAC filter are told by their names", () => {
    const ip = made("hv-ip-filter", "nobody answers for the address, the holder's own is reached").look({
      hypervisor: {
        a: [
          pveNic("net0 of VM 101", "a", {
            rules: [],
            macfilter: false,
            ipfilter: { name: "ipfilter-net0", addresses: ["10.0.0.100"] },
          }),
        ],
      },
    });
    expect(ip.findings[0]!.evidence.join()).toContain("the set ipfilter-net0 lacks 10.0.0.100");
    const mac = made("hv-mac-filter", "nobody answers for the address").look({
      hypervisor: { a: [pveNic("net0 of VM 101", "a", { rules: [], macfilter: true })] },
    });
    expect(mac.findings[0]).toMatchObject({
      confidence: "certain",
      fix: { specChange: ["+ hypervisor.macChanges: true"] },
    });
  });

  test("what a NIC lacks is nothing where everything passes", () => {
    const look = new Pair().look({
      hypervisor: { a: [pveNic("net0 of VM 101", "a", { rules, macfilter: true })] },
    });
    expect(look.findings).toEqual([]);
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
