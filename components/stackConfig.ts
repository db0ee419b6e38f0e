import * as pulumi from "@pulumi/pulumi";

import type { ConnectionArgs } from "./args";
import type { HaPairArgs } from "./haPair";

/**
 * HaPair's arguments from the stack's config: `cluster` (an object with HaPair's own words), and beside it the
 * secrets `privateKey` (for every node, and a hypervisor's `connection`, that names no way to log in), `authPass` and
 * `hypervisorToken`.
 */
export function haPairFromConfig(config: pulumi.Config): HaPairArgs & { name: string } {
  const cluster = readCluster(config);
  const privateKey = config.getSecret("privateKey");
  const authPass = config.getSecret("authPass") ?? cluster.authPass;
  const { name, nodes, hypervisor, ...rest } = cluster;
  const token = config.getSecret("hypervisorToken") ?? hypervisor?.token;
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
    nodes: (nodes ?? []).map((node) => ({ ...node, connection: withKey(node.connection, privateKey) })),
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
