import type { ClusterDraft } from "../defaults";
import { Check, Role, RoleAction, ServiceAction, TrackProcess, TrackScript } from "../model";
import { unitOf } from "../units";
import { Draft, isKnown, Unknown } from "../unknown";
import type { ClusterRule } from "./cluster";
import { testedBy } from "./commands";
import { duplicates, error, Placed, place } from "./nodes";

type ActionDraft = Exclude<Draft<RoleAction>, Unknown>;
type OfKind<K extends RoleAction["kind"]> = Extract<ActionDraft, { kind: K | Unknown }>;

/** The actions of a cluster's role, with their places. */
function actionsOf(cluster: ClusterDraft): { action: ActionDraft; path: string }[] {
  const role = cluster.role as Draft<Role> | undefined;
  const actions = role !== undefined && isKnown(role) && isKnown(role.actions) ? role.actions : [];
  return actions.flatMap((action, i) => (isKnown(action) ? [{ action, path: `role.actions[${i}]` }] : []));
}

/** Those of one kind. */
export function actionsOfKind<K extends RoleAction["kind"]>(
  cluster: ClusterDraft,
  kind: K,
): { action: OfKind<K>; path: string }[] {
  return actionsOf(cluster).flatMap(({ action, path }) =>
    action.kind === kind ? [{ action: action as OfKind<K>, path }] : [],
  );
}

/** What the agent has done for an action it knows by its name. */
const actionNameTwice: ClusterRule = (cluster) =>
  duplicates(
    actionsOf(cluster).flatMap(({ action, path }) => place(`${path}.name`, action.name)),
    "duplicate-name",
    "choose a name of its own",
  );

/** Two actions about one thing would undo each other's doing. */
const actionTwice: ClusterRule = (cluster) => {
  const services = actionsOfKind(cluster, "service").flatMap(({ action: { service }, path }) =>
    place(`${path}.service`, typeof service === "string" ? unitOf(service) : undefined),
  );
  const files = actionsOfKind(cluster, "file").flatMap(({ action, path }) =>
    place(`${path}.path`, action.path),
  );
  return [services, files].flatMap((placed) =>
    duplicates(placed, "role-action-twice", "make one action of the two"),
  );
};

/** A service is a unit, or commands that start and stop it and say whether it runs. */
const serviceCommands: ClusterRule = (cluster) =>
  actionsOfKind(cluster, "service").flatMap(({ action, path }) => {
    const words = ["start", "stop", "status"] as const;
    const missing = words.filter((word) => action[word] === undefined);
    const given = ([...words, "reload"] as const).filter((word) => action[word] !== undefined);
    if (action.service !== undefined) {
      return given.map((word) =>
        error(
          "role-service-commands",
          `${path}.${word}`,
          String(isKnown(action[word]) ? action[word] : "(known later)"),
          "none beside service",
          "remove it, or give start, stop and status in place of service",
        ),
      );
    }
    return missing.length > 0
      ? [
          error(
            "role-service-commands",
            `${path}.${missing[0]!}`,
            "(missing)",
            "start, stop and status together, or service",
            "give the service's name, or all three commands",
          ),
        ]
      : verbsWithoutMeans(action, path);
  });

function verbsWithoutMeans(action: Partial<Draft<ServiceAction>> & object, path: string) {
  const { onMaster, onBackup, reload } = action as OfKind<"service">;
  return (["onMaster", "onBackup"] as const).flatMap((on) => {
    const word = { onMaster, onBackup }[on];
    const isVoid = word === "mask" || (word === "reload" && reload === undefined);
    return isVoid
      ? [
          error(
            "role-service-commands",
            `${path}.${on}`,
            word,
            word === "mask"
              ? "no 'mask' of a service that commands start and stop"
              : "'reload' beside a reload command",
            word === "mask" ? "use 'stop'" : "give reload",
          ),
        ]
      : [];
  });
}

/** Who holds the addresses is keepalived's to say, so it cannot be what that starts and stops. */
const roleOfKeepalived: ClusterRule = (cluster) =>
  actionsOfKind(cluster, "service").flatMap(({ action: { service }, path }) =>
    typeof service === "string" && /^(keepalived|vrrp-role-.*)(\.service)?$/.test(service)
      ? [
          error(
            "role-of-keepalived",
            `${path}.service`,
            service,
            "a service that follows the addresses, not the one that moves them",
            "remove the action; vrrp-agent drain gives the addresses away",
          ),
        ]
      : [],
  );

const OURS = /^\/(etc\/(vrrp-agent|keepalived)|(var\/lib|run|usr\/lib)\/vrrp-agent)(\/|$)/;

/** What the agent itself puts there. */
const roleOfOwnFile: ClusterRule = (cluster) =>
  actionsOfKind(cluster, "file").flatMap(({ action, path }) =>
    typeof action.path === "string" && OURS.test(action.path)
      ? [
          error(
            "role-of-own-file",
            `${path}.path`,
            action.path,
            "no file of keepalived or of the agent",
            "choose a file of the service",
          ),
        ]
      : [],
  );

/** What checks of a cluster test, each with its place. */
function tested(cluster: ClusterDraft): Placed[] {
  const list = <T>(items: Draft<T[]>) =>
    (isKnown(items) ? items : []).flatMap((item, i) => (isKnown(item) ? [{ item, i }] : []));
  const by = (command: string | Unknown, path: string) =>
    typeof command === "string" ? testedBy(command).map((text) => ({ path, text })) : [];
  return [
    ...list<Check>(cluster.checks).flatMap(({ item, i }) =>
      item.kind === "process"
        ? place(`checks[${i}].process`, item.process)
        : item.kind === "command"
          ? by(item.command, `checks[${i}].command`)
          : [],
    ),
    ...list<TrackScript>(cluster.trackScripts).flatMap(({ item, i }) =>
      by(item.script, `trackScripts[${i}].script`),
    ),
    ...list<TrackProcess>(cluster.trackProcesses).flatMap(({ item, i }) =>
      place(`trackProcesses[${i}].process`, item.process),
    ),
  ];
}

/** A backup on which a service does not run fails every check of it, and can never take over. */
const checkOfStopped: ClusterRule = (cluster) => {
  const stopped = new Map(
    actionsOfKind(cluster, "service").flatMap(({ action: { service, onBackup }, path }) =>
      typeof service === "string" && (onBackup === "stop" || onBackup === "mask")
        ? [[service.replace(/\.service$/, ""), path] as const]
        : [],
    ),
  );
  return tested(cluster).flatMap(({ path, text }) => {
    const by = stopped.get(text);
    return by === undefined
      ? []
      : [
          error(
            "check-loop",
            path,
            text,
            `nothing that ${by} stops on a backup: a backup would fail the check and never take over`,
            "check what a backup has, too, or have the service run on both: onBackup: 'none'",
          ),
        ];
  });
};

/** Every rule over a cluster's role. */
export const ROLE_RULES: readonly ClusterRule[] = [
  actionNameTwice,
  actionTwice,
  serviceCommands,
  roleOfKeepalived,
  roleOfOwnFile,
  checkOfStopped,
];
