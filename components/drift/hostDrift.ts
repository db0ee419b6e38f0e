import * as pulumi from "@pulumi/pulumi";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import type { CommandConnection } from "../ssh";
import type { HostState } from "./state";

/**
 * The program of the resource as Pulumi keeps it in the state and runs it: a module that loads provider.ts of the
 * package that is installed where pulumi runs. Being a text of our own and not a closure that Pulumi has serialised, it
 * is the same on every machine and with every version of what compiles this.
 */
const HANDLER = readFileSync(join(__dirname, "handler.js"), "utf8");

/** The inputs of a HostDrift. */
export interface HostDriftArgs {
  /** Name of the host in messages. */
  node: string;
  /** Its address, there, too. */
  host: pulumi.Input<string>;
  /** Name of the managed set on the host. */
  cluster: pulumi.Input<string>;
  /** The generation that is applied. Always kept as a secret. */
  generation: pulumi.Input<string>;
  /** How the host is reached. Always kept as a secret. */
  connection: pulumi.Input<CommandConnection>;
  /** How everything on the host is to be. */
  state: pulumi.Output<HostState>;
}

/**
 * Everything that is managed on one host, as a refresh finds it there. A dynamic resource: the one kind that a program
 * can give a Read.
 */
export class HostDrift extends pulumi.CustomResource {
  constructor(name: string, args: HostDriftArgs, opts: pulumi.CustomResourceOptions) {
    const { node, host, cluster, generation, connection, state } = args;
    const inputs = {
      __provider: HANDLER,
      node,
      host,
      cluster,
      generation: pulumi.secret(generation),
      connection: pulumi.secret(connection),
      applied: state.applied,
      files: state.files,
      secretFiles: state.secretFiles,
      rights: state.rights,
      service: state.service,
      firewall: state.firewall,
      sysctls: state.sysctls,
      tunnels: state.tunnels,
    };
    super("pulumi-nodejs:dynamic/pulumi-keepalived:HostDrift", name, inputs, {
      ...opts,
      additionalSecretOutputs: ["generation", "connection"],
    });
  }
}
