import { InstanceConfig } from "../model";
import { instanceRule, pairRule } from "./rule";

const SECRET = "(secret)";

/** keepalived cuts the password to the 8 bytes that the packet has room for. */
export const authTooLong = instanceRule(
  {
    id: "auth-too-long",
    severity: "error",
    doc: "authPass has at most 8 characters; keepalived cuts the rest off.",
    fix: "choose a password of 1 to 8 characters",
    foreign: { severity: "warning", fix: "cut auth_pass to its first 8 characters: only these count" },
  },
  ["authPass"],
  ({ instance }) =>
    instance.authPass !== undefined && instance.authPass.length > 8
      ? [{ property: "authPass", value: SECRET, allowed: "1 to 8 characters" }]
      : [],
);

/** RFC 5798 has no authentication, and keepalived ignores the block. */
export const authWithV3 = instanceRule(
  {
    id: "auth-with-v3",
    severity: "error",
    doc: "authPass goes with VRRP version 2 only; version 3, and so IPv6, has no authentication and keepalived ignores it.",
    fix: "remove authPass, or set version: 2 for IPv4 addresses",
    foreign: { severity: "warning", fix: "remove the authentication block: nothing is authenticated" },
  },
  ["authPass", "version"],
  ({ instance }) =>
    instance.authPass !== undefined && instance.version === 3
      ? [{ property: "authPass", value: SECRET, allowed: "no authPass with version 3" }]
      : [],
);

/** What of a password counts: version 3 has none, version 2 room for 8 bytes. */
function effectivePassword({ authPass, version }: Pick<InstanceConfig, "authPass" | "version">) {
  return version === 3 ? undefined : authPass?.slice(0, 8);
}

/** An advert with another password, or without one, is dropped. */
export const authMismatch = pairRule(
  {
    id: "auth-mismatch",
    severity: "error",
    doc: "All nodes of a virtual router have the same authPass; an advert with another one is dropped and both nodes become master.",
    fix: "set the same authPass on all nodes, or on none",
  },
  ["authPass", "version"],
  ([first, ...others]) =>
    others
      .filter(
        (other) =>
          first !== undefined && effectivePassword(other.instance) !== effectivePassword(first.instance),
      )
      .map(({ at, instance }) => ({
        at,
        property: "authPass",
        value: instance.authPass === undefined ? "(missing)" : SECRET,
        allowed:
          first?.instance.authPass === undefined ? `none, as on ${first?.node}` : `as on ${first.node}`,
      })),
);
