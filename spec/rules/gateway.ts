import type { ClusterDraft } from "../defaults";
import { gatewayPlace, probeFile } from "../gateway";
import { Gateway, GatewayListenOn, GatewayRuns, Problem, Role } from "../model";
import { GATEWAY } from "../names";
import { vipAddresses } from "../routers";
import { Draft, isKnown, Unknown, wholly } from "../unknown";
import { unitOf } from "../units";
import type { ClusterRule } from "./cluster";
import { actionsOfKind } from "./role-actions";
import { duplicates, error, Placed, place } from "./nodes";

type GatewayDraft = Exclude<Draft<Gateway>, Unknown>;

/** A rule over a cluster that has a gateway. */
function gatewayRule(judge: (gateway: GatewayDraft, cluster: ClusterDraft) => Problem[]): ClusterRule {
  return (cluster) => {
    const { gateway } = cluster;
    return gateway === undefined || !isKnown(gateway) ? [] : judge(gateway, cluster);
  };
}

const list = <T>(items: Draft<T[]>): { item: Draft<T>; i: number }[] =>
  isKnown(items) ? items.map((item, i) => ({ item, i })) : [];

const OF_TEMPLATE = ["upstreams", "serverName", "user", "listenOn", "connectTimeout", "readTimeout"] as const;

/** What the user's own nginx.conf says is not said twice. `given`: what stands in the spec, before the defaults. */
const configAndTemplate = gatewayRule((gateway) => {
  const upstreams = isKnown(gateway.upstreams) ? gateway.upstreams.length : undefined;
  if (gateway.config === undefined) {
    return upstreams === 0
      ? [
          error(
            "gateway-without-upstreams",
            "gateway.upstreams",
            "(missing)",
            "upstreams, or config",
            "name the servers that requests are passed to, or give the whole nginx.conf as config",
          ),
        ]
      : [];
  }
  const defaults: Partial<Record<(typeof OF_TEMPLATE)[number], unknown>> = {
    listenOn: GatewayListenOn.All,
    connectTimeout: 3,
    readTimeout: 60,
  };
  return OF_TEMPLATE.flatMap((key) => {
    const value = gateway[key];
    const isAbsent = key === "upstreams" ? upstreams === 0 : value === defaults[key];
    // The check asks for the host that the configuration serves.
    return isAbsent || !isKnown(value) || key === "serverName"
      ? []
      : [
          error(
            "gateway-config-and-template",
            `gateway.${key}`,
            key === "upstreams" ? `(list of ${upstreams})` : `${value as string | number}`,
            "none beside config, which is the whole nginx.conf",
            "write it in config, or remove config",
          ),
        ];
  });
});

/** Each port is one's own. */
const portTwice = gatewayRule((gateway) => {
  const ports = list(gateway.listen).flatMap(({ item, i }) =>
    place(`gateway.listen[${i}]`, isKnown(item) ? String(item) : item),
  );
  const { probe } = gateway;
  const own =
    probe !== undefined && isKnown(probe)
      ? place("gateway.probe.port", isKnown(probe.port) ? String(probe.port) : probe.port)
      : [];
  return duplicates([...ports, ...own], "gateway-port-twice", "choose another port, or remove it");
});

function sourcesOf(cluster: ClusterDraft): string[] {
  return list(cluster.nodes).flatMap(({ item }) =>
    isKnown(item)
      ? [item.unicastSrcIp, item.unicastSrcIp6, item.mcastSrcIp].filter((text) => typeof text === "string")
      : [],
  );
}

/** Requests that the gateway passes to itself go round until nothing is left. */
const upstreamIsGateway = gatewayRule((gateway, cluster) => {
  const vips = vipAddresses(cluster);
  const own = [...sourcesOf(cluster), "127.0.0.1", "::1"];
  const ports = list(gateway.listen).map(({ item }) => item);
  return list(gateway.upstreams).flatMap(({ item, i }) => {
    if (!isKnown(item) || !isKnown(item.address) || !isKnown(item.port)) {
      return [];
    }
    const { address, port } = item;
    const path = `gateway.upstreams[${i}].address`;
    const value = `${address.includes(":") ? `[${address}]` : address}:${port}`;
    if (vips.includes(address)) {
      return [
        error(
          "gateway-upstream-is-vip",
          path,
          value,
          "no virtual address of the cluster: the gateway is behind it itself",
          "give the server's own address, or 127.0.0.1 for one on the node",
        ),
      ];
    }
    return own.includes(address) && ports.includes(port)
      ? [
          error(
            "gateway-upstream-is-gateway",
            path,
            value,
            "no port of gateway.listen on a node: the gateway would pass requests to itself",
            "give the server a port of its own",
          ),
        ]
      : [];
  });
});

