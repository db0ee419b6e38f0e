import { factRule, Finding, instanceRule, pairRule, Ready } from "./rule";

const SECRET = "(secret)";

/** keepalived cuts the password to the 8 bytes that the packet has room for. */
export const authTooLong = instanceRule(
  {
    id: "auth-too-long",
    severity: "error",
    doc: "authPass has at most 8 bytes, of which a character outside ASCII takes several; keepalived cuts the rest off.",
    fix: "choose a password of 1 to 8 characters",
    foreign: { severity: "warning", fix: "cut auth_pass to its first 8 bytes: only these count" },
  },
  ["authPass"],
  ({ instance }) =>
    instance.authPass !== undefined && Buffer.byteLength(instance.authPass) > 8
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

/**
 * Version 2 over IPv6, which is keepalived's own: the packet has no room for a password, and each node looks for one in
 * its last bytes; those before 2.4.0 look beyond what was received.
 */
export const authOverIpv6 = factRule(
  {
    id: "auth-over-ipv6",
    severity: "error",
    doc: "IPv6 goes without authentication; with auth_type PASS in version 2 no node accepts an advert, so that all are master, and keepalived before 2.4.0 can crash at each one; auth_type AH is ignored.",
    fix: "remove the authentication block: nothing is authenticated over IPv6",
  },
  ["authPass", "family", "version"],
  ["authType"],
  ({ instance: { authPass, family, version } }, { authType }) =>
    family === 6 && version === 2 && authPass !== undefined && authType !== undefined
      ? [
          {
            property: "authType",
            value: authType,
            allowed: "no authentication over IPv6",
            ...(authType === "AH" && { severity: "warning" as const }),
          },
        ]
      : [],
);

/**
 * What counts: version 3 has no authentication, version 2 room for 8 bytes. AH and PASS do not hear each other. Over IPv6
 * nothing can fit.
 */
function effective({
  instance: { authPass, family, version },
  facts,
}: Ready<"authPass" | "family" | "version">) {
  const isNone = version === 3 || family === 6 || authPass === undefined;
  return isNone
    ? { type: undefined, password: undefined }
    : {
        type: facts?.authType ?? "PASS",
        password: Buffer.from(authPass).subarray(0, 8).toString("latin1"),
      };
}

/** An advert with another password or of another type, or without one, is dropped. */
export const authMismatch = pairRule(
  {
    id: "auth-mismatch",
    severity: "error",
    doc: "All nodes of a virtual router have the same authPass; an advert with another one is dropped and both nodes become master.",
    fix: "set the same authPass on all nodes, or on none",
    foreign: {
      doc: "All nodes of a virtual router have the same auth_type and auth_pass; an advert with another one is dropped and both nodes become master.",
      fix: "state the same auth_type and auth_pass on all nodes, or none",
    },
  },
  ["authPass", "family", "version"],
  ([first, ...others]) => {
    if (first === undefined) {
      return [];
    }
    const expected = effective(first);
    return others.flatMap((other): Finding[] => {
      const own = effective(other);
      const told = (property: string, value: string, allowed: string) => [
        { at: other.at, property, value, allowed },
      ];
      if (own.type !== undefined && expected.type !== undefined && own.type !== expected.type) {
        return told("authType", String(own.type), `${String(expected.type)}, as on ${first.node}`);
      }
      return own.password === expected.password
        ? []
        : told(
            "authPass",
            own.password === undefined ? "(missing)" : SECRET,
            expected.password === undefined ? `none, as on ${first.node}` : `as on ${first.node}`,
          );
    });
  },
);
