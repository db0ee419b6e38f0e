import { PolicyResource } from "@pulumi/policy";
import { NicNeeds, needsOf, needsOfInstances } from "../../hypervisor";
import { hostsOf, isKeepalivedConf } from "../../lint";
import { isOn } from "../../lint/members";
import { ReadInstance } from "../../conf";
import { Cluster, InstanceConfig, isKnown, parseCluster } from "../../spec";
import { canonical } from "../../spec/addresses";
import { plain } from "../plain";
import { HA_PAIR } from "../resources";
import { textsOf } from "../texts";
import { guestsOf, Loose, object, objects, StackGuest } from "./guests";

/** A guest of the stack that is a node of a cluster, and what that needs of its NIC. */
export interface PairGuest {
  /** The cluster's resource, or what tells the texts of one from others. */
  pair: string;
  node: string;
  guest: StackGuest;
  /** Place of the NIC: 0 is net0. */
  nic: number;
  needs: NicNeeds;
  /** HaPair itself makes what the NIC needs. */
  isManaged: boolean;
}

/** The nodes of all clusters of a stack that are guests of it. */
export async function pairGuests(resources: readonly PolicyResource[]): Promise<PairGuest[]> {
  const guests = guestsOf(resources);
  if (guests.length === 0) {
    return [];
  }
  const ofPairs = resources.filter(({ type }) => type === HA_PAIR).flatMap((pair) => inPair(pair, guests));
  return [...ofPairs, ...(await inTexts(resources, guests))];
}

function inPair({ name, props }: PolicyResource, guests: readonly StackGuest[]): PairGuest[] {
  const input = object(plain(props));
  const nodes = objects(input["nodes"]);
  // What they run on is no part of what they send.
  const { hypervisor, ...rest } = input;
  const parsed = parseCluster(
    {
      ...rest,
      nodes: nodes.map((node) => Object.fromEntries(Object.entries(node).filter(([key]) => key !== "guest"))),
    },
    { name },
  );
  if (!("value" in parsed)) {
    return [];
  }
  const words = object(hypervisor);
  const virtualMac = words["macChanges"] === true || words["forgedTransmits"] === true;
  const isPve = words["kind"] === "pve";
  return parsed.value.nodes.flatMap((node, i) =>
    inNode(parsed.value, node.name, nodes[i]!, guests).map((found) => ({
      ...found,
      pair: name,
      needs: { ...found.needs, virtualMac },
      isManaged: isPve && nodes[i]!["guest"] !== undefined,
    })),
  );
}

function inNode(
  cluster: Cluster,
  name: string,
  input: Loose,
  guests: readonly StackGuest[],
): Omit<PairGuest, "pair" | "isManaged">[] {
  const { guest: said, interface: dev } = input;
  const { id, nic } = object(said);
  const needs = needsOf(cluster, name).find((one) => one.interface === dev);
  if (needs === undefined) {
    return [];
  }
  const host = object(input["connection"])["host"];
  const own = needs.vrrp.flatMap(({ source }) => (source === undefined ? [] : [source]));
  const found = findGuest(guests, id, [...own, ...(typeof host === "string" ? [host] : [])]);
  if (found === undefined) {
    return [];
  }
  const place = typeof nic === "string" ? Number(nic.slice(3)) : found.nic;
  return [{ node: name, guest: found.guest, nic: place, needs }];
}

/** The guest with this VMID, or the first of these addresses. */
function findGuest(guests: readonly StackGuest[], id: unknown, addresses: readonly string[]) {
  for (const address of addresses.map(canonical)) {
    for (const guest of guests.filter((one) => id === undefined || one.id === undefined || one.id === id)) {
      const nic = guest.addresses.findIndex((own) => own.includes(address));
      if (nic >= 0) {
        return { guest, nic };
      }
    }
  }
  const guest = id === undefined ? undefined : guests.find((one) => one.id === id);
  return guest === undefined ? undefined : { guest, nic: 0 };
}

/** The keepalived.conf texts that go to a guest of the stack. */
async function inTexts(
  resources: readonly PolicyResource[],
  guests: readonly StackGuest[],
): Promise<PairGuest[]> {
  const texts = (await Promise.all(resources.map((resource) => textsOf(resource)))).flat();
  const machines = [...new Set(texts.map(({ machine }) => machine))];
  return machines.flatMap((machine) => {
    const found = findGuest(guests, undefined, [machine.split(/:(?=\d+(?: |$))/)[0]!]);
    const own = texts.filter((text) => text.machine === machine);
    if (found === undefined || !own.some(({ text }) => isKeepalivedConf(text))) {
      return [];
    }
    return hostsOf(own).flatMap(({ conf }) =>
      needsOfInstances(conf.instances.flatMap(known)).map((needs) => ({
        pair: pairOf(needs),
        node: found.guest.name,
        ...found,
        isManaged: false,
        needs,
      })),
    );
  });
}

/** An instance of which all that bears on its NIC is known. */
function known({ config, statement }: ReadInstance) {
  const {
    interface: dev,
    family,
    multicast,
    unicastSrcIp,
    mcastSrcIp,
    unicastPeers,
    virtualIpAddresses,
  } = config;
  const all = [dev, family, multicast, unicastSrcIp, mcastSrcIp, unicastPeers, virtualIpAddresses];
  const virtualMac = isOn(statement.body?.find(({ keyword }) => keyword === "use_vmac"));
  const instance = config as InstanceConfig;
  return all.every(isKnown) ? [{ instance, peers: instance.unicastPeers, virtualMac }] : [];
}

/** Texts that move the same addresses are of one pair. */
function pairOf({ addresses, vrrp }: NicNeeds): string {
  const sources = vrrp.map(({ source }) => source);
  return addresses.filter((address) => !sources.includes(address)).join();
}
