import { HA_PAIR, WIREGUARD_TUNNEL } from "../../../policies/resources";
import { nodeInput } from "../spec/cluster-input";
import { tunnelInput } from "../spec/tunnel-input";
import { judgeStack, pairProps, Props, UNKNOWN_ARRAY, UNKNOWN_STRING } from "./fixtures";

/** A pair whose nodes are the ends of the compliant tunnel. */
function pairOver(change: Props = {}, onNode: Props = {}): Props {
  const nodes = [1, 2].map((n) => ({
    ...nodeInput(n === 1 ? "gw-a" : "gw-b", n),
    interface: "wg0",
    unicastSrcIp: `10.99.0.${n}`,
    ...onNode,
  }));
  return pairProps({ nodes, virtualIpAddresses: ["10.99.0.100/32"], ...change });
}

const judge = (pair: Props, tunnel: Props = tunnelInput()) =>
  judgeStack(
    [],
    [
      { type: HA_PAIR, props: pair },
      { type: WIREGUARD_TUNNEL, props: tunnel },
    ],
  );

const violation = (start: string) => [
  {
    policy: "tunnel-carries-vips-in-stack",
    message: expect.stringMatching(start) as string,
    urn: `urn:pulumi:test::test::${HA_PAIR}::other`,
  },
];

const renamed = (name: string) => [1, 2].map((n) => ({ ...nodeInput(`${name}-${n}`, n), interface: "wg0" }));
const end = (n: number) => ({ connection: { host: `10.0.0.${n}` } });

it.each<[string, Props, Props?]>([
  ["whose addresses the tunnel has, however they are written", pairOver()],
  ["on another interface", pairOver({ virtualIpAddresses: ["10.0.9.1/24"] }, { interface: "eth0" })],
  ["whose address is on another interface", pairOver({ virtualIpAddresses: ["10.0.9.1/24 dev eth0"] })],
  [
    "on an interface of the same name on other machines",
    pairOver({ nodes: renamed("x"), virtualIpAddresses: ["10.0.9.1/24"] }),
  ],
  [
    "over a tunnel whose addresses are not known yet",
    pairOver({ virtualIpAddresses: ["10.0.9.1/24"] }),
    tunnelInput({ virtualIpAddresses: UNKNOWN_ARRAY }),
  ],
  [
    "of which nothing is known yet",
    pairOver({ virtualIpAddresses: [UNKNOWN_STRING] }, { name: UNKNOWN_STRING }),
  ],
])("accepts a pair %s", (...[, pair, tunnel]) => {
  expect(judge(pair, tunnel)).toEqual([]);
});

it.each<[string, Props, string, Props?]>([
  [
    "an address",
    pairOver({ virtualIpAddresses: ["10.99.0.100/32", "10.99.0.101/32"] }),
    "^other\\.virtualIpAddresses\\[1\\]: 10\\.99\\.0\\.101/32; allowed: one of other\\.virtualIpAddresses \\(10\\.99\\.0\\.100\\)$",
  ],
  [
    "an address of a tunnel that has none",
    pairOver(),
    "\\(none\\)$",
    tunnelInput({ virtualIpAddresses: undefined }),
  ],
  [
    "an address of a further virtual router that is on the tunnel alone",
    pairOver(
      {
        virtualIpAddresses: ["192.168.1.1/24"],
        virtualRouters: [
          {
            name: "far",
            virtualRouterId: 52,
            virtualIpAddresses: ["10.99.0.7/32"],
            nodes: [{ name: "gw-a", interface: "wg0" }],
          },
        ],
      },
      { interface: "eth0" },
    ),
    "^other\\.virtualRouters\\[0\\]\\.virtualIpAddresses\\[0\\]: 10\\.99\\.0\\.7/32;",
  ],
  [
    "an address of nodes that have other names in the tunnel",
    pairOver({ nodes: renamed("x"), virtualIpAddresses: ["10.99.0.7/32"] }),
    "^other\\.virtualIpAddresses\\[0\\]",
    tunnelInput({}, end(1), end(2)),
  ],
])("reports %s that the tunnel does not carry", (...[, pair, message, tunnel]) => {
  expect(judge(pair, tunnel)).toEqual(violation(message));
});
