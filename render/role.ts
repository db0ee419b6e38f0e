import { HostPlan, RoleAction, RoleName, ServiceVerb, unitOf } from "../spec";
import { conntrackSettings } from "./connection-state";
import { plainFile, RenderedFile, secretFile } from "./file";
import { mariadbConfig, mariadbSettings } from "./mariadb";
import { fill } from "./template";
import { rest, word } from "./word";

const UNITS = "/etc/systemd/system";

/** The lines of node.conf about the role: what there is to do, and with what. */
export function roleLines(plan: HostPlan): string[] {
  const { role } = plan;
  if (role === undefined) {
    return [];
  }
  const instances = role.instances.map((name) => word(name, "name"));
  return [
    `role ${role.settle} ${instances.join(" ")}`,
    ...role.actions.flatMap((action) => {
      const { kind, timeout, retries, onFailure, settled } = action;
      const name = word(action.name, "role.actions.name");
      return [
        `action ${name} ${kind} ${timeout} ${retries} ${onFailure} ${settled ? "yes" : "no"}`,
        ...setLines(name, settingsOf(action, plan)),
      ];
    }),
  ];
}

/** KEY -> value, or values; absent ones are left out. */
type Settings = Record<string, string | number | string[] | undefined>;

function setLines(name: string, settings: Settings): string[] {
  return Object.entries(settings).flatMap(([key, value]) =>
    (value === undefined ? [] : [value].flat()).map(
      (one) => `action-set ${name} ${key} ${rest(`${one}`, `role.actions.${key}`)}`,
    ),
  );
}

/** What an action's kind has, in the words of lib/action-KIND.sh. */
function settingsOf(action: RoleAction, plan: HostPlan): Settings {
  const { cluster, node } = plan;
  switch (action.kind) {
    case "service": {
      const { service, start, stop, status, reload, onMaster, onBackup } = action;
      return { service, start, stop, status, reload, "on-master": onMaster, "on-backup": onBackup };
    }
    case "file":
      return {
        path: action.path,
        on: action.on,
        source: action.content === undefined ? undefined : sourceOf(cluster, action.name),
      };
    case "command": {
      const { onMaster, onBackup, reached, quiesce, resume } = action;
      return { "on-master": onMaster, "on-backup": onBackup, reached, quiesce, resume };
    }
    case "webhook":
      return {
        method: action.method,
        on: action.on,
        current: yesNo(action.current),
        address: action.addresses?.[node]?.join(", "),
        source: action.body === undefined ? undefined : sourceOf(cluster, action.name),
      };
    case "mail":
      return {
        from: action.from,
        to: action.to,
        on: action.on,
        server: action.server,
        starttls: yesNo(action.startTls),
        username: action.username,
      };
    case "dns":
      return {
        server: action.server,
        port: action.port,
        zone: action.zone,
        record: action.record,
        owner: action.ownerRecord,
        ttl: action.ttl,
        address: action.addresses[node],
        "key-name": action.tsig.name,
        "key-algorithm": action.tsig.algorithm,
      };
    case "mariadb":
      return mariadbSettings(action, plan);
    // What it is about is the cluster's gateway.
    case "gateway":
      return {};
    case "conntrack":
      return conntrackSettings(plan);
  }
}

const yesNo = (value: boolean) => (value ? "yes" : "no");

/** The same of what nobody may see. */
function secretsOf(action: RoleAction): Settings {
  switch (action.kind) {
    case "webhook":
      return {
        url: action.url,
        header: Object.entries(action.headers).map(([name, value]) => `${name}: ${value}`),
        secret: action.secret,
      };
    case "mail":
      return { password: action.password };
    case "dns":
      return { secret: action.tsig.secret };
    case "service":
    case "file":
    case "command":
    case "mariadb":
    case "gateway":
    case "conntrack":
      return {};
  }
}

/** A text of several lines. */
function textOf(action: RoleAction): string | undefined {
  return action.kind === "file" ? action.content : action.kind === "webhook" ? action.body : undefined;
}

/** The files of a cluster's role: the loop's unit, what keeps services from starting in the other role, texts, secrets. */
export function roleFiles(plan: HostPlan): RenderedFile[] {
  const { cluster, role } = plan;
  if (role === undefined) {
    return [];
  }
  const directory = `/etc/vrrp-agent/${cluster}`;
  const secrets = role.actions.flatMap((action) => setLines(action.name, secretsOf(action)));
  return [
    plainFile(`${UNITS}/vrrp-role-${cluster}.service`, fill("systemd/role.service", { cluster })),
    ...role.actions.flatMap((action) => gate(cluster, action)),
    ...role.actions.flatMap((action) => {
      const text = textOf(action);
      return text === undefined ? [] : [plainFile(sourceOf(cluster, action.name), ended(text))];
    }),
    ...role.actions.flatMap((action) => (action.kind === "mariadb" ? [mariadbConfig(action, plan)] : [])),
    ...(secrets.length > 0 ? [secretFile(`${directory}/role.conf`, `${secrets.join("\n")}\n`)] : []),
  ];
}

function sourceOf(cluster: string, action: string): string {
  return `/etc/vrrp-agent/${cluster}/role/${word(action, "role.actions.name")}`;
}

const ended = (text: string) => (text.endsWith("\n") ? text : `${text}\n`);

const RUNS: readonly ServiceVerb[] = ["start", "restart", "reload"];
const RESTS: readonly ServiceVerb[] = ["stop", "mask"];

/** The role in which alone a service runs. */
function onlyRoleOf(action: RoleAction): { unit: string; role: RoleName } | undefined {
  if (action.kind !== "service" || action.service === undefined) {
    return undefined;
  }
  const { service, onMaster, onBackup } = action;
  const unit = unitOf(service);
  if (RUNS.includes(onMaster) && RESTS.includes(onBackup)) {
    return { unit, role: "master" };
  }
  return RUNS.includes(onBackup) && RESTS.includes(onMaster) ? { unit, role: "backup" } : undefined;
}

/** An enabled unit would start at the boot of either node, and with every update of its package. */
function gate(cluster: string, action: RoleAction): RenderedFile[] {
  const only = onlyRoleOf(action);
  return only === undefined
    ? []
    : [
        plainFile(
          `${UNITS}/${only.unit}.d/vrrp-${cluster}.conf`,
          fill("systemd/gate.conf", { cluster, role: only.role }),
        ),
      ];
}
