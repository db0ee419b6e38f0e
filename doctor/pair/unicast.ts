import { addresses, fileState, links, WantedInstance } from "../facts";
import type { Finding } from "../model";
import { ClusterView, loadedOf, Member, peerAddresses } from "./cluster";
import { confPath, instanceIn, known } from "./conf";
import { because, bySpec, found, list, putBack } from "./found";

/** One virtual router of one node, as it is told and as it is. */
interface Own {
  cluster: ClusterView;
  member: Member;
  wanted: WantedInstance;
}

function owns(cluster: ClusterView): Own[] {
  return cluster.seen
    .filter(({ isPending }) => !isPending)
    .flatMap((member) => member.wanted.map((wanted) => ({ cluster, member, wanted })));
}

/** Whether the daemon has not read its file, in that: then that is what is wrong. */
const isUnread = ({ member, wanted }: Own, key: string) => member.view.has("differs", wanted.name, key);

function isChanged({ view }: Member): boolean {
  const path = confPath(view);
  const is = path === undefined ? undefined : fileState(view, path);
  return is !== undefined && is !== "same" && is !== "mode";
}

/** The address that a node sends from is missing, not its own, or not what the others know it by. */
export function sources(cluster: ClusterView): Finding[] {
  return owns(cluster).flatMap((own) => {
    const { member, wanted } = own;
    const { name, view } = member;
    if (wanted.source === undefined || wanted.transport === "multicast" || isUnread(own, "source")) return [];
    const loaded = loadedOf(member, wanted.name);
    const read = instanceIn(member.conf, wanted.name);
    const isUnicast = (loaded?.transport ?? "unicast") === "unicast";
    const isStated =
      loaded === undefined || view.rest("loaded", loaded.name, "source-configured") !== "no"
        ? read === undefined || read.config.multicast !== false || read.config.unicastSrcIp !== undefined
        : false;
    const source = loaded?.source ?? known(read?.config.unicastSrcIp);
    const here = addresses(view);
    const isHere = (address: string) => here.length === 0 || here.some((one) => one.address === address);
    const told = (evidence: string[], isByHand: boolean) =>
      found("conf-unicast-src", {
        node: name,
        evidence,
        ruledOut: [because("conf-interface", `the interface ${wanted.interface} is there`)],
        fix: isByHand
          ? putBack(cluster.name, name, `unicastSrcIp of ${wanted.name}`)
          : bySpec(
              `put ${wanted.source} back on ${wanted.interface} of ${name} (its network configuration), or give the node an address that it has`,
              [
                `- nodes[${name}].unicastSrcIp: ${wanted.source}`,
                `+ nodes[${name}].unicastSrcIp: ${here.find(({ dev }) => dev === wanted.interface)?.address ?? `an address of ${wanted.interface}`}`,
              ],
            ),
      });
    if (isUnicast && !isStated) {
      return [
        told(
          [
            `${name} has no unicast_src_ip in ${wanted.name}: keepalived takes the first address of ${wanted.interface}, and the peers know ${name} by ${wanted.source}`,
          ],
          true,
        ),
      ];
    }
    if (isUnicast && source !== undefined && source !== wanted.source) {
      return [
        told(
          [
            `${name} sends adverts of ${wanted.name} from ${source}, and the peers know it by ${wanted.source}`,
            ...(isHere(source) ? [] : [`${source} is on no interface of ${name}`]),
          ],
          isChanged(member) || loaded === undefined,
        ),
      ];
    }
    const elsewhere = view.one("source", wanted.interface, wanted.source, "elsewhere") !== undefined;
    const isAbsent = view.has("source", wanted.interface, wanted.source, "absent");
    return (isHere(wanted.source) && !isAbsent) || elsewhere
      ? []
      : [told([`${wanted.source}, from which ${name} is to send adverts, is on no interface of it`], false)];
  });
}

