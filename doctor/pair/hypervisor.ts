import type { Policy } from "../../hypervisor/esxi/policy";
import type { Lack } from "../../hypervisor/pve";
import { ruleText } from "../../hypervisor/pve/rules";
import type { Fix } from "../model";

/** What a NIC's hypervisor keeps from its node. */
export interface NicLack {
  /** adverts; frames from a virtual MAC; frames from the virtual addresses */
  of: "adverts" | "mac" | "addresses";
  /** The option, as the hypervisor calls it, and what it does: `macfilter is on and drops ...`. */
  words: string;
  /** Lines of a diff of the spec that put it right; absent: the hypervisor's own settings do. */
  specChange?: string[];
}

/** A NIC of a node as its hypervisor has it. */
export interface NicSeen {
  /** `net0 of VM 101 on pve1` */
  where: string;
  /** None: it lets through what the node needs. */
  lacks: NicLack[];
}

/** NICs by the name of their node; a node without an entry was not looked at. */
export type HypervisorSeen = Readonly<Record<string, readonly NicSeen[]>>;

const SPEC_OF_RULES = ["+ hypervisor: { kind: 'pve', connection: ... }", "+ nodes[].guest: { id: VMID }"];

/** What Proxmox VE keeps from a NIC, in the doctor's words. `name` is the node's in the spec. */
export function pveNic(where: string, name: string, lack: Lack): NicSeen {
  const rules = lack.rules.map((rule): NicLack => ({
    of: "adverts",
    words: `no rule of its firewall lets the adverts through: ${ruleText(rule)}`,
    specChange: SPEC_OF_RULES.map((line) => line.replace("[]", `[${name}]`)),
  }));
  const macfilter: NicLack = {
    of: "mac",
    words: "macfilter is on and drops what leaves the guest from another MAC than the NIC's",
    specChange: ["+ hypervisor.macChanges: true"],
  };
  return {
    where,
    lacks: [
      ...rules,
      ...(lack.macfilter ? [macfilter] : []),
      ...(lack.ipfilter === undefined
        ? []
        : [
            {
              of: "addresses" as const,
              words: `ipfilter is on, and the set ${lack.ipfilter.name} lacks ${lack.ipfilter.addresses.join(", ")}`,
              specChange: SPEC_OF_RULES.map((line) => line.replace("[]", `[${name}]`)),
            },
          ]),
    ],
  };
}

/** What ESXi's policy of a port group keeps from a node whose virtual router has a virtual MAC. */
export function esxiPortGroup(where: string, policy: Policy): NicSeen {
  const words = (["forgedTransmits", "macChanges", "promiscuous"] as const).filter(
    (word) => !policy[word].accept,
  );
  return {
    where,
    lacks: words.map((word) => ({
      of: "mac",
      words: `${word} is on reject`,
      specChange: [`- hypervisor.${word}: false`, `+ hypervisor.${word}: true`],
    })),
  };
}

/** What was seen of a node's NICs about one thing. */
export function lacksOf(seen: HypervisorSeen, node: string, of: NicLack["of"]) {
  return (seen[node] ?? []).flatMap(({ where, lacks }) =>
    lacks.filter((lack) => lack.of === of).map((lack) => ({ where, ...lack })),
  );
}

export type Lacking = ReturnType<typeof lacksOf>[number];

/** What puts a lack right. */
export function lackFix(node: string, lacks: readonly Lacking[]): Fix {
  const specChange = [...new Set(lacks.flatMap(({ specChange: lines = [] }) => lines))];
  const what = [...new Set(lacks.map(({ where, words }) => `${where}: ${words}`))].join("; ");
  return {
    repair: "spec",
    automatic: false,
    summary: `have the hypervisor of ${node} let it through (${what})`,
    commands: ["pulumi up"],
    ...(specChange.length > 0 && { specChange }),
  };
}
