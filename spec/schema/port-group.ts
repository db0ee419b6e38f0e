import { z } from "zod";
import { connectionSchema } from "./connection";
import { field, flag, isLine } from "./fields";

/** The name of a port group: ESXi takes blanks in it, and nearly everything else. */
export const portGroupName = () =>
  field(
    z.string().refine((name) => name.length <= 80 && isLine(name)),
    "the name of a port group, 1 to 80 characters on one line, without blanks at its ends",
  );

/** The security policy of a port group on a standard switch of one ESXi host. */
export const portGroupSchema = field(
  z.strictObject({
    /** How the ESXi host is reached over SSH. */
    connection: connectionSchema,
    /** Name of the port group. */
    portGroup: portGroupName(),
    /** Deliver to its NICs what is not for their own address. @default left as it is */
    promiscuous: flag().optional(),
    /** Let a guest receive by another address than its NIC's. @default left as it is */
    macChanges: flag().optional(),
    /** Let a guest send from another address than its NIC's. @default left as it is */
    forgedTransmits: flag().optional(),
  }),
  "a port group: connection, portGroup, and promiscuous, macChanges or forgedTransmits",
);

export type PortGroupInput = z.infer<typeof portGroupSchema>;
