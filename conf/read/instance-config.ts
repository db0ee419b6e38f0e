import { InstanceDraft, TrackProcess, TrackScript, UNKNOWN, VirtualIpAddress } from "../../spec";
import { ReadBfd, ReadGlobals, ReadPeer, ReadProcess, ReadScript, ReadSyncGroup, ReadTrack } from "../model";
import { Block, quote } from "./block";

type Unknown = typeof UNKNOWN;
type Family = 4 | 6;

/** What an instance refers to: everything that stands before it, which is all that keepalived knows by then. */
export interface Known {
  globals: ReadGlobals;
  syncGroup?: ReadSyncGroup;
  scripts: ReadScript[];
  processes: ReadProcess[];
  trackFiles: { name: string }[];
  bfds: ReadBfd[];
}

/** GARP timers: keyword, property and bounds. */
export const GARP = {
  garp_master_delay: ["garpMasterDelay", { min: 0, max: 4294 }],
  garp_master_repeat: ["garpMasterRepeat", { min: 1, max: 4_294_967_295 }],
  garp_master_refresh: ["garpMasterRefresh", { min: 0, max: 4_294_967_295 }],
  garp_master_refresh_repeat: ["garpMasterRefreshRepeat", { min: 1, max: 4_294_967_295 }],
  garp_lower_prio_repeat: ["garpLowerPrioRepeat", { min: 0, max: 2_147_483_647 }],
  garp_lower_prio_delay: ["garpLowerPrioDelay", { min: 0, max: 4294 }],
} as const;

export const NOTIFY = {
  notify_master: "notifyMaster",
  notify_backup: "notifyBackup",
  notify_fault: "notifyFault",
} as const;

/** What is stated, before the defaults. */
export interface Stated {
  config: Partial<InstanceDraft>;
  /** Family of the first address: of the instance, as keepalived decides it. */
  family?: Family | Unknown;
  source?: string | Unknown;
  sourceProperty?: string;
  peers?: (ReadPeer | Unknown)[];
  isUnicast?: boolean | Unknown;
  vips?: VirtualIpAddress[] | Unknown;
  excluded?: VirtualIpAddress[] | Unknown;
  authType?: string | Unknown;
  authPass?: string | Unknown;
  tracks: Record<"script" | "process" | "interface" | "file" | "bfd", ReadTrack[]>;
  /** A track block that only some hosts have. */
  uncertain: Set<string>;
}

/** What keepalived runs: what is stated, with its own defaults. */
export function configOf(block: Block, stated: Stated, name: string, known: Known): InstanceDraft {
  const { config } = stated;
  const either = <T>(value: T | Unknown | undefined, fallback: T | Unknown) =>
    block.otherwise(value, fallback);
  const family = either(stated.family, 4);
  // keepalived derives each of the two from the other where one is missing.
  const state = either(config.state, config.priority === 255 ? "MASTER" : "BACKUP");
  const priority = either(
    config.priority,
    config.state === UNKNOWN ? UNKNOWN : state === "MASTER" ? 255 : 100,
  );
  if (config.priority === undefined && priority === 255 && block.positions["state"] !== undefined) {
    block.at("priority", block.positions["state"]);
  }
  const globalVersion = known.globals.vrrpVersion ?? 2;
  const version = either(config.version, family === 6 ? 3 : family === 4 ? globalVersion : UNKNOWN);
  const optional = (key: keyof InstanceDraft) => ({
    [key]: either<unknown>(config[key], undefined),
  });
  return {
    name: block.statement.args[0]?.unknown ? UNKNOWN : name,
    family,
    state,
    interface: config.interface ?? UNKNOWN,
    virtualRouterId: config.virtualRouterId ?? UNKNOWN,
    priority,
    advertInt: either(config.advertInt, 1),
    version,
    ...transport(block, stated),
    nopreempt: either(config.nopreempt, false),
    preemptDelay: either(config.preemptDelay, 0),
    authPass: password(block, stated),
    ...Object.assign({}, ...Object.values(GARP).map(([property]) => optional(property))),
    ...Object.assign({}, ...Object.values(NOTIFY).map(optional)),
    virtualIpAddresses: either(stated.vips, []),
    trackScripts: checks<TrackScript>(block, stated, "script", known),
    trackProcesses: checks<TrackProcess>(block, stated, "process", known),
  } as InstanceDraft;
}

