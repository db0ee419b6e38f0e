import { ActionKind, OnFailure, Role, RoleAction, RoleName, ServiceVerb } from "./role-model";
import { ActionInput, RoleInput } from "./schema/role";
import { Draft, isKnown, UNKNOWN, Unknown } from "./unknown";

type Input = Exclude<Draft<ActionInput>, Unknown>;

/** What every kind has. */
type Common = Exclude<
  Draft<Pick<RoleAction, "name" | "timeout" | "retries" | "onFailure" | "settled">>,
  Unknown
>;

/** Seconds for which a node must have been master before what cannot be undone begins. */
const SETTLE = 3;

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
  const common = (settled: boolean): Common => ({
    name: action.name,
    timeout: action.timeout ?? 30,
    retries: action.retries ?? 2,
    onFailure: action.onFailure ?? OnFailure.Stop,
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
  }
}
