import { Check, CheckKind } from "../model";
import type { ClusterDraft } from "../defaults";
import { routerViews } from "../routers";
import { Draft, isKnown, Unknown } from "../unknown";
import { parseAddress } from "../addresses";
import type { ClusterRule } from "./cluster";
import { error, Placed, place } from "./nodes";

type CheckDraft = Exclude<Draft<Check>, Unknown>;
type OfKind<K extends CheckKind> = Extract<CheckDraft, { kind: K | Unknown }>;

/** The checks of one kind, with their places. */
function ofKind<K extends CheckKind>(cluster: ClusterDraft, kind: K): { check: OfKind<K>; path: string }[] {
  const checks = isKnown(cluster.checks) ? cluster.checks : [];
  return checks.flatMap((check, i) =>
    isKnown(check) && check.kind === kind ? [{ check: check as OfKind<K>, path: `checks[${i}]` }] : [],
  );
}

function textsIn(list: Draft<string[]>, path: string): Placed[] {
  return isKnown(list) ? list.flatMap((text, i) => place(`${path}[${i}]`, text)) : [];
}

/** When a node dies its peer is silent for the survivor, too. */
export const checkOfPeerAlone: ClusterRule = (cluster) =>
  ofKind(cluster, CheckKind.Network).flatMap(({ check: { targets }, path }) =>
    isKnown(targets) && targets.length > 0 && targets.every((target) => target === "peer")
      ? [
          error(
            "check-of-peer-alone",
            `${path}.targets`,
            "peer",
            "one target at least that is not the peer: a peer that dies would put the survivor out, too",
            'add "gateway" or an address near the nodes',
          ),
        ]
      : [],
  );

/** More targets than there are never answer. */
export const checkMinSuccesses: ClusterRule = (cluster) =>
  ofKind(cluster, CheckKind.Network).flatMap(({ check: { targets, minSuccesses }, path }) =>
    isKnown(targets) && targets.length > 0 && isKnown(minSuccesses) && minSuccesses > targets.length
      ? [
          error(
            "check-min-successes",
            `${path}.minSuccesses`,
            `${minSuccesses}`,
            `at most ${targets.length}, the number of targets`,
            "lower it, or name more targets",
          ),
        ]
      : [],
  );

/** What must not be there has no age. */
export const checkAgeOfAbsent: ClusterRule = (cluster) =>
  ofKind(cluster, CheckKind.File).flatMap(({ check: { present, maxAge }, path }) =>
    present === false && typeof maxAge === "number"
      ? [
          error(
            "check-age-of-absent",
            `${path}.maxAge`,
            `${maxAge}`,
            "none with present: false",
            "remove it, or set present: true",
          ),
        ]
      : [],
  );

function hostOf(url: string | Unknown, path: string): Placed[] {
  if (!isKnown(url) || !URL.canParse(url)) {
    return [];
  }
  return place(`${path}.url`, new URL(url).hostname.replace(/^\[|\]$/g, ""));
}

/** The addresses that checks ask, with their places. */
function asked(cluster: ClusterDraft): Placed[] {
  return [
    ...ofKind(cluster, CheckKind.Network).flatMap(({ check, path }) =>
      textsIn(check.targets, `${path}.targets`),
    ),
    ...ofKind(cluster, CheckKind.Tunnel).flatMap(({ check, path }) =>
      textsIn(check.uplink, `${path}.uplink`),
    ),
    ...ofKind(cluster, CheckKind.Tcp).flatMap(({ check, path }) => place(`${path}.host`, check.host)),
    ...ofKind(cluster, CheckKind.Http).flatMap(({ check, path }) => hostOf(check.url, path)),
  ].flatMap(({ path, text }) => {
    const address = parseAddress(text);
    return address === undefined ? [] : [{ path, text: address.text }];
  });
}

/** The nodes' own addresses, and those that move, of all virtual routers. */
function addressesOf(cluster: ClusterDraft): Set<string> {
  const texts = routerViews(cluster).flatMap(({ cluster: { nodes, virtualIpAddresses } }) => [
    ...(isKnown(nodes) ? nodes : []).flatMap((node) =>
      isKnown(node) ? [node.unicastSrcIp, node.unicastSrcIp6, node.mcastSrcIp] : [],
    ),
    ...(isKnown(virtualIpAddresses) ? virtualIpAddresses : []).flatMap((vip) =>
      isKnown(vip) ? [vip.address] : [],
    ),
  ]);
  return new Set(texts.filter((text) => typeof text === "string"));
}

/** Such an address is this node for one and the peer for another, and a virtual one is where the holder is. */
export const checkOfClusterAddress: ClusterRule = (cluster) => {
  const own = addressesOf(cluster);
  return asked(cluster)
    .filter(({ text }) => own.has(text))
    .map(({ path, text }) =>
      error(
        "check-of-cluster-address",
        path,
        text,
        "no address of a node and no virtual one: a node that dies would have the check fail on the survivor, too",
        'give an address outside the cluster, 127.0.0.1 for the node itself, or in targets the word "peer"',
      ),
    );
};

/** Every rule over the list of checks. */
export const CHECK_RULES: readonly ClusterRule[] = [
  checkOfPeerAlone,
  checkMinSuccesses,
  checkAgeOfAbsent,
  checkOfClusterAddress,
];
