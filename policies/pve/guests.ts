import { PolicyResource } from "@pulumi/policy";
import { GuestSeen, PveRule } from "../../hypervisor/pve";
import { canonical } from "../../spec/addresses";
import { isKnown } from "../../spec";
import { plain } from "../plain";

const VMS = ["proxmoxve:index/vmLegacy:VmLegacy"];
const CONTAINERS = ["proxmoxve:index/containerLegacy:ContainerLegacy"];
const OPTIONS = "proxmoxve:firewall/optionsLegacy:OptionsLegacy";
const RULES = "proxmoxve:firewall/rulesLegacy:RulesLegacy";
const IPSET = "proxmoxve:firewall/ipsetLegacy:IpsetLegacy";

export type Loose = Record<string, unknown>;

/** A virtual machine or a container that the stack makes. */
export interface StackGuest {
  name: string;
  urn: string;
  kind: GuestSeen["kind"];
  id?: number;
  host?: string;
  nics: { firewall: unknown; macAddress: unknown }[];
  /** What cloud-init gives to each NIC. */
  addresses: string[][];
}

/** The objects of a list, and nothing else that may be in it. */
export function objects(value: unknown): Loose[] {
  return Array.isArray(value) ? value.map(object) : [];
}

export function object(value: unknown): Loose {
  return value !== null && typeof value === "object" && !Array.isArray(value) ? (value as Loose) : {};
}

export function guestsOf(resources: readonly PolicyResource[]): StackGuest[] {
  return resources
    .filter(({ type }) => [...VMS, ...CONTAINERS].includes(type))
    .map(({ type, name, urn, props }) => {
      const { vmId, nodeName, networkDevices, networkInterfaces, initialization } = object(plain(props));
      const configs = objects(object(initialization)["ipConfigs"]);
      return {
        name,
        urn,
        kind: CONTAINERS.includes(type) ? "lxc" : "qemu",
        ...(typeof vmId === "number" && { id: vmId }),
        ...(typeof nodeName === "string" && { host: nodeName }),
        nics: objects(networkDevices ?? networkInterfaces).map(({ firewall, macAddress }) => ({
          firewall,
          macAddress,
        })),
        addresses: configs.map(({ ipv4, ipv6 }) =>
          [object(ipv4)["address"], object(ipv6)["address"]].flatMap((address) =>
            typeof address === "string" && /[.:]/.test(address) ? [canonical(address.split("/")[0]!)] : [],
          ),
        ),
      };
    });
}

/** Whether a resource is about a guest, one of several; undefined while preview does not know. */
function isAbout(
  resource: PolicyResource,
  guest: StackGuest,
  guests: readonly StackGuest[],
): boolean | undefined {
  const { vmId, containerId } = object(plain(resource.props));
  const dependencies = (resource as Partial<PolicyResource>).propertyDependencies ?? {};
  const made = [...(dependencies["vmId"] ?? []), ...(dependencies["containerId"] ?? [])];
  if (made.length > 0) {
    return made.some(({ urn }) => urn === guest.urn);
  }
  // Without an id it is about the node, or the whole of PVE.
  const id = vmId ?? containerId;
  if (id === undefined || guests.some((other) => other.id === id)) {
    return id !== undefined && id === guest.id;
  }
  return isKnown(id) && guest.id !== undefined ? false : undefined;
}

/** What the stack says of a guest's firewall. */
export interface StackFirewall {
  /** In PVE's own words; absent: no resource of the stack says anything. */
  options?: Record<string, unknown>;
  rules?: PveRule[];
  ipsets: GuestSeen["firewall"]["ipsets"];
}

/** undefined: something that may be about this guest is not known yet. */
export function firewallOf(
  resources: readonly PolicyResource[],
  guest: StackGuest,
): StackFirewall | undefined {
  const guests = guestsOf(resources);
  const seen = resources
    .filter(({ type }) => [OPTIONS, RULES, IPSET].includes(type))
    .map((resource) => ({ resource, about: isAbout(resource, guest, guests) }));
  if (seen.some(({ about }) => about === undefined)) {
    return undefined;
  }
  const of = (wanted: string) =>
    seen
      .filter(({ about, resource }) => about && resource.type === wanted)
      .map(({ resource }) => object(plain(resource.props)));
  const [options] = of(OPTIONS);
  const rules = of(RULES);
  return {
    ...(options !== undefined && { options: optionsOf(options) }),
    ...(rules.length > 0 && { rules: rules.flatMap(({ rules: list }) => objects(list)).map(ruleOf) }),
    ipsets: Object.fromEntries(
      of(IPSET).map(({ name, cidrs }) => [
        String(name),
        {
          entries: objects(cidrs).flatMap((entry) =>
            typeof entry["name"] === "string"
              ? [{ cidr: entry["name"], ...(entry["nomatch"] === true && { nomatch: true }) }]
              : [],
          ),
        },
      ]),
    ),
  };
}

/** The provider writes a value for each that is left out. */
function optionsOf(options: Loose): Record<string, unknown> {
  const { enabled = false, macfilter = true, ipfilter = false, inputPolicy, outputPolicy } = options;
  return {
    enable: enabled === true ? 1 : 0,
    macfilter: macfilter === false ? 0 : 1,
    ipfilter: ipfilter === true ? 1 : 0,
    policy_in: inputPolicy ?? "DROP",
    policy_out: outputPolicy ?? "ACCEPT",
  };
}

const RULE_TEXTS = ["action", "macro", "proto", "source", "dest", "sport", "dport", "iface"] as const;

function ruleOf(rule: Loose, pos: number): PveRule {
  const { type, securityGroup, enabled } = rule;
  const isGroup = typeof securityGroup === "string" && securityGroup !== "";
  const texts = RULE_TEXTS.flatMap((key) => {
    const value = rule[key];
    return typeof value === "string" && value !== "" ? [[key, value] as const] : [];
  });
  return {
    action: "",
    ...Object.fromEntries(texts),
    pos,
    type: isGroup ? "group" : String(type).toLowerCase() === "out" ? "out" : "in",
    ...(isGroup && { action: securityGroup }),
    enable: enabled === false ? 0 : 1,
  };
}

/** A guest of the stack as PVE will show it. */
export function seenOf(guest: StackGuest, { options, rules, ipsets }: StackFirewall): GuestSeen {
  return {
    host: guest.host ?? "?",
    kind: guest.kind,
    id: guest.id ?? 0,
    name: guest.name,
    status: "running",
    config: {},
    digest: "",
    pending: [],
    bridges: {},
    unread: [],
    firewall: {
      clusterEnabled: true,
      nodeEnabled: true,
      nftables: false,
      // Where nobody says so the guest's firewall may be on.
      options: options ?? { enable: 1 },
      rules: rules ?? [],
      ipsets,
    },
  };
}
