import { z } from "zod";
import { INTERFACE_NAME, NODE_NAME } from "../names";
import { field, sourceAddress, text, whole } from "./fields";

const link = field(
  z.strictObject({
    /** Interface of the node, 1 to 15 characters. */
    interface: text(INTERFACE_NAME, "the name of an interface, 1 to 15 characters"),
    /** Address of the node on it. */
    address: sourceAddress(),
  }),
  "a link: interface and address",
);

/** The connections that one node of two forwards are known to the other. */
export const connectionStateSchema = field(
  z.strictObject({
    /** UDP port, 1 to 65535. @default 3780 */
    port: whole(1, 65535).optional(),
    /** By which interface and address each node tells the other. @default its interface and unicastSrcIp */
    links: field(
      z.record(text(NODE_NAME, "the name of a node"), link),
      "an object: the name of a node -> interface and address",
    ).optional(),
  }),
  "connectionState: {}, and optionally port and links",
);

export type ConnectionStateInput = z.infer<typeof connectionStateSchema>;
