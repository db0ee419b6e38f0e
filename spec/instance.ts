import { announcements, canonicalDraft, checksWithDefaults, UNDO_AFTER, vips } from "./defaults";
import { resolveConnection } from "./connection";
import { SpecContext } from "./context";
import { InstanceDraft } from "./members";
import {
  Bfd,
  GlobalOptions,
  HostPlan,
  InstanceConfig,
  KeepalivedSource,
  OpenPort,
  Problem,
  TrackInterface,
  TrackProcess,
  TrackScript,
  VirtualIpAddress,
} from "./model";
import { keepalivedSourceWithDefaults } from "./keepalived-source";
import { globalOptions, instanceOptions } from "./options";
import { finish, named, Parsed } from "./parse";
import { portProblems, portsOf } from "./ports";
import { runsScripts } from "./rules/scripts";
import { InstanceInput, instanceSchema } from "./schema/instance";
import { validate } from "./schema/validate";
import { bfdWithDefaults, interfacesWithDefaults } from "./tracking";
import { Draft, isKnown, Unknown, wholly } from "./unknown";

/** An instance's input with its defaults; UNKNOWN where it is not usable. */
export interface InstanceCheck {
  instance: InstanceDraft;
  input: Exclude<Draft<InstanceInput>, Unknown>;
  problems: Problem[];
}

/** Holds the input of a low-level instance against types and bounds; undefined when it is no object at all. */
export function checkInstance(input: unknown, context: SpecContext = {}): InstanceCheck | Problem[] {
  const whole = named(named(input, "cluster", context.name), "node", context.name);
  const { problems, draft } = validate(instanceSchema, whole);
  return isKnown(draft) ? { instance: instanceOf(draft), input: draft, problems } : problems;
}

function instanceOf(input: Exclude<Draft<InstanceInput>, Unknown>): InstanceDraft {
  const addresses = wholly<VirtualIpAddress[]>(vips(input.virtualIpAddresses));
  const checks = checksWithDefaults(input);
  const peers = wholly<string[]>(input.unicastPeers ?? []);
  return {
    name: input.cluster,
    family: isKnown(addresses) ? (addresses[0]?.family ?? 4) : addresses,
    state: input.state ?? "BACKUP",
    interface: input.interface,
    virtualRouterId: input.virtualRouterId,
    priority: input.priority ?? 100,
    advertInt: input.advertInt ?? 1,
    version: input.version ?? 3,
    multicast: input.multicast ?? false,
    unicastSrcIp: canonicalDraft(input.unicastSrcIp),
    unicastPeers: isKnown(peers) ? peers.map(canonicalDraft) : peers,
    mcastSrcIp: canonicalDraft(input.mcastSrcIp),
    nopreempt: input.nopreempt ?? false,
    preemptDelay: input.preemptDelay ?? 0,
    authPass: input.authPass,
    ...announcements(input),
    ...instanceOptions(input),
    virtualIpAddresses: addresses,
    trackScripts: wholly<TrackScript[]>(checks.trackScripts),
    trackProcesses: wholly<TrackProcess[]>(checks.trackProcesses),
    trackInterfaces: wholly<TrackInterface[]>(interfacesWithDefaults(input.trackInterfaces ?? [])),
    bfd: wholly<Bfd[]>(bfdWithDefaults(input.bfd ?? [])),
  };
}

/**
 * Reads a low-level instance into what its host needs to be told: types and bounds only. Whether it can work, and
 * fits its peers, is for the policy pack to say.
 */
export function parseInstance(input: unknown, context: SpecContext = {}): Parsed<HostPlan> {
  const checked = checkInstance(input, context);
  if (Array.isArray(checked)) {
    return { problems: checked };
  }
  const { instance, input: own, problems } = checked;
  const connection = own.connection && resolveConnection(own.connection, context, ["connection"]);
  const openPorts = portsOf(own.openPorts);
  // Word for word: nothing is chosen for the start.
  const global = globalOptions(own, 0);
  const keepalivedSource = own.keepalivedSource && keepalivedSourceWithDefaults(own.keepalivedSource);
  const parsed = finish<Known>({ instance, own, openPorts, global, keepalivedSource }, [
    ...problems,
    ...(connection?.problems ?? []),
    ...portProblems(openPorts, own.firewall ?? true),
  ]);
  return "problems" in parsed
    ? parsed
    : {
        value: planOf(parsed.value),
        warnings: parsed.warnings,
      };
}

/** What a plan is made of. */
interface Known {
  instance: InstanceConfig;
  own: InstanceInput;
  openPorts: OpenPort[];
  global: GlobalOptions;
  keepalivedSource?: KeepalivedSource;
}

function planOf({ instance, own: input, openPorts, global, keepalivedSource }: Known): HostPlan {
  return {
    cluster: input.cluster,
    node: input.node,
    routerId: input.node,
    // keepalived wants a user even for the agent's own program, which names one; without it -t fails.
    scriptUser: input.scriptUser ?? (runsScripts(instance) ? undefined : "root"),
    global,
    ...(keepalivedSource !== undefined && { keepalivedSource }),
    instances: [instance],
    syncGroups: [],
    // A low-level instance knows its peers by their addresses only.
    peers: instance.unicastPeers.map((address) => ({ name: address, addresses: [address] })),
    peersElsewhere: true,
    nonlocalBind: input.nonlocalBind ?? false,
    vipOffLink: input.vipOffLink ?? false,
    undoAfter: input.undoAfter ?? UNDO_AFTER,
    firewall: input.firewall ?? true,
    openPorts,
    checks: [],
  };
}
