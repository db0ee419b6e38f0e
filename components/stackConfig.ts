import * as pulumi from "@pulumi/pulumi";

import type { ConnectionArgs, GuestArgs } from "./args";
import type { HaPairArgs } from "./haPair";

/**
 * HaPair's arguments from the stack's config: `cluster` (an object with HaPair's own words), and beside it the
 * secrets `privateKey` (for every node, and each `connection` to a hypervisor, that names no way to log in), `authPass` and
 * `hypervisorToken` (for each `endpoint` of a guest that names none, too).
 */
export function haPairFromConfig(config: pulumi.Config): HaPairArgs & { name: string } {
  const cluster = readCluster(config);
  const privateKey = config.getSecret("privateKey");
  const authPass = config.getSecret("authPass") ?? cluster.authPass;
  const { name, nodes, hypervisor, ...rest } = cluster;
  const token = config.getSecret("hypervisorToken");
  return {
    ...rest,
    ...(hypervisor !== undefined && {
      hypervisor: {
        ...hypervisor,
        ...(hypervisor.connection !== undefined && {
          connection: withKey(hypervisor.connection, privateKey),
        }),
        ...(token !== undefined && { token }),
      },
    }),
    name: name ?? pulumi.getProject(),
    ...(authPass !== undefined && { authPass }),
    nodes: (nodes ?? []).map(({ guest, ...node }) => ({
      ...node,
      connection: withKey(node.connection, privateKey),
      ...(guest !== undefined && { guest: guestWith(guest, privateKey, token) }),
    })),
  };
}

/** A guest that is reached by a way of its own. */
function guestWith(
  guest: GuestArgs,
  privateKey: pulumi.Output<string> | undefined,
  token: pulumi.Output<string> | undefined,
): GuestArgs {
  const { connection, endpoint } = guest;
  return {
    ...guest,
    ...(connection !== undefined && { connection: withKey(connection, privateKey) }),
    ...(endpoint !== undefined && guest.token === undefined && token !== undefined && { token }),
  };
}

/**
 * Read without Config.getObject: that warns when any value inside is a secret, and HaPair marks secrets by itself.
 */
function readCluster(config: pulumi.Config): HaPairArgs {
  const key = `${config.name}:cluster`;
  const text = pulumi.runtime.getConfig(key);
  if (text === undefined) {
    throw new pulumi.RunError(
      `${key} is not set: put the cluster into Pulumi.${pulumi.getStack()}.yaml (see examples/lan-pair)`,
    );
  }
  try {
    return JSON.parse(text) as HaPairArgs;
  } catch (error) {
    throw new pulumi.RunError(`${key} is not an object: ${(error as Error).message}`);
  }
}

function withKey(connection: ConnectionArgs, privateKey: pulumi.Output<string> | undefined): ConnectionArgs {
  const given = ["privateKey", "password", "agent", "agentSocketPath"] as const;
  return privateKey === undefined || given.some((way) => connection?.[way] !== undefined)
    ? connection
    : { ...connection, privateKey };
}