/** An upstream that stands twice gets twice as much. */
const upstreamTwice = gatewayRule((gateway) =>
  duplicates(
    list(gateway.upstreams).flatMap(({ item, i }): Placed[] =>
      isKnown(item) && isKnown(item.address) && isKnown(item.port)
        ? [{ path: `gateway.upstreams[${i}].address`, text: `${item.address} ${item.port}` }]
        : [],
    ),
    "gateway-upstream-twice",
    "remove it, and give the other one a weight",
  ),
);

/** nginx asks nobody while there are only servers that stand in. */
const upstreamsAllBackup = gatewayRule(({ upstreams }) => {
  const known = wholly<Gateway["upstreams"]>(upstreams);
  return isKnown(known) && known.length > 0 && known.every(({ backup }) => backup)
    ? [
        error(
          "gateway-upstreams-all-backup",
          "gateway.upstreams",
          `(list of ${known.length})`,
          "one at least that is no backup: nginx does not start without",
          "remove backup from one of them",
        ),
      ]
    : [];
});

/** What nginx.conf may not say where a unit of systemd starts it. */
const configOfUnit = gatewayRule(({ config, prefix, program }) => {
  if (typeof config !== "string" || !isKnown(prefix)) {
    return [];
  }
  const said = (word: string) =>
    new RegExp(`^[ \\t]*${word}[ \\t]+([^;\\n]*);`, "m").exec(config)?.[1]?.trim();
  const problems: Problem[] = [];
  for (const word of ["daemon", "master_process"]) {
    const value = said(word);
    if (value !== undefined) {
      problems.push(
        error(
          "gateway-config-daemon",
          "gateway.config",
          `${word} ${value};`,
          `no ${word}: its unit says it`,
          "remove the line",
        ),
      );
    }
  }
  const pid = said("pid");
  if (prefix === undefined && program === "nginx" && pid !== undefined && pid !== "/run/nginx.pid") {
    problems.push(
      error(
        "gateway-config-pid",
        "gateway.config",
        `pid ${pid};`,
        "pid /run/nginx.pid;, where the package's unit looks for it",
        "write it so, or remove the line",
      ),
    );
  }
  return problems;
});

/** Where nginx binds to an address that is elsewhere, the kernel must let it. */
const bindElsewhere = gatewayRule((gateway, cluster) => {
  if (cluster.nonlocalBind !== false) {
    return [];
  }
  const { config, listenOn } = gateway;
  const asked =
    listenOn === GatewayListenOn.Vip
      ? { path: "gateway.listenOn", value: "vip" }
      : typeof config === "string"
        ? listenedVip(config, vipAddresses(cluster))
        : undefined;
  return asked === undefined
    ? []
    : [
        error(
          "gateway-nonlocal-bind",
          "nonlocalBind",
          "false",
          `true with ${asked.path} ${asked.value}: nginx does not start where the address is not, and there it must be ready`,
          "set nonlocalBind: true, or listen on all addresses",
        ),
      ];
});

function listenedVip(config: string, vips: string[]): { path: string; value: string } | undefined {
  const listened = [...config.matchAll(/^[ \t]*listen[ \t]+\[?([0-9A-Fa-f.:]+?)\]?(?::\d+)?[ \t;]/gm)].map(
    ([, address = ""]) => address.toLowerCase(),
  );
  const vip = vips.find((address) => listened.includes(address));
  return vip === undefined ? undefined : { path: "gateway.config, which listens on", value: vip };
}

