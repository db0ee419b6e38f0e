import * as pulumi from "@pulumi/pulumi";

import { needsOf } from "../../hypervisor";
import { parseCluster } from "../../spec";
import type { HaPairArgs } from "../haPair";
import { derive, prove } from "../proof";
import { userContext } from "../userContext";
import { ProxmoxFirewall, proxmoxFirewall, ProxmoxFirewallArgs } from "./proxmoxFirewall";

/** What pveGuestFirewall makes a guest's firewall of: the guest, by one of vmId and containerId, and what the pair is. */
export interface PveGuestFirewallArgs extends Pick<
  ProxmoxFirewallArgs,
  "nodeName" | "vmId" | "containerId" | "options" | "ipfilter"
> {
  /** The pair, as HaPair has it. */
  pair: HaPairArgs;
  /** Name of the node of the pair that is in the guest. */
  node: string;
}

/**
 * The firewall of a guest that is there, as resources of the official provider `@muhlba91/pulumi-proxmoxve`, for a guest whose
 * whole firewall is to be the program's (docs/adr/0008): its list of rules must be empty, and what others add to it later is taken
 * away. A guest that keeps a firewall of its own is for HaPair's `hypervisor`. `name` is the HaPair's, or `pair.name` is given.
 *
 * @example
 * const pair = { name: "gw", virtualRouterId: 51, virtualIpAddresses: ["192.168.1.1/24"], nodes: [a, b] };
 * pveGuestFirewall("gw-a", { pair, node: a.name, nodeName: "pve1", vmId: 101, options: {} }, { provider });
 * pveGuestFirewall("gw-b", { pair, node: b.name, nodeName: "pve2", vmId: 102, options: {} }, { provider });
 * new HaPair("gw", pair);
 */
export function pveGuestFirewall(
  name: string,
  { pair, node, ...guest }: PveGuestFirewallArgs,
  opts?: pulumi.CustomResourceOptions,
): ProxmoxFirewall {
  const named = { ...pair, name: pair.name ?? name };
  const names = pair.nodes.map((one) => one.name);
  if (!names.includes(node)) {
    throw new pulumi.RunError(`${name}: the pair has no node '${node}': give one of ${names.join(", ")}`);
  }
  const cluster = prove(name, named, (input) => parseCluster(input, userContext()));
  return proxmoxFirewall(
    name,
    { ...guest, cluster: named.name, needs: derive(cluster, (known) => needsOf(known, node)) },
    opts,
  );
}
