import { RenderedFile, renderHost } from "../render";
import {
  AgentCheck,
  agentChecks,
  Cluster,
  gatewayPlace,
  hostPlan,
  HostPlan,
  KeepalivedSource,
  RoleAction,
} from "../spec";

/** What builds keepalived. Of a library, what pkg-config calls it, or one of its files. */
const BUILD_PACKAGES = {
  gcc: "gcc",
  make: "make",
  tar: "tar",
  gzip: "gzip",
  "pkg-config": "pkg-config",
  "/usr/include/stdio.h": "libc6-dev",
  "libssl.pc": "libssl-dev",
  "libnl-3.0.pc": "libnl-3-dev",
  "libnl-genl-3.0.pc": "libnl-genl-3-dev",
};

/** What a host must have to run keepalived: program -> package. */
export function packagesOfKeepalived(source: KeepalivedSource | undefined): Record<string, string> {
  if (source === undefined) {
    return { keepalived: "keepalived" };
  }
  return {
    ...BUILD_PACKAGES,
    ...(source.url.startsWith("file:") ? {} : { curl: "curl" }),
    ...(source.url.startsWith("https:") ? { "/etc/ssl/certs": "ca-certificates" } : {}),
    ...(source.url.endsWith(".xz") ? { xz: "xz-utils" } : {}),
    ...(source.url.endsWith(".bz2") ? { bzip2: "bzip2" } : {}),
  };
}

/** What a check of a kind is made with. */
const CHECK_PACKAGES: Partial<Record<AgentCheck["kind"], Record<string, string>>> = {
  tunnel: { ping: "iputils-ping" },
  network: { ping: "iputils-ping" },
  http: { curl: "curl" },
  gateway: { curl: "curl" },
  witness: { curl: "curl", ping: "iputils-ping" },
};

/** What an action is done with. */
function packagesOfAction(action: RoleAction): Record<string, string> {
  const bySmtp = action.kind === "mail" && action.server !== undefined;
  if (action.kind === "webhook" || bySmtp) {
    return { curl: "curl" };
  }
  if (action.kind === "mariadb") {
    return { mariadb: "mariadb-client" };
  }
  return action.kind === "dns" ? { nsupdate: "bind9-dnsutils", dig: "bind9-dnsutils" } : {};
}

/** What a node of a cluster must have. */
export function packagesFor(cluster: Cluster, node: string): Record<string, string> {
  const { gateway, name, role, connectionState } = cluster;
  const ofGateway = gateway === undefined ? {} : gatewayPlace(gateway, name).packages;
  const ofState = connectionState === undefined ? {} : { conntrackd: "conntrackd" };
  const ofChecks = agentChecks(cluster).map(({ kind }) => CHECK_PACKAGES[kind]);
  const ofActions = (role?.actions ?? []).map(packagesOfAction);
  const ofKeepalived = packagesOfKeepalived(hostPlan(cluster, node).keepalivedSource);
  return Object.assign({ ...ofKeepalived, ...ofGateway, ...ofState }, ...ofChecks, ...ofActions) as Record<
    string,
    string
  >;
}

/** What an end of a WireGuard tunnel must have. */
export const TUNNEL_PACKAGES = { wg: "wireguard-tools", "wg-quick": "wireguard-tools" };

/** Files as a component's input. */
export function textByPath(files: RenderedFile[]): Record<string, string> {
  return Object.fromEntries(files.map((file) => [file.path, file.text]));
}

/** Files of a host that may be shown. */
export function shownFiles(plan: HostPlan): Record<string, string> {
  return textByPath(renderHost(plan).filter((file) => !file.secret));
}

/** Files of a host that hold a secret. */
export function secretFiles(plan: HostPlan): Record<string, string> {
  return textByPath(renderHost(plan).filter((file) => file.secret));
}

/** Mode and owner of a file on a host. */
export function rightsOf(secret: boolean): { mode: string; owner: string } {
  return { mode: secret ? "0600" : "0644", owner: "root:root" };
}
