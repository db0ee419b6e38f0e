import { isKnown } from "../unknown";
import type { ClusterRule } from "./cluster";
import { duplicates, error, place } from "./nodes";
import { actionsOfKind } from "./role-actions";

/** One server is one action's, and so is the file with its settings. */
const mariadbTwice: ClusterRule = (cluster) => {
  const actions = actionsOfKind(cluster, "mariadb");
  const ports = actions.flatMap(({ action: { port }, path }) =>
    isKnown(port) ? [{ path: `${path}.port`, text: String(port) }] : [],
  );
  const files = actions.flatMap(({ action, path }) => place(`${path}.configFile`, action.configFile));
  return [ports, files].flatMap((placed) =>
    duplicates(placed, "role-action-twice", "give each server a port and a configFile of its own"),
  );
};

/** Somebody has to be told apart from the master: of three, nobody says which of the others it is. */
const mariadbPeers: ClusterRule = (cluster) => {
  const nodes = cluster.nodes;
  if (!isKnown(nodes)) {
    return [];
  }
  return actionsOfKind(cluster, "mariadb").flatMap(({ path }) => {
    if (nodes.length !== 2) {
      return [
        error(
          "role-mariadb-nodes",
          path,
          `${nodes.length} nodes`,
          "two nodes: a master and its replica",
          "make it a cluster of two nodes, or keep the database out of the role",
        ),
      ];
    }
    return nodes.flatMap((node, i) =>
      isKnown(node) && node.unicastSrcIp === undefined && node.mcastSrcIp === undefined
        ? [
            error(
              "role-mariadb-nodes",
              `nodes[${i}].mcastSrcIp`,
              "(missing)",
              "an address at which the other node's server replicates from this one",
              "give mcastSrcIp, or unicastSrcIp",
            ),
          ]
        : [],
    );
  });
};

/** Root's socket does not lead to another host. */
const mariadbCredentials: ClusterRule = (cluster) =>
  actionsOfKind(cluster, "mariadb").flatMap(({ action, path }) => [
    ...(action.credentials === undefined && action.replicationCredentials === undefined
      ? [
          error(
            "role-mariadb-credentials",
            `${path}.replicationCredentials`,
            "(missing)",
            "the path of an option file on the nodes, with [client], user and password",
            "make the file on both nodes (docs/roles.md, MariaDB) and give its path here or in credentials",
          ),
        ]
      : []),
    ...(action.semiSyncTimeout !== undefined && action.semiSync === false
      ? [
          error(
            "role-mariadb-semi-sync",
            `${path}.semiSyncTimeout`,
            String(isKnown(action.semiSyncTimeout) ? action.semiSyncTimeout : "(known later)"),
            "none without semiSync",
            "set semiSync: true, or remove it",
          ),
        ]
      : []),
  ]);

export const MARIADB_RULES: readonly ClusterRule[] = [mariadbTwice, mariadbPeers, mariadbCredentials];
