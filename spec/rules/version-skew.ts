import { membersOf } from "../members";
import { Cluster, InstanceConfig, Problem } from "../model";
import { compareVersions } from "./versions";

/** What a host told of the keepalived that runs with its generation. */
export interface HostKeepalived {
  version: string;
  /** What it was built with, as its --version lists it: VRRP, VRRP_AUTH, BFD ... */
  options: readonly string[];
}

/** Reads the line `keepalived VERSION OPTION...` of what a stage printed; undefined where it has none. */
export function parseHostKeepalived(stdout: string): HostKeepalived | undefined {
  const [, version, options = ""] = /^keepalived (\d+(?:\.\d+)+)(?: (.*))?$/m.exec(stdout) ?? [];
  return version === undefined ? undefined : { version, options: options.split(" ").filter(Boolean) };
}

/** One thing in which keepalived differs from release to release, or from build to build, and that a cluster's nodes notice. */
interface SkewRule {
  id: string;
  severity: Problem["severity"];
  doc: string;
  fix: string;
  /** Which instances make it matter; of a cluster with none it says nothing. */
  concerns: (instance: InstanceConfig) => boolean;
  /** What of one host does not do beside the others; absent: nothing. */
  finds: (
    own: HostKeepalived,
    others: readonly HostKeepalived[],
  ) => { value: string; allowed: string } | undefined;
}

const isBefore = (version: string, than: string) => compareVersions(version, than) < 0;

/** A finding about each host older than a release that another one has. */
function olderBeside(release: string): SkewRule["finds"] {
  return ({ version }, others) =>
    isBefore(version, release) && others.some((other) => !isBefore(other.version, release))
      ? { value: version, allowed: `${release} or newer, as on another node` }
      : undefined;
}

/** A finding about each host that was built without something. Where a host told no options, nobody knows. */
function builtWithout(option: string): SkewRule["finds"] {
  return ({ version, options }) =>
    options.length > 0 && !options.includes(option)
      ? {
          value: `${version}, built without ${option}`,
          allowed: `a keepalived that was built with ${option}`,
        }
      : undefined;
}

const isUnicast = ({ multicast }: InstanceConfig) => !multicast;

/**
 * By the releases in which it changed. What does not matter between nodes of one spec is not here: VRRPv2, multicast and
 * the checksums of both are the same from 2.0.0 to 2.4.3; how takeovers and preemption are timed is each node's own.
 */
export const SKEW_RULES: readonly SkewRule[] = [
  {
    id: "skew-vrrp-missing",
    severity: "error",
    doc: "keepalived must have been built with VRRP.",
    fix: "install another keepalived on the node, or give keepalivedSource",
    concerns: () => true,
    finds: builtWithout("VRRP"),
  },
  {
    id: "skew-unicast-checksum",
    severity: "error",
    doc: "The checksum of VRRPv3 adverts to IPv4 peers is wrong before 2.0.5; newer nodes drop them and both become master.",
    fix: "update keepalived on the older node, give keepalivedSource, or set version: 2",
    concerns: (instance) => isUnicast(instance) && instance.version === 3 && instance.family === 4,
    finds: olderBeside("2.0.5"),
  },
  {
    id: "skew-ipv6-unicast",
    severity: "error",
    doc: "Adverts to IPv6 peers do not get out before 2.0.3: every other node becomes master, too.",
    fix: "update keepalived on the node, or give keepalivedSource",
    concerns: (instance) => isUnicast(instance) && instance.family === 6,
    finds: ({ version }) =>
      isBefore(version, "2.0.3") ? { value: version, allowed: "2.0.3 or newer with IPv6 peers" } : undefined,
  },
  {
    id: "skew-authentication",
    severity: "error",
    doc: "A keepalived that was built without authentication sends adverts without the password, which the others drop, and both become master.",
    fix: "install another keepalived on the node, take --disable-vrrp-auth out of configureOptions, or remove authPass",
    concerns: ({ authPass }) => authPass !== undefined,
    finds: builtWithout("VRRP_AUTH"),
  },
  {
    id: "skew-bfd",
    severity: "error",
    doc: "bfd needs a keepalived that was built with it; any other one does not look at the router at all.",
    fix: "install another keepalived on the node, give keepalivedSource, or remove bfd",
    concerns: ({ bfd }) => bfd.length > 0,
    finds: builtWithout("BFD"),
  },
  {
    id: "skew-vip-list",
    severity: "warning",
    doc: "An advert whose list of addresses is not the node's own is dropped before 2.3.3, which makes a second master, and only logged from then on: a list that somebody changes by hand on one node does harm in one direction only.",
    fix: "bring the nodes to one version when you can; change addresses in the spec, which changes all nodes together",
    concerns: () => true,
    finds: olderBeside("2.3.3"),
  },
];

/** What is wrong with the versions that the nodes of a cluster have, by the node's name; nodes that told none are left out. */
export function proveVersions(
  cluster: Cluster,
  told: Readonly<Record<string, HostKeepalived | undefined>>,
): Problem[] {
  const members = membersOf(cluster).flat();
  const nodes = cluster.nodes.flatMap(({ name }, at) => {
    const own = told[name];
    return own === undefined ? [] : [{ name, at, own }];
  });
  return SKEW_RULES.filter(({ concerns }) => members.some(({ instance }) => concerns(instance))).flatMap(
    ({ id, severity, fix, doc, finds }) =>
      nodes.flatMap(({ name, at, own }) => {
        const others = nodes.filter((node) => node.name !== name).map((node) => node.own);
        const found = finds(own, others);
        if (found === undefined) {
          return [];
        }
        const path = `nodes[${at}]`;
        const value = `keepalived ${found.value} on ${name}`;
        return [{ rule: id, severity, path, value, allowed: `${found.allowed}. ${doc}`, fix }];
      }),
  );
}
