import type { ClusterDraft } from "../defaults";
import { Role, RoleAction } from "../model";
import { Draft, isKnown, Unknown } from "../unknown";

type ActionDraft = Exclude<Draft<RoleAction>, Unknown>;
export type OfKind<K extends RoleAction["kind"]> = Extract<ActionDraft, { kind: K | Unknown }>;

/** The actions of a cluster's role, with their places. */
export function actionsOf(cluster: ClusterDraft): { action: ActionDraft; path: string }[] {
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
