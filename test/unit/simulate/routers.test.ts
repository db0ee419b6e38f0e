import type { SimulatedInstance, SimulatedNode } from "../../../simulate/node";
import { simulate } from "../../../simulate/run";
import { Routers } from "../../../simulate/routers";
import { whatIf, nodesOf } from "../../../simulate/whatIf";
import { tableText } from "../../../simulate/text";
import { parseCluster } from "../../../spec";
import { clusterInput } from "../spec/cluster-input";
import { nodes } from "./nodes";

/** The machines of a pair with one VRID on two interfaces, the second one with a primary of its own. */
function twice(rest: Record<string, unknown> = {}): SimulatedNode[] {
  const on = (name: string, n: number) => ({ name, interface: "eth1", unicastSrcIp: `10.9.0.${n}` });
  const web = {
    name: "web",
    virtualRouterId: 51,
    virtualIpAddresses: ["10.9.0.1/24"],
    primary: "gw-b",
    nodes: [on("gw-a", 2), on("gw-b", 3)],
  };
  const parsed = parseCluster(clusterInput({ virtualRouters: [web], ...rest }));
  if ("problems" in parsed) throw new Error(JSON.stringify(parsed.problems));
  return nodesOf(parsed.value);
}

/** Who holds each virtual router in the end. */
const held = (of: readonly SimulatedNode[]) =>
  Object.fromEntries(simulate(of).routers.map(({ router, spans }) => [router, spans.at(-1)!.holders]));

/** The same machines with other instances. */
const changed = (
  of: readonly SimulatedNode[],
  change: (instance: SimulatedInstance, node: number, place: number) => Partial<SimulatedInstance>,
): SimulatedNode[] =>
  of.map((node, at) => ({
    ...node,
    instances: node.instances.map((one, place) => ({ ...one, ...change(one, at, place) })),
  }));

describe("one id on two interfaces", () => {
  it.each([false, true])(
    "is two virtual routers, each with a holder of its own (multicast: %s)",
    (multicast) => {
      expect(held(twice({ multicast }))).toEqual({ "51/IPv4 gw": ["gw-a"], "51/IPv4 gw-web": ["gw-b"] });
      const outcomes = whatIf(twice({ multicast }), { faults: ["holder-dies"] });
      expect(
        outcomes.map(({ router, before, after, endsSplit }) => [router, before, after, endsSplit]),
      ).toEqual([
        ["51/IPv4 gw", "gw-a", [["gw-b"]], false],
        ["51/IPv4 gw-web", "gw-b", [["gw-a"]], false],
      ]);
      expect(tableText(outcomes)).toContain("51/IPv4 gw-web");
    },
  );

  it.each([false, true])(
    "is so too where each node names and orders them its own way (multicast: %s)",
    (multicast) => {
      const own = changed(twice({ multicast }), (_, node, place) => ({
        name: `VI_${node === 0 ? place : 1 - place}`,
      }));
      own[1]!.instances.reverse();
      expect(held(own)).toEqual({ "51/IPv4 VI_0": ["gw-a"], "51/IPv4 VI_1": ["gw-b"] });
      expect(held([...own].reverse())).toEqual(held(own));
    },
  );

  it.each([
    [
      "the addresses, whatever else there is",
      { multicast: true },
      { name: "VI_0", interface: "eth0" },
      [1, 0],
    ],
    [
      "who sends to whom, where no address is common",
      { apart: true },
      { name: "VI_0", interface: "eth0" },
      [1, 0],
    ],
    ["the interface in multicast", { apart: true, multicast: true }, { name: "VI_0" }, [1, 0]],
    ["the name, where there is no more", { apart: true, multicast: true }, { interface: undefined }, [1, 0]],
    [
      "nothing, where nothing is common",
      { apart: true, multicast: true },
      { interface: undefined, name: "VI_x" },
      ["x", 0],
    ],
  ])(
    "is told apart by %s",
    (_, { apart, multicast }: { apart?: boolean; multicast?: boolean }, change, expected) => {
      const own = changed(twice({ multicast: multicast ?? false }), (one, node, place) => ({
        name: `VI_${place}`,
        ...(apart === true && {
          virtualIpAddresses: one.virtualIpAddresses.map((vip) => ({
            ...vip,
            address: `10.${node}.${place}.1`,
          })),
        }),
      }));
      // What misleads on the second node is said of that instance which comes first there, and of no other.
      own[1]!.instances.reverse();
      Object.assign(own[1]!.instances[0]!, change);
      const routers = new Routers(own);
      expect(own[1]!.instances.map((one) => routers.of("gw-b", one))).toEqual(
        expected.map((place) => `51/IPv4 VI_${place}`),
      );
    },
  );

  it("where two have one name, is counted", () => {
    const lone = nodes([100, 90], { name: "VI" });
    const other = {
      ...lone[0]!.instances[0]!,
      name: "VI_x",
      unicastSrcIp: "10.9.0.2",
      unicastPeers: ["10.9.0.9"],
    };
    lone[0]!.instances.push({
      ...other,
      virtualIpAddresses: [{ address: "10.9.0.1", prefixLength: 24, family: 4 }],
    });
    expect(held(lone)).toEqual({ "51/IPv4 VI": ["gw-a"], "51/IPv4 VI_x": ["gw-a"] });
    const same = changed(lone, () => ({ name: "VI" }));
    expect(held(same)).toEqual({ "51/IPv4 #1": ["gw-a"], "51/IPv4 #2": ["gw-a"] });
  });

  it("keeps apart what a daemon that was killed for good leaves on each interface", () => {
    const run = simulate(
      twice().map((node) => ({ ...node, restartAfter: undefined })),
      {
        strikes: [{ at: 0.5, node: "gw-a", do: "kill" }],
      },
    );
    const last = run.routers.map(({ spans }) => spans.at(-1)!.holders);
    expect(last).toEqual([["gw-a", "gw-b"], ["gw-b"]]);
  });
});

it("an id that each node has once is named without more", () => {
  expect(Object.keys(held(nodes([100, 90])))).toEqual(["51/IPv4"]);
});
