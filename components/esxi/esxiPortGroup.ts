import * as pulumi from "@pulumi/pulumi";

import { parsePortGroup } from "../../spec";
import type { ConnectionArgs } from "../args";
import { derive, prove } from "../proof";
import { connectionTo } from "../ssh";
import { userContext } from "../userContext";
import { withSecrets } from "../values";
import { PortGroupPolicy } from "./portGroupPolicy";

/** Arguments of EsxiPortGroup. Give at least one of promiscuous, macChanges and forgedTransmits. */
export interface EsxiPortGroupArgs {
  /** How the ESXi host is reached over SSH, as root: the host itself, not its vCenter. Its SSH service must be started. */
  connection: ConnectionArgs;
  /** Name of a port group on a standard switch of that host, 1 to 80 characters. */
  portGroup: pulumi.Input<string>;
  /**
   * Deliver to the NICs in the port group all frames of its VLAN (`--allow-promiscuous`): true accept, false reject. A virtual
   * MAC needs it on a standard switch, for that delivers to a NIC what is for the NIC's own address only. Everybody in the
   * port group may listen then: give the pair one of its own. @default left as it is
   */
  promiscuous?: pulumi.Input<boolean>;
  /**
   * Let a guest receive after it has given its NIC another address (`--allow-mac-change`). keepalived's virtual MAC is an
   * interface beside the NIC, whose address stays, so it needs this no more than a pair without one. @default left as it is
   */
  macChanges?: pulumi.Input<boolean>;
  /** Let a guest send from another address than its NIC's (`--allow-forged-transmits`); a virtual MAC needs it. @default left as it is */
  forgedTransmits?: pulumi.Input<boolean>;
}

/**
 * What a port group of one ESXi host accepts. A switch that accepts by itself or by its vSwitch is not touched; what was
 * changed goes back on destroy, to the vSwitch's value where it was that, unless somebody has changed it since. A guest that
 * moves between hosts needs one for each of them. Give each port group one resource: two of them, also of two programs, undo
 * each other. Port groups of distributed switches are vCenter's.
 *
 * A pair without virtual MAC, as HaPair makes them, needs nothing of this.
 *
 * @example
 * new EsxiPortGroup("gateways", {
 *   connection: { host: "esxi1.example.org", privateKey },
 *   portGroup: "Gateways",
 *   forgedTransmits: true,
 *   promiscuous: true,
 * });
 */
export class EsxiPortGroup extends pulumi.ComponentResource {
  static readonly __pulumiType = "pulumi-keepalived:index:EsxiPortGroup";

  /** The port group, as given. */
  public readonly portGroup: pulumi.Output<string>;

  constructor(name: string, args: EsxiPortGroupArgs, opts?: pulumi.ComponentResourceOptions) {
    const portGroup = prove(name, args, (input) => parsePortGroup(input, userContext()));
    super(EsxiPortGroup.__pulumiType, name, withSecrets(args), opts);

    const wanted = derive(portGroup, ({ promiscuous, macChanges, forgedTransmits }) => ({
      ...(promiscuous !== undefined && { promiscuous }),
      ...(macChanges !== undefined && { macChanges }),
      ...(forgedTransmits !== undefined && { forgedTransmits }),
    }));
    this.portGroup = pulumi.output(derive(portGroup, (known) => known.portGroup));
    new PortGroupPolicy(
      `${name}-policy`,
      {
        host: args.connection.host,
        portGroup: this.portGroup,
        wanted,
        connection: connectionTo(args.connection),
      },
      { parent: this },
    );
    this.registerOutputs({ portGroup: this.portGroup });
  }
}
