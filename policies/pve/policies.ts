import { PolicyResource, StackValidationPolicy } from "@pulumi/policy";
import { Lack, lackOf, parseNet, ruleText, wantOf } from "../../hypervisor/pve";
import { firewallOf, seenOf, StackFirewall } from "./guests";
import { PairGuest, pairGuests } from "./pairs";

/** A guest of a pair whose NIC is behind PVE's firewall, and what that drops of what the pair needs. */
interface Judged extends PairGuest {
  firewall: StackFirewall;
  lack: Lack;
}

/** Every policy asks about every guest. */
const known = new WeakMap<readonly PolicyResource[], Promise<Judged[]>>();

function judged(resources: readonly PolicyResource[]): Promise<Judged[]> {
  const answer = known.get(resources) ?? judge(resources);
  known.set(resources, answer);
  return answer;
}

async function judge(resources: readonly PolicyResource[]): Promise<Judged[]> {
  return (await pairGuests(resources)).flatMap((one): Judged[] => {
    const firewall = firewallOf(resources, one.guest);
    if (firewall === undefined || one.guest.nics[one.nic]?.firewall !== true) {
      return [];
    }
    const nic = `net${one.nic}`;
    const net = parseNet(one.guest.kind, "virtio,firewall=1");
    // Which address a guest has by itself is not known here; what it needs of others' is.
    return [{ ...one, firewall, lack: lackOf(seenOf(one.guest, firewall), net, wantOf(one.needs, {}, nic)) }];
  });
}

interface Info {
  name: string;
  why: string;
  fix: string;
  level: "mandatory" | "advisory";
}

/** A policy over the guests of a stack that are nodes of a pair. */
function policy({ name, why, fix, level }: Info, find: (one: Judged) => string[]): StackValidationPolicy {
  return {
    name: `${name}-in-stack`,
    description: `${why} Fix: ${fix}.`,
    enforcementLevel: level,
    validateStack: async ({ resources }, reportViolation) => {
      for (const one of await judged(resources)) {
        for (const message of find(one)) {
          reportViolation(
            `${one.guest.name}, net${one.nic}, ${one.node} of ${one.pair}: ${message}`,
            one.guest.urn,
          );
        }
      }
    },
  };
}

function droppedRules({ lack }: Judged): string[] {
  return lack.rules.map((rule) => `no rule lets through ${ruleText(rule)}`);
}

function droppedMac({ lack }: Judged): string[] {
  return lack.macfilter ? ["macfilter is on, which is the default; allowed: macfilter: false"] : [];
}

function droppedAddresses({ lack: { ipfilter } }: Judged): string[] {
  return ipfilter === undefined ? [] : [`${ipfilter.name} does not have ${ipfilter.addresses.join(", ")}`];
}

/** HaPair makes what is missing, and no resource of the stack takes it away: RulesLegacy deletes what it does not list. */
function isMade({ isManaged, firewall: { rules, ipsets } }: Judged): boolean {
  return isManaged && rules === undefined && Object.keys(ipsets).length === 0;
}

const vrrpDropped = policy(
  {
    name: "pve-vrrp-dropped",
    why: "Proxmox VE's firewall drops protocol 112 where no rule accepts it: each node of the pair takes the addresses for itself.",
    fix: 'put into the guest\'s RulesLegacy, first, { type: "in", action: "ACCEPT", proto: "vrrp", source: PEER, dest: OWN } for each peer',
    level: "mandatory",
  },
  (one) => (one.firewall.options === undefined || isMade(one) ? [] : droppedRules(one)),
);

const macfilter = policy(
  {
    name: "pve-macfilter",
    why: "With a virtual MAC (use_vmac) adverts and answers come from another MAC than the NIC's, and Proxmox VE's macfilter drops that.",
    fix: "set macfilter: false in the guest's OptionsLegacy, or remove use_vmac",
    level: "mandatory",
  },
  // OptionsLegacy writes true where it says nothing, whatever HaPair has made.
  (one) => (one.firewall.options === undefined ? [] : droppedMac(one)),
);

const ipfilter = policy(
  {
    name: "pve-ipfilter",
    why: "Proxmox VE's ipfilter drops what a NIC sends from an address that its ipset does not have: whoever takes a virtual address over is not heard, ARP included.",
    fix: "add the addresses to the IpsetLegacy ipfilter-netN of every node",
    level: "mandatory",
  },
  (one) => (one.firewall.options === undefined || isMade(one) ? [] : droppedAddresses(one)),
);

const firewallUnknown = policy(
  {
    name: "pve-firewall-unknown",
    why: "The NIC is behind Proxmox VE's firewall, and the stack does not say whether that of the guest is on: a clone has what its template has. If it is on, it drops what the pair needs.",
    fix: "give the guest OptionsLegacy, and RulesLegacy with a rule for proto vrrp; or firewall: false on the NIC; or HaPair's hypervisor, which makes what is missing",
    level: "advisory",
  },
  (one) =>
    one.firewall.options !== undefined || isMade(one)
      ? []
      : [...droppedRules(one), ...droppedMac(one), ...droppedAddresses(one)],
);

const sameHost: StackValidationPolicy = {
  name: "pve-same-host-in-stack",
  description:
    "Two nodes of a pair on one node of Proxmox VE go down together with it. Fix: give their guests different nodeNames.",
  enforcementLevel: "advisory",
  validateStack: async ({ resources }, reportViolation) => {
    const seen: PairGuest[] = [];
    for (const one of await pairGuests(resources)) {
      const { host } = one.guest;
      const other = seen.find(
        ({ pair, guest }) => pair === one.pair && guest.host === host && guest.urn !== one.guest.urn,
      );
      if (host !== undefined && other !== undefined) {
        reportViolation(
          `${one.guest.name}.nodeName: ${host}; allowed: another one than that of ${other.guest.name}, which is a node of ${one.pair} too`,
          one.guest.urn,
        );
      }
      seen.push(one);
    }
  },
};

const macByPosition: StackValidationPolicy = {
  name: "pve-mac-by-position-in-stack",
  description:
    "The provider knows the MAC of a NIC that states none by its place in the list: one that is added or removed before it gives it another NIC's MAC, or a new one, and neighbours and firewalls know the guest no more. Fix: state macAddress of each NIC, as the guest has it.",
  enforcementLevel: "advisory",
  validateStack: async ({ resources }, reportViolation) => {
    const guests = new Map((await pairGuests(resources)).map(({ guest }) => [guest.urn, guest]));
    for (const { name, urn, nics } of guests.values()) {
      const bare = nics.flatMap(({ macAddress }, i) => (macAddress ? [] : [i]));
      if (nics.length > 1 && bare.length > 0) {
        reportViolation(
          `${name}: NICs ${bare.join(", ")} of ${nics.length} state no macAddress; allowed: each states the one that it has`,
          urn,
        );
      }
    }
  },
};

/** Policies over guests of Proxmox VE that are nodes of a pair. */
export const pvePolicies: StackValidationPolicy[] = [
  vrrpDropped,
  firewallUnknown,
  macfilter,
  ipfilter,
  sameHost,
  macByPosition,
];
