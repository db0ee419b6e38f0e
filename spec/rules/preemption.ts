import { InstanceConfig } from "../model";
import { instanceRule } from "./rule";

/** The checks of an instance whose weight is not 0, with the place of the weight. */
function weights(instance: Pick<InstanceConfig, "trackScripts" | "trackProcesses">) {
  return (["trackScripts", "trackProcesses"] as const)
    .flatMap((list) => instance[list].map(({ weight }, i) => ({ property: `${list}[${i}].weight`, weight })))
    .filter(({ weight }) => weight !== 0);
}

/** keepalived clears nopreempt with a warning when the state is MASTER. */
export const nopreemptWithMaster = instanceRule(
  {
    id: "nopreempt-with-master",
    severity: "error",
    doc: "nopreempt goes with state BACKUP; keepalived clears it when the state is MASTER.",
    fix: "set state: 'BACKUP' on all nodes: the priorities decide",
  },
  ["nopreempt", "state"],
  ({ instance }) =>
    instance.nopreempt && instance.state === "MASTER"
      ? [{ property: "state", value: "MASTER", allowed: "BACKUP, because nopreempt is set" }]
      : [],
);

/** A master whose check fails drops its priority, and a nopreempt backup does not take over from a lower priority. */
export const nopreemptWithWeight = instanceRule(
  {
    id: "nopreempt-with-weight",
    severity: "error",
    doc: "With nopreempt a check has weight 0 (FAULT); a weight only lowers the master, which a nopreempt backup never replaces: no failover.",
    fix: "set the weight to 0, or replace nopreempt by equal priorities",
  },
  ["nopreempt", "trackScripts", "trackProcesses"],
  ({ instance }) =>
    instance.nopreempt
      ? weights(instance).map(({ property, weight }) => ({
          property,
          value: `${weight}`,
          allowed: "0, because nopreempt is set",
        }))
      : [],
);

/** keepalived's delay holds back any takeover from a lower priority: seen, 28 s with a delay of 25 s. */
export const preemptDelayWithWeight = instanceRule(
  {
    id: "preempt-delay-with-weight",
    severity: "error",
    doc: "With preemptDelay a check has weight 0 (FAULT); a weight only lowers the holder, and the other node waits preemptDelay before it takes over from a lower priority.",
    fix: "set the weight to 0, or remove preemptDelay",
  },
  ["preemptDelay", "trackScripts", "trackProcesses"],
  ({ instance }) =>
    instance.preemptDelay > 0
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
  },
  ["preemptDelay", "state"],
  ({ instance }) =>
    instance.preemptDelay > 0 && instance.state === "MASTER"
      ? [{ property: "state", value: "MASTER", allowed: "BACKUP, because preemptDelay is set" }]
      : [],
);
