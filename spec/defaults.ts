import { canonical } from "./addresses";
import { checkListWithDefaults } from "./checks";
import { resolveConnection } from "./connection";
import { connectionStateWithDefaults } from "./connection-state";
import { SpecContext } from "./context";
import {
  Cluster,
  GarpTimers,
  Node,
  NotifyPrograms,
  Preemption,
  Problem,
  RouterNode,
  SmtpAlert,
  TrackProcess,
  TrackScript,
  VirtualIpAddress,
  VirtualRouter,
} from "./model";
import { gatewayBindsElsewhere, gatewayWithDefaults } from "./gateway";
import { guestWithDefaults, hypervisorProblems, hypervisorWithDefaults } from "./hypervisor";
import { keepalivedSourceWithDefaults } from "./keepalived-source";
import { chosenStartupDelay, globalOptions, instanceOptions } from "./options";
import { portsOf } from "./ports";
import { roleWithDefaults } from "./role";
import { TrackProcessInput, TrackScriptInput } from "./schema/checks";
import { ClusterInput, NodeInput, VirtualRouterInput } from "./schema/cluster";
import { bfdWithDefaults, interfacesWithDefaults } from "./tracking";
import { Draft, isKnown, Partially, UNKNOWN, Unknown } from "./unknown";
import { parseVip } from "./vip";
import { witnessWithDefaults } from "./witness";

/** Seconds within which a change must be confirmed. */
export const UNDO_AFTER = 300;

/** A cluster of which some values are UNKNOWN. */
export type ClusterDraft = Exclude<Draft<Cluster>, Unknown>;
export type NodeDraft = Exclude<Draft<Node>, Unknown>;

/** Priority of a node that states none: 100, 90, 80 ... by its place, closer together from the eleventh node on. */
export function defaultPriority(index: number, nodes: number, preemption: Preemption): number {
  if (preemption === Preemption.Sticky) {
    return 100;
  }
  return 100 - index * Math.min(10, Math.floor(99 / Math.max(1, nodes - 1)));
}

/** Puts the defaults in place of what is absent. Does not judge values; reports what no default can supply. */
export function withDefaults(
  input: Exclude<Draft<ClusterInput>, Unknown>,
  context: SpecContext,
): { cluster: ClusterDraft; problems: Problem[] } {
  const problems: Problem[] = [];
  const preemption = input.preemption ?? Preemption.PreferPrimary;
  const nodes = isKnown(input.nodes)
    ? input.nodes.map((node, i, all) => {
        if (!isKnown(node)) {
          return UNKNOWN;
        }
        const { connection, problems: found } = resolveConnection(node.connection, context, [
          "nodes",
          i,
          "connection",
        ]);
        problems.push(...found);
        const priority = isKnown(preemption) ? defaultPriority(i, all.length, preemption) : UNKNOWN;
        return nodeWithDefaults(node, connection, priority);
      })
    : UNKNOWN;
  const advertInt = input.advertInt ?? 1;
  const preemptDelay = input.preemptDelay ?? 0;
  const cluster = {
    name: input.name,
    nodes,
    virtualRouterId: input.virtualRouterId,
    virtualIpAddresses: vips(input.virtualIpAddresses),
    virtualRouters: routersWithDefaults(input.virtualRouters ?? []),
    advertInt,
    version: input.version ?? 3,
    multicast: input.multicast ?? false,
    preemption,
    preemptDelay,
    authPass: input.authPass,
    ...announcements(input),
    ...instanceOptions(input),
    global: globalOptions(input, chosenStartupDelay({ advertInt, downTimerAdverts: input.downTimerAdverts })),
    scriptUser: input.scriptUser ?? "root",
    ...checksWithDefaults(input),
    checks: checkListWithDefaults(input.checks, preemptDelay),
    trackInterfaces: interfacesWithDefaults(input.trackInterfaces ?? []),
    bfd: bfdWithDefaults(input.bfd ?? []),
    nonlocalBind: input.nonlocalBind ?? gatewayBindsElsewhere(input.gateway),
    vipOffLink: input.vipOffLink ?? false,
    undoAfter: input.undoAfter ?? UNDO_AFTER,
    firewall: input.firewall ?? true,
    openPorts: portsOf(input.openPorts),
    ...(input.witness !== undefined && { witness: witnessWithDefaults(input.witness) }),
    ...(input.role !== undefined && { role: roleWithDefaults(input.role) }),
    ...(input.smtpAlert !== undefined && { smtpAlert: smtpAlertWithDefaults(input.smtpAlert) }),
    ...(input.gateway !== undefined && { gateway: gatewayWithDefaults(input.gateway) }),
    ...(input.connectionState !== undefined && {
      connectionState: connectionStateWithDefaults(input.connectionState),
    }),
    ...(input.keepalivedSource !== undefined && {
      keepalivedSource: keepalivedSourceWithDefaults(input.keepalivedSource),
    }),
    ...(input.hypervisor !== undefined && { hypervisor: hypervisorWithDefaults(input.hypervisor) }),
  };
  problems.push(...hypervisorProblems(input, context));
  return { cluster: cluster as ClusterDraft, problems };
}

function smtpAlertWithDefaults(input: Draft<NonNullable<ClusterInput["smtpAlert"]>>): Draft<SmtpAlert> {
  return isKnown(input)
    ? {
        server: canonicalDraft(input.server),
        port: input.port ?? 25,
        from: input.from,
        to: input.to,
        connectTimeout: input.connectTimeout ?? 10,
      }
    : UNKNOWN;
}

