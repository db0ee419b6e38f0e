import { Problem } from "../model";
import { duplicates, nodeNames, sharedHosts, sshOverVips } from "./nodes";
import { tunnelAddressNetwork, tunnelOverlap, tunnelVipIsAddress, tunnelVipOutside } from "./tunnel-inside";
import { tunnelEqualKeys, tunnelPublicKey } from "./tunnel-keys";
import { JudgedTunnel, problemsOf, TunnelRule, vipsOf } from "./tunnel-rule";
import {
  tunnelEndpointInside,
  tunnelEndpointShared,
  tunnelKeepaliveBehindNat,
  tunnelMtuIpv6,
  tunnelMtuTooLarge,
  tunnelNodeCount,
  tunnelNoEndpoint,
  tunnelSshInside,
} from "./tunnel-way";

export { JudgedTunnel, TunnelFinding, TunnelRule } from "./tunnel-rule";

/** Every rule over a tunnel, by topic. */
export const TUNNEL_RULES: readonly TunnelRule[] = [
  tunnelNodeCount,
  tunnelOverlap,
  tunnelAddressNetwork,
  tunnelVipOutside,
  tunnelVipIsAddress,
  tunnelNoEndpoint,
  tunnelEndpointInside,
  tunnelEndpointShared,
  tunnelKeepaliveBehindNat,
  tunnelMtuIpv6,
  tunnelMtuTooLarge,
  tunnelSshInside,
  tunnelEqualKeys,
  tunnelPublicKey,
];

/** What is to be said of a cluster's nodes and virtual addresses, too. */
function shared(tunnel: JudgedTunnel): Problem[] {
  const vips = vipsOf(tunnel).map(({ path, network }) => ({ path, text: network.address }));
  return [
    ...duplicates(nodeNames(tunnel.nodes), "duplicate-name", "choose a name of its own"),
    ...sharedHosts(tunnel.nodes),
    ...duplicates(vips, "duplicate-vip", "remove it"),
    ...sshOverVips(
      tunnel.nodes,
      vips.map(({ text }) => text),
    ),
  ];
}

/** The rules over both ends of a tunnel. Judges whatever is known. */
export function proveTunnel(tunnel: JudgedTunnel): Problem[] {
  return [...shared(tunnel), ...TUNNEL_RULES.flatMap((rule) => problemsOf(rule, tunnel))];
}
