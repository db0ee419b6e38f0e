import { InstanceDraft, UNKNOWN } from "../../spec";
import { Position, ReadBfd, ReadGlobals, ReadPeer, ReadSyncGroup, ReadTrack, Statement } from "../model";

type Unknown = typeof UNKNOWN;
type Bfd = Exclude<InstanceDraft["bfd"], Unknown>[number];

/** What an instance is read from, beside its own words. */
interface Sources {
  statement: Statement;
  trackInterfaces: ReadTrack[];
  trackBfds: ReadTrack[];
  peers: ReadPeer[];
  syncGroup?: ReadSyncGroup;
  bfds: ReadBfd[];
  globals: ReadGlobals;
  /** Some of its statements cannot be seen. */
  isOpen: boolean;
  /** Files that were not given can hold anything. */
  hasUnknownIncludes: boolean;
}

/** What an instance follows beside scripts and processes, and its options; `at` is told where each stands. */
export function followingOf(
  sources: Sources,
  at: (property: string, position: Position) => void,
): Pick<
  InstanceDraft,
  "trackInterfaces" | "bfd" | "downTimerAdverts" | "unicastTtl" | "minTtl" | "trackSrcIp"
> {
  const { statement, peers, syncGroup, bfds, isOpen } = sources;
  const body = statement.body ?? [];
  const interfaces = [...sources.trackInterfaces, ...(syncGroup?.trackInterfaces ?? [])];
  const sessions = [...sources.trackBfds, ...(syncGroup?.trackBfds ?? [])];
  interfaces.forEach(({ position }, i) => at(`trackInterfaces[${i}]`, position));
  sessions.forEach(({ position }, i) => at(`bfd[${i}]`, position));
  for (const [keyword, property] of Object.entries(PLACES)) {
    const found = body.find((inner) => inner.keyword === keyword);
    if (found !== undefined) {
      at(property, found.position);
    }
  }
  const bfd = sessions.map((track) => bfdOf(bfds, track));
  const globalWords = sources.globals.blocks.flatMap((block) => block.body ?? []);
  const ofAll = sources.hasUnknownIncludes ? UNKNOWN : knownNumber(globalWords, "vrrp_down_timer_adverts");
  const minTtls = peers.flatMap(({ minTtl }) => (minTtl === undefined ? [] : [minTtl]));
  const minTtl = minTtls.every((ttl) => typeof ttl === "number") ? Math.max(...minTtls) : UNKNOWN;
  const stated = <T>(value: T | undefined) => value ?? (isOpen ? UNKNOWN : undefined);
  const trackSrcIp = body.find(({ keyword }) => keyword === "track_src_ip");
  return {
    trackInterfaces:
      isOpen || !interfaces.every(hasKnownWeight)
        ? UNKNOWN
        : interfaces.map(({ name, weight }) => ({ interface: name, weight: (weight as number) ?? 0 })),
    bfd: isOpen || bfd.some((session) => session === undefined) ? UNKNOWN : (bfd as Bfd[]),
    downTimerAdverts: stated(knownNumber(body, "down_timer_adverts") ?? ofAll),
    unicastTtl: stated(knownNumber(body, "unicast_ttl")),
    minTtl: stated(minTtls.length === 0 ? undefined : minTtl),
    trackSrcIp: stated(
      trackSrcIp === undefined ? undefined : trackSrcIp.condition === undefined ? true : UNKNOWN,
    ),
  };
}

const PLACES = {
  down_timer_adverts: "downTimerAdverts",
  unicast_ttl: "unicastTtl",
  unicast_peer: "minTtl",
  track_src_ip: "trackSrcIp",
};

function hasKnownWeight({ weight, reverse, statement }: ReadTrack): boolean {
  return weight !== UNKNOWN && !reverse && statement.condition === undefined && !statement.unknown;
}

function bfdOf(bfds: ReadBfd[], track: ReadTrack): Bfd | undefined {
  const session = bfds.find(({ name }) => name === track.name);
  const words = session?.statement.body ?? [];
  const { neighborIp, sourceIp } = session ?? {};
  const value = (keyword: string, fallback: number) => numberOf(words, keyword) ?? fallback;
  const numbers = {
    minRx: value("min_rx", 10),
    minTx: value("min_tx", 10),
    idleTx: value("idle_tx", 1000),
    multiplier: value("multiplier", 5),
    maxHops: value("max_hops", 0),
    weight: typeof track.weight === "number" ? track.weight : value("weight", 0),
  };
  if (typeof neighborIp !== "string" || sourceIp === UNKNOWN || !hasKnownWeight(track)) {
    return undefined;
  }
  return Object.values(numbers).some(Number.isNaN)
    ? undefined
    : {
        name: track.name,
        neighborIp,
        sourceIp: sourceIp,
        ...numbers,
        multihop: words.some(({ keyword }) => keyword === "multihop"),
        passive: words.some(({ keyword }) => keyword === "passive"),
      };
}

/** The number behind a keyword; undefined: it is not there; NaN: what is there is none, or depends on the host. */
function numberOf(statements: Statement[], keyword: string): number | undefined {
  const last = statements.findLast((statement) => statement.keyword === keyword);
  const word = last?.args[0];
  if (last === undefined) {
    return undefined;
  }
  return last.condition !== undefined || word === undefined || word.unknown ? NaN : Number(word.text);
}

/** The same, as a rule wants it. */
function knownNumber(statements: Statement[], keyword: string): number | Unknown | undefined {
  const value = numberOf(statements, keyword);
  return Number.isNaN(value) ? UNKNOWN : value;
}
