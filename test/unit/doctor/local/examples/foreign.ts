import type { Example } from "./example";

export const foreign: readonly Example[] = [
  {
    rule: "foreign-vrid",
    first: "conf-foreign-vrid",
    on: "backup",
    add: ["heard 10.0.0.66 51 2 150 multicast 3"],
    seen: "10.0.0.66, which is no node of gw",
  },
];

/** Of a host that is looked at alone. */
export const ALONE_EXAMPLES: readonly Example[] = [
  {
    rule: "alone-conf-auth",
    first: "conf-auth",
    on: "backup",
    add: ["discard gw auth-failed 3"],
    seen: "discarded 3 adverts",
  },
  {
    rule: "alone-conf-advert-int",
    first: "conf-advert-int",
    on: "backup",
    add: ["discard gw advert-interval 3"],
    seen: "advert interval is another",
  },
  {
    rule: "alone-conf-version",
    first: "conf-version",
    on: "backup",
    add: ["discard gw version 3"],
    seen: "version of VRRP is another",
  },
  {
    rule: "alone-conf-vip-list",
    first: "conf-vip-list",
    on: "backup",
    add: ["discard gw address-list 3"],
    seen: "virtual addresses is another",
  },
  {
    rule: "alone-rejected",
    first: "fw-reject",
    on: "master",
    add: ["unreachable b 10.0.0.2 4"],
    seen: "b answered 4 times",
  },
  {
    rule: "alone-silent",
    first: "node-unreachable",
    on: "master",
    without: ["frames", "echo", "came"],
    add: ["frames b 10.0.0.2 0", "echo b 10.0.0.2 no"],
    seen: "nothing at all came from b",
  },
];
