import { familyOf, isLinkLocal } from "../addresses";
import type { ClusterDraft } from "../defaults";
import { ConnectionState, Problem, Role } from "../model";
import { CONNTRACK } from "../names";
import { vipAddresses } from "../routers";
import { Draft, isKnown, isWhollyKnown, Unknown } from "../unknown";
import type { ClusterRule } from "./cluster";
import { error } from "./nodes";

type StateDraft = Exclude<Draft<ConnectionState>, Unknown>;

function stateRule(judge: (state: StateDraft, cluster: ClusterDraft) => Problem[]): ClusterRule {
  return (cluster) => {
    const { connectionState } = cluster;
    return connectionState === undefined || !isKnown(connectionState) ? [] : judge(connectionState, cluster);
  };
}

/** A channel of conntrackd's has two ends. */
const twoNodes = stateRule((_state, { nodes }) =>
  isKnown(nodes) && nodes.length !== 2
    ? [
        error(
          "connection-state-nodes",
          "connectionState",
          `a cluster of ${nodes.length} nodes`,
          "a cluster of 2 nodes",
          "remove connectionState, or the further nodes",
        ),
      ]
    : [],
);

/** Both ends are given, or both follow from the nodes. */
const linksOfNodes = stateRule(({ links }, { nodes }) => {
  if (!isKnown(nodes) || !isKnown(links) || nodes.some((node) => !isKnown(node) || !isKnown(node.name))) {
    return [];
  }
  const known = nodes.flatMap((node) => (isKnown(node) ? [node] : []));
  if (links === undefined) {
    return known.flatMap((node, at) =>
      node.unicastSrcIp === undefined
        ? [
            error(
              "connection-state-links",
              "connectionState.links",
              "(missing)",
              `an interface and an address of each node: nodes[${at}] has no unicastSrcIp`,
              "give links, or unicastSrcIp",
            ),
          ]
        : [],
    );
  }
  const names = known.map(({ name }) => name as string);
  return [
    ...names
      .filter((name) => !Object.hasOwn(links, name))
      .map((name) =>
        error(
          "connection-state-links",
          `connectionState.links.${name}`,
          "(missing)",
          "a link of every node of the cluster",
          `give that of ${name}`,
        ),
      ),
    ...Object.keys(links)
      .filter((name) => !names.includes(name))
      .map((name) =>
        error(
          "connection-state-links",
          `connectionState.links.${name}`,
          name,
          `a node of the cluster: ${names.join(", ")}`,
          "remove it, or correct the name",
        ),
      ),
  ];
});

/** The two ends hear each other, and are told apart. */
const endsApart = stateRule(({ links }) => {
  if (links === undefined || !isWhollyKnown(links)) {
    return [];
  }
  const ends = Object.entries(links as NonNullable<ConnectionState["links"]>);
  const [first, second] = ends;
  if (first === undefined || second === undefined) {
    return [];
  }
  const path = `connectionState.links.${second[0]}.address`;
  const [one, other] = [first[1].address, second[1].address];
  if (one === other) {
    return [
      error(
        "connection-state-ends",
        path,
        other,
        `another one than ${first[0]}'s`,
        "give the node's own address",
      ),
    ];
  }
  return familyOf(one) === familyOf(other)
    ? []
    : [
        error(
          "connection-state-ends",
          path,
          other,
          `an IPv${familyOf(one)} address, as that of ${first[0]} is`,
          "give both nodes an address of one family",
        ),
      ];
});

/** conntrackd sends to no address of a link alone. */
const noLinkLocal = stateRule(({ links }, { nodes }) => {
  const given =
    links === undefined
      ? (isKnown(nodes) ? nodes : []).map((node, i) => ({
          path: `nodes[${i}].unicastSrcIp`,
          address: isKnown(node) ? node.unicastSrcIp : undefined,
        }))
      : Object.entries(isKnown(links) ? links : {}).map(([name, link]) => ({
          path: `connectionState.links.${name}.address`,
          address: isKnown(link) ? link.address : undefined,
        }));
  return given.flatMap(({ path, address }) =>
    typeof address === "string" && isLinkLocal(address)
      ? [
          error(
            "connection-state-ends",
            path,
            address,
            "no link-local address: conntrackd cannot send to one",
            "give connectionState.links with other addresses",
          ),
        ]
      : [],
  );
});

/** A virtual address is where the node that is told may not be. */
const noVip = stateRule(({ links }, cluster) => {
  if (links === undefined || !isKnown(links)) {
    return [];
  }
  const vips = vipAddresses(cluster);
  return Object.entries(links).flatMap(([name, link]) =>
    isKnown(link) && isKnown(link.address) && vips.includes(link.address)
      ? [
          error(
            "connection-state-ends",
            `connectionState.links.${name}.address`,
            link.address,
            "no virtual address: it moves from node to node",
            "give the node's own address",
          ),
        ]
      : [],
  );
});

/** A node that is master of some addresses only could not say which connections are its own to tell. */
const oneGroup = stateRule((_state, { virtualRouters }) =>
  (isKnown(virtualRouters) ? virtualRouters : []).flatMap((router, i) =>
    isKnown(router) && router.syncGroup === false
      ? [
          error(
            "connection-state-routers",
            `virtualRouters[${i}].syncGroup`,
            "false",
            "true: all addresses are on one node, whose connections the other one is told",
            "set syncGroup: true, or remove connectionState",
          ),
        ]
      : [],
  ),
);

/** The action that it makes has its name. */
const nameOfAction = stateRule((_state, cluster) => {
  const role = cluster.role as Draft<Role> | undefined;
  const actions = role !== undefined && isKnown(role) && isKnown(role.actions) ? role.actions : [];
  return actions.flatMap((action, i) =>
    isKnown(action) && action.name === CONNTRACK
      ? [
          error(
            "duplicate-name",
            `role.actions[${i}].name`,
            CONNTRACK,
            `another name: ${CONNTRACK} is what connectionState makes`,
            "choose a name of its own",
          ),
        ]
      : [],
  );
});

/** Every rule over a cluster's connection states. */
export const CONNECTION_STATE_RULES: readonly ClusterRule[] = [
  twoNodes,
  linksOfNodes,
  endsApart,
  noVip,
  noLinkLocal,
  oneGroup,
  nameOfAction,
];
