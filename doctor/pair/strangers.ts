import { isLinkLocal } from "../../spec/addresses";
import { heard, type Heard } from "../facts";
import type { Finding } from "../model";
import { ClusterView, loadedOf, Member, ownAddresses } from "./cluster";
import { because, bySpec, found, list } from "./found";

/** A sender of adverts that is none of the nodes and uses the id of one of their virtual routers. */
export interface Stranger {
  address: string;
  instance: string;
  vrid: number;
  hearers: Member[];
  sentence: string;
}

export function strangersOf(cluster: ClusterView): Stranger[] {
  const own = ownAddresses(cluster);
  // Link-local addresses of a node that did not answer are known to nobody here.
  const isOurs = (address: string) =>
    own.has(address) ||
    cluster.members.some(
      (member) => !member.view.isSeen && (isLocal(address) || member.view.address === address),
    );
  const all = cluster.seen.flatMap((member) =>
    heard(member.view)
      .filter(({ address, count }) => count > 0 && !isOurs(address))
      .flatMap((sender) => {
        const instance = member.wanted.find(
          (one) =>
            (loadedOf(member, one.name)?.vrid ?? one.vrid) === sender.vrid &&
            (one.family === 6) === sender.address.includes(":") &&
            isOnSegment(sender, one.interface, member),
        );
        return instance === undefined ? [] : [{ member, sender, instance: instance.name }];
      }),
  );
  const strangers = new Map<string, Stranger>();
  for (const { member, sender, instance } of all) {
    const key = `${sender.address} ${instance}`;
    const before = strangers.get(key);
    strangers.set(key, {
      address: sender.address,
      instance,
      vrid: sender.vrid,
      hearers: [...new Set([...(before?.hearers ?? []), member])],
      sentence: `${sender.address} sends adverts of the virtual router id ${sender.vrid}${sender.priority === undefined ? "" : ` with priority ${sender.priority}`}`,
    });
  }
  return [...strangers.values()];
}

/** An id counts for its segment: what is heard only where other instances are is none of this one. */
function isOnSegment({ interfaces }: Heard, own: string, { wanted }: Member): boolean {
  const isElsewhere = (dev: string) => dev !== own && wanted.some((other) => other.interface === dev);
  return interfaces.length === 0 || !interfaces.every(isElsewhere);
}

function isLocal(address: string): boolean {
  return address.includes(":") && isLinkLocal(address);
}

/** Somebody else uses the id. */
export function foreignRouters(cluster: ClusterView): Finding[] {
  const strangers = strangersOf(cluster);
  const instances = [...new Set(strangers.map(({ instance }) => instance))];
  return instances.map((instance) => {
    const of = strangers.filter((stranger) => stranger.instance === instance);
    const [{ vrid, hearers }] = of as [Stranger];
    const free = freeId(cluster);
    return found("conf-foreign-vrid", {
      node: hearers[0]!.name,
      evidence: of.map(
        ({ sentence, hearers: by }) =>
          `${sentence}, heard by ${list(by.map(({ name }) => name))}; it is none of the nodes`,
      ),
      ruledOut: [
        because("conf-vrid", "the nodes themselves have one id"),
        because("conf-auth", "what is discarded comes from a stranger"),
      ],
      fix: bySpec(
        `give ${instance} an id that nobody else on the segment uses (${free} was not heard), or give the other virtual router (${list(of.map(({ address }) => address))}) another one`,
        [`- virtualRouterId: ${vrid}`, `+ virtualRouterId: ${free}`],
      ),
    });
  });
}

/** The next id that was not heard and that no node uses. */
function freeId({ seen }: ClusterView): number {
  const used = new Set(
    seen.flatMap(({ view, wanted, loaded }) => [
      ...heard(view).map(({ vrid }) => vrid),
      ...wanted.map(({ vrid }) => vrid),
      ...loaded.flatMap(({ vrid }) => vrid ?? []),
    ]),
  );
  const ids = Array.from({ length: 255 }, (_, i) => i + 1);
  const start = Math.max(0, ...seen.flatMap(({ wanted }) => wanted.map(({ vrid }) => vrid)));
  return [...ids.slice(start), ...ids.slice(0, start)].find((id) => !used.has(id)) ?? 1;
}
