import * as pulumi from "@pulumi/pulumi";

import { handlerOf } from "../dynamic";
import type { CommandConnection } from "../ssh";
import { AS_APPLIED, GuestAsk, Kept, Part } from "./model";
import type { Access } from "./transport";

/** The inputs of a PveNics. */
export interface PveNicsArgs {
  /** Whose comment is on what is ours in the guests' firewall. */
  cluster: pulumi.Input<string>;
  /** Which changes are made: what must be done before the pair's own change, after it, or all. */
  part: Part;
  guests: pulumi.Input<GuestAsk[]>;
  /** How each Proxmox VE is reached, by the name that guests call it. Always kept as a secret. */
  access: pulumi.Input<Record<string, pulumi.Input<Access<CommandConnection>>>>;
  /** Node -> how its gateway is reached. Always kept as a secret. */
  gateways?: Record<string, pulumi.Input<CommandConnection>>;
  /** What the part before this one has kept. */
  former?: pulumi.Input<Kept[]>;
}

/** What the NICs of some guests in Proxmox VE may do, and how they were before. */
export class PveNics extends pulumi.CustomResource {
  /** How the NICs were before the first change. */
  declare public readonly kept: pulumi.Output<Kept[]>;

  constructor(name: string, args: PveNicsArgs, opts: pulumi.CustomResourceOptions) {
    const { cluster, part, guests, access, gateways, former } = args;
    const inputs = {
      __provider: handlerOf("pve"),
      cluster,
      part,
      guests,
      access: pulumi.secret(access),
      ...(gateways !== undefined && { gateways: pulumi.secret(gateways) }),
      ...(former !== undefined && { former }),
      found: AS_APPLIED,
      kept: undefined,
    };
    super("pulumi-nodejs:dynamic/pulumi-keepalived:PveNics", name, inputs, {
      // One made before the other goes would find all there, and lose it with that.
      deleteBeforeReplace: true,
      ...opts,
      additionalSecretOutputs: ["access", "gateways", "formerAccess"],
    });
  }
}
