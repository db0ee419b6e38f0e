import { AgentCheck, Check, CheckEffect, CheckKind } from "./check-model";
import type { ClusterDraft } from "./defaults";
import { checksOfGateway } from "./gateway";
import { canonical } from "./addresses";
import { Cluster, TrackScript, Witness } from "./model";
import { routerViews } from "./routers";
import { CheckInput } from "./schema/check-list";
import { Draft, isKnown, UNKNOWN, Unknown, wholly } from "./unknown";
import { checksOfWitness } from "./witness";

/**
 * What keepalived runs for a check, before the names of cluster and check. keepalived follows the links of a program's own
 * path when it reads its config; of an argument it does not, so that a new agent is used at once. From 2.3.0 on it runs no
 * program behind a link to a directory, as /bin is on most hosts; others have no /usr/bin/sh. All have a true /usr/bin/env.
 */
const PROGRAM = "/usr/bin/env sh /usr/lib/vrrp-agent/vrrp-check";

/** keepalived's bound of a check's weight. */
const LARGEST_WEIGHT = 253;

/** A healthy tunnel that carries packets has a handshake at most 180 s old; a little more for one that is under way. */
const HANDSHAKE_AGE = 200;

/** What every kind has. */
type Common = Exclude<
  Draft<Pick<Check, "name" | "interval" | "timeout" | "fall" | "rise" | "effect">>,
  Unknown
>;
type Input = Exclude<Draft<CheckInput>, Unknown>;

/**
 * The checks of a cluster with their defaults. A weight lowers the holder only, and with preemptDelay the other node would
 * wait for that long; FAULT has it take over at once.
 */
export function checkListWithDefaults(
  input: Draft<CheckInput[] | undefined>,
  preemptDelay: number | Unknown,
): Draft<Check[]> {
  const given = (input ?? []) as Draft<CheckInput[]>;
  const effect = isKnown(preemptDelay) ? (preemptDelay > 0 ? CheckEffect.Fault : CheckEffect.Yield) : UNKNOWN;
  return isKnown(given)
    ? given.map((check) => (isKnown(check) ? checkWithDefaults(check, effect) : UNKNOWN))
    : UNKNOWN;
}

function checkWithDefaults(check: Input, effect: CheckEffect | Unknown): Draft<Check> {
  const interval = check.interval ?? 2;
  const common: Common = {
    name: check.name,
    interval,
    timeout: check.timeout ?? interval,
    fall: check.fall ?? 2,
    rise: check.rise ?? 2,
    effect: check.effect ?? effect,
  };
  if (!isKnown(check.kind)) {
    return UNKNOWN;
  }
  switch (check.kind) {
    case CheckKind.Tunnel: {
      const { kind, interface: dev, peers, maxHandshakeAge, uplink } = check;
      return {
        ...common,
        kind,
        interface: dev,
        peers,
        maxHandshakeAge: maxHandshakeAge ?? HANDSHAKE_AGE,
        uplink: targets(uplink ?? ["gateway"]),
      };
    }
    case CheckKind.Network: {
      const { kind, count, minSuccesses } = check;
      return {
        ...common,
        kind,
        targets: targets(check.targets ?? ["gateway", "peer"]),
        count: count ?? 1,
        minSuccesses: minSuccesses ?? 1,
      };
    }
    case CheckKind.Tcp: {
      const { kind, host, port } = check;
      return { ...common, kind, host: isKnown(host) ? canonical(host) : host, port };
    }
    case CheckKind.Http: {
      const { kind, url, expectStatus, expectText } = check;
      return { ...common, kind, url, expectStatus: expectStatus ?? "200-399", expectText };
    }
    case CheckKind.Process:
      return { ...common, kind: check.kind, process: check.process };
    case CheckKind.File: {
      const { kind, path, present, maxAge } = check;
      return { ...common, kind, path, present: present ?? true, maxAge };
    }
    case CheckKind.Command:
      return { ...common, kind: check.kind, command: check.command };
  }
}

function targets(list: Draft<string[]>): Draft<string[]> {
  return isKnown(list) ? list.map((target) => (isKnown(target) ? canonical(target) : target)) : UNKNOWN;
}

/** The largest gap between the priorities of two nodes in any virtual router of a cluster. */
function largestGap(cluster: ClusterDraft): number | Unknown {
  const lists = routerViews(cluster).map(({ cluster: { nodes } }): (number | Unknown)[] =>
    isKnown(nodes) ? nodes.map((node) => (isKnown(node) ? node.priority : UNKNOWN)) : [UNKNOWN],
  );
  return lists.reduce<number | Unknown>((largest, list) => {
    const known = list.filter((priority) => isKnown(priority));
    return isKnown(largest) && known.length === list.length
      ? Math.max(largest, Math.max(...known) - Math.min(...known))
      : UNKNOWN;
  }, 0);
}

/** What vrrp-check makes on each host of a cluster. */
export function agentChecks(cluster: AgentChecked): AgentCheck[] {
  const { checks, witness, gateway, preemptDelay } = cluster;
  const ofGateway = gateway === undefined ? [] : checksOfGateway(preemptDelay);
  return [...checks, ...checksOfWitness(witness), ...(ofGateway as AgentCheck[])];
}

type AgentChecked = Pick<Cluster, "checks" | "witness" | "gateway" | "preemptDelay">;

/** The scripts that keepalived runs for the checks of a cluster: the shape that the rules judge. */
export function scriptsOf(cluster: ClusterDraft): Draft<TrackScript[]> {
  const { checks: given, name: of, scriptUser, gateway } = cluster;
  const witness = wholly<Witness | undefined>(cluster.witness);
  if (!isKnown(given) || !isKnown(witness)) {
    return UNKNOWN;
  }
  const checks: Draft<AgentCheck>[] = [
    ...given,
    ...checksOfWitness(witness),
    // It brings its check whatever is not known of it.
    ...(gateway === undefined ? [] : checksOfGateway(cluster.preemptDelay)),
  ];
  const gap = checks.length === 0 ? 0 : largestGap(cluster);
  const weights: Record<CheckEffect, number | Unknown> = {
    [CheckEffect.Fault]: 0,
    [CheckEffect.Yield]: isKnown(gap) ? -Math.min(gap + 1, LARGEST_WEIGHT) : UNKNOWN,
  };
  return checks.map((check): Draft<TrackScript> => {
    if (!isKnown(check)) {
      return UNKNOWN;
    }
    const { name, kind, interval, timeout, fall, rise, effect } = check;
    const isNamed = isKnown(of) && isKnown(name);
    // What tests the host needs to be root; what a user wrote does not.
    const asRoot = kind !== CheckKind.Command && isKnown(scriptUser) && scriptUser !== "root";
    return {
      name,
      script: isNamed ? `${PROGRAM} ${of} ${name}` : UNKNOWN,
      interval,
      timeout,
      fall,
      rise,
      weight: isKnown(effect) ? weights[effect] : UNKNOWN,
      ...testedBy(check),
      ...(asRoot && { user: "root" }),
    };
  });
}

function testedBy(check: Exclude<Draft<AgentCheck>, Unknown>): { tests?: string | Unknown } {
  if (check.kind === CheckKind.Command) {
    return { tests: check.command };
  }
  if (check.kind === CheckKind.Process) {
    return { tests: isKnown(check.process) ? `pidof ${check.process}` : UNKNOWN };
  }
  return {};
}
