import { ClusterDraft } from "../defaults";
import { LeaseWitness, PingWitness, Preemption, Problem } from "../model";
import { routersOf } from "../routers";
import { Draft, isKnown, Unknown } from "../unknown";
import { parseWitnessUrl } from "../witness";
import type { ClusterRule } from "./cluster";
import { Placed, place } from "./nodes";

type LeaseDraft = Exclude<Draft<LeaseWitness>, Unknown>;
type PingDraft = Exclude<Draft<PingWitness>, Unknown>;

function leaseOf({ witness }: ClusterDraft): LeaseDraft | undefined {
  return witness !== undefined && isKnown(witness) && isLease(witness) ? witness : undefined;
}

function isLease(witness: LeaseDraft | PingDraft): witness is LeaseDraft {
  return witness.kind === "lease";
}

/** A rule over a cluster whose witness has a vote. */
function leaseRule(
  find: (cluster: ClusterDraft, witness: LeaseDraft) => Omit<Problem, "severity">[],
): ClusterRule {
  return (cluster) => {
    const witness = leaseOf(cluster);
    return witness === undefined
      ? []
      : find(cluster, witness).map((problem) => ({ ...problem, severity: "error" as const }));
  };
}

/** Three votes: of two nodes and the witness. */
export const witnessNodeCount = leaseRule(({ nodes }) =>
  isKnown(nodes) && nodes.length !== 2
    ? [
        {
          rule: "witness-node-count",
          path: "nodes",
          value: `(list of ${nodes.length})`,
          allowed: "a list of 2 nodes with a witness: each has one vote of three",
          fix: "list two nodes, or remove witness.endpoints",
        },
      ]
    : [],
);

/** Who has the votes keeps them while it is well. */
export const witnessNotSticky = leaseRule(({ preemption }) =>
  isKnown(preemption) && preemption !== Preemption.Sticky
    ? [
        {
          rule: "witness-not-sticky",
          path: "preemption",
          value: preemption,
          allowed: "'sticky' with a witness: votes go to who has them already, not to a higher priority",
          fix: 'set preemption: "sticky"',
        },
      ]
    : [],
);

interface Tracked {
  path: string;
  items: Draft<unknown[]> | undefined;
}

const UNSEEN = ["trackScripts", "trackProcesses", "trackInterfaces", "bfd"] as const;

/** A node that keepalived puts into FAULT by what a round of votes does not see would keep the votes, and nobody would hold. */
export const witnessUnseen = leaseRule((cluster) => {
  const nodes = isKnown(cluster.nodes) ? cluster.nodes : [];
  const lists = [
    ...UNSEEN.map((list): Tracked => ({ path: list, items: cluster[list] })),
    ...nodes.flatMap((node, at) =>
      isKnown(node)
        ? (["trackInterfaces", "bfd"] as const).map((list): Tracked => ({
            path: `nodes[${at}].${list}`,
            items: node[list],
          }))
        : [],
    ),
  ];
  return lists.flatMap(({ path, items }) =>
    items !== undefined && isKnown(items) && items.length > 0
      ? [
          {
            rule: "witness-unseen",
            path,
            value: `(list of ${items.length})`,
            allowed: "none with a witness: a node that fails there would go on having the votes",
            fix: "say it as checks, whose results the votes follow",
          },
        ]
      : [],
  );
});

/** One lease: all addresses are where the votes are. */
export const witnessRouterAlone = leaseRule((cluster) =>
  routersOf(cluster).flatMap(({ router, at }) =>
    router.syncGroup === false
      ? [
          {
            rule: "witness-router-alone",
            path: `virtualRouters[${at}].syncGroup`,
            value: "false",
            allowed: "true with a witness: all addresses are where the votes are",
            fix: "set syncGroup: true",
          },
        ]
      : [],
  ),
);

/** A witness that is on a node goes with it, and is no third place. */
export const witnessInside: ClusterRule = (cluster) => {
  const { witness } = cluster;
  if (witness === undefined || !isKnown(witness)) {
    return [];
  }
  const places = isLease(witness)
    ? (isKnown(witness.endpoints) ? witness.endpoints : []).flatMap((url, i) =>
        place(`witness.endpoints[${i}]`, url),
      )
    : place("witness.ping", witness.target);
  const own = ownAddresses(cluster);
  return places.flatMap(({ path, text }) => {
    const parsed = parseWitnessUrl(text);
    const host = "host" in parsed ? parsed.host : text;
    const found = own.find((one) => one.text === host);
    return found === undefined
      ? []
      : [
          {
            rule: "witness-inside",
            severity: "error" as const,
            path,
            value: text,
            allowed: `a third place: ${found.path} is the same`,
            fix: "give a machine that both nodes reach without each other, and that fails with neither",
          },
        ];
  });
};

function ownAddresses(cluster: ClusterDraft): Placed[] {
  const nodes = isKnown(cluster.nodes) ? cluster.nodes : [];
  const vips = isKnown(cluster.virtualIpAddresses) ? cluster.virtualIpAddresses : [];
  return [
    ...nodes.flatMap((node, at) =>
      isKnown(node)
        ? [
            ...place(`nodes[${at}].unicastSrcIp`, node.unicastSrcIp),
            ...place(`nodes[${at}].unicastSrcIp6`, node.unicastSrcIp6),
            ...(isKnown(node.connection) ? place(`nodes[${at}].connection.host`, node.connection.host) : []),
          ]
        : [],
    ),
    ...vips.flatMap((vip, at) => (isKnown(vip) ? place(`virtualIpAddresses[${at}]`, vip.address) : [])),
  ];
}

/** A certificate and its key come together, and are shown to nobody without TLS. */
export const witnessTls = leaseRule((_cluster, witness) => {
  const files = (["caFile", "certFile", "keyFile"] as const).filter(
    (name) => witness[name] !== undefined && isKnown(witness[name]),
  );
  const plain = (isKnown(witness.endpoints) ? witness.endpoints : []).findIndex(
    (url) => isKnown(url) && url.startsWith("http:"),
  );
  const [first] = files;
  if (plain >= 0 && first !== undefined) {
    return [
      {
        rule: "witness-tls",
        path: `witness.${first}`,
        value: String(witness[first]),
        allowed: `none with witness.endpoints[${plain}], which is http`,
        fix: "write the endpoints with https://, or remove the files",
      },
    ];
  }
  const lone = (["certFile", "keyFile"] as const).filter((name) => witness[name] === undefined);
  return lone.length === 1
    ? [
        {
          rule: "witness-tls",
          path: `witness.${lone[0]!}`,
          value: "(missing)",
          allowed: "certFile and keyFile together, or neither",
          fix: "give both",
        },
      ]
    : [];
});

export const WITNESS_RULES: readonly ClusterRule[] = [
  witnessNodeCount,
  witnessNotSticky,
  witnessUnseen,
  witnessRouterAlone,
  witnessInside,
  witnessTls,
];
