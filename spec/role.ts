import { canonical } from "./addresses";
import {
  ActionKind,
  BOTH,
  OnDivergence,
  OnFailure,
  Role,
  RoleAction,
  RoleName,
  ServiceVerb,
  TsigAlgorithm,
  WebhookMethod,
} from "./role-model";
import { ActionInput, RoleInput } from "./schema/role";
import { Draft, isKnown, UNKNOWN, Unknown } from "./unknown";

type Input = Exclude<Draft<ActionInput>, Unknown>;

/** What every kind has. */
type Common = Exclude<
  Draft<Pick<RoleAction, "name" | "timeout" | "retries" | "onFailure" | "settled">>,
  Unknown
>;

/** Seconds for which a node must have been master before what cannot be undone begins. */
export const SETTLE = 3;

/** A role with its defaults. */
export function roleWithDefaults(input: Draft<RoleInput>): Draft<Role> {
  if (!isKnown(input)) {
    return UNKNOWN;
  }
  const { actions } = input;
  return {
    settle: input.settle ?? SETTLE,
    actions: isKnown(actions)
      ? actions.map((action) => (isKnown(action) ? actionWithDefaults(action) : UNKNOWN))
      : UNKNOWN,
  };
}

function actionWithDefaults(action: Input): Draft<RoleAction> {
  const common = (settled: boolean, onFailure: OnFailure = OnFailure.Stop): Common => ({
    name: action.name,
    timeout: action.timeout ?? 30,
    retries: action.retries ?? 2,
    onFailure: action.onFailure ?? onFailure,
    settled: action.settled ?? settled,
  });
  if (!isKnown(action.kind)) {
    return UNKNOWN;
  }
  switch (action.kind) {
    case ActionKind.Service: {
      const { kind, service, start, stop, status, reload, onMaster, onBackup } = action;
      return {
        ...common(false),
        kind,
        service,
        start,
        stop,
        status,
        reload,
        onMaster: onMaster ?? ServiceVerb.Start,
        onBackup: onBackup ?? ServiceVerb.Stop,
      };
    }
    case ActionKind.File: {
      const { kind, path, content, on } = action;
      return { ...common(false), kind, path, content, on: on ?? RoleName.Master };
    }
    case ActionKind.Command: {
      const { kind, onMaster, onBackup, reached, quiesce, resume } = action;
      // Nobody knows what they do.
      return { ...common(true), kind, onMaster, onBackup, reached, quiesce, resume };
    }
    case ActionKind.Webhook: {
      const { kind, url, method, headers, secret, on, body, addresses, current } = action;
      return {
        // What they tell has happened, whatever becomes of the rest.
        ...common(false, OnFailure.Continue),
        kind,
        url,
        method: method ?? WebhookMethod.Post,
        headers: headers ?? {},
        secret,
        on: on ?? BOTH,
        body,
        addresses: addresses === undefined ? undefined : canonicalByNode(addresses),
        current: current ?? false,
      };
    }
    case ActionKind.Mail: {
      const { kind, from, to, server, startTls, username, password, on } = action;
      return {
        ...common(false, OnFailure.Continue),
        kind,
        from,
        to,
        server,
        startTls: startTls ?? password !== undefined,
        username,
        password,
        on: on ?? BOTH,
      };
    }
    case ActionKind.Dns: {
      const { kind, server, port, zone, record, ownerRecord, ttl, addresses, tsig } = action;
      return {
        // A server that is away must not keep the services from running.
        ...common(true, OnFailure.Continue),
        kind,
        server,
        port: port ?? 53,
        zone,
        record,
        ownerRecord: ownerRecord ?? (isKnown(record) ? `_vrrp.${record}` : UNKNOWN),
        ttl: ttl ?? 30,
        addresses: canonicalByNode(addresses),
        tsig: isKnown(tsig) ? { ...tsig, algorithm: tsig.algorithm ?? TsigAlgorithm.Sha256 } : UNKNOWN,
      };
    }
    case ActionKind.Mariadb: {
      const { kind, credentials, replicationCredentials, semiSyncTimeout } = action;
      return {
        // A server that must not be promoted leaves the role to one that may.
        ...common(false, OnFailure.Yield),
        timeout: action.timeout ?? 60,
        kind,
        port: action.port ?? 3306,
        service: action.service ?? "mariadb",
        configFile: action.configFile ?? "/etc/mysql/mariadb.conf.d/zz-vrrp.cnf",
        serverId: action.serverId ?? 10,
        bindAddress: action.bindAddress ?? "*",
        restart: action.restart ?? true,
        credentials,
        replicationCredentials,
        onDivergence: action.onDivergence ?? OnDivergence.Keep,
        initialCopy: action.initialCopy ?? true,
        semiSync: action.semiSync ?? false,
        semiSyncTimeout,
      };
    }
  }
}

/** Node -> addresses, in canonical text. */
function canonicalByNode(byNode: Draft<Record<string, string[]>>): Draft<Record<string, string[]>> {
  return isKnown(byNode)
    ? Object.fromEntries(
        Object.entries(byNode).map(([node, list]) => [
          node,
          isKnown(list) ? list.map((one) => (isKnown(one) ? canonical(one) : UNKNOWN)) : UNKNOWN,
        ]),
      )
    : UNKNOWN;
}
