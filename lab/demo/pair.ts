import type { Host } from "../host";
import type { Lab } from "../lab";
import {
  type VrrpTiming,
  masterDownInterval,
  takeBackAfterRecovery,
  takeoverAfterGracefulStop,
} from "../../simulate/timing";

/** The pair that the demo makes: the first host is preferred. */
export const hosts = ["gw-a", "gw-b"] as const;
export const [primary, secondary] = hosts;
export const vip = "10.20.30.200";
export const virtualRouterId = 51;

/** What the demo changes of the spec on the way. */
export interface Choice {
  /** Seconds between two adverts. */
  advertInt: number;
}
export const atFirst: Choice = { advertInt: 1 };
export const later: Choice = { advertInt: 0.5 };

/** Seconds that a busy machine may add to a timer. */
export const slack = 0.25;

/** The stack's config: the spec of the pair. */
export function pairConfig(lab: Lab, { advertInt }: Choice): Record<string, unknown> {
  return {
    "pulumi-keepalived:cluster": {
      name: "gw",
      virtualRouterId,
      virtualIpAddresses: [`${vip}/24`],
      advertInt,
      nodes: lab.hosts.map((host) => ({ ...node(host), unicastSrcIp: host.address })),
    },
  };
}

/** A node of the spec, but for the address that it sends from. */
export function node(host: Host): Record<string, unknown> {
  return {
    name: host.name,
    connection: { host: host.address, hostKey: host.hostKey },
    interface: "eth0",
  };
}

// Priorities that a spec of two nodes gives by default.
const priorities = { [primary]: 100, [secondary]: 90 } as const;
const timing = (host: (typeof hosts)[number], { advertInt }: Choice): VrrpTiming => ({
  version: 3,
  advertInt,
  priority: priorities[host],
});

/** Longest time from the holder's last advert to the other's takeover, in seconds: it is silent, or it says goodbye. */
export const afterSilence = (choice: Choice): number => masterDownInterval(timing(secondary, choice));
export const afterGoodbye = (choice: Choice): number =>
  takeoverAfterGracefulStop(timing(secondary, choice)).max;
/** Seconds from the preferred host's return to its taking the address back. */
export const takeBack = (choice: Choice): number => takeBackAfterRecovery(timing(primary, choice)).max;
