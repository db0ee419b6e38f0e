import { familyOf } from "./addresses";
import { SpecContext } from "./context";
import { FirewallPlan, HostPlan, VrrpFlow } from "./model";
import { finish, named, Parsed } from "./parse";
import { FirewallInput, firewallSchema } from "./schema/firewall";
import { validate } from "./schema/validate";

/** Reads whose VRRP a host's firewall lets through. */
export function parseFirewall(input: unknown, context: SpecContext = {}): Parsed<FirewallPlan> {
  const whole = named(named(input, "cluster", context.name), "node", context.name);
  const { problems, draft } = validate(firewallSchema, whole);
  const parsed = finish<FirewallInput>(draft, problems);
  return "problems" in parsed ? parsed : { value: planOf(parsed.value), warnings: parsed.warnings };
}

function planOf({ cluster, node, interface: dev, sources, peers, multicast }: FirewallInput): FirewallPlan {
  const flows = sources.map((source) => ({
    family: familyOf(source),
    interface: dev,
    source,
    peers: peers.filter((peer) => familyOf(peer) === familyOf(source)),
    multicast: multicast ?? false,
  }));
  return { cluster, node, flows };
}

/** Whose VRRP the instances of a host send and hear; none when its firewall is left alone. */
export function flowsOf(plan: HostPlan): VrrpFlow[] {
  if (!plan.firewall) {
    return [];
  }
  const addresses = plan.peers.flatMap((peer) => peer.addresses);
  return plan.instances.map((instance) => ({
    family: instance.family,
    interface: instance.interface,
    source: instance.multicast ? instance.mcastSrcIp : instance.unicastSrcIp,
    peers: instance.multicast
      ? addresses.filter((address) => familyOf(address) === instance.family)
      : instance.unicastPeers,
    multicast: instance.multicast,
  }));
}
