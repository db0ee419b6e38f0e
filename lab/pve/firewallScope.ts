import { type FirewallFile, listDigest } from "./firewallFile";
import type { Api, Call, Route } from "./route";

/** Whose firewall a path is about: the cluster's, a node's or a guest's. */
export interface Scope {
  base: string;
  environment: "cluster" | "host" | "vm";
  audit: Route["permission"];
  modify: Route["permission"];
  /** Where its file is, below /etc/pve. */
  file: (call: Call) => string;
  load: (call: Call, api: Api) => FirewallFile;
}

/** JSON of entries with the digest of all of them. */
export const withDigest = (entries: readonly object[]): Record<string, unknown>[] => {
  const digest = listDigest(entries);
  return entries.map((entry) => ({ ...entry, digest }));
};

/** A route that changes the file. */
export const writes = (
  scope: Scope,
  route: Omit<Route, "silent" | "permission" | "run">,
  change: (file: FirewallFile, call: Call, api: Api) => void,
): Route => ({
  ...route,
  silent: true,
  permission: scope.modify,
  run: (call, api) => {
    const file = scope.load(call, api);
    change(file, call, api);
    api.store.saveFirewall(scope.file(call), file);
  },
});
