import { InstanceDraft, TrackProcess, TrackScript, UNKNOWN, VirtualIpAddress } from "../../spec";
import { familyOf } from "../../spec/addresses";
import {
  ReadGlobals,
  ReadInstance,
  ReadPeer,
  ReadProcess,
  ReadScript,
  ReadSyncGroup,
  ReadTrack,
  Statement,
} from "../model";
import { readAddresses, readPeers } from "./addresses";
import { Block, Context, quote } from "./block";
import { AUTHENTICATION, VRRP_INSTANCE } from "./keywords";
import { nameOf, readTracks } from "./tracking";

type Unknown = typeof UNKNOWN;
type Family = 4 | 6;

/** Notes what nothing before it defines. */
export function unresolvedTracks(
  context: Context,
  kind: string,
  tracks: ReadTrack[],
  defined: { name: string }[],
): void {
  for (const { name, position, statement } of tracks) {
    if (statement.unknown !== true && !defined.some((item) => item.name === name)) {
      context.unresolved(`the ${kind} ${quote(name)} before this line`, position);
    }
  }
}

/** What an instance refers to: everything that stands before it, which is all that keepalived knows by then. */
export interface Known {
  globals: ReadGlobals;
  syncGroup?: ReadSyncGroup;
  scripts: ReadScript[];
  processes: ReadProcess[];
  trackFiles: { name: string }[];
  bfds: { name: string }[];
}

const GARP = {
  garp_master_delay: ["garpMasterDelay", { min: 0, max: 4294 }],
  garp_master_repeat: ["garpMasterRepeat", { min: 1, max: 4_294_967_295 }],
  garp_master_refresh: ["garpMasterRefresh", { min: 0, max: 4_294_967_295 }],
  garp_master_refresh_repeat: ["garpMasterRefreshRepeat", { min: 1, max: 4_294_967_295 }],
  garp_lower_prio_repeat: ["garpLowerPrioRepeat", { min: 0, max: 2_147_483_647 }],
} as const;

const NOTIFY = {
  notify_master: "notifyMaster",
  notify_backup: "notifyBackup",
  notify_fault: "notifyFault",
} as const;

