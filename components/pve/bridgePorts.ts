import { firewallOf, GuestSeen, parseNet, portFlagsOf, portsOf } from "../../hypervisor/pve";
import type { Survey } from "./work";

/** With a token: what somebody has to set on the node by hand, for no call of the API that a token may make does it. */
export function bridgePortWarning({ seen, ask, plan }: Survey): string | undefined {
  const flags = portFlagsOf(plan.bridgePort).flat().join(" ");
  if (flags === "") return undefined;
  const commands = portsNow(seen, ask.want.nic, ask.want.firewall).map(
    (port) => `bridge link set dev ${port} ${flags}`,
  );
  return (
    `nothing here sets the flags that its ports on the bridge need. On ${seen.host}, now and after each start of the guest: ` +
    `${commands.join("; ")}. With 'connection' in place of 'token' a hookscript does it`
  );
}

/** A NIC that goes through the firewall has a bridge of its own between its tap and the node's. */
function portsNow(seen: GuestSeen, nic: string, firewall?: boolean): string[] {
  const [own = "", way = ""] = portsOf(seen, nic);
  return (firewall ?? firewallOf(parseNet(seen.kind, seen.config[nic]!))) ? [own, way] : [own];
}
