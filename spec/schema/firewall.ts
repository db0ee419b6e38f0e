import { z } from "zod";
import { CLUSTER_NAME, INTERFACE_NAME, NODE_NAME } from "../names";
import { connectionSchema } from "./connection";
import { field, flag, sourceAddress, text } from "./fields";

const addresses = () => field(z.array(sourceAddress()).min(1), "a list of 1 or more addresses");

/** Whose VRRP a host's firewall lets through. */
export const firewallSchema = field(
  z.strictObject({
    /** How the host is reached over SSH. */
    connection: connectionSchema.optional(),
    /** Name of the managed set on the host, 1 to 40 characters. @default given by the caller */
    cluster: text(CLUSTER_NAME, "a name of 1 to 40 letters, digits, '_' and '-'"),
    /** Name of this host, 1 to 63 characters. @default given by the caller */
    node: text(NODE_NAME, "a name of 1 to 63 letters, digits, '.', '_' and '-'"),
    /** Interface that carries VRRP, 1 to 15 characters. */
    interface: text(INTERFACE_NAME, "the name of an interface, 1 to 15 characters"),
    /** Addresses on that interface from which this host sends VRRP: one IPv4, one IPv6, or both. */
    sources: addresses(),
    /** Addresses from which the peers send VRRP. */
    peers: addresses(),
    /** Adverts go to the VRRP group instead of to the peers. @default false */
    multicast: flag().optional(),
    /** A refresh looks at the host for what was changed there by hand. @default false */
    drift: flag().optional(),
  }),
  "a firewall: interface, sources, peers",
);

export type FirewallInput = z.infer<typeof firewallSchema>;
