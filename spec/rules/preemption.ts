import { checkDetection, masterDownInterval } from "../../simulate/timing";
import { InstanceConfig, Preemption } from "../model";
import { Finding, instanceRule, pairRule } from "./rule";

/** Lists of what an instance tracks, each item with a weight. */
const TRACKED = ["trackScripts", "trackProcesses", "trackInterfaces", "bfd"] as const;

/** What an instance tracks with a weight that is not 0, with the place of the weight. */
function weights(instance: Pick<InstanceConfig, (typeof TRACKED)[number]>) {
  return TRACKED.flatMap((list) =>
    instance[list].map(({ weight }, i) => ({ property: `${list}[${i}].weight`, weight })),
  ).filter(({ weight }) => weight !== 0);
}

/** keepalived clears nopreempt with a warning when the state is MASTER. */
export const nopreemptWithMaster = instanceRule(
  {
    id: "nopreempt-with-master",
    severity: "error",
    doc: "nopreempt goes with state BACKUP; keepalived clears it when the state is MASTER.",
    fix: "set state: 'BACKUP' on all nodes: the priorities decide",
    foreign: {
      fix: "remove nopreempt, which changes nothing; for addresses that stay where they are, set state BACKUP and one priority on all nodes",
    },
  },
  ["nopreempt", "state"],
  ({ instance, facts }) =>
    instance.nopreempt && instance.state === "MASTER"
      ? [
          facts === undefined
            ? { property: "state", value: "MASTER", allowed: "BACKUP, because nopreempt is set" }
            : { property: "nopreempt", value: "void", allowed: "no nopreempt with state MASTER" },
        ]
      : [],
);

/** Whether nopreempt is in force: keepalived clears it where the state is MASTER. */
function isNopreempt(instance: Pick<InstanceConfig, "nopreempt" | "state">): boolean {
  return instance.nopreempt && instance.state !== "MASTER";
}

/** A master whose check fails drops its priority, and a nopreempt backup does not take over from a lower priority. */
export const nopreemptWithWeight = instanceRule(
  {
    id: "nopreempt-with-weight",
    severity: "error",
    doc: "With nopreempt a check has weight 0 (FAULT); a weight only lowers the master, which a nopreempt backup never replaces: no failover.",
    fix: "set the weight to 0, or replace nopreempt by equal priorities",
    foreign: { fix: "set the weight to 0, or remove nopreempt and give all nodes the same priority" },
  },
  ["nopreempt", "state", ...TRACKED],
  ({ instance }) =>
    isNopreempt(instance)
      ? weights(instance).map(({ property, weight }) => ({
          property,
          value: `${weight}`,
          allowed: "0, because nopreempt is set",
        }))
      : [],
);

/** The same, where the node that would have to take over has no weight of its own. */
export const nopreemptAgainstWeight = pairRule(
  {
    id: "nopreempt-against-weight",
    severity: "error",
    doc: "A node with nopreempt never takes over from a master whose failing check only lowers its priority: no failover on that check.",
    fix: "set the weight of the other node's check to 0, or remove nopreempt here",
  },
  ["nopreempt", "state", "priority", ...TRACKED],
  (members) =>
    members.flatMap(({ at, instance }): Finding[] => {
      const lowered = members.find(
        (other) => other.at !== at && other.instance.priority !== 255 && weights(other.instance).length > 0,
      );
      return !isNopreempt(instance) || weights(instance).length > 0 || lowered === undefined
        ? []
        : [
            {
              at,
              property: "nopreempt",
              value: "set",
              allowed: `no nopreempt, because a check of ${lowered.node} has a weight`,
            },
          ];
    }),
);

/** keepalived resets the delay. */
export const preemptDelayWithNopreempt = instanceRule(
  {
    id: "preempt-delay-with-nopreempt",
    severity: "error",
    doc: "preemptDelay goes without nopreempt; keepalived resets it where both are set, for there is nothing to delay.",
    fix: "remove preemptDelay, or nopreempt",
  },
  ["preemptDelay", "nopreempt", "state"],
  ({ instance }) =>
    instance.preemptDelay > 0 && isNopreempt(instance)
      ? [
          {
            property: "preemptDelay",
            value: `${instance.preemptDelay}`,
            allowed: "0, because nopreempt is set",
          },
        ]
      : [],
);

