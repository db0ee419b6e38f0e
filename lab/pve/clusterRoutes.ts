import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { PveError, badParameters, failed } from "./errors";
import { type Route, flag, nodeName, text, whole } from "./route";

/** The API's paths of the cluster, its nodes, tasks and rights. */

const seen = { vms: "VM.Audit", nodes: "Sys.Audit" };

const bridge = {
  type: "bridge",
  method: "static",
  active: 1,
  autostart: 1,
  bridge_ports: "eno1",
  bridge_stp: "off",
  bridge_fd: "0",
};

export const clusterRoutes: Route[] = [
  {
    method: "GET",
    path: "/version",
    run: (_, { version }) => ({
      version,
      release: version.replace(/\.\d+$/, ""),
      repoid: "0000000000000000",
    }),
  },
  {
    method: "GET",
    path: "/nodes",
    run: (_, { store, offline }) =>
      store.nodes.map((node) => ({
        node,
        status: offline.has(node) ? "offline" : "online",
        type: "node",
        id: `node/${node}`,
        ssl_fingerprint: "",
      })),
  },
  {
    method: "GET",
    path: "/cluster/status",
    permission: { path: "/", rights: ["Sys.Audit"] },
    run: ({ node }, { store, offline, guests }) => [
      { type: "cluster", id: "cluster", name: "lab", nodes: store.nodes.length, quorate: 1, version: 1 },
      ...store.nodes.map((name, index) => ({
        type: "node",
        id: `node/${name}`,
        name,
        nodeid: index + 1,
        online: offline.has(name) ? 0 : 1,
        local: name === node ? 1 : 0,
        level: "",
        ip: guests.hardware.address(name),
      })),
    ],
  },
  {
    method: "GET",
    path: "/cluster/resources",
    params: { type: { type: "string", values: ["vm", "storage", "node", "sdn"] } },
    run: ({ params, who }, { store, guests, offline }) => {
      const users = store.users();
      const vms = store
        .guests()
        .filter(({ id }) => users.may(who, `/vms/${id}`, [seen.vms]))
        .map((place) => {
          const { vmid, name, status, lock, template, tags, maxmem } = guests.status(place);
          const { node, kind } = place;
          return {
            id: `${kind}/${place.id}`,
            type: kind,
            node,
            vmid,
            name,
            status: offline.has(node) ? "unknown" : status,
            lock,
            tags,
            maxmem,
            template: template ?? 0,
          };
        });
      const nodes = store.nodes.map((node) => ({ id: `node/${node}`, type: "node", node, status: "online" }));
      if (params.type === "vm") return vms;
      if (params.type === "node") return nodes;
      return params.type === undefined ? [...nodes, ...vms] : [];
    },
  },
  {
    method: "GET",
    path: "/access/permissions",
    params: { path: text, userid: text },
    run: ({ params, who }, { store }) => {
      const users = store.users();
      const paths =
        params.path === undefined
          ? ["/", "/vms", "/nodes", "/storage", "/sdn", ...users.paths]
          : [params.path];
      const entries = [...new Set(paths)].map((path): [string, Record<string, 1>] => [
        path,
        Object.fromEntries([...users.rights(who, path)].map((right) => [right, 1 as const])),
      ]);
      return Object.fromEntries(
        entries.filter(([, rights]) => params.path !== undefined || Object.keys(rights).length > 0),
      );
    },
  },
  {
    method: "GET",
    path: "/nodes/{node}/tasks/{upid}/status",
    onNode: true,
    params: { node: nodeName },
    run: ({ params, who }, { tasks, store }) => {
      const task = tasks.find(params.upid ?? "");
      if (!task) throw failed(`no such task`);
      // A task is its user's, and its token's user's.
      const own = who === task.user || task.user.startsWith(`${who}!`);
      if (!own) store.users().check(who, `/nodes/${task.node}`, ["Sys.Audit"]);
      const { upid, node, type, id, user, starttime, status, exitstatus } = task;
      return {
        upid,
        node,
        type,
        id,
        user,
        starttime,
        status,
        ...(exitstatus === undefined ? {} : { exitstatus }),
      };
    },
  },
  {
    method: "GET",
    path: "/nodes/{node}/tasks/{upid}/log",
    onNode: true,
    params: { start: whole(0), limit: whole(0) },
    run: ({ params }, { tasks }) => {
      const task = tasks.find(params.upid ?? "");
      if (!task) throw failed("no such task");
      return task.log.map((t, index) => ({ n: index + 1, t }));
    },
  },
  {
    method: "GET",
    path: "/nodes/{node}/network",
    onNode: true,
    permission: { path: "/nodes/{node}", rights: ["Sys.Audit"] },
    params: { type: text },
    run: (_, { bridges }) => Object.entries(bridges).map(([iface, its]) => ({ iface, ...bridge, ...its })),
  },
  {
    method: "GET",
    path: "/nodes/{node}/network/{iface}",
    onNode: true,
    permission: { path: "/nodes/{node}", rights: ["Sys.Audit"] },
    run: ({ params }, { bridges }) => {
      const found = bridges[params.iface ?? ""];
      if (!found) throw badParameters({ iface: "interface does not exist" });
      return { ...bridge, ...found };
    },
  },
  {
    method: "GET",
    path: "/nodes/{node}/storage",
    onNode: true,
    params: { content: text, enabled: flag, storage: text },
    run: ({ who }, { store, localContent }) =>
      store.users().may(who, "/storage/local", ["Datastore.Audit"])
        ? [
            {
              storage: "local",
              type: "dir",
              content: localContent,
              enabled: 1,
              active: 1,
              shared: 0,
            },
          ]
        : [],
  },
  {
    method: "GET",
    path: "/storage/{storage}",
    permission: { path: "/storage/{storage}", rights: ["Datastore.Allocate"] },
    run: ({ params }, { guests, localContent }) => {
      if (params.storage !== "local") throw new PveError(500, `storage '${params.storage}' does not exist`);
      return {
        storage: "local",
        type: "dir",
        path: guests.hardware.storage,
        content: localContent,
        digest: "",
      };
    },
  },
  {
    method: "GET",
    path: "/nodes/{node}/storage/{storage}/content",
    onNode: true,
    params: { content: text, vmid: whole(100) },
    permission: { path: "/storage/{storage}", rights: ["Datastore.Audit"] },
    run: ({ params, node }, { guests }) => {
      if (params.storage !== "local") throw new PveError(500, `storage '${params.storage}' does not exist`);
      if (params.content !== undefined && params.content !== "snippets") return [];
      const directory = guests.hardware.snippets(node);
      return readdirSync(directory).map((name) => ({
        volid: `local:snippets/${name}`,
        content: "snippets",
        format: "snippet",
        size: statSync(join(directory, name)).size,
      }));
    },
  },
];