/** In nginx.conf of the user's own the probe is where that includes it. */
const probeNotIncluded = gatewayRule(({ config, probe }, { name }) => {
  if (
    typeof config !== "string" ||
    probe === undefined ||
    !isKnown(name) ||
    config.includes(probeFile(name))
  ) {
    return [];
  }
  return [
    error(
      "gateway-probe-not-included",
      "gateway.config",
      "(a text)",
      `a line that includes ${probeFile(name)} beside gateway.probe`,
      `write 'include ${probeFile(name)};' in the http block, or remove probe`,
    ),
  ];
});

/** The gateway is where its own words say. */
const afterUnknown = gatewayRule(({ after }, cluster) => {
  const role = cluster.role as Draft<Role> | undefined;
  const actions = role === undefined ? [] : isKnown(role) ? role.actions : undefined;
  if (typeof after !== "string" || actions === undefined || !isKnown(actions)) {
    return [];
  }
  const names = actions.map((action) => (isKnown(action) ? action.name : undefined));
  return names.includes(after) || names.some((name) => name === undefined || !isKnown(name))
    ? []
    : [
        error(
          "gateway-after-unknown",
          "gateway.after",
          after,
          "the name of an action in role.actions",
          "correct it, or remove it: without, the gateway starts before all actions",
        ),
      ];
});

/** The check and the action of a gateway have its name. */
const nameOfGateway = gatewayRule((_gateway, cluster) => {
  const role = cluster.role as Draft<Role> | undefined;
  const actions = role !== undefined && isKnown(role) ? role.actions : [];
  const lists: [string, Draft<{ name: string }[]>][] = [
    ["checks", cluster.checks],
    ["trackScripts", cluster.trackScripts],
    ["role.actions", actions],
  ];
  return lists.flatMap(([path, items]) =>
    list(items).flatMap(({ item, i }) =>
      isKnown(item) && item.name === GATEWAY
        ? [
            error(
              "duplicate-name",
              `${path}[${i}].name`,
              GATEWAY,
              `another name: ${GATEWAY} is what gateway makes`,
              "choose a name of its own",
            ),
          ]
        : [],
    ),
  );
});

/** One thing starts and stops the service. */
const gatewayTwice = gatewayRule((gateway, cluster) => {
  if (!isKnown(gateway.prefix) || !isKnown(gateway.program) || !isKnown(cluster.name)) {
    return [];
  }
  const { unit } = gatewayPlace({ program: gateway.program, prefix: gateway.prefix }, cluster.name);
  return actionsOfKind(cluster, "service").flatMap(({ action: { service }, path }) =>
    typeof service === "string" && unitOf(service) === unitOf(unit)
      ? [
          error(
            "gateway-twice",
            `${path}.service`,
            service,
            "no action about what gateway runs",
            "remove the action; gateway.runs: 'master' starts it where the node is master",
          ),
        ]
      : [],
  );
});

/** What gateway stops on a backup cannot be tested there. */
const checkOfGatewayProcess = gatewayRule(({ runs }, cluster) => {
  if (runs !== GatewayRuns.Master) {
    return [];
  }
  const placed = [
    ...list(cluster.trackProcesses).flatMap(({ item, i }) =>
      isKnown(item) ? place(`trackProcesses[${i}].process`, item.process) : [],
    ),
    ...list(cluster.checks).flatMap(({ item, i }) =>
      isKnown(item) && item.kind === "process" ? place(`checks[${i}].process`, item.process) : [],
    ),
  ];
  return placed
    .filter(({ text }) => text === "nginx" || text === "openresty")
    .map(({ path, text }) =>
      error(
        "check-loop",
        path,
        text,
        "nothing that gateway.runs: 'master' stops on a backup: a backup would fail the check and never take over",
        "remove it: gateway brings a check of its own; or set gateway.runs: 'both'",
      ),
    );
});

/** Every rule over a cluster's gateway. */
export const GATEWAY_RULES: readonly ClusterRule[] = [
  configAndTemplate,
  portTwice,
  upstreamIsGateway,
  upstreamTwice,
  upstreamsAllBackup,
  configOfUnit,
  bindElsewhere,
  probeNotIncluded,
  afterUnknown,
  nameOfGateway,
  gatewayTwice,
  checkOfGatewayProcess,
];
