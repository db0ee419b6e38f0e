import { InstanceDraft, UNKNOWN } from "../../spec";
import { familyOf } from "../../spec/addresses";
import { ReadInstance, ReadPeer, Statement } from "../model";
import { readAddresses, readPeers } from "./addresses";
import { Block, Context, quote } from "./block";
import { followingOf } from "./following";
import { configOf, GARP, Known, NOTIFY, Stated } from "./instance-config";
import { AUTHENTICATION, VRRP_INSTANCE } from "./keywords";
import { nameOf, readTracks, unresolvedTracks } from "./tracking";

type Unknown = typeof UNKNOWN;

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
  const config = configOf(block, stated, name, known);
  noteMissing(block, stated, known.globals.vrrpStrict || hasWord(statement, "strict_mode"), config.version);
  unresolvedTracks(context, "file", stated.tracks.file, known.trackFiles);
  unresolvedTracks(context, "bfd_instance", stated.tracks.bfd, known.bfds);
  const peers = (stated.peers ?? []).filter((peer): peer is ReadPeer => peer !== UNKNOWN);
  const following = followingOf(
    {
      statement,
      trackInterfaces: stated.tracks.interface,
      trackBfds: stated.tracks.bfd,
      peers,
      syncGroup: known.syncGroup,
      bfds: known.bfds,
      globals: known.globals,
      isOpen: block.isOpen,
      hasUnknownIncludes: context.hasUnknownIncludes,
    },
    (property, position) => block.at(property, position),
  );
  return {
    name,
    config: { ...config, ...following },
    positions: block.positions,
    excludedIpAddresses: stated.excluded ?? [],
    peers,
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
      block.surplus(s);
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
  block.surplus(statement);
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
  for (const property of ["authType", "authPass"]) {
    const position = block.positions[property];
    if (position !== undefined) {
      outer.at(property, position);
    }
  }
  if (statement.condition !== undefined || block.isOpen) {
    stated.authPass = UNKNOWN;
  }
  const { authType, authPass } = stated;
  if ((authType === "PASS" || authType === "AH") && authPass === undefined) {
    outer.context.note(
      "missing",
      `auth_type ${authType} without auth_pass: keepalived ignores it`,
      statement.position,
    );
  }
}

function hasWord({ body = [] }: Statement, keyword: string): boolean {
  return body.some((statement) => statement.keyword === keyword);
}

function noteMissing(
  block: Block,
  { config, source, peers, vips }: Stated,
  isStrict: boolean,
  version: InstanceDraft["version"],
): void {
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
  const hasNone = vips === undefined || (vips !== UNKNOWN && vips.length === 0);
  // 2.2.8 and later take the word for it, but not in strict mode.
  if (hasNone && (isStrict || !hasWord(block.statement, "no_virtual_ipaddress"))) {
    const isNeeded = isStrict || version !== 2;
    const { statement } = block;
    block.context.note(
      "missing",
      `${block.name} has no virtual_ipaddress`,
      statement.position,
      isNeeded ? "error" : "warning",
    );
  }
}
