import { type Figures, figuresOf } from "../../../simulate/figures";
import type { SimulatedInstance, SimulatedNode } from "../../../simulate/node";
import { type Run, simulate, type SimulateOptions } from "../../../simulate/run";
import type { Action } from "../../../simulate/strike";

const names = ["gw-a", "gw-b", "gw-c", "gw-d"];

/** Nodes with one virtual router in version 3, advert_int 1: gw-a 10.0.0.2, gw-b 10.0.0.3 ... */
export function nodes(
  priorities: readonly number[],
  change: Partial<SimulatedInstance> = {},
  node: Partial<SimulatedNode> = {},
): SimulatedNode[] {
  const sources = priorities.map((_, place) => `10.0.0.${2 + place}`);
  return priorities.map((priority, place) => ({
    name: names[place]!,
    instances: [
      {
        name: "gw",
        family: 4,
        state: "BACKUP",
        virtualRouterId: 51,
        priority,
        advertInt: 1,
        version: 3,
        multicast: false,
        unicastSrcIp: sources[place],
        unicastPeers: sources.filter((_source, other) => other !== place),
        nopreempt: false,
        preemptDelay: 0,
        virtualIpAddresses: [{ address: "10.0.0.1", prefixLength: 24, family: 4 }],
        trackScripts: [],
        trackProcesses: [],
        ...change,
      },
    ],
    ...node,
  }));
}

/** The same with a second router for IPv6 in a sync group. */
export function tied(
  priorities: readonly number[],
  change: Partial<SimulatedInstance> = {},
): SimulatedNode[] {
  return nodes(priorities, change).map((node, place) => ({
    ...node,
    syncGroups: [["gw", "gw-6"]],
    instances: [
      node.instances[0]!,
      {
        ...node.instances[0]!,
        name: "gw-6",
        family: 6,
        unicastSrcIp: `fd00::${2 + place}`,
        unicastPeers: priorities.flatMap((_, other) => (other === place ? [] : [`fd00::${2 + other}`])),
      },
    ],
  }));
}

/** A check that runs every second, and fails or passes at the second run. */
export const web = (weight: number) => ({
  trackScripts: [{ name: "web", script: "/bin/web", interval: 1, timeout: 1, fall: 2, rise: 2, weight }],
});

/** Seconds between two steps of `story`. */
export const pause = 30;

/** Runs steps 30 s apart, the first half a second after an advert. */
export function story(of: readonly SimulatedNode[], steps: Action[][], options: SimulateOptions = {}): Run {
  const strikes = steps.flatMap((actions, step) =>
    actions.map((one) => ({ ...one, at: 0.5 + step * pause })),
  );
  return simulate(of, { tail: pause, ...options, strikes });
}

/** The figures of the first router. */
export function figures(run: Run, router = 0): Figures {
  return figuresOf(run.routers[router]!);
}
