import { createHash } from "node:crypto";

import type { Report } from "./report";

/** What is, or is to be, on a host, as far as it may be shown. */
export interface HostState {
  /** Which generation is current. */
  applied: string;
  /** Path -> text of each file that holds no secret; a file that is absent has no entry. */
  files: Record<string, string>;
  /** Path -> whether a file that holds a secret is as it was applied. */
  secretFiles: Record<string, string>;
  /** Path -> mode and owner of each file. */
  rights: Record<string, string>;
  /** keepalived's service, where it is managed. */
  service?: string;
  /** Our firewall rules, where there are any. */
  firewall?: string;
  /** The kernel's values, where any is set. */
  sysctls?: string;
  /** The interfaces of tunnels and their keys, where there are any. */
  tunnels?: string;
  /** Whether nginx runs, where there is a gateway. */
  gateway?: string;
}

/** How a host is said to be when everything is right. */
export const RIGHT = {
  applied: "the last generation",
  secretFile: "as applied",
  service: "enabled, running",
  firewall: "rules in force",
  sysctls: "as applied",
  tunnels: "as applied",
  gateway: "as applied",
};

/** What starts the gateway: a unit of ours, or the drop-in of a package's. */
const GATEWAY_UNIT =
  /^\/etc\/systemd\/system\/(vrrp-gateway-[^/]+\.service|(nginx|openresty)\.service\.d\/vrrp-[^/]+\.conf)$/;

/** What belongs to a set of files on the host besides the files themselves. */
function behind(
  paths: string[],
): Record<"service" | "firewall" | "sysctls" | "tunnels" | "gateway", boolean> {
  return {
    service: paths.includes("/etc/keepalived/keepalived.conf"),
    firewall: paths.some((path) => /^\/etc\/vrrp-agent\/.*\/firewall\.rules$/.test(path)),
    sysctls: paths.some((path) => path.startsWith("/etc/sysctl.d/")),
    tunnels: paths.some((path) => /^\/etc\/wireguard\/[^/]+\.conf$/.test(path)),
    gateway: paths.some((path) => GATEWAY_UNIT.test(path)),
  };
}

/** A host on which everything is as these files say. */
export function rightState(
  files: Record<string, string>,
  secretPaths: string[],
  rights: Record<string, string>,
): HostState {
  const has = behind([...Object.keys(files), ...secretPaths]);
  return {
    applied: RIGHT.applied,
    files,
    secretFiles: Object.fromEntries(secretPaths.map((path) => [path, RIGHT.secretFile])),
    rights,
    ...(has.service && { service: RIGHT.service }),
    ...(has.firewall && { firewall: RIGHT.firewall }),
    ...(has.sysctls && { sysctls: RIGHT.sysctls }),
    ...(has.tunnels && { tunnels: RIGHT.tunnels }),
    ...(has.gateway && { gateway: RIGHT.gateway }),
  };
}

/** A host as its agent reports it; `former` stands where nothing is reported, because there is no agent or no cluster. */
export function reportedState(report: Report | undefined, generation: string, former: HostState): HostState {
  if (report === undefined) return { ...stateOf(former), applied: "vrrp-agent is not on the host" };
  if (report.generation === "0")
    return { ...stateOf(former), applied: "nothing: the cluster is not on the host" };
  const has = behind(report.paths);
  const words = (list: string[], right: string) => (list.length === 0 ? right : list.join("\n"));
  return {
    applied: report.generation === generation ? RIGHT.applied : "another generation",
    files: report.files,
    secretFiles: Object.fromEntries(
      Object.entries(report.secretFiles).map(([path, same]) => [
        path,
        same ? RIGHT.secretFile : "changed by hand",
      ]),
    ),
    rights: report.rights,
    ...(has.service && { service: report.service }),
    ...(has.firewall && { firewall: words(report.firewall, RIGHT.firewall) }),
    ...(has.sysctls && { sysctls: words(report.sysctls, RIGHT.sysctls) }),
    ...(has.tunnels && { tunnels: words(report.tunnels, RIGHT.tunnels) }),
    ...(has.gateway && { gateway: words(report.gateway, RIGHT.gateway) }),
  };
}

/** The part of a resource's properties that is the state of a host. */
export function stateOf(properties: HostState): HostState {
  const { applied, files, secretFiles, rights, service, firewall, sysctls, tunnels, gateway } = properties;
  return {
    applied,
    files,
    secretFiles,
    rights,
    // Pulumi takes no undefined.
    ...(service !== undefined && { service }),
    ...(firewall !== undefined && { firewall }),
    ...(sysctls !== undefined && { sysctls }),
    ...(tunnels !== undefined && { tunnels }),
    ...(gateway !== undefined && { gateway }),
  };
}

/** Two values with the same digest are equal, whatever the order of their keys. */
export function digest(value: unknown): string {
  return createHash("sha256")
    .update(JSON.stringify(sorted(value)))
    .digest("hex")
    .slice(0, 12);
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== "object") return value;
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  return entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, item]) => [key, sorted(item)]);
}
