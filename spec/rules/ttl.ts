import { Family } from "../model";
import { Finding, instanceRule, pairRule } from "./rule";

/** keepalived refuses unicast_ttl without unicast_peer, and min_ttl is a word of a peer. */
export const ttlWithMulticast = instanceRule(
  {
    id: "ttl-with-multicast",
    severity: "error",
    doc: "unicastTtl and minTtl are for unicast; multicast adverts always have TTL 255, and any other is dropped.",
    fix: "remove it, or set multicast: false",
    foreign: { fix: "remove it, or list the other nodes in unicast_peer" },
  },
  ["multicast", "unicastTtl", "minTtl"],
  ({ instance }) =>
    (["unicastTtl", "minTtl"] as const).flatMap((property) => {
      const value = instance[property];
      return instance.multicast && value !== undefined
        ? [{ property, value: `${value}`, allowed: "none with multicast" }]
        : [];
    }),
);

/** With which TTL a unicast advert leaves: over IPv6 keepalived leaves it to the kernel. */
const SENT: Record<Family, number> = { 4: 255, 6: 64 };

/** An advert below min_ttl is dropped, and both nodes become master. */
export const minTtlTooHigh = pairRule(
  {
    id: "min-ttl-too-high",
    severity: "error",
    doc: "minTtl is at most the TTL that the other nodes send with, unicastTtl; adverts below it are dropped and both nodes become master.",
    fix: "set unicastTtl: 255 on all nodes, or lower minTtl by one for every router between them",
  },
  ["family", "multicast", "unicastTtl", "minTtl"],
  (members) =>
    members.flatMap(({ at, instance: { minTtl, multicast } }): Finding[] => {
      const sender = members.find(
        (other) =>
          other.at !== at &&
          minTtl !== undefined &&
          !multicast &&
          (other.instance.unicastTtl ?? SENT[other.instance.family]) < minTtl,
      );
      if (sender === undefined) {
        return [];
      }
      const sent = sender.instance.unicastTtl ?? SENT[sender.instance.family];
      return [
        {
          at,
          property: "minTtl",
          value: `${minTtl}`,
          allowed: `at most ${sent}, with which ${sender.node} sends`,
        },
      ];
    }),
);
