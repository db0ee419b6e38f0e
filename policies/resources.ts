import { Loose } from "../lint/groups";
import { checkInstance, InstanceInput, realtimePriority, UNKNOWN } from "../spec";
import { plain } from "./plain";

export const HA_PAIR = "pulumi-keepalived:index:HaPair";
export const KEEPALIVED_INSTANCE = "pulumi-keepalived:index:KeepalivedInstance";
export const WIREGUARD_TUNNEL = "pulumi-keepalived:index:WireGuardTunnel";

/** A resource as a policy sees it. */
export interface Seen {
  type: string;
  name: string;
  urn: string;
  props: Record<string, unknown>;
}

/** A KeepalivedInstance, ready to be judged. */
export interface LooseInstance extends Loose {
  name: string;
  urn: string;
}

/** Reads a KeepalivedInstance; undefined when its properties are of no use at all. */
export function readInstance({ name, urn, props }: Seen): LooseInstance | undefined {
  const checked = checkInstance(plain(props), { name });
  if (Array.isArray(checked)) {
    return undefined;
  }
  const { instance, input } = checked;
  const node = typeof input.node === "string" ? input.node : name;
  const sshHost = input.connection === UNKNOWN ? UNKNOWN : input.connection?.host;
  return {
    name,
    urn,
    node,
    instance,
    scriptUser: input.scriptUser,
    startupDelay: input.startupDelay,
    realtime: realtimePriority(input.realtime),
    sshHost,
    cluster: typeof input.cluster === "string" && input.cluster !== name ? input.cluster : undefined,
    machine: machineOf(input.connection) ?? node,
  };
}

export function machineOf(connection: unknown): string | undefined {
  if (connection === null || typeof connection !== "object") {
    return undefined;
  }
  const { host, port = 22, proxy } = connection as Partial<NonNullable<InstanceInput["connection"]>>;
  return typeof host === "string"
    ? `${host}:${String(port)} ${(proxy && machineOf(proxy)) ?? ""}`.trim()
    : undefined;
}