function nodeWithDefaults(
  node: Exclude<Draft<NodeInput>, Unknown>,
  connection: Draft<Node["connection"]>,
  priority: number | Unknown,
): NodeDraft {
  return {
    name: node.name,
    connection,
    interface: node.interface,
    priority: node.priority ?? priority,
    routerId: node.routerId ?? node.name,
    unicastSrcIp: canonicalDraft(node.unicastSrcIp),
    unicastSrcIp6: canonicalDraft(node.unicastSrcIp6),
    mcastSrcIp: canonicalDraft(node.mcastSrcIp),
    ...(node.trackInterfaces !== undefined && {
      trackInterfaces: interfacesWithDefaults(node.trackInterfaces),
    }),
    ...(node.bfd !== undefined && { bfd: bfdWithDefaults(node.bfd) }),
    ...(node.keepalivedSource !== undefined && {
      keepalivedSource: keepalivedSourceWithDefaults(node.keepalivedSource),
    }),
    ...(node.guest !== undefined && { guest: guestWithDefaults(node.guest) }),
  };
}

function routersWithDefaults(routers: Draft<VirtualRouterInput[]>): Draft<VirtualRouter[]> {
  return isKnown(routers)
    ? routers.map((router) => (isKnown(router) ? routerWithDefaults(router) : UNKNOWN))
    : UNKNOWN;
}

function routerWithDefaults(router: Exclude<Draft<VirtualRouterInput>, Unknown>): Draft<VirtualRouter> {
  const nodes = router.nodes ?? [];
  return {
    name: router.name,
    virtualRouterId: router.virtualRouterId,
    virtualIpAddresses: vips(router.virtualIpAddresses),
    primary: router.primary,
    syncGroup: router.syncGroup ?? false,
    nodes: isKnown(nodes) ? nodes.map((node) => (isKnown(node) ? canonicalNode(node) : UNKNOWN)) : UNKNOWN,
  };
}

function canonicalNode(node: Exclude<Draft<RouterNode>, Unknown>): Draft<RouterNode> {
  return {
    ...node,
    unicastSrcIp: canonicalDraft(node.unicastSrcIp),
    unicastSrcIp6: canonicalDraft(node.unicastSrcIp6),
    mcastSrcIp: canonicalDraft(node.mcastSrcIp),
  };
}

/** An address, or its absence, in canonical text. */
export function canonicalDraft<T extends string | undefined | Unknown>(address: T): T {
  return (typeof address === "string" ? canonical(address) : address) as T;
}

/** Virtual addresses whose texts the schema has accepted. */
export function vips(texts: Draft<string[]>): Draft<VirtualIpAddress[]> {
  return isKnown(texts)
    ? texts.map((text) => {
        const parsed = isKnown(text) ? parseVip(text) : undefined;
        return parsed !== undefined && "vip" in parsed ? parsed.vip : UNKNOWN;
      })
    : UNKNOWN;
}

/** What keepalived itself, or global_defs, has a default for. */
export type Announcements = Partially<GarpTimers & NotifyPrograms>;

/** The timers and programs that a cluster or an instance states, and nothing else of it. */
export function announcements(from: Announcements): Announcements {
  return {
    garpMasterDelay: from.garpMasterDelay,
    garpMasterRepeat: from.garpMasterRepeat,
    garpMasterRefresh: from.garpMasterRefresh,
    garpMasterRefreshRepeat: from.garpMasterRefreshRepeat,
    garpLowerPrioRepeat: from.garpLowerPrioRepeat,
    garpLowerPrioDelay: from.garpLowerPrioDelay,
    notifyMaster: from.notifyMaster,
    notifyBackup: from.notifyBackup,
    notifyFault: from.notifyFault,
  };
}

/** The checks of a cluster or an instance with their defaults. */
export function checksWithDefaults(input: {
  trackScripts?: Draft<TrackScriptInput[] | undefined>;
  trackProcesses?: Draft<TrackProcessInput[] | undefined>;
}): { trackScripts: Draft<TrackScript[]>; trackProcesses: Draft<TrackProcess[]> } {
  const scripts = (input.trackScripts ?? []) as Draft<TrackScriptInput[]>;
  const processes = (input.trackProcesses ?? []) as Draft<TrackProcessInput[]>;
  return {
    trackScripts: isKnown(scripts)
      ? scripts.map((s) => (isKnown(s) ? scriptWithDefaults(s) : UNKNOWN))
      : UNKNOWN,
    trackProcesses: isKnown(processes)
      ? processes.map((p) => (isKnown(p) ? processWithDefaults(p) : UNKNOWN))
      : UNKNOWN,
  };
}

function scriptWithDefaults(script: Exclude<Draft<TrackScriptInput>, Unknown>): Draft<TrackScript> {
  const interval = script.interval ?? 2;
  return {
    name: script.name,
    script: script.script,
    interval,
    timeout: script.timeout ?? interval,
    fall: script.fall ?? 2,
    rise: script.rise ?? 2,
    weight: script.weight ?? 0,
  };
}

function processWithDefaults(check: Exclude<Draft<TrackProcessInput>, Unknown>): Draft<TrackProcess> {
  return { name: check.name, process: check.process, weight: check.weight ?? 0, quorum: check.quorum ?? 1 };
}
