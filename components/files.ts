import { RenderedFile, renderHost } from "../render";
import { AgentCheck, agentChecks, Cluster, gatewayPlace, HostPlan, RoleAction } from "../spec";

/** What a host that runs keepalived must have: program -> package. */
export const PACKAGES = { keepalived: "keepalived" };

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

/** What a host of a cluster must have. */
export function packagesFor(cluster: Cluster): Record<string, string> {
  const { gateway, name, role, connectionState } = cluster;
  const ofGateway = gateway === undefined ? {} : gatewayPlace(gateway, name).packages;
  const ofState = connectionState === undefined ? {} : { conntrackd: "conntrackd" };
  const ofChecks = agentChecks(cluster).map(({ kind }) => CHECK_PACKAGES[kind]);
  const ofActions = (role?.actions ?? []).map(packagesOfAction);
  return Object.assign({ ...PACKAGES, ...ofGateway, ...ofState }, ...ofChecks, ...ofActions) as Record<
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