/** The peers that a node sends to, or hears, are not those that there are. */
export function peers(cluster: ClusterView): Finding[] {
  return owns(cluster).flatMap((own) => {
    const { member, wanted } = own;
    if (wanted.transport !== "unicast" || isUnread(own, "peer") || isUnread(own, "transport")) return [];
    const loaded = loadedOf(member, wanted.name);
    const read = instanceIn(member.conf, wanted.name);
    const isMulticast =
      loaded?.transport === "multicast" || (loaded === undefined && read?.config.multicast === true);
    const has = isMulticast ? [] : (loaded?.peers ?? known(read?.config.unicastPeers));
    if (has === undefined) return [];
    const expected = expectedPeers(own);
    if (expected.length === 0) return [];
    const missing = expected.filter(({ addresses: any }) => !any.some((address) => has.includes(address)));
    const surplus = has.filter((address) => !expected.some(({ addresses: any }) => any.includes(address)));
    if (missing.length === 0 && surplus.length === 0) return [];
    const { name } = member;
    // What differs is the node, where another one is not where everybody was told that it is.
    const isByHand = expected.every(({ node, addresses: any }) =>
      any.some((address) => peerAddresses(member, node).includes(address)),
    );
    return [
      found("conf-unicast-peer", {
        node: name,
        evidence: [
          has.length === 0
            ? `${name} has no unicast peers in ${wanted.name}${isMulticast ? ", and sends its adverts to the group instead" : ""}`
            : `the unicast peers of ${wanted.name} on ${name} are ${list(has)}`,
          ...missing.map(({ node, addresses: any }) => `${node} (${any.join(" or ")}) is not among them`),
          ...surplus.map((address) => `${address} is none of the other nodes`),
        ],
        ruledOut: [because("conf-unicast-src", "the other nodes send from where they were told to")],
        fix: isByHand
          ? putBack(cluster.name, name, `unicastPeers of ${wanted.name}`)
          : bySpec(`list the address of every other node in unicastPeers of ${name}`, [
              `- unicastPeers: [${has.join(", ")}]`,
              `+ unicastPeers: [${expected.map(({ addresses: any }) => any[0]).join(", ")}]`,
            ]),
      }),
    ];
  });
}

/** Addresses of which one of each other node has to be among a node's peers. */
function expectedPeers({ cluster, member, wanted }: Own): { node: string; addresses: string[] }[] {
  const names = [...new Set(member.view.all("want", "peer").map(([, , name = ""]) => name))];
  return names.flatMap((node) => {
    const other = cluster.seen.find(({ name }) => name === node);
    const source = other?.wanted.find(({ name }) => name === wanted.name)?.source;
    const own = peerAddresses(member, node).filter(
      (address) => address.includes(":") === (wanted.family === 6 || wanted.source?.includes(":") === true),
    );
    const any = source === undefined || other?.isPending ? own : [source];
    return any.length === 0 ? [] : [{ node, addresses: any }];
  });
}

/** The interface is not there, or not the one that has the address. */
export function interfaces(cluster: ClusterView): Finding[] {
  return owns(cluster).flatMap((own) => {
    const { member, wanted } = own;
    const { name, view } = member;
    if (isUnread(own, "interface")) return [];
    const loaded = loadedOf(member, wanted.name)?.interface;
    const read = known(instanceIn(member.conf, wanted.name)?.config.interface);
    const isRefused = view.has("conf-test", "failed") || view.has("daemon", "stopped");
    const is = loaded !== undefined && !isRefused ? loaded : (read ?? loaded);
    const link = (dev: string) => links(view).find((one) => one.dev === dev);
    const told = (evidence: string[], isByHand: boolean) =>
      found("conf-interface", {
        node: name,
        evidence,
        fix: isByHand
          ? putBack(cluster.name, name, `interface of ${wanted.name}`)
          : bySpec(
              `give ${name} the interface that is there, or bring ${wanted.interface} back; see ip link there`,
              [
                `- nodes[${name}].interface: ${wanted.interface}`,
                `+ nodes[${name}].interface: ${whereOf(own)}`,
              ],
            ),
      });
    const base = is?.replace(/^vrrp\.\d+$/, wanted.interface);
    if (base !== undefined && base !== wanted.interface) {
      return [
        told(
          [
            `${wanted.name} on ${name} is on the interface ${is}, and ${wanted.interface} was applied`,
            ...(link(base)?.is === "absent" ? [`there is no interface ${is} on ${name}`] : []),
          ],
          true,
        ),
      ];
    }
    if (view.has("tunnel", wanted.interface)) return [];
    if (link(wanted.interface)?.is === "absent") {
      return [
        told(
          [`there is no interface ${wanted.interface} on ${name}, on which ${wanted.name} is to be`],
          false,
        ),
      ];
    }
    const elsewhere =
      wanted.source === undefined
        ? undefined
        : view.one("source", wanted.interface, wanted.source, "elsewhere")?.[4];
    return elsewhere === undefined
      ? []
      : [
          told(
            [
              `${wanted.source}, from which ${name} is to send adverts, is on ${elsewhere} and not on ${wanted.interface}`,
            ],
            false,
          ),
        ];
  });
}

function whereOf({ member, wanted }: Own): string {
  return (
    addresses(member.view).find(({ address }) => address === wanted.source)?.dev ?? "(the one that is there)"
  );
}
