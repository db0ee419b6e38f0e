import { factRule, Finding, pairRule } from "./rule";

/** Below priority 255 every node starts as a backup that waits for the whole down timer, whatever its state says. */
export const bothMaster = pairRule(
  {
    id: "state-master-twice",
    severity: "warning",
    doc: "At most one node of a virtual router has state MASTER; it makes none of them start as master, nor the primary: all that it does below priority 255 is to make nopreempt and preemptDelay void.",
    fix: "set state: 'BACKUP' on all nodes: the priorities decide",
  },
  ["state", "priority"],
  (members) => {
    const [first, ...others] = members
      .filter(({ instance }) => instance.state === "MASTER")
      .sort((a, b) => b.instance.priority - a.instance.priority);
    return others.map(({ at }) => ({
      at,
      property: "state",
      value: "MASTER",
      allowed: `BACKUP, because ${first?.node} has MASTER`,
    }));
  },
);

/** Below priority 255 a state MASTER moves nothing; who holds the addresses is a matter of priorities. */
export const stateAgainstPriority = pairRule(
  {
    id: "state-against-priority",
    severity: "warning",
    doc: "The node with state MASTER is the one with the highest priority, which alone decides who holds the addresses; on another one it misleads whoever reads it.",
    fix: "set state: 'BACKUP' on all nodes, and the highest priority on the one that is meant",
  },
  ["state", "priority"],
  (members) => {
    const best = [...members].sort((a, b) => b.instance.priority - a.instance.priority)[0]!;
    return members.flatMap(({ at, instance }): Finding[] =>
      // Where the best is MASTER, too, the rule above says it.
      instance.state === "MASTER" &&
      best.instance.state !== "MASTER" &&
      instance.priority < best.instance.priority
        ? [
            {
              at,
              property: "state",
              value: `MASTER with priority ${instance.priority}`,
              allowed: `BACKUP, because ${best.node} has priority ${best.instance.priority}`,
            },
          ]
        : [],
    );
  },
);

/** Of two masters of one priority the one with the higher address stays, whoever held the addresses before. */
export const equalPrioritiesUnchecked = pairRule(
  {
    id: "equal-priorities-unchecked",
    severity: "warning",
    doc: "Among nodes of one priority a check sees to it that a node without uplink steps down; after a cut without loss of carrier both are master, and when it heals the higher address stays: the addresses move though they need not.",
    fix: "track a script that tests the uplink, with weight 0",
  },
  ["priority", "state", "trackScripts", "trackProcesses"],
  (members) => {
    const isUnchecked = members.every(
      ({ instance, facts }) =>
        facts !== undefined &&
        facts.tracksBfd === false &&
        instance.state === "BACKUP" &&
        instance.priority === members[0]!.instance.priority &&
        instance.trackScripts.length + instance.trackProcesses.length === 0,
    );
    return isUnchecked
      ? [
          {
            at: members[0]!.at,
            property: "priority",
            value: `${members[0]!.instance.priority} on all nodes, and no check`,
            allowed: "equal priorities with a check of the uplink",
          },
        ]
      : [];
  },
);

const STRICT_FIX = "remove vrrp_strict: it adds nothing that a pair needs";

/** Strict mode is the RFC's word: multicast wherever the interface has it. */
export const strictWithUnicast = factRule(
  {
    id: "strict-with-unicast",
    severity: "error",
    doc: "Unicast peers go without vrrp_strict; keepalived does not start with both where the interface can do multicast.",
    fix: STRICT_FIX,
    bites: [{ before: "2.2.5" }, { from: "2.4.0" }],
  },
  ["multicast"],
  ["strict"],
  ({ instance }, { strict }) =>
    strict && !instance.multicast
      ? [{ property: "strict", value: "strict mode with unicast_peer", allowed: "no strict mode" }]
      : [],
);

/** The RFCs of today have none. */
export const strictWithAuthentication = factRule(
  {
    id: "strict-with-authentication",
    severity: "warning",
    doc: "authentication goes without vrrp_strict, which makes keepalived ignore the block: nothing is authenticated, and a node without vrrp_strict drops the adverts.",
    fix: STRICT_FIX,
  },
  ["authPass"],
  ["strict"],
  ({ instance }, { strict }) =>
    strict && instance.authPass !== undefined
      ? [{ property: "authPass", value: "(secret)", allowed: "no authentication in strict mode" }]
      : [],
);

/** In strict mode the state says who owns the addresses. */
export const strictWithMaster = factRule(
  {
    id: "strict-with-master",
    severity: "warning",
    doc: "In strict mode only priority 255 has state MASTER; keepalived takes BACKUP otherwise, and its config test fails.",
    fix: "set state BACKUP; better, remove vrrp_strict: it adds nothing that a pair needs",
  },
  ["state", "priority"],
  ["strict"],
  ({ instance: { state, priority } }, { strict }) =>
    strict && state === "MASTER" && priority !== 255
      ? [{ property: "state", value: `MASTER with priority ${priority}`, allowed: "BACKUP in strict mode" }]
      : [],
);

/** The packet filter that strict mode brings drops what is meant for the address. */
export const strictDropsPackets = factRule(
  {
    id: "strict-drops-packets",
    severity: "warning",
    doc: "With vrrp_strict a virtual address takes packets only where version 3 and accept are stated; else keepalived's own firewall rules drop what is sent to it, ping too.",
    fix: STRICT_FIX,
  },
  ["version", "priority"],
  ["strict", "accept"],
  ({ instance }, { strict, accept }) =>
    strict && instance.priority !== 255 && !(accept === true && instance.version === 3)
      ? [{ property: "strict", value: "strict mode", allowed: "version 3 with accept, or no strict mode" }]
      : [],
);