/** What is stated, before the defaults. */
interface Stated {
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

/** Reads a `vrrp_instance`. */
export function readInstance(context: Context, statement: Statement, known: Known): ReadInstance {
  const name = nameOf(context, statement);
  const block = new Block(context, statement, `vrrp_instance ${name}`);
  const stated: Stated = {
    config: {},
    tracks: { script: [], process: [], interface: [], file: [], bfd: [] },
    uncertain: new Set(),
  };
  block.each(VRRP_INSTANCE, readers(block, stated));
  noteMissing(block, stated);
  const config = configOf(block, stated, name, known);
  unresolvedTracks(context, "file", stated.tracks.file, known.trackFiles);
  unresolvedTracks(context, "bfd_instance", stated.tracks.bfd, known.bfds);
  return {
    name,
    config,
    positions: block.positions,
    excludedIpAddresses: stated.excluded ?? [],
    peers: (stated.peers ?? []).filter((peer): peer is ReadPeer => peer !== UNKNOWN),
    trackInterfaces: stated.tracks.interface,
    trackFiles: stated.tracks.file,
    trackBfds: stated.tracks.bfd,
    ...(stated.authType !== undefined && { authType: stated.authType }),
    ...(known.syncGroup !== undefined && { syncGroup: known.syncGroup.name }),
    extra: block.extra,
    statement,
    ...(statement.condition !== undefined && { condition: statement.condition }),
  };
}

function readers(block: Block, stated: Stated): Record<string, (statement: Statement) => void> {
  const { config, tracks } = stated;
  const family = (address: string | Unknown | undefined) => {
    stated.family ??= typeof address === "string" ? familyOf(address) : address;
  };
  const source = (property: string) => (s: Statement) => {
    stated.source = block.address(property, s);
    stated.sourceProperty = property;
    family(stated.source);
  };
  const track = (kind: keyof Stated["tracks"]) => (s: Statement) => {
    tracks[kind].push(...readTracks(block, s));
    if ([s, ...(s.body ?? [])].some((part) => part.condition !== undefined || part.unknown)) {
      stated.uncertain.add(kind);
    }
  };
  return {
    state: (s) => {
      config.state = readState(block, s, config.state);
    },
    interface: (s) => {
      config.interface = block.text("interface", s) ?? UNKNOWN;
    },
    virtual_router_id: (s) => {
      config.virtualRouterId = block.number("virtualRouterId", s, { min: 1, max: 255 });
    },
    priority: (s) => {
      config.priority = block.number("priority", s, { min: 1, max: 255 });
    },
    advert_int: (s) => {
      config.advertInt = block.number("advertInt", s, { min: 0.01, max: 255, decimals: 6 });
    },
    version: (s) => {
      config.version = block.number("version", s, { min: 2, max: 3 }) as 2 | 3 | Unknown;
    },
    native_ipv6: (s) => {
      stated.family ??= 6;
      config.version ??= 3;
      block.extra.push(s);
    },
    nopreempt: (s) => {
      config.nopreempt = block.flag("nopreempt", s, true);
    },
    preempt: (s) => {
      config.nopreempt = block.flag("nopreempt", s, false);
    },
    preempt_delay: (s) => {
      config.preemptDelay = block.number("preemptDelay", s, { min: 0, max: 1000, decimals: 6 });
    },
    unicast_src_ip: source("unicastSrcIp"),
    mcast_src_ip: source("mcastSrcIp"),
    unicast_peer: (s) => {
      block.at("unicastPeers", s.position);
      const peers = readPeers(block, s);
      for (const peer of peers) {
        const index = stated.peers?.length ?? 0;
        if (peer !== UNKNOWN) {
          block.at(`unicastPeers[${index}]`, peer.position);
        }
        family(peer === UNKNOWN ? UNKNOWN : peer.address);
        stated.peers = [...(stated.peers ?? []), peer];
      }
      stated.peers ??= [];
      if (s.condition !== undefined) {
        stated.isUnicast = UNKNOWN;
        stated.peers.push(UNKNOWN);
      }
    },
    unicast_fault_no_peer: (s) => {
      stated.peers ??= [];
      block.extra.push(s);
    },
    virtual_ipaddress: (s) => {
      stated.vips = readAddresses(block, s, "virtualIpAddresses", stated.vips);
      family(stated.vips === UNKNOWN ? UNKNOWN : stated.vips[0]?.address);
    },
    virtual_ipaddress_excluded: (s) => {
      stated.excluded = readAddresses(block, s, "excludedIpAddresses", stated.excluded);
    },
    authentication: (s) => readAuthentication(block, stated, s),
    track_script: track("script"),
    track_process: track("process"),
    track_interface: track("interface"),
    track_file: track("file"),
    track_bfd: track("bfd"),
    ...Object.fromEntries(
      Object.entries(GARP).map(([keyword, [property, bounds]]) => [
        keyword,
        (s: Statement) => {
          config[property] = block.number(property, s, bounds);
        },
      ]),
    ),
    ...Object.fromEntries(
      Object.entries(NOTIFY).map(([keyword, property]) => [
        keyword,
        (s: Statement) => {
          if (config[property] !== undefined) {
            block.context.note(
              "duplicate",
              `${keyword} is there already: keepalived ignores this one`,
              s.position,
            );
            return;
          }
          config[property] = block.text(property, s);
          if (s.args.length > 1) {
            // A user to run it as.
            block.extra.push(s);
          }
        },
      ]),
    ),
  };
}

function readState(
  block: Block,
  statement: Statement,
  before: InstanceDraft["state"] | undefined,
): InstanceDraft["state"] {
  const state = block.text("state", statement);
  const { position } = statement.args[0] ?? statement;
  if (state === UNKNOWN || state === undefined) {
    return UNKNOWN;
  }
  if (state !== "MASTER" && state !== "BACKUP") {
    const message = `state is ${quote(state)}; allowed: MASTER, BACKUP. keepalived takes BACKUP`;
    block.context.note("argument-invalid", message, position);
    return "BACKUP";
  }
  if (before === "MASTER" && state === "BACKUP") {
    block.context.note("duplicate", "state is MASTER already: keepalived ignores BACKUP", position);
    return before;
  }
  return state;
}

function readAuthentication(outer: Block, stated: Stated, statement: Statement): void {
  outer.at("authPass", statement.position);
  const block = new Block(outer.context, statement, "authentication");
  block.each(AUTHENTICATION, {
    auth_type: (s) => {
      stated.authType = block.text("authType", s);
      if (typeof stated.authType === "string" && !["PASS", "AH"].includes(stated.authType)) {
        // 2.4.0 and later know HMAC, which is no password of VRRP version 2.
        outer.extra.push(statement);
      }
    },
    auth_pass: (s) => {
      stated.authPass = block.text("authPass", s);
    },
  });
  if (block.positions["authPass"] !== undefined) {
    outer.at("authPass", block.positions["authPass"]);
  }
  if (statement.condition !== undefined || block.isOpen) {
    stated.authPass = UNKNOWN;
  }
  if (stated.authType === "PASS" && stated.authPass === undefined) {
    outer.context.note(
      "missing",
      "auth_type PASS without auth_pass: keepalived ignores it",
      statement.position,
    );
  }
}

function noteMissing(block: Block, { config, source, peers, vips }: Stated): void {
  const missing = (what: string) =>
    block.context.note("missing", `${block.name} has no ${what}`, block.statement.position);
  if (block.isOpen) {
    return;
  }
  if (config.virtualRouterId === undefined) {
    missing("virtual_router_id: keepalived refuses the whole configuration");
  }
  if (config.interface === undefined && (source === undefined || peers === undefined)) {
    missing("interface: keepalived refuses the whole configuration");
  }
  if (vips === undefined || (vips !== UNKNOWN && vips.length === 0)) {
    missing("virtual_ipaddress");
  }
}

function configOf(block: Block, stated: Stated, name: string, known: Known): InstanceDraft {
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
    [key]: either<unknown>(config[key] as unknown, undefined),
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
