import { policies } from "../../../policies/policies";
import { TUNNEL_RULES } from "../../../spec";
import { key, tunnelInput } from "../spec/tunnel-input";
import { judgePair, judgeTunnel, Props, UNKNOWN_ARRAY, UNKNOWN_STRING } from "./fixtures";

const lan = { subnets: ["192.168.1.0/24"] };
const nobody = { endpoint: undefined };

it("accepts the compliant tunnel", () => {
  expect(judgeTunnel(tunnelInput())).toEqual([]);
});

it("says of a tunnel nothing that is for pairs, and of a pair nothing that is for tunnels", () => {
  expect(judgeTunnel({}).map(({ policy }) => policy)).toEqual([]);
  expect(judgePair(tunnelInput()).filter(({ policy }) => policy.startsWith("tunnel-"))).toEqual([]);
});

it.each<[string, Props, RegExp]>([
  ["tunnel-node-count", tunnelInput({ nodes: [] }), /^nodes: \(list of 0\)/],
  ["tunnel-overlap", tunnelInput({}, lan, lan), /^nodes\[1\]\.subnets\[0\]/],
  [
    "tunnel-address-network",
    tunnelInput({ virtualIpAddresses: [] }, {}, { addresses: ["10.98.0.2/24"] }),
    /^nodes\[1\]\.addresses\[0\]: 10\.98\.0\.2\/24/,
  ],
  ["tunnel-vip-outside", tunnelInput({ virtualIpAddresses: ["10.98.0.1"] }), /^virtualIpAddresses\[0\]/],
  ["tunnel-vip-is-address", tunnelInput({ virtualIpAddresses: ["10.99.0.1"] }), /^virtualIpAddresses\[0\]/],
  ["tunnel-no-endpoint", tunnelInput({}, nobody, nobody), /^nodes\[0\]\.endpoint/],
  ["tunnel-endpoint-inside", tunnelInput({}, { endpoint: "10.99.0.1" }), /^nodes\[0\]\.endpoint/],
  ["tunnel-endpoint-shared", tunnelInput({}, {}, { endpoint: "192.0.2.1" }), /^nodes\[1\]\.endpoint/],
  ["tunnel-keepalive-behind-nat", tunnelInput({}, { ...nobody, keepalive: 0 }), /^nodes\[0\]\.keepalive/],
  [
    "tunnel-mtu-ipv6",
    tunnelInput({ mtu: 1279 }, { subnets: ["2001:db8::/48"] }),
    /^mtu: 1279; allowed: 1280 or more/,
  ],
  ["tunnel-mtu-too-large", tunnelInput({ mtu: 1500 }), /^mtu: 1500; allowed: at most 1440/],
  [
    "tunnel-ssh-inside",
    tunnelInput({}, { connection: { host: "10.99.0.1", agent: true } }),
    /^nodes\[0\]\.connection\.host/,
  ],
  [
    "tunnel-equal-keys",
    tunnelInput({}, { privateKey: key(8) }, { privateKey: key(8) }),
    /^nodes\[1\]\.privateKey: \(secret\)/,
  ],
])("%s rejects its tunnel, and nothing else does", (policy, props, message) => {
  expect(judgeTunnel(props)).toEqual([
    { policy, message: expect.stringMatching(message) as string, urn: undefined },
  ]);
});

it("has a policy for each rule over what a user writes, mandatory where it is an error", () => {
  for (const { id, severity, fix } of TUNNEL_RULES.filter((rule) => rule.id !== "tunnel-public-key")) {
    const policy = policies.find(({ name }) => name === id);
    expect([id, policy?.enforcementLevel]).toEqual([id, severity === "error" ? "mandatory" : "advisory"]);
    expect(policy?.description).toContain(`Fix: ${fix}.`);
  }
});

it("waits for what preview does not know", () => {
  expect(
    judgeTunnel(
      tunnelInput(
        { virtualIpAddresses: UNKNOWN_ARRAY },
        { endpoint: UNKNOWN_STRING, privateKey: UNKNOWN_STRING },
        { ...nobody, addresses: UNKNOWN_ARRAY },
      ),
    ),
  ).toEqual([]);
});