/** keepalived's delay holds back any takeover from a lower priority: seen, 28 s with a delay of 25 s. */
export const preemptDelayWithWeight = instanceRule(
  {
    id: "preempt-delay-with-weight",
    severity: "error",
    doc: "With preemptDelay a check has weight 0 (FAULT); a weight only lowers the holder, and the other node waits preemptDelay before it takes over from a lower priority.",
    fix: "set the weight to 0, or remove preemptDelay",
    foreign: { severity: "warning" },
  },
  ["preemptDelay", "state", "nopreempt", ...TRACKED],
  ({ instance }) =>
    // Where it is void, the rules above say so.
    instance.preemptDelay > 0 && instance.state !== "MASTER" && !instance.nopreempt
      ? weights(instance).map(({ property, weight }) => ({
          property,
          value: `${weight}`,
          allowed: `0, because preemptDelay is ${instance.preemptDelay}`,
        }))
      : [],
);

/** keepalived clears preempt_delay with a warning when the state is MASTER. */
export const preemptDelayWithMaster = instanceRule(
  {
    id: "preempt-delay-with-master",
    severity: "error",
    doc: "preemptDelay goes with state BACKUP; keepalived clears it when the state is MASTER.",
    fix: "set state: 'BACKUP' on all nodes: the priorities decide",
    foreign: {
      fix: "remove preempt_delay, which changes nothing; for a delay that is in force, set state BACKUP on all nodes",
    },
  },
  ["preemptDelay", "state"],
  ({ instance, facts }) =>
    instance.preemptDelay > 0 && instance.state === "MASTER"
      ? [
          facts === undefined
            ? { property: "state", value: "MASTER", allowed: "BACKUP, because preemptDelay is set" }
            : { property: "preemptDelay", value: "void", allowed: "no preemptDelay with state MASTER" },
        ]
      : [],
);

/**
 * After a cut without loss of carrier both nodes are master, and the one with the higher address stays, whoever it was.
 * A check of the uplink has the one that was cut off come back with less than the other. With weight 0 it does so from
 * FAULT, and where it is the gateway that is gone, all nodes are in FAULT.
 */
export const stickyWithoutUplinkCheck = instanceRule(
  {
    id: "sticky-without-uplink-check",
    severity: "warning",
    doc: "A sticky pair has a check of its uplink; where a cut leaves the carrier on, both nodes become master, and when it heals the one with the higher address stays, whoever held before.",
    fix: "add a check that fails on the node that is cut off, such as checks: [{ name: 'uplink', kind: 'network', interval: 1 }], or bfd with the gateway and weight: -1",
  },
  ["trackScripts", "trackProcesses", "bfd"],
  ({ instance, preemption }) =>
    preemption === Preemption.Sticky &&
    instance.trackScripts.length + instance.trackProcesses.length + instance.bfd.length === 0
      ? [
          {
            property: "preemption",
            value: "sticky",
            allowed: "sticky with checks, trackScripts, trackProcesses or bfd",
          },
        ]
      : [],
);

/** A node that is cut off for long enough to become master, and not for long enough for its check, is in no FAULT. */
export const stickyWithSlowCheck = instanceRule(
  {
    id: "sticky-with-slow-check",
    severity: "warning",
    doc: "The check of a sticky pair's uplink fails before a backup takes over; else a cut that ends in between leaves two masters, of which the one with the higher address stays.",
    fix: "set interval: 1 and fall: 2 on the check of the uplink, or a longer advertInt",
  },
  ["trackScripts", "trackProcesses", "bfd", "version", "advertInt", "priority", "downTimerAdverts"],
  ({ instance, preemption }) => {
    const { trackScripts, trackProcesses, bfd } = instance;
    const down = masterDownInterval(instance);
    const slowest = [
      ...trackScripts.map((script) => checkDetection(script).max),
      ...bfd.map(({ minRx, multiplier }) => (minRx * multiplier) / 1000),
    ];
    const fastest = Math.min(...slowest);
    return preemption === Preemption.Sticky &&
      trackProcesses.length === 0 &&
      slowest.length > 0 &&
      fastest >= down
      ? [
          {
            property: trackScripts.length > 0 ? "trackScripts" : "bfd",
            value: `fails after up to ${seconds(fastest)} s`,
            allowed: `less than ${seconds(down)} s, after which a backup takes over`,
          },
        ]
      : [];
  },
);

function seconds(value: number): string {
  return `${Math.round(value * 100) / 100}`;
}

/** keepalived starts the delay at an advert of lower priority: of a sticky pair that is one from a drained node. */
export const preemptDelayWhenSticky = instanceRule(
  {
    id: "preempt-delay-when-sticky",
    severity: "warning",
    doc: "A sticky pair has no preemptDelay; nobody takes the addresses back there, and all that is delayed is the takeover from a node that is drained.",
    fix: "remove preemptDelay",
  },
  ["preemptDelay"],
  ({ instance, preemption }) =>
    preemption === Preemption.Sticky && instance.preemptDelay > 0
      ? [{ property: "preemptDelay", value: `${instance.preemptDelay}`, allowed: "0 when sticky" }]
      : [],
);
