import { randomBytes } from "node:crypto";
import {
  type Format,
  type Key,
  type Properties,
  checks,
  parseProperties,
  printProperties,
} from "./propertyString";

/** NICs of virtual machines and of containers, as qemu-server and pve-container have them. */

/** What a guest is. */
export type Kind = "qemu" | "lxc";

const models = [
  "e1000",
  "e1000-82540em",
  "e1000-82544gc",
  "e1000-82545em",
  "e1000e",
  "i82551",
  "i82557b",
  "i82559er",
  "ne2k_isa",
  "ne2k_pci",
  "pcnet",
  "rtl8139",
  "virtio",
  "vmxnet3",
];

const flag: Key = { type: "boolean" };
const tag: Key = { type: "integer", minimum: 1, maximum: 4094 };

const formats: Record<Kind, Format> = {
  qemu: {
    keys: {
      macaddr: { type: "string", check: checks.mac },
      model: { type: "string", required: true, values: models },
      bridge: { type: "string", check: checks.bridge },
      queues: { type: "integer", minimum: 0, maximum: 64 },
      rate: { type: "number", minimum: 0 },
      tag,
      trunks: { type: "string", pattern: /^\d+(?:-\d+)?(?:;\d+(?:-\d+)?)*$/ },
      firewall: flag,
      link_down: flag,
      mtu: { type: "integer", minimum: 1, maximum: 65520 },
      "host-tunnel": flag,
    },
    alone: { key: "model", joined: "macaddr" },
  },
  lxc: {
    keys: {
      type: { type: "string", values: ["veth"] },
      name: { type: "string", required: true, pattern: /^[-_.\w]+$/ },
      bridge: { type: "string", pattern: /^[-_.\w]+$/ },
      hwaddr: { type: "string", check: checks.mac },
      mtu: { type: "integer", minimum: 64, maximum: 65535 },
      ip: { type: "string", check: checks.ipv4Config },
      gw: { type: "string", check: checks.ipv4 },
      ip6: { type: "string", check: checks.ipv6Config },
      gw6: { type: "string", check: checks.ipv6 },
      firewall: flag,
      tag,
      trunks: { type: "string", pattern: /^\d+(?:;\d+)*$/ },
      rate: { type: "number" },
      link_down: flag,
      "host-managed": flag,
    },
  },
};

/** The format of a NIC, without the keys that an older PVE does not know. */
export function nicFormat(kind: Kind, lacking: readonly string[] = []): Format {
  const format = formats[kind];
  const keys = Object.entries(format.keys).filter(([name]) => !lacking.includes(name));
  return { ...format, keys: Object.fromEntries(keys) };
}

/** A NIC as PVE keeps it: with a MAC, a new one where none is given. */
export function readNic(kind: Kind, text: string, lacking: readonly string[] = []): Properties {
  const nic = parseProperties(nicFormat(kind, lacking), text);
  const mac = kind === "qemu" ? "macaddr" : "hwaddr";
  if (kind === "lxc") nic.type = "veth";
  nic[mac] ||= randomMac();
  return nic;
}

/** The text that PVE writes for a NIC. */
export const normalNic = (kind: Kind, text: string, lacking: readonly string[] = []): string =>
  printProperties(nicFormat(kind, lacking), readNic(kind, text, lacking));

export const macOf = (kind: Kind, nic: Properties): string =>
  nic[kind === "qemu" ? "macaddr" : "hwaddr"] ?? "";

/** With the prefix of PVE's own vendor, which is the default since version 8.1. */
function randomMac(): string {
  const bytes = [0xbc, 0x24, 0x11, ...randomBytes(3)];
  return bytes.map((byte) => byte.toString(16).padStart(2, "0").toUpperCase()).join(":");
}
