import { ClusterDraft } from "../defaults";
import { Preemption, Problem } from "../model";
import { routersOf } from "../routers";
import { isKnown } from "../unknown";
import type { ClusterRule } from "./cluster";

function error(rule: string, path: string, value: string, allowed: string, fix: string): Problem {
  return { rule, severity: "error", path, value, allowed, fix };
}

function namesOf(cluster: ClusterDraft): string[] | undefined {
  const nodes = isKnown(cluster.nodes) ? cluster.nodes : [];
  const names = nodes.flatMap((node) => (isKnown(node) && isKnown(node.name) ? [node.name] : []));
  return names.length > 0 && names.length === nodes.length ? names : undefined;
}

/** A virtual router names nodes that the cluster has, each once. */
export const routerNodeUnknown: ClusterRule = (cluster) => {
  const names = namesOf(cluster);
  return names === undefined
    ? []
    : routersOf(cluster).flatMap(({ router, at }) => {
        const own = isKnown(router.nodes) ? router.nodes : [];
        const stated = [
          { path: "primary", name: router.primary },
          ...own.map((node, i) => ({ path: `nodes[${i}].name`, name: isKnown(node) ? node.name : node })),
        ];
        return stated.flatMap(({ path, name }, i) => {
          if (typeof name !== "string") {
            return [];
          }
          const where = `virtualRouters[${at}].${path}`;
          if (!names.includes(name)) {
            return [
              error(
                "router-node-unknown",
                where,
                name,
                `a node of the cluster: ${names.join(", ")}`,
                "name one of the nodes",
              ),
            ];
          }
          const former = stated.slice(1, i).find((other) => other.name === name);
          return i === 0 || former === undefined
            ? []
            : [
                error(
                  "duplicate-name",
                  where,
                  name,
                  `another one than virtualRouters[${at}].${former.path}'s`,
                  "say all of a node in one place",
                ),
              ];
        });
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
