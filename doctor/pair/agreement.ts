import { canonical } from "../../spec/addresses";
import type { Cause } from "../causes";
import type { LoadedInstance, WantedInstance } from "../facts";
import { Confidence, type Finding } from "../model";
import type { ReadInstance } from "../../conf";
import { blame } from "./blame";
import { ClusterView, loadedOf, Member } from "./cluster";
import { instanceIn, known } from "./conf";
import { discarded } from "./discards";
import { because, bySpec, found, grouped, list, putBack } from "./found";

/** A value that all nodes of a virtual router have to have. */
interface Agreed {
  cause: Cause;
  /** As `loaded` and `differs` call it. */
  key: string;
  /** In the spec's words. */
  property: string;
  what: string;
  loaded: (instance: LoadedInstance) => string | undefined;
  inFile: (instance: ReadInstance) => string | undefined;
  wanted: (instance: WantedInstance) => string | undefined;
}

const text = (value: number | string | undefined) => (value === undefined ? undefined : String(value));
const seconds = (ms: number | undefined) => (ms === undefined ? undefined : String(ms / 1000));
const listed = (vips: string[] | undefined) =>
  vips === undefined || vips.length === 0
    ? undefined
    : vips
        .map((vip) => canonical(vip.replace(/\/.*/, "")))
        .sort()
        .join(", ");

const AGREED: readonly Agreed[] = [
  {
    cause: "conf-vrid",
    key: "vrid",
    property: "virtualRouterId",
    what: "the virtual router id",
    loaded: ({ vrid }) => text(vrid),
    inFile: ({ config }) => text(known(config.virtualRouterId)),
    wanted: ({ vrid }) => text(vrid),
  },
  {
    cause: "conf-version",
    key: "version",
    property: "version",
    what: "the version of VRRP",
    loaded: ({ version }) => text(version),
    inFile: ({ config }) => text(known(config.version)),
    wanted: ({ version }) => text(version),
  },
  {
    cause: "conf-advert-int",
    key: "advert-int",
    property: "advertInt",
    what: "the advert interval",
    loaded: ({ advertInt }) => seconds(advertInt),
    inFile: ({ config }) => text(known(config.advertInt)),
    wanted: ({ advertInt }) => seconds(advertInt),
  },
  {
    cause: "conf-vip-list",
    key: "vip",
    property: "virtualIpAddresses",
    what: "the list of virtual addresses",
    loaded: ({ vips }) => listed(vips),
    inFile: ({ config }) => listed(known(config.virtualIpAddresses)?.map(({ address }) => address)),
    wanted: ({ vips }) => listed(vips.map(({ address }) => address)),
  },
];

/** A node with what it runs, or would run, and what it was told. */
interface Has {
  member: Member;
  value: string;
  wanted: string | undefined;
}

/** What nodes of one virtual router have to have alike, and have not. */
export function disagreements(cluster: ClusterView): Finding[] {
  // Where a change is under way the nodes differ for that time.
  if (cluster.seen.some(({ isPending }) => isPending)) return [];
  return instancesOf(cluster).flatMap((instance) =>
    AGREED.flatMap((agreed) => disagreement(cluster, instance, agreed)),
  );
}

export function instancesOf(cluster: ClusterView): string[] {
  return [...new Set(cluster.seen.flatMap(({ wanted }) => wanted.map(({ name }) => name)))].sort();
}

function disagreement(cluster: ClusterView, instance: string, agreed: Agreed): Finding[] {
  const all = cluster.seen.flatMap((member) => hasOf(member, instance, agreed));
  const differing = all.filter(({ value, wanted }) => wanted !== undefined && wanted !== value);
  const values = new Set(all.map(({ value }) => value));
  if (all.length > 1 && values.size === 1) return [];
  if (differing.length === 0 && values.size < 2) return [];
  const isByHand = differing.length > 0;
  const blamed = isByHand ? differing : minority(cluster, all);
  return blamed.map((one) => {
    const others = all.filter((other) => other.value !== one.value);
    const right = one.wanted !== one.value ? one.wanted : others[0]?.value;
    const { name } = one.member;
    return found(agreed.cause, {
      node: name,
      confidence: all.length > 1 ? Confidence.Certain : Confidence.Likely,
      evidence: [
        `${agreed.what} of ${instance} is ${one.value} on ${name}${others.length > 0 ? `, and ${list(others.map((other) => `${other.value} on ${other.member.name}`))}` : ""}`,
        ...(isByHand
          ? [`applied on ${name} was ${one.wanted}`]
          : [`each is as it was applied: the specs of the nodes differ`]),
        ...discarded(cluster, instance, agreed.key),
      ],
      ruledOut: [
        because(
          "conf-not-loaded",
          `what was compared is what ${name} ${one.member.loaded.length > 0 ? "runs" : "has in its file"}`,
        ),
      ],
      fix: isByHand
        ? putBack(cluster.name, name, `${agreed.property} of ${instance}`)
        : bySpec(`give ${instance} the same ${agreed.property} on all nodes`, [
            `# ${name}`,
            `- ${agreed.property}: ${one.value}`,
            `+ ${agreed.property}: ${right}`,
          ]),
    });
  });
}

function hasOf(member: Member, instance: string, agreed: Agreed): Has[] {
  const told = member.wanted.find(({ name }) => name === instance);
  const loaded = loadedOf(member, instance);
  const read = instanceIn(member.conf, instance);
  const value = loaded === undefined ? undefined : agreed.loaded(loaded);
  const isOld = member.view.has("differs", instance, agreed.key);
  const wanted = told === undefined ? undefined : agreed.wanted(told);
  const inFile = read === undefined ? undefined : agreed.inFile(read);
  // A daemon that has not read its file is another matter.
  if (isOld) return wanted === undefined ? [] : [{ member, value: wanted, wanted }];
  const is = value ?? inFile;
  return is === undefined ? [] : [{ member, value: is, wanted }];
}

/** Of nodes that are each as they were told: those that differ from most, or the one that gives way. */
function minority(cluster: ClusterView, all: Has[]): Has[] {
  const groups = grouped(all, ({ value }) => value).sort((a, b) => b.length - a.length);
  const [most = [], next = []] = groups;
  if (most.length > next.length) return groups.slice(1).flat();
  const ways = all.flatMap(({ member: from }) =>
    all.filter(({ member }) => member !== from).map(({ member: to }) => ({ from, to })),
  );
  const node = blame(cluster, ways)[0]?.node;
  return all.filter(({ member }) => member === node);
}
