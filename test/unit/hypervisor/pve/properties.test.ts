import * as fc from "fast-check";
import { NicNeeds } from "../../../../hypervisor/needs";
import { Change, GuestSeen, planOf, PveIpset, PveRule, restoreOf, wantOf } from "../../../../hypervisor/pve";
import { applied, guest, Packet, passes, renewed, run, runPlan } from "./model";

const OWNER = { cluster: "lan" };
const OWN = "192.0.2.1";
const PEERS = ["192.0.2.2", "192.0.2.3"];
const VIP = "192.0.2.9";
const GROUP = "224.0.0.18";
const VMAC = "00:00:5e:00:01:33";

const rules: fc.Arbitrary<PveRule> = fc
  .record(
    {
      type: fc.constantFrom<PveRule["type"]>("in", "out", "in", "out", "group"),
      action: fc.constantFrom("ACCEPT", "DROP", "REJECT"),
      enable: fc.constantFrom(0, 1, 1),
      proto: fc.constantFrom("vrrp", "112", "tcp"),
      source: fc.constantFrom(OWN, ...PEERS, "192.0.2.0/24", "198.51.100.7"),
      dest: fc.constantFrom(OWN, ...PEERS, "192.0.2.0/24", GROUP),
      iface: fc.constantFrom("net0", "net1"),
      comment: fc.constantFrom("mine", "vrrp-agent:other"),
    },
    { requiredKeys: ["type", "action", "enable"] },
  )
  .map((rule) =>
    rule.type === "group"
      ? { type: "group", action: "web", enable: rule.enable, pos: 0 }
      : { ...rule, pos: 0 },
  );

const ipsets: fc.Arbitrary<PveIpset> = fc.record({
  entries: fc.uniqueArray(
    fc.record(
      { cidr: fc.constantFrom(OWN, "192.0.2.0/24", "198.51.100.0/24"), nomatch: fc.constant(true) },
      { requiredKeys: ["cidr"] },
    ),
    { selector: ({ cidr }) => cidr, maxLength: 3 },
  ),
});

const guests: fc.Arbitrary<GuestSeen> = fc
  .record({
    kind: fc.constantFrom<GuestSeen["kind"]>("qemu", "lxc"),
    status: fc.constantFrom("running", "stopped"),
    flag: fc.constantFrom("", ",firewall=0", ",firewall=1", ",firewall=1"),
    clusterEnabled: fc.constantFrom(true, true, true, false),
    nftables: fc.boolean(),
    options: fc.record(
      {
        enable: fc.constantFrom(0, 1, 1, 1),
        macfilter: fc.constantFrom(0, 1),
        ipfilter: fc.constantFrom(0, 1),
        policy_in: fc.constantFrom("ACCEPT", "DROP", "REJECT"),
        policy_out: fc.constantFrom("ACCEPT", "DROP"),
        dhcp: fc.constant(0),
      },
      { requiredKeys: [] },
    ),
    rules: fc.array(rules, { maxLength: 5 }),
    set: fc.option(ipsets, { nil: undefined }),
    other: fc.option(ipsets, { nil: undefined }),
  })
  .map(({ kind, status, flag, clusterEnabled, nftables, options, rules, set, other }) =>
    guest(
      {
        kind,
        status,
        config: {
          net0:
            kind === "qemu"
              ? `virtio=BC:24:11:00:00:01,bridge=vmbr0${flag},mtu=1400,tag=7`
              : `name=eth0,bridge=vmbr0${flag},hwaddr=BC:24:11:00:00:01,ip=192.0.2.1/24,type=veth`,
          net1: kind === "qemu" ? "virtio=BC:24:11:00:00:02,firewall=1" : "name=eth1,firewall=1,type=veth",
        },
      },
      {
        clusterEnabled,
        nftables,
        options,
        rules,
        ipsets: {
          ...(set !== undefined && { "ipfilter-net0": set }),
          ...(other !== undefined && { blocked: other }),
        },
      },
    ),
  );

