import type { ClusterDraft } from "../defaults";
import { isKnown } from "../unknown";
import type { ClusterRule } from "./cluster";
import { duplicates, error, place } from "./nodes";
import { actionsOfKind } from "./role-actions";

/** What a webhook's template may name. */
const PLACEHOLDERS = ["id", "role", "from", "node", "cluster", "time", "address", "cause"];

const nodesOf = (cluster: ClusterDraft): string[] =>
  isKnown(cluster.nodes)
    ? cluster.nodes.flatMap((node) => (isKnown(node) && typeof node.name === "string" ? [node.name] : []))
    : [];

/** A node that became master would have nothing to write. */
const addressesOfNodes: ClusterRule = (cluster) => {
  const nodes = nodesOf(cluster);
  const isWhole = isKnown(cluster.nodes) && nodes.length === cluster.nodes.length;
  const given = [...actionsOfKind(cluster, "dns"), ...actionsOfKind(cluster, "webhook")];
  return !isWhole
    ? []
    : given.flatMap(({ action, path }) => {
        if (action.addresses === undefined || !isKnown(action.addresses)) return [];
        const named = Object.keys(action.addresses);
        return [
          ...nodes
            .filter((node) => !named.includes(node))
            .map((node) =>
              error(
                "role-addresses",
                `${path}.addresses.${node}`,
                "(missing)",
                "addresses of every node of the cluster",
                `give those of ${node}`,
              ),
            ),
          ...named
            .filter((node) => !nodes.includes(node))
            .map((node) =>
              error(
                "role-addresses",
                `${path}.addresses.${node}`,
                node,
                `a node of the cluster: ${nodes.join(", ")}`,
                "remove it, or correct the name",
              ),
            ),
        ];
      });
};

const isIn = (name: string, zone: string) =>
  name.toLowerCase() === zone.toLowerCase() || name.toLowerCase().endsWith(`.${zone.toLowerCase()}`);

/** The server changes names of its zone only. */
const dnsInZone: ClusterRule = (cluster) =>
  actionsOfKind(cluster, "dns").flatMap(({ action: { zone, record, ownerRecord }, path }) =>
    typeof zone !== "string"
      ? []
      : Object.entries({ record, ownerRecord }).flatMap(([key, name]) =>
          // One that follows from the other is told once.
          typeof name === "string" && !isIn(name, zone) && name !== `_vrrp.${String(record)}`
            ? [
                error(
                  "dns-zone",
                  `${path}.${key}`,
                  name,
                  `a name of the zone ${zone}`,
                  `give the full name, as in www.${zone}`,
                ),
              ]
            : [],
        ),
  );

/** One name has one owner; what two actions write there they would take from each other. */
const dnsTwice: ClusterRule = (cluster) => {
  const names = (key: "record" | "ownerRecord") =>
    actionsOfKind(cluster, "dns").flatMap(({ action, path }) =>
      place(`${path}.${key}`, typeof action[key] === "string" ? action[key].toLowerCase() : action[key]),
    );
  return [names("record"), names("ownerRecord")].flatMap((placed) =>
    duplicates(placed, "role-action-twice", "make one action of the two, or give names of their own"),
  );
};

/** A password needs a name, and a server that is asked for it over TLS. */
const mailCredentials: ClusterRule = (cluster) =>
  actionsOfKind(cluster, "mail").flatMap(({ action, path }) => {
    const { server, startTls, username, password } = action;
    const wrong = (key: string, value: string, allowed: string, fix: string) => [
      error("mail-credentials", `${path}.${key}`, value, allowed, fix),
    ];
    if (server === undefined) {
      const key = ["username", "password"].find((k) => action[k as "username" | "password"] !== undefined);
      return key === undefined
        ? []
        : wrong(key, "(given)", "none beside sendmail", "give server: 'smtps://HOST:PORT', or remove it");
    }
    if ((username === undefined) !== (password === undefined)) {
      const key = username === undefined ? "username" : "password";
      return wrong(key, "(missing)", "username and password together", `give ${key}`);
    }
    return password !== undefined &&
      startTls === false &&
      typeof server === "string" &&
      server.startsWith("smtp:")
      ? wrong(
          "startTls",
          "false",
          "true beside a password, which would cross the network in clear",
          "leave it out, or use smtps://",
        )
      : [];
  });

/** A misspelt name would be sent as it stands. */
const webhookTemplate: ClusterRule = (cluster) =>
  actionsOfKind(cluster, "webhook").flatMap(({ action: { body }, path }) =>
    typeof body !== "string"
      ? []
      : [...new Set([...body.matchAll(/\$\{([A-Za-z_]+)\}/g)].map(([, name]) => name!))]
          .filter((name) => !PLACEHOLDERS.includes(name))
          .map((name) =>
            error(
              "webhook-template",
              `${path}.body`,
              `\${${name}}`,
              PLACEHOLDERS.map((known) => `\${${known}}`).join(", "),
              "use one of these",
            ),
          ),
  );

/** Every rule over what the world outside is told. */
export const OUTSIDE_RULES: readonly ClusterRule[] = [
  addressesOfNodes,
  dnsInZone,
  dnsTwice,
  mailCredentials,
  webhookTemplate,
];
