import fc from "fast-check";

import type { Cause, Fact } from "../../../../doctor";
import { diagnose } from "../../../../doctor/pair";
import { FAULTS } from "./faults";
import { clusterInput, Pair } from "./pair";

const fault = (cause: Cause, how?: string) => {
  const one = FAULTS.find(
    (f) => f.cause === cause && f.input === undefined && (how === undefined || f.how === how),
  );
  if (one === undefined) throw new Error(`no fault ${cause} ${how}`);
  return one;
};

/** Faults that have nothing to do with each other, in the order in which they are made. */
const PAIRS: readonly [ReturnType<typeof fault>, ReturnType<typeof fault>][] = [
  [fault("hv-filter", "adverts of the master"), fault("conf-vrid", "by hand on one node")],
  [fault("hv-filter", "those of the backup, which nobody misses yet"), fault("fw-reject")],
  [fault("conf-vrid", "by hand on one node"), fault("conf-unicast-src", "missing")],
  [fault("conf-version"), fault("conf-vip-list", "one more on a node")],
  [fault("conf-foreign-vrid", "a stranger to the group"), fault("conf-unicast-peer", "another address")],
  [fault("conf-foreign-vrid", "a stranger to the group"), fault("conf-vrid", "by hand on one node")],
  [fault("net-one-way", "what the master sends does not arrive"), fault("conf-priority", "255")],
  [fault("net-lossy", "half of what one sends is lost"), fault("conf-vip-list", "another one")],
  [
    fault("hv-ip-filter", "nobody answers for the address, the holder's own is reached"),
    fault("conf-priority", "equal ones"),
  ],
  [fault("tunnel-handshake", "a private key"), fault("conf-version")],
  [fault("tunnel-mtu"), fault("tunnel-allowed-ips")],
  [fault("tunnel-mtu"), fault("conf-foreign-vrid", "a stranger to the group")],
  [fault("vip-duplicate"), fault("conf-vrid", "by hand on one node")],
  [fault("vip-duplicate"), fault("conf-nopreempt")],
  [fault("conf-nopreempt"), fault("conf-interface", "another one, which is there")],
  [fault("conf-unicast-src", "an address that the host does not have"), fault("conf-version")],
  [fault("daemon-down"), fault("conf-priority", "255")],
  [fault("net-partition", "nothing passes"), fault("conf-vrid", "by hand on one node")],
];

describe("two faults at once", () => {
  test.each(
    PAIRS.map(
      ([one, other]) =>
        [`${one.cause} on ${one.node}`, `${other.cause} on ${other.node}`, one, other] as const,
    ),
  )("are told both: %s and %s", (first, second, one, other) => {
    const pair = new Pair(clusterInput());
    one.break(pair);
    other.break(pair);
    const told = pair.look().findings.map(({ cause, node }) => `${cause} on ${node}`);
    expect([...told].sort()).toEqual([first, second].sort());
  });
});

/** Facts that say nothing of any fault. */
const UNRELATED: readonly Fact[] = [
  ["timer", "vrrp-undo-gw.timer"],
  ["heard", "10.0.0.222", "222", "3", "100", "multicast", "2"],
  ["address", "docker0", "172.17.0.1/16"],
  ["link", "docker0", "up", "carrier", "1500", "02:42:00:00:00:01"],
  ["some-newer-fact", "of", "a", "newer", "agent"],
  ["neighbour", "10.0.0.254", "02:00:00:00:00:fe", "REACHABLE"],
  ["count", "gw", "received", "101"],
];

const KINDS = [
  "sent",
  "came",
  "frames",
  "echo",
  "heard",
  "loaded",
  "state",
  "link",
  "address",
  "vip",
  "answers",
  "mac",
  "text",
  "file",
];

describe("what is found", () => {
  test("does not hang on the order of nodes and facts, nor on facts that are about something else", () => {
    const made = FAULTS.map((one) => {
      const pair = new Pair(one.input ?? clusterInput(), one.masters);
      one.break(pair);
      return { facts: pair.facts(), findings: pair.look().findings };
    });
    fc.assert(
      fc.property(
        fc.constantFrom(...made),
        fc.infiniteStream(fc.nat()),
        fc.subarray([...UNRELATED]),
        ({ facts, findings }, numbers, extra) => {
          const shuffled = <T>(items: readonly T[]) =>
            items
              .map((item) => ({ item, key: Number(numbers.next().value) }))
              .sort((a, b) => a.key - b.key)
              .map(({ item }) => item);
          const others = shuffled(facts).map((node) =>
            "problem" in node ? node : { ...node, facts: [...node.facts, ...extra] },
          );
          expect(diagnose(others).findings).toEqual(findings);
        },
      ),
      { numRuns: 60 },
    );
  });

  const traffic = FAULTS.filter(({ cause }) => /^(hv-(multi|filter)|net-|conf-foreign)/.test(cause));
  test.each(["sent", "came", "frames", "echo", "heard", "mac"])(
    "is no other cause where nobody told of %s",
    (kind) => {
      for (const one of traffic) {
        const pair = new Pair(one.input ?? clusterInput(), one.masters);
        one.break(pair);
        if (one.cause === "conf-foreign-vrid" && kind === "heard") continue;
        const less = pair
          .facts()
          .map((node) =>
            "problem" in node ? node : { ...node, facts: node.facts.filter(([of]) => of !== kind) },
          );
        const causes = diagnose(less).findings.map(({ cause }) => cause);
        expect({
          how: one.how,
          causes: causes.filter((cause) => cause !== one.cause && cause !== "check-failing"),
        }).toEqual({
          how: one.how,
          causes: [],
        });
      }
    },
  );

  test("changes nothing of what it is told", () => {
    const facts = new Pair().facts();
    const before = structuredClone(facts);
    diagnose(facts);
    expect(facts).toEqual(before);
  });

  test("is nothing where the facts of a kind are missing, and never another thing", () => {
    fc.assert(
      fc.property(fc.subarray(KINDS), fc.subarray(KINDS), (ofA, ofB) => {
        const facts = new Pair()
          .facts()
          .map((node, i) =>
            "problem" in node
              ? node
              : { ...node, facts: node.facts.filter(([kind = ""]) => !(i === 0 ? ofA : ofB).includes(kind)) },
          );
        expect(diagnose(facts).findings).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });
});
