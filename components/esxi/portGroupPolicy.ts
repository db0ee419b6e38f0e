import * as pulumi from "@pulumi/pulumi";

import type { Wanted } from "../../hypervisor/esxi";
import { handlerOf } from "../dynamic";
import type { CommandConnection } from "../ssh";

/** The inputs of a PortGroupPolicy. */
export interface PortGroupPolicyArgs {
  /** Address of the ESXi host, in messages and in the resource's id. */
  host: pulumi.Input<string>;
  portGroup: pulumi.Input<string>;
  /** What the port group is to accept; what is absent is left alone. */
  wanted: pulumi.Input<Wanted>;
  /** How the host is reached. Always kept as a secret. */
  connection: pulumi.Input<CommandConnection>;
}

/** The three switches of a port group, as they were found and set. */
export class PortGroupPolicy extends pulumi.CustomResource {
  constructor(name: string, args: PortGroupPolicyArgs, opts: pulumi.CustomResourceOptions) {
    const { host, portGroup, wanted, connection } = args;
    super(
      "pulumi-nodejs:dynamic/pulumi-keepalived:PortGroupPolicy",
      name,
      { __provider: handlerOf("esxi"), host, portGroup, wanted, connection: pulumi.secret(connection) },
      { ...opts, additionalSecretOutputs: ["connection"] },
    );
  }
}