const needs = fc
  .record({
    peers: fc.constantFrom(PEERS.slice(0, 1), PEERS),
    multicast: fc.boolean(),
    virtualMac: fc.boolean(),
  })
  .map(({ peers, multicast, virtualMac }): NicNeeds => ({
    interface: "eth0",
    vrrp: [{ family: 4, source: OWN, peers, ...(multicast && { group: GROUP }) }],
    addresses: [OWN, VIP],
    virtualMac,
    also: [],
  }));
const flag = fc.constantFrom(true, false, undefined);
const wants = fc
  .tuple(needs, fc.record({ firewall: flag, forgedTransmits: flag }).map(defined))
  .map(([needs, words]) => ({ needs, want: wantOf(needs, words) }));

function defined<T extends object>(words: T): Partial<T> {
  return Object.fromEntries(Object.entries(words).filter(([, value]) => value !== undefined)) as Partial<T>;
}

/** All that the cluster's node sends and hears. */
function packetsOf({ vrrp, virtualMac }: NicNeeds): Packet[] {
  const mac = virtualMac ? { mac: VMAC } : { mac: "BC:24:11:00:00:01" };
  return [
    ...vrrp.flatMap(({ peers, group }) =>
      peers.flatMap((peer): Packet[] => [
        { way: "in", proto: "vrrp", source: peer, dest: group ?? OWN },
        { way: "out", proto: "vrrp", source: OWN, dest: group ?? peer, ...mac },
      ]),
    ),
    { way: "out", proto: "arp", source: VIP, dest: VIP, ...mac },
  ];
}

/** What of a guest stands in PVE's files. */
function filesOf({ config, firewall: { options, rules, ipsets } }: GuestSeen) {
  return {
    config,
    options,
    rules: rules.map(({ pos: _pos, digest: _digest, ...rule }) => rule),
    ipsets: Object.fromEntries(
      Object.entries(ipsets).map(([name, set]) => [
        name,
        { ...set, entries: [...set.entries].sort((a, b) => a.cidr.localeCompare(b.cidr)) },
      ]),
    ),
  };
}

function restored(
  seen: GuestSeen,
  kept: Parameters<typeof restoreOf>[0],
): { seen: GuestSeen; done: Change[] } {
  return run(seen, kept, (now, keeps) => restoreOf(keeps, now, "net0", OWNER).changes);
}

describe("a plan, whatever the guest", () => {
  it("lets through what the cluster needs, and then has nothing left to do", () => {
    fc.assert(
      fc.property(guests, wants, (seen, { needs, want }) => {
        fc.pre(planOf(seen, want, OWNER).refusals.length === 0);
        const after = runPlan(seen, want, OWNER);
        expect(planOf(after.seen, want, OWNER, after.kept).changes).toEqual([]);
        const stopped = packetsOf(needs).filter((packet) => !passes(after.seen, "net0", packet));
        expect(stopped).toEqual([]);
      }),
      { numRuns: 250 },
    );
  });

  it("lets the cluster through at every point of its way that let it through before", () => {
    fc.assert(
      fc.property(guests, wants, (seen, { needs, want }) => {
        fc.pre(planOf(seen, want, OWNER).refusals.length === 0);
        const packets = packetsOf(needs).filter((packet) => passes(seen, "net0", packet));
        let now = seen;
        for (const { call } of runPlan(seen, want, OWNER).done) {
          now = applied(now, call);
          // Between the making of an ipset and its first entries nothing of it is in force: PVE reads every ten seconds.
          const isBegun = Object.values(now.firewall.ipsets).some(
            ({ comment, entries }) => comment && !entries.length,
          );
          const isFilling = call.path.includes("/ipset");
          expect(isBegun || isFilling ? [] : packets.filter((one) => !passes(now, "net0", one))).toEqual([]);
        }
      }),
      { numRuns: 250 },
    );
  });

  it("changes nothing of a guest that lets the cluster through, when nothing else is asked for", () => {
    fc.assert(
      fc.property(guests, needs, (seen, needs) => {
        const want = wantOf(needs, {});
        fc.pre(packetsOf(needs).every((packet) => passes(seen, "net0", packet)));
        expect(planOf(seen, want, OWNER).changes).toEqual([]);
      }),
      { numRuns: 250 },
    );
  });

  it("adds nothing to what others wrote but rules at the top, entries, one option and one flag", () => {
    fc.assert(
      fc.property(guests, wants, (seen, { want }) => {
        fc.pre(planOf(seen, want, OWNER).refusals.length === 0);
        const { seen: after } = runPlan(seen, want, OWNER);
        const ours = "vrrp-agent:lan";
        const theirs = filesOf(after).rules.filter(({ comment }) => comment !== ours);
        expect(theirs).toEqual(filesOf(seen).rules);
        expect({ ...filesOf(after).options, macfilter: 0 }).toEqual({
          ...filesOf(seen).options,
          macfilter: 0,
        });
        expect(after.config["net1"]).toBe(seen.config["net1"]);
        const bare = (text: string) => text.replace(/,firewall=\d/, "");
        expect(bare(after.config["net0"]!)).toBe(bare(seen.config["net0"]!));
      }),
      { numRuns: 250 },
    );
  });
});

