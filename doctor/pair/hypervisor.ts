import { wantedFor, type Policy, type Word } from "../../hypervisor/esxi";
import type { Lack } from "../../hypervisor/pve";
import { ruleText } from "../../hypervisor/pve/rules";
import type { NicWords } from "../../hypervisor/words";
import type { Fix } from "../model";

/** What a NIC's hypervisor keeps from its node. */
export interface NicLack {
  /** adverts; only those to the VRRP group; frames from a virtual MAC; frames from the virtual addresses */
  of: "adverts" | "multicast" | "mac" | "addresses";
  /** The option, as the hypervisor calls it, and what it does: `macfilter is on and drops ...`. */
  words: string;
  /** Lines of a diff of the spec that put it right; absent: the spec asks for it already. */
  specChange?: string[];
}

/** A NIC of a node as its hypervisor has it. */
export interface NicSeen {
  /** `net0 of VM 101 on pve1` */
  where: string;
  /** What the node calls it: `eth0`. */
  dev: string;
  /** None: it lets through what the node needs. */
  lacks: NicLack[];
  /** What else bears on it, for whoever looks there. */
  notes?: string[];
}

/** NICs by the name of their node; a node without an entry was not looked at. */
export type HypervisorSeen = Readonly<Record<string, readonly NicSeen[]>>;

/** What Proxmox VE keeps from a NIC. */
export interface PveLack {
  where: string;
  dev: string;
  lack: Lack;
  /** The spec's own words of the NICs. */
  said: NicWords;
  /** Bridge that forwards by MLD what it has heard, where the NIC sends to a group that it snoops. */
  snoopedBy?: string;
  notes?: string[];
}

/** What Proxmox VE keeps from a NIC, in the doctor's words. */
export function pveNic({ where, dev, lack, said, snoopedBy, notes }: PveLack): NicSeen {
  const rules = lack.rules.map((rule): NicLack => ({
    of: "adverts",
    words: `firewall=1, and no rule of its firewall lets protocol 112 through: it lacks ${ruleText(rule)}`,
  }));
  const macfilter: NicLack = {
    of: "mac",
    words: "firewall=1, and macfilter drops what leaves the guest from another MAC than the NIC's",
    ...changeOf(
      said.macChanges === undefined && said.forgedTransmits !== undefined ? "forgedTransmits" : "macChanges",
      said,
    ),
  };
  return {
    where,
    dev,
    lacks: [
      ...rules,
      ...(lack.macfilter ? [macfilter] : []),
      ...(lack.ipfilter === undefined
        ? []
        : [
            {
              of: "addresses" as const,
              words: `ipfilter is on, and the set ${lack.ipfilter.name} lacks ${lack.ipfilter.addresses.join(", ")}`,
            },
          ]),
      ...(snoopedBy === undefined
        ? []
        : [
            {
              of: "multicast" as const,
              words: `multicast_snooping is on at ${snoopedBy}: a group is passed to those alone whose membership it has heard`,
            },
          ]),
    ],
    ...(notes !== undefined && notes.length > 0 && { notes }),
  };
}

/** What ESXi's policy of a port group keeps from a node whose virtual router has a virtual MAC. */
export function esxiPortGroup(where: string, dev: string, policy: Policy, said: NicWords): NicSeen {
  const needed = Object.keys(wantedFor({ virtualMac: true })) as Word[];
  return {
    where,
    dev,
    lacks: needed
      .filter((word) => !policy[word].accept)
      .map((word) => ({ of: "mac", words: `${word} is on reject`, ...changeOf(word, said) })),
  };
}

/** What of the spec has a word let a virtual MAC through; nothing where it says so already. */
function changeOf(word: Word, said: NicWords): Pick<NicLack, "specChange"> {
  if (said[word] === true) return {};
  const before = said[word] === false ? [`- hypervisor.${word}: false`] : [];
  return { specChange: [...before, `+ hypervisor.${word}: true`] };
}

/** What was seen of a node's NICs about one thing. */
export function lacksOf(seen: HypervisorSeen, node: string, of: NicLack["of"]) {
  return (seen[node] ?? []).flatMap(({ where, lacks }) =>
    lacks.filter((lack) => lack.of === of).map((lack) => ({ where, ...lack })),
  );
}

export type Lacking = ReturnType<typeof lacksOf>[number];

/** What the hypervisor itself says of a node's NICs, a sentence each. */
export function lackEvidence(seen: HypervisorSeen, node: string, lacks: readonly Lacking[]): string[] {
  const of = new Set(lacks.map(({ where }) => where));
  const notes = (seen[node] ?? []).filter(({ where }) => of.has(where));
  return [
    ...lacks.map(({ where, words }) => `${where}: ${words}`),
    ...notes.flatMap(({ where, notes: all = [] }) => all.map((note) => `${where}: ${note}`)),
  ];
}

/** What puts a lack right. */
export function lackFix(node: string, lacks: readonly Lacking[]): Fix {
  const specChange = [...new Set(lacks.flatMap(({ specChange: lines = [] }) => lines))];
  const isAsked = lacks.some((lack) => lack.specChange === undefined);
  const where = [...new Set(lacks.map((lack) => lack.where))].join(", ");
  return {
    repair: "spec",
    automatic: false,
    summary:
      `have the hypervisor of ${node} let it through at ${where}` +
      // Without a change of the spec an `up` asks no hypervisor.
      (isAsked ? ": the spec's hypervisor and guest ask for it, and it is not so there" : ""),
    commands: [isAsked ? "pulumi up --refresh" : "pulumi up"],
    ...(specChange.length > 0 && { specChange }),
  };
}
