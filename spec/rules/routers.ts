import { Preemption } from "../model";
import { routersOf } from "../routers";
import { isKnown } from "../unknown";
import type { ClusterRule } from "./cluster";
import { duplicates, error, nodeNames, Placed, place } from "./nodes";

/** A virtual router names nodes that the cluster has, each once. */
export const routerNodeUnknown: ClusterRule = (cluster) => {
  const names = nodeNames(cluster.nodes).map(({ text }) => text);
  // What is not known may be the one that is named.
  if (!isKnown(cluster.nodes) || names.length < Math.max(1, cluster.nodes.length)) {
    return [];
  }
  return routersOf(cluster).flatMap(({ router, at }) => {
    const own = isKnown(router.nodes) ? router.nodes : [];
    const primary = place(`virtualRouters[${at}].primary`, router.primary);
    const stated = own.flatMap((node, i) =>
      isKnown(node) ? place(`virtualRouters[${at}].nodes[${i}].name`, node.name) : [],
    );
    const isNode = ({ text }: Placed) => names.includes(text);
    return [
      ...[...primary, ...stated]
        .filter((one) => !isNode(one))
        .map(({ path, text }) =>
          error(
            "router-node-unknown",
            path,
            text,
            `a node of the cluster: ${names.join(", ")}`,
            "name one of the nodes",
          ),
        ),
      ...duplicates(stated.filter(isNode), "duplicate-name", "say all of a node in one place"),
    ];
  });
};

/**
 * Routers that move together have one order of nodes; where nobody takes addresses back, nobody is primary; and the order
 * is said once, by the primary or by priorities.
 */
export const routerPrimary: ClusterRule = (cluster) =>
  routersOf(cluster).flatMap(({ router, at }) => {
    const own = isKnown(router.nodes) ? router.nodes : [];
    const stated = [
      { path: "primary", value: router.primary },
      ...own.map((node, i) => ({
        path: `nodes[${i}].priority`,
        value: isKnown(node) ? node.priority : undefined,
      })),
    ].filter((one) => one.value !== undefined && isKnown(one.value));
    return stated.flatMap(({ path, value }) => {
      const where = `virtualRouters[${at}].${path}`;
      if (router.syncGroup === true) {
        return [
          error(
            "sync-group-priority",
            where,
            `${String(value)}`,
            "none with syncGroup: its addresses move with the cluster's own",
            "remove it, or set syncGroup: false",
          ),
        ];
      }
      if (path !== "primary" && typeof router.primary === "string") {
        return [
          error(
            "primary-with-priority",
            where,
            `${String(value)}`,
            `none beside primary: ${router.primary}, which has the highest of the nodes' own priorities`,
            "remove it, or remove primary and give each node of the virtual router a priority",
          ),
        ];
      }
      return path === "primary" && cluster.preemption === Preemption.Sticky
        ? [
            error(
              "sticky-primary",
              where,
              `${String(value)}`,
              "none with preemption 'sticky': whoever holds the addresses keeps them",
              "remove it, or set preemption: prefer-primary",
            ),
          ]
        : [];
    });
  });