describe("a guest that is given back", () => {
  it("is what it was, byte for byte, and has nothing left to put back", () => {
    fc.assert(
      fc.property(guests, wants, wants, (seen, { want }, { want: second }) => {
        fc.pre([want, second].every((one) => planOf(seen, one, OWNER).refusals.length === 0));
        const first = runPlan(seen, want, OWNER);
        const then = runPlan(first.seen, second, OWNER, first.kept);
        const back = restored(then.seen, then.kept);
        expect(filesOf(back.seen)).toEqual(filesOf(seen));
      }),
      { numRuns: 250 },
    );
  });

  it("is what it was when its plan stopped halfway", () => {
    fc.assert(
      fc.property(guests, wants, fc.nat(8), (seen, { want }, calls) => {
        fc.pre(planOf(seen, want, OWNER).refusals.length === 0);
        let left = calls;
        const half = run(seen, [], (now, kept) =>
          planOf(now, want, OWNER, kept).changes.slice(0, left-- > 0 ? 1 : 0),
        );
        expect(filesOf(restored(half.seen, half.kept).seen)).toEqual(filesOf(seen));
      }),
      { numRuns: 250 },
    );
  });

  it("keeps what others changed meanwhile", () => {
    const changes = fc.record(
      {
        rule: fc.tuple(rules, fc.nat(9)),
        tag: fc.integer({ min: 8, max: 99 }),
        policy: fc.constantFrom("ACCEPT", "DROP"),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(guests, wants, changes, (seen, { want }, { rule, tag, policy }) => {
        fc.pre(planOf(seen, want, OWNER).refusals.length === 0);
        const { seen: after, kept } = runPlan(seen, want, OWNER);
        const meanwhile = (state: GuestSeen, offset: number) => {
          const next = structuredClone(state);
          if (rule !== undefined) {
            const own = next.firewall.rules.length - offset;
            next.firewall.rules.splice(offset + Math.min(rule[1], own), 0, { ...rule[0], comment: "new" });
          }
          next.config["net0"] = next.config["net0"]!.replace(/(tag|mtu)=\d+/, `$1=${tag ?? 7}`);
          next.firewall.options = {
            ...next.firewall.options,
            ...(policy !== undefined && { policy_in: policy }),
          };
          return renewed(next);
        };
        const ours = after.firewall.rules.filter(({ comment }) => comment === "vrrp-agent:lan").length;
        const back = restored(meanwhile(after, ours), kept);
        expect(filesOf(back.seen)).toEqual(filesOf(meanwhile(seen, 0)));
      }),
      { numRuns: 250 },
    );
  });
});