function transport(
  block: Block,
  { source, sourceProperty, peers, isUnicast }: Stated,
): Pick<InstanceDraft, "multicast" | "unicastSrcIp" | "unicastPeers" | "mcastSrcIp"> {
  const multicast = isUnicast === UNKNOWN ? UNKNOWN : block.otherwise(peers && false, true);
  if (multicast === UNKNOWN) {
    return { multicast, unicastSrcIp: UNKNOWN, unicastPeers: UNKNOWN, mcastSrcIp: UNKNOWN };
  }
  // Either word sets the address that adverts come from.
  const property = multicast ? "mcastSrcIp" : "unicastSrcIp";
  const at = sourceProperty === undefined ? undefined : block.positions[sourceProperty];
  if (at !== undefined) {
    block.at(property, at);
  }
  const addresses = (peers ?? []).map((peer) => (peer === UNKNOWN ? UNKNOWN : peer.address));
  const isKnown = addresses.every((address) => address !== UNKNOWN);
  return {
    multicast,
    [property]: block.otherwise<string | undefined>(source, undefined),
    unicastPeers: isKnown ? addresses : UNKNOWN,
  };
}

/** The password that is used: without a type there is no authentication. */
function password(block: Block, { authType, authPass }: Stated): string | Unknown | undefined {
  if (authType === UNKNOWN || (authType === undefined && block.isOpen)) {
    return UNKNOWN;
  }
  return authType === "PASS" || authType === "AH" ? authPass : undefined;
}

/** The checks that an instance follows: its own, then those of its sync group. */
function checks<T extends TrackScript | TrackProcess>(
  block: Block,
  stated: Stated,
  kind: "script" | "process",
  known: Known,
): T[] | Unknown {
  const { context } = block;
  const property = kind === "script" ? "trackScripts" : "trackProcesses";
  const defined = kind === "script" ? known.scripts : known.processes;
  const own = stated.tracks[kind];
  const inGroup = known.syncGroup?.[property] ?? [];
  const found: T[] = [];
  let isKnown = !stated.uncertain.has(kind);
  for (const track of [...own, ...inGroup]) {
    const definition = defined.find(({ check }) => check.name === track.name);
    if (track.statement.unknown) {
      isKnown = false;
    } else if (definition === undefined) {
      isKnown &&= !context.hasUnknownIncludes;
      if (own.includes(track)) {
        context.unresolved(`the ${kind} ${quote(track.name)} before this line`, track.position);
      }
    } else if (found.some((check) => check.name === track.name)) {
      context.note(
        "duplicate",
        `${track.name} is tracked already: keepalived ignores this one`,
        track.position,
      );
    } else {
      const weight = track.weight ?? definition.check.weight;
      isKnown &&= !definition.unknown && weight !== UNKNOWN;
      const isDropped = own.includes(track) && known.syncGroup?.trackingWeight === false;
      if (isDropped && weight !== 0 && weight !== UNKNOWN) {
        const why = `${track.name} has the weight ${weight}, and its instance is in a sync group`;
        const message = `${why} without sync_group_tracking_weight: keepalived leaves it out`;
        context.note("ignored", message, track.position);
        continue;
      }
      const place = `${property}[${found.length}]`;
      block.at(place, track.position);
      const weightAt =
        track.weight === undefined ? definition.positions["weight"] : track.statement.args[1]?.position;
      block.at(`${place}.weight`, weightAt ?? track.position);
      for (const [key, position] of Object.entries(definition.positions)) {
        if (key !== "weight") {
          block.at(`${place}.${key}`, position);
        }
      }
      found.push({ ...definition.check, weight: weight === UNKNOWN ? 0 : weight } as T);
    }
  }
  return isKnown && !(found.length === 0 && block.isOpen) ? found : UNKNOWN;
}
