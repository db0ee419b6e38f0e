import { z } from "zod";
import { INTERFACE_NAME } from "../names";
import { field, flag, sourceAddress, text, whole } from "./fields";

/** An interface whose loss says that a node may not hold the addresses, beside the one that carries them. */
export const trackInterfaceSchema = field(
  z.strictObject({
    /** Name of the interface, 1 to 15 characters; it must exist on the node. */
    interface: text(INTERFACE_NAME, "the name of an interface, 1 to 15 characters"),
    /** Added to the priority (negative: while down, positive: while up), -253 to 253. @default 0: down is FAULT */
    weight: whole(-253, 253).optional(),
  }),
  "a tracked interface: interface and optionally weight",
);

/** BFD_INAME_MAX less the end of the text. */
const BFD_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,30}$/;

/** keepalived keeps microseconds in 32 bits. */
const MAX_MILLISECONDS = 4294967;

/** A `bfd_instance`: a router that is asked over BFD whether it is there. */
export const bfdSchema = field(
  z.strictObject({
    /** Name of the session, unique in the cluster, 1 to 31 characters. */
    name: text(BFD_NAME, "a name of 1 to 31 letters, digits, '.', '_' and '-'"),
    /** Address of the router, which must run BFD with each node. Never a node of the cluster. */
    neighborIp: sourceAddress(),
    /** Address of the node that packets are sent from. @default the kernel's choice */
    sourceIp: sourceAddress().optional(),
    /** Milliseconds between two packets that this node can receive, 1 to 4294967. @default 300 */
    minRx: whole(1, MAX_MILLISECONDS).optional(),
    /** Milliseconds between two packets that this node would send, 1 to 4294967. @default 300 */
    minTx: whole(1, MAX_MILLISECONDS).optional(),
    /** The same while the session is not up, 1000 to 4294967. @default 1000 */
    idleTx: whole(1000, MAX_MILLISECONDS).optional(),
    /** Packets in a row whose loss ends the session, 1 to 255. @default 3 */
    multiplier: whole(1, 255).optional(),
    /** Routers between this node and the neighbour, 0 to 254. @default 0 */
    maxHops: whole(0, 254).optional(),
    /** Use the port of RFC 5883 (4784) instead of that of RFC 5881 (3784). @default false */
    multihop: flag().optional(),
    /** Wait for the neighbour to begin. @default false */
    passive: flag().optional(),
    /** Added to the priority (negative: while down, positive: while up), -253 to 253. @default 0: down is FAULT */
    weight: whole(-253, 253).optional(),
  }),
  "a BFD session: name, neighborIp and optionally sourceIp, minRx, minTx, idleTx, multiplier, maxHops, multihop, passive, weight",
);

export const trackInterfaces = () => field(z.array(trackInterfaceSchema), "a list of tracked interfaces");
export const bfd = () => field(z.array(bfdSchema), "a list of BFD sessions");

export type TrackInterfaceInput = z.infer<typeof trackInterfaceSchema>;
export type BfdInput = z.infer<typeof bfdSchema>;
