import * as pulumi from "@pulumi/pulumi";

import { wantedFor } from "../../hypervisor/esxi";
import type { ConnectionArgs } from "../args";
import { EsxiPortGroup } from "./esxiPortGroup";

/** A node of a pair on ESXi. */
export interface EsxiNode {
  name: string;
  /** The port group that its NIC is in, and its ESXi host where that is another one. */
  guest: { portGroup: pulumi.Input<string>; connection?: ConnectionArgs };
}

/** What a pair asks of the port groups that its NICs are in. */
export interface EsxiNicsArgs {
  /** The ESXi host of the nodes that name none. */
  connection?: ConnectionArgs;
  nodes: EsxiNode[];
  /** Whether its virtual routers have a virtual MAC. @default false */
  virtualMac?: boolean;
  /** In place of what the pair needs. @default what it needs */
  promiscuous?: pulumi.Input<boolean>;
  macChanges?: pulumi.Input<boolean>;
  forgedTransmits?: pulumi.Input<boolean>;
}

/**
 * Registers each port group of a pair's NICs once; none where nothing is asked of them, and no host is connected to then. Two of
 * which only later is known where they are may be the same: the second finds it set, and puts nothing back.
 */
export function esxiNics(
  name: string,
  args: EsxiNicsArgs,
  opts?: pulumi.ComponentResourceOptions,
): EsxiPortGroup[] {
  const { promiscuous, macChanges, forgedTransmits, nodes, virtualMac = false } = args;
  const words = { ...wantedFor({ virtualMac }), ...given({ promiscuous, macChanges, forgedTransmits }) };
  if (Object.keys(words).length === 0) return [];
  const groups = new Map<string, EsxiPortGroup>();
  for (const node of nodes) {
    const connection = node.guest.connection ?? args.connection;
    if (connection === undefined) {
      throw new pulumi.RunError(
        `${name}: node '${node.name}' is on ESXi, and nothing says on which host: give hypervisor.connection or its guest.connection`,
      );
    }
    const { portGroup } = node.guest;
    const place =
      typeof portGroup === "string" && typeof connection.host === "string"
        ? JSON.stringify([connection.host, portGroup])
        : node.name;
    if (!groups.has(place)) {
      const after = pulumi.mergeOptions(opts, { dependsOn: [...groups.values()] });
      groups.set(
        place,
        new EsxiPortGroup(`${name}-${node.name}`, { connection, portGroup, ...words }, after),
      );
    }
  }
  return [...groups.values()];
}

const given = <T extends object>(values: T) =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Partial<T>;
