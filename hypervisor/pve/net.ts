/** What a guest of Proxmox VE is: a virtual machine or a container. Also a part of its paths. */
export type GuestKind = "qemu" | "lxc";

/** The value of `netN`, part by part. `printNet` gives back the very text that was read. */
export interface Net {
  kind: GuestKind;
  parts: readonly string[];
}

/** The models of qemu-server, each also a key whose value is the MAC: `virtio=BC:24:11:...`. */
const MODELS = new Set([
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
]);
const BOOLEANS = new Set(["firewall", "link_down", "host-tunnel", "host-managed"]);
/** The key that PVE prints first: qemu-server's default key, and the only one that a container must have. */
const FIRST: Record<GuestKind, string> = { qemu: "model", lxc: "name" };
const MAC_KEY: Record<GuestKind, string> = { qemu: "macaddr", lxc: "hwaddr" };
/** PVE takes no group addresses: the lowest bit of the first byte is 0. */
const UNICAST_MAC = /^[0-9a-f][02468ace](?::[0-9a-f]{2}){5}$/i;

interface Part {
  key: string;
  value: string;
  /** Of `virtio=MAC`: the MAC, while key is `model` and value the model. */
  mac?: string;
}

/** As PVE::JSONSchema::parse_property_string: parts between commas, nothing is trimmed or quoted. */
export function parseNet(kind: GuestKind, text: string): Net {
  return { kind, parts: text.split(",") };
}

export function printNet(net: Net): string {
  return net.parts.join(",");
}

function partOf(kind: GuestKind, text: string): Part | undefined {
  if (/^\s*$/.test(text)) {
    return undefined;
  }
  const [, key, value] = /^([^=]+)=(.+)$/s.exec(text) ?? [];
  if (key === undefined || value === undefined) {
    return { key: text.includes("=") || kind === "lxc" ? "" : "model", value: text };
  }
  // A model that came after this was written is known by its MAC.
  const model = MODELS.has(key) || (!/^(macaddr|bridge)$/.test(key) && UNICAST_MAC.test(value));
  return kind === "qemu" && model ? { key: "model", value: key, mac: value } : { key, value };
}

function partsOf(net: Net): Part[] {
  return net.parts.flatMap((text) => partOf(net.kind, text) ?? []);
}

/** The value of a key as it is written; a model and its MAC have the keys `model` and `macaddr` in each spelling. */
export function valueOf(net: Net, key: string): string | undefined {
  const found = partsOf(net).find((part) => part.key === key || (key === "macaddr" && part.mac));
  return key === "macaddr" ? (found?.mac ?? found?.value) : found?.value;
}

/** All keys with their values, in the order of the text. */
export function entriesOf(net: Net): [key: string, value: string][] {
  return partsOf(net).flatMap((part): [string, string][] => [
    [part.key, part.value],
    ...(part.mac === undefined ? [] : ([["macaddr", part.mac]] as [string, string][])),
  ]);
}

export function macOf(net: Net): string | undefined {
  return valueOf(net, MAC_KEY[net.kind]);
}

export function bridgeOf(net: Net): string | undefined {
  return valueOf(net, "bridge");
}

/** PVE's booleans in any spelling; undefined: none. */
export function booleanOf(value: string | undefined): boolean | undefined {
  if (value !== undefined && /^(1|on|yes|true)$/i.test(value)) {
    return true;
  }
  return value !== undefined && /^(0|off|no|false)$/i.test(value) ? false : undefined;
}

/** Whether this NIC goes through PVE's firewall, as far as its own flag says: absent is off. */
export function firewallOf(net: Net): boolean {
  return booleanOf(valueOf(net, "firewall")) === true;
}

/** The addresses of a container's NIC that PVE itself configures; `dhcp`, `auto` and `manual` are none. */
export function addressesOf(net: Net): string[] {
  return net.kind === "qemu"
    ? []
    : ["ip", "ip6"].flatMap((key) => {
        const value = valueOf(net, key) ?? "";
        return /^[0-9a-f.:]+\/\d+$/i.test(value) ? [value] : [];
      });
}

/** PVE prints the first key first, with the MAC of a model, and the others by name. */
function rank(kind: GuestKind, key: string): string {
  return key === FIRST[kind] || key === "macaddr" ? "" : key;
}

/** One key set, or taken out with undefined. Every other part, its spelling and its place stay. */
export function withKey(net: Net, key: string, value: string | undefined): Net {
  const parts = [...net.parts];
  const at = parts.findIndex((text) => {
    const part = partOf(net.kind, text);
    return part?.key === key || (key === "macaddr" && part?.mac !== undefined);
  });
  if (at >= 0) {
    const { mac, value: model } = partOf(net.kind, parts[at]!)!;
    const rest =
      mac === undefined
        ? value === undefined
          ? []
          : [`${key}=${value}`]
        : key === "macaddr"
          ? [value === undefined ? model : `${model}=${value}`]
          : [value === undefined ? `macaddr=${mac}` : `${value}=${mac}`];
    parts.splice(at, 1, ...rest);
    return { ...net, parts };
  }
  if (value === undefined) {
    return net;
  }
  // Where PVE would print it, so that what is read back is what was written.
  const after = parts.findIndex((text) => {
    const part = partOf(net.kind, text);
    return part !== undefined && rank(net.kind, part.key) > rank(net.kind, key);
  });
  parts.splice(after < 0 ? parts.length : after, 0, `${key}=${value}`);
  return { ...net, parts };
}

/** The text that PVE keeps when it is given this one: its own order, `virtio=MAC`, booleans as 0 and 1. */
export function asPveWrites(net: Net): string {
  const values = new Map(entriesOf(net));
  if (net.kind === "lxc") {
    values.set("type", "veth");
  }
  const model = values.get("model");
  const mac = values.get("macaddr");
  const first: string[] = [];
  if (net.kind === "qemu" && model !== undefined) {
    first.push(mac === undefined ? model : `${model}=${mac}`);
    values.delete("model");
    values.delete("macaddr");
  } else if (values.has("name")) {
    first.push(`name=${values.get("name")!}`);
    values.delete("name");
  }
  const rest = [...values.keys()].sort().map((key) => {
    const value = values.get(key)!;
    const flag = BOOLEANS.has(key) ? booleanOf(value) : undefined;
    return `${key}=${flag === undefined ? value : flag ? "1" : "0"}`;
  });
  return [...first, ...rest].join(",");
}

/** Why PVE would not take this text; undefined: it does, as far as keys go. Keys that are not known here pass. */
export function faultOf(net: Net): string | undefined {
  const seen = new Set<string>();
  for (const [key, value] of entriesOf(net)) {
    if (key === "") {
      return `'${value}' is no KEY=VALUE`;
    }
    if (seen.has(key)) {
      return `it has '${key}' twice`;
    }
    seen.add(key);
  }
  if (!seen.has(FIRST[net.kind])) {
    return net.kind === "qemu" ? "it names no model" : "it has no 'name'";
  }
  const mac = macOf(net);
  if (mac !== undefined && !UNICAST_MAC.test(mac)) {
    return `'${mac}' is no MAC address of one host`;
  }
  const flag = valueOf(net, "firewall");
  return flag !== undefined && booleanOf(flag) === undefined ? `'firewall=${flag}' is no boolean` : undefined;
}
