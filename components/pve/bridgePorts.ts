import { BridgePortFlags, firewallOf, GuestSeen, parseNet } from "../../hypervisor/pve";
import type { Survey } from "./work";

/**
 * With a token: what somebody has to set on the node by hand, for no call of the API does: the flags of the NIC's ports on its bridges. Only
 * what differs from a bridge's own defaults is told.
 */
export function bridgePortWarning({ seen, ask, plan }: Survey): string | undefined {
  const flags = flagsOf(plan.bridgePort);
  if (flags === undefined) return undefined;
  const commands = portsOf(seen, ask.want.nic, ask.want.firewall).map(
    (port) => `bridge link set dev ${port} ${flags}`,
  );
  return (
    `nothing here sets the flags that its ports on the bridge need. On ${seen.host}, now and after each start of the guest: ` +
    `${commands.join("; ")} (as post-start of a hookscript, whose file must be on every node that the guest may move to)`
  );
}

function flagsOf({ learning, flood, mcastFlood, mcastRouter }: BridgePortFlags): string | undefined {
  // Proxmox VE switches flooding off together with learning; else a port floods by itself.
  const words = [
    ...(learning ? ["learning on", ...(flood ? ["flood on"] : [])] : []),
    ...(learning && mcastFlood ? ["mcast_flood on"] : []),
    ...(mcastRouter === undefined ? [] : [`mcast_router ${mcastRouter}`]),
  ];
  return words.length === 0 ? undefined : words.join(" ");
}

/** A NIC that goes through the firewall has a bridge of its own between its tap and the node's. */
function portsOf({ kind, id, config }: GuestSeen, nic: string, firewall?: boolean): string[] {
  const number = nic.replace("net", "");
  const own = `${kind === "qemu" ? "tap" : "veth"}${id}i${number}`;
  const isFiltered = firewall ?? firewallOf(parseNet(kind, config[nic]!));
  return isFiltered ? [own, `fwpr${id}p${number}`] : [own];
}
