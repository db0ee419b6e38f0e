import { firewall } from "@muhlba91/pulumi-proxmoxve";
import * as pulumi from "@pulumi/pulumi";

import type { NicNeeds } from "../../hypervisor";
import { filteredAddresses, GuestRule, ownedBy, vrrpRules } from "../../hypervisor/pve/ruleList";

/** What a guest's firewall does where no rule speaks. */
export type Policy = "ACCEPT" | "DROP" | "REJECT";

/** The options of a guest's firewall. Each is written, also one that is absent here: the resource knows no 'as it is'. */
export interface GuestFirewallOptions {
  /** @default ACCEPT */
  inputPolicy?: Policy;
  /** @default ACCEPT */
  outputPolicy?: Policy;
  /** Whether the guest may send only from its NIC's MAC. @default true, unless the virtual routers have one of their own */
  macfilter?: boolean;
}

/** What proxmoxFirewall makes a guest's firewall of. */
export interface ProxmoxFirewallArgs {
  /** Name of the cluster: the rules' comment says so. */
  cluster: string;
  /** Name of the PVE node that the guest is on. */
  nodeName: pulumi.Input<string>;
  /** One of the two. */
  vmId?: pulumi.Input<number>;
  containerId?: pulumi.Input<number>;
  /** What the guest needs, by interface. */
  needs: pulumi.Input<NicNeeds[]>;
  /** Rules beside VRRP's, after them. @default none */
  rules?: pulumi.Input<GuestRule[]>;
  /** The NIC, what the guest calls it, and its addresses, bare, where it may send from these and from what the pair needs there alone. The node's firewall is to be pve-firewall: proxmox-firewall (nftables) filters by a set only with the option `ipfilter`, which stays off. @default it may send from any */
  ipfilter?: { nic: string; interface: pulumi.Input<string>; addresses: pulumi.Input<string[]> };
  /** @default the firewall's options are left as they are */
  options?: GuestFirewallOptions;
}

/** The resources that make a guest's firewall. */
export interface ProxmoxFirewall {
  rules: firewall.RulesLegacy;
  ipset?: firewall.IpsetLegacy;
  options?: firewall.OptionsLegacy;
}

/**
 * A guest's firewall as resources of the official provider: for guests whose whole firewall is ours. `RulesLegacy` owns the
 * guest's whole list (docs/adr/0008): it refuses a guest that has rules, and takes away what others add later.
 */
export function proxmoxFirewall(
  name: string,
  args: ProxmoxFirewallArgs,
  opts?: pulumi.CustomResourceOptions,
): ProxmoxFirewall {
  const { cluster, nodeName, vmId, containerId, ipfilter, options } = args;
  if ((vmId === undefined) === (containerId === undefined)) {
    throw new pulumi.RunError(`${name}: give one of vmId and containerId`);
  }
  const guest = { nodeName, ...(vmId === undefined ? { containerId } : { vmId }) };
  const needs = pulumi.output(args.needs) as pulumi.Output<NicNeeds[]>;
  const sendsFreely = (options?.outputPolicy ?? "ACCEPT") === "ACCEPT";
  const more = pulumi.output(args.rules ?? []) as pulumi.Output<GuestRule[]>;

  const rules = new firewall.RulesLegacy(
    `${name}-rules`,
    {
      ...guest,
      rules: pulumi.all([needs, more]).apply(([n, m]) =>
        [...vrrpRules(cluster, n, sendsFreely), ...m].map((rule) => ({
          ...rule,
          enabled: true,
        })),
      ),
    },
    opts,
  );
  const ipset =
    ipfilter &&
    new firewall.IpsetLegacy(
      `${name}-ipfilter`,
      {
        ...guest,
        name: `ipfilter-${ipfilter.nic}`,
        comment: ownedBy(cluster),
        cidrs: pulumi.all([needs, ipfilter.interface, ipfilter.addresses]).apply(([n, dev, own]) =>
          filteredAddresses(
            n.find((nic) => nic.interface === dev),
            own,
          ).map((address) => ({ name: address, nomatch: false })),
        ),
      },
      // Its entries are replaced with it, under the same name: made first, the new one would adopt the old, and lose it.
      { ...opts, deleteBeforeReplace: true },
    );
  return {
    rules,
    ipset,
    options: options && optionsOf(`${name}-options`, guest, needs, options, [rules, ipset], opts),
  };
}

/** The firewall is switched on last, when its rules are there. */
function optionsOf(
  name: string,
  guest: { nodeName: pulumi.Input<string> },
  needs: pulumi.Output<NicNeeds[]>,
  { inputPolicy = "ACCEPT", outputPolicy = "ACCEPT", macfilter }: GuestFirewallOptions,
  before: (pulumi.Resource | undefined)[],
  opts: pulumi.CustomResourceOptions | undefined,
): firewall.OptionsLegacy {
  return new firewall.OptionsLegacy(
    name,
    {
      ...guest,
      enabled: true,
      inputPolicy,
      outputPolicy,
      macfilter: macfilter ?? needs.apply((nics) => !nics.some(({ virtualMac }) => virtualMac)),
      // pve-firewall filters by a set ipfilter-netN by itself; proxmox-firewall asks for this. It would filter the other NICs,
      // too, and go on while the set is replaced: both guests of a pair would be mute then.
      ipfilter: false,
      // What Proxmox VE does where nothing is said; the resource's own defaults are others.
      dhcp: true,
      ndp: true,
      radv: false,
      logLevelIn: "nolog",
      logLevelOut: "nolog",
    },
    { ...opts, dependsOn: before.filter((resource) => resource !== undefined) },
  );
}
