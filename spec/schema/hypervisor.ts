import { z } from "zod";
import { HypervisorKind } from "../hypervisor-model";
import { connectionSchema } from "./connection";
import { field, flag, text, whole } from "./fields";
import { portGroupName } from "./port-group";

/** Stands for a token where only its presence matters; see components/values.ts. */
const HIDDEN = /^\*{8}$/;
/** A user's name may have an @ of its own, as that of an OpenID provider does: the last one is before the realm. */
const TOKEN =
  /^[^\s:/!=]+@[A-Za-z][A-Za-z0-9._-]+![A-Za-z][A-Za-z0-9._-]+=[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$/;

/** Whether an address is that of an API: https, a host, perhaps a port, and nothing else. */
function isEndpoint(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const { protocol, pathname, search, hash, username, password } = new URL(value);
  return protocol === "https:" && pathname === "/" && `${search}${hash}${username}${password}` === "";
}

export const vmId = () => whole(100, 999_999_999);

export const nicName = () => text(/^net([0-9]|[12][0-9]|3[01])$/, "a NIC of the guest, net0 to net31");

/** How a Proxmox VE, or an ESXi host, is reached. */
const access = () => ({
  /** A node of Proxmox VE, or the ESXi host, over SSH. */
  connection: connectionSchema.optional(),
  /** The API of a node of Proxmox VE. */
  endpoint: field(
    z.string().refine(isEndpoint),
    "the address of a node's API: 'https://pve1.example.org:8006'",
  ).optional(),
  /** An API token, with endpoint. */
  token: field(
    z.string().refine((value) => HIDDEN.test(value) || TOKEN.test(value)),
    "an API token of Proxmox VE: USER@REALM!ID=UUID",
    { secret: true, fix: "give it as 'pveum user token add USER@REALM ID' printed it: USER@REALM!ID=UUID" },
  ).optional(),
  /** The authority of the API's certificate. @default those that node knows */
  caCertificate: field(
    z
      .string()
      .refine((value) => /^-----BEGIN CERTIFICATE-----\r?\n[^]+-----END CERTIFICATE-----\s*$/.test(value)),
    "a certificate in PEM: the text of a node's /etc/pve/pve-root-ca.pem",
  ).optional(),
  /** Accept any certificate. @default false */
  insecure: flag().optional(),
});

/** The neutral words. */
const words = () => ({
  firewall: flag().optional(),
  promiscuous: flag().optional(),
  macChanges: flag().optional(),
  forgedTransmits: flag().optional(),
});

/** What the guests of a cluster run on. */
export const hypervisorSchema = field(
  z.strictObject({
    kind: field(z.enum(HypervisorKind), "'pve' or 'esxi'"),
    ...access(),
    ...words(),
  }),
  "a hypervisor: kind, and how it is reached: connection, or endpoint and token",
);

/** The guest that a node is. */
export const guestSchema = field(
  z.strictObject({
    /** VMID of a virtual machine or a container in Proxmox VE. */
    id: vmId().optional(),
    /** Its NIC that the node's `interface` is. @default "net0" */
    nic: nicName().optional(),
    /** On ESXi: the port group of that NIC. */
    portGroup: portGroupName().optional(),
    ...access(),
  }),
  "a guest: id and nic in Proxmox VE, portGroup on ESXi",
);

/** One NIC of one guest in Proxmox VE. */
export const pveGuestNicSchema = field(
  z.strictObject({ ...access(), id: vmId(), nic: nicName().optional(), ...words() }),
  "a guest's NIC: connection or endpoint and token, id, nic, and what it may do",
);

export type HypervisorInput = z.infer<typeof hypervisorSchema>;
export type GuestInput = z.infer<typeof guestSchema>;
export type PveGuestNicInput = z.infer<typeof pveGuestNicSchema>;
