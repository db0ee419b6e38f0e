import { isMultiple } from "../schema/fields";
import { differingFromFirst, instanceRule, pairRule } from "./rule";

/** keepalived rounds an interval that the packet cannot carry: not what was asked for. */
export const advertIntRange = instanceRule(
  {
    id: "advert-int-range",
    severity: "error",
    doc: "advertInt is what the version can carry: whole seconds from 1 to 255 in version 2, 0.01 to 40.95 in steps of 0.01 in version 3; keepalived rounds anything else.",
    fix: "choose an advertInt that the version can carry",
  },
  ["advertInt", "version"],
  ({ instance: { advertInt, version } }) => {
    const [min, max, step] = version === 2 ? [1, 255, 1] : [0.01, 40.95, 0.01];
    return advertInt >= min && advertInt <= max && isMultiple(advertInt, step)
      ? []
      : [
          {
            property: "advertInt",
            value: `${advertInt}`,
            allowed: `${min} to ${max} seconds in steps of ${step} with version ${version}`,
          },
        ];
  },
);

/** Version 2 drops an advert with another interval; version 3 follows the master's, so that takeovers differ. */
export const advertIntMismatch = pairRule(
  {
    id: "advert-int-mismatch",
    severity: "error",
    doc: "All nodes of a virtual router have one advertInt; version 2 drops adverts with another one and both nodes become master, version 3 follows the master's, so that takeovers differ.",
    fix: "set the same advertInt on all nodes",
  },
  ["advertInt", "version"],
  (members) => {
    const isV3 = members.every(({ instance }) => instance.version === 3);
    return differingFromFirst(members, "advertInt", (i) => `${i.advertInt}`).map((finding) => ({
      ...finding,
      ...(isV3 && members.every(({ facts }) => facts !== undefined) ? { severity: "warning" as const } : {}),
    }));
  },
);

/** An advert of the other version is dropped. */
export const versionMismatch = pairRule(
  {
    id: "version-mismatch",
    severity: "error",
    doc: "All nodes of a virtual router speak one VRRP version; adverts of the other one are dropped and both nodes become master.",
    fix: "set the same version on all nodes",
  },
  ["version"],
  (members) => differingFromFirst(members, "version", (i) => `${i.version}`),
);

/** RFC 3768 is IPv4 only. */
export const ipv6WithV2 = instanceRule(
  {
    id: "ipv6-with-v2",
    severity: "error",
    doc: "IPv6 addresses need VRRP version 3; version 2 knows IPv4 only.",
    fix: "set version: 3",
    foreign: {
      severity: "warning",
      doc: "IPv6 addresses need VRRP version 3; version 2 for IPv6 is keepalived's own, and no other router understands it.",
    },
  },
  ["family", "version"],
  ({ instance }) =>
    instance.family === 6 && instance.version === 2
      ? [{ property: "version", value: "2", allowed: "3 for IPv6 addresses" }]
      : [],
);
