import * as esxi from "../components/esxi/conversation";
import { shellAt } from "../components/esxi/way";
import { readGuest } from "../components/pve/guests";
import { clusterNodes, onNodes } from "../components/pve/hookNodes";
import type { Access, PveApi } from "../components/pve/transport";
import { apiAt } from "../components/pve/way";
import { quote } from "../components/shell";
import type { Unread } from "../doctor/model";
import { esxiPortGroup, type HypervisorSeen, type NicSeen, pveNic } from "../doctor/pair";
import type { Connection } from "../engine/stand-ins/resource-command/connection";
import type { NicWords } from "../hypervisor";
import {
  bridgeOf,
  commentOf,
  guestName,
  type GuestSeen,
  type GuestWant,
  lackOf,
  parseNet,
} from "../hypervisor/pve";
import { silent, withOneMoreTry } from "./remote";

/** A guest that a node is, and how what it runs on is reached. */
export type GuestAddress = {
  /** Name of the node. */
  node: string;
  /** What the node calls its NIC. */
  dev: string;
  /** The spec's own words of the NICs. */
  said: NicWords;
} & (
  | { kind: "pve"; id: number; want: GuestWant; access: Access<Connection> }
  | { kind: "esxi"; portGroup: string; connection: Connection }
);

/** What the hypervisors say of the nodes' NICs, and what could not be looked at. */
export interface HypervisorLook {
  hypervisor: HypervisorSeen;
  unread: Unread[];
}

/** The ways to hypervisors. */
export interface HypervisorWays {
  pve: (access: Access<Connection>, signal: AbortSignal) => PveApi;
  esxi: (connection: Connection, signal: AbortSignal) => esxi.Run;
}

/** Seconds after which nobody waits any longer: pvesh takes about one for each request. */
const LIMIT = 60;

const WAYS: HypervisorWays = {
  pve: (access, signal) => apiAt(access, { limit: LIMIT, impatient: true, signal }),
  esxi: (connection, signal) => shellAt(withOneMoreTry(connection), { limit: LIMIT, log: silent, signal }),
};

/** Reads, and changes nothing. Never fails: what is not reached, or not in time, is told of. */
export async function lookAtHypervisor(
  guests: readonly GuestAddress[],
  cluster: string,
  ways: HypervisorWays = WAYS,
  limit = LIMIT * 1000,
): Promise<HypervisorLook> {
  const end = new AbortController();
  const timer = setTimeout(() => end.abort(), limit);
  const late = new Promise<never>((_, reject) => {
    const words = `it did not answer within ${limit / 1000} s`;
    end.signal.addEventListener("abort", () => reject(new Error(words)));
  });
  const hypervisor: Record<string, NicSeen[]> = {};
  const unread: Unread[] = [];
  await Promise.all(
    guests.map(async (guest) => {
      const { node } = guest;
      try {
        hypervisor[node] = [await Promise.race([nicOf(guest, cluster, ways, end.signal), late])];
      } catch (error) {
        unread.push({
          node,
          words: `its hypervisor was not looked at: ${oneLine((error as Error).message)}`,
        });
      }
    }),
  );
  clearTimeout(timer);
  return { hypervisor, unread: unread.sort((a, b) => (a.node < b.node ? -1 : 1)) };
}

const oneLine = (text: string) => text.trim().split("\n")[0]!;

function nicOf(
  guest: GuestAddress,
  cluster: string,
  ways: HypervisorWays,
  signal: AbortSignal,
): Promise<NicSeen> {
  if (guest.kind === "esxi") return portGroupOf(guest, ways.esxi(guest.connection, signal));
  const api = ways.pve(guest.access, signal);
  signal.addEventListener("abort", () => api.close());
  return pveNicOf(guest, cluster, api);
}

async function portGroupOf(
  { dev, portGroup, connection, said }: GuestAddress & { kind: "esxi" },
  run: esxi.Run,
): Promise<NicSeen> {
  const { policy } = await esxi.look(run, portGroup);
  return esxiPortGroup(`port group '${portGroup}' of ${connection.host}`, dev, policy, said);
}

async function pveNicOf(
  { node, dev, id, want, said }: GuestAddress & { kind: "pve" },
  cluster: string,
  api: PveApi,
): Promise<NicSeen> {
  try {
    const guest = `${node} (guest ${id})`;
    const seen = await readGuest(api, guest, id);
    const text = seen.config[want.nic];
    if (text === undefined)
      throw new Error(`${guestName(seen)} has no ${want.nic}: correct guest.nic of ${node}`);
    const net = parseNet(seen.kind, text);
    // Whether the virtual router has a virtual MAC, the nodes tell: the macfilter is told in any case.
    const lack = lackOf(seen, net, { ...want, macfilter: false }, commentOf({ cluster }));
    const bridge = bridgeOf(net);
    const snooped =
      bridge !== undefined &&
      isSnooped(want) &&
      (await isSnooping(api, guest, seen, bridge).catch(() => false));
    return pveNic({
      where: `${want.nic} of ${guestName(seen)}`,
      dev,
      lack,
      said,
      ...(snooped && { snoopedBy: `${bridge} of ${seen.host}` }),
      notes: notesOf(seen, want.nic),
    });
  } finally {
    api.close();
  }
}

/** What of a guest explains a lack, or will change it. */
function notesOf({ pending, unread }: GuestSeen, nic: string): string[] {
  return [
    ...pending.flatMap(({ key, pending: value, delete: goes }) =>
      key !== nic || (value === undefined && !goes)
        ? []
        : [`at the guest's next start it becomes ${goes ? "nothing" : `'${value}'`}`],
    ),
    ...unread.map((what) => `not read, and taken to be on: ${what}`),
  ];
}

/** A Linux bridge never snoops 224.0.0.x, but ff02::12. */
const isSnooped = ({ vrrp }: GuestWant) =>
  vrrp.some(({ family, group }) => family === 6 && group !== undefined);

/** Whether the bridge of a guest's NIC snoops; false also where nobody can say. */
async function isSnooping(api: PveApi, guest: string, { host }: GuestSeen, bridge: string): Promise<boolean> {
  if (api.shell === undefined) return false;
  const step = { guest, what: "reading its bridge" };
  const node = (await clusterNodes(api, step)).find(({ name, isOnline }) => name === host && isOnline);
  if (node === undefined) return false;
  const script = `cat ${quote(`/sys/class/net/${bridge}/bridge/multicast_snooping`)}`;
  return (await onNodes(api.shell, [{ node, script }])).get(host)?.out.trim() === "1";
}
