import * as pulumi from "@pulumi/pulumi";

import { wantOf } from "../../hypervisor/pve";
import { parsePveGuestNic, PveGuestNicInput } from "../../spec";
import type { HypervisorAccessArgs, NicWordArgs } from "../args";
import { derive, prove } from "../proof";
import { userContext } from "../userContext";
import { withSecrets } from "../values";
import { accessTo } from "./access";
import type { GuestAsk } from "./model";
import { PveNics } from "./pveNics";

/** Arguments of PveGuestNic: `connection`, or `endpoint` and `token`; the guest; and at least one of the words. */
export interface PveGuestNicArgs extends HypervisorAccessArgs, NicWordArgs {
  /** VMID of the virtual machine or container, 100 to 999999999: on whichever node of the Proxmox VE it is. */
  id: pulumi.Input<number>;
  /** Its NIC, net0 to net31. @default "net0" */
  nic?: pulumi.Input<string>;
}

/**
 * What one NIC of a guest in Proxmox VE may do, where the guest is not made by this program. One key is changed: the MAC, the
 * tag and all others stay, in their order. What was there before comes back on destroy, unless somebody has changed it since.
 * For a pair give HaPair a `hypervisor`: it knows what the pair needs, and drains a holder before its NIC is plugged anew. One NIC's
 * flag is for one of them, and so is the macfilter of a guest: two that want it otherwise undo each other at every `up`.
 *
 * @example
 * new PveGuestNic("gateway", {
 *   endpoint: "https://pve1.example.org:8006",
 *   token: config.requireSecret("pveToken"),
 *   id: 101,
 *   firewall: false,
 * });
 */
export class PveGuestNic extends pulumi.ComponentResource {
  static readonly __pulumiType = "pulumi-keepalived:index:PveGuestNic";

  /** VMID of the guest, as given. */
  public readonly guestId: pulumi.Output<number>;
  /** The NIC. */
  public readonly nic: pulumi.Output<string>;

  constructor(name: string, args: PveGuestNicArgs, opts?: pulumi.ComponentResourceOptions) {
    const proven = prove(name, args, (input) => parsePveGuestNic(input, userContext()));
    super(PveGuestNic.__pulumiType, name, withSecrets(args), opts);

    this.guestId = pulumi.output(derive(proven, ({ id }) => id));
    this.nic = pulumi.output(derive(proven, ({ nic = "net0" }) => nic));
    new PveNics(
      `${name}-nic`,
      {
        // No cluster can be called so: what a pair of the same name has made in the guest is not this one's to remove.
        cluster: `nic:${name}`,
        part: "all",
        guests: derive(proven, (known) => [askOf(name, known)]),
        access: { [name]: accessTo(name, args) },
      },
      { parent: this },
    );
    this.registerOutputs({ guestId: this.guestId, nic: this.nic });
  }
}

/** Nothing is needed but what is said. */
function askOf(name: string, { id, nic = "net0", ...input }: PveGuestNicInput): GuestAsk {
  const { firewall, promiscuous, macChanges, forgedTransmits } = input;
  const nothing = { interface: nic, vrrp: [], addresses: [], virtualMac: false, also: [] };
  const words = { firewall, promiscuous, macChanges, forgedTransmits };
  return { node: name, id, at: name, want: wantOf(nothing, words, nic) };
}
