import { Position, ReadConf, ReadInstance, Statement } from "../conf";
import { FactNotify, InstanceDraft, InstanceFacts, UNKNOWN } from "../spec";
import { Loose } from "./groups";
import { LintHost } from "./hosts";
import { Places } from "./model";

/** An instance of a host with the places of what it says. */
export interface LintMember extends Loose {
  host: LintHost;
  read: ReadInstance;
  places: Places;
}

/** Kinds of notes that hide statements: whatever is absent may be behind them. */
export const HIDING: readonly string[] = ["include-unknown", "condition-unknown"];

function isWithin(place: Position, { open, close }: Statement): boolean {
  return (
    open !== undefined &&
    open.file === place.file &&
    open.offset < place.offset &&
    (close === undefined || place.offset < close.offset)
  );
}

/** What of a configuration hides statements: of the file itself, and of one of its blocks. */
export function gapsOf(conf: ReadConf): {
  any: boolean;
  top: boolean;
  within: (block: Statement) => boolean;
} {
  const hiding = conf.notes.filter(({ kind }) => HIDING.includes(kind)).map(({ position }) => position);
  const blocks = [...conf.instances, ...conf.scripts, ...conf.syncGroups].map(({ statement }) => statement);
  return {
    any: hiding.length > 0,
    top: hiding.some((place) => !blocks.some((block) => isWithin(place, block))),
    within: (block) => hiding.some((place) => isWithin(place, block)),
  };
}

/** What the rules judge: the reader's config, without what nobody can rely on. */
function draftOf(conf: ReadConf, read: ReadInstance): InstanceDraft {
  const { config, positions } = read;
  // vrrp_version can stand in a file that was not given.
  const isVersionHidden = gapsOf(conf).top && positions.version === undefined;
  // A check counted the other way round is none that a rule knows.
  const isAnyReversed = [...conf.scripts, ...conf.processes, read, ...conf.syncGroups].some(({ statement }) =>
    isReversed(statement),
  );
  return {
    ...config,
    ...(isVersionHidden && { version: UNKNOWN }),
    ...(isAnyReversed && { trackScripts: UNKNOWN, trackProcesses: UNKNOWN }),
  };
}

function globalWords(conf: ReadConf): Statement[] {
  return conf.globals.blocks.flatMap((block) => block.body ?? []);
}

function isReversed({ args, body = [] }: Statement): boolean {
  return args.some(({ text }) => text === "reverse") || body.some(isReversed);
}

function has(statements: Statement[], keyword: string): Statement | undefined {
  return statements.find((statement) => statement.keyword === keyword && statement.condition === undefined);
}

/** Whether a flag is set: by its word alone, or with a word for yes. */
export function isOn(statement: Statement | undefined): boolean {
  const value = statement?.args[0]?.text.toLowerCase();
  return statement !== undefined && !["false", "off", "no"].includes(value ?? "");
}

const NOTIFY = /^notify(?:_(?:master|backup|fault|stop|deleted|master_rx_lower_pri))?$/;
const UNICAST = ["unicast_src_ip", "unicast_fault_no_peer", "check_unicast_src", "unicast_ttl"];

function factsOf(conf: ReadConf, read: ReadInstance): { facts: InstanceFacts; places: Places } {
  const gaps = gapsOf(conf);
  const isHidden = gaps.within(read.statement);
  const body = read.statement.body ?? [];
  const notifies = body.filter(({ keyword, args }) => NOTIFY.test(keyword) && args.length > 0);
  const strict = has(body, "strict_mode");
  const [accept, noAccept] = [has(body, "accept"), has(body, "no_accept")];
  const mcastDst = has(body, "mcast_dst_ip");
  const unlessHidden = <T>(value: T): T | typeof UNKNOWN => (isHidden ? UNKNOWN : value);
  const facts: InstanceFacts = {
    hasPriority: unlessHidden(has(body, "priority") !== undefined),
    strict:
      strict === undefined
        ? isHidden || (gaps.top && !conf.globals.vrrpStrict)
          ? UNKNOWN
          : conf.globals.vrrpStrict
        : isOn(strict),
    accept: unlessHidden(accept === undefined ? (noAccept === undefined ? undefined : false) : true),
    unicastWords: unlessHidden(
      has(body, "unicast_peer") === undefined
        ? UNICAST.filter((keyword) => has(body, keyword) !== undefined)
        : [],
    ),
    useVmac: unlessHidden(has(body, "use_vmac") !== undefined),
    vmacXmitBase: unlessHidden(has(body, "vmac_xmit_base") !== undefined),
    mcastDstIp: mcastDst === undefined ? unlessHidden(undefined) : mcastDst.args[0]?.text,
    authType: read.authType ?? unlessHidden(undefined),
    faultsWithoutPeers: has(body, "unicast_fault_no_peer") !== undefined || unlessHidden(false),
    hasInterface: has(body, "interface") !== undefined || unlessHidden(false),
    ignoresInterface: has(body, "dont_track_primary") !== undefined || unlessHidden(false),
    tracksBfd: unlessHidden(read.trackBfds.length > 0),
    notifies: notifies.map(({ keyword, args }): FactNotify => ({
      keyword,
      words: args.map(({ text, quoted }) => ({ text, quoted })),
    })),
  };
  const places: Places = {
    ...Object.fromEntries(notifies.map(({ position }, i) => [`notifies[${i}]`, position])),
    ...placed("strict", strict ?? globalWords(conf).find(({ keyword }) => keyword === "vrrp_strict")),
    ...placed("useVmac", has(body, "use_vmac")),
    ...placed("mcastDstIp", mcastDst),
    ...placed("unicastPeers", has(body, "unicast_peer") ?? has(body, "unicast_src_ip")),
    ...placed("virtualIpAddresses", has(body, "virtual_ipaddress")),
    ...placed("interface", has(body, "interface")),
    ...placed(
      "version",
      globalWords(conf).find(({ keyword }) => keyword === "vrrp_version"),
    ),
    ...placed("nopreempt", has(body, "nopreempt")),
    ...placed("scriptUser", conf.globals.blocks[0]),
  };
  return { facts, places };
}

function placed(property: string, statement: Statement | undefined): Places {
  return statement === undefined ? {} : { [property]: statement.position };
}

/** vrrp_rt_priority; undefined: the kernel schedules keepalived like everything else. */
function realtimeOf(conf: ReadConf): number | typeof UNKNOWN | undefined {
  const statement = globalWords(conf).find(({ keyword }) => keyword === "vrrp_rt_priority");
  const value = Number(statement?.args[0]?.text);
  return statement && (Number.isNaN(value) || statement.condition !== undefined ? UNKNOWN : value);
}

/** The instances of a host, ready to be judged. */
export function membersOfHost(host: LintHost): LintMember[] {
  const { conf } = host;
  const gaps = gapsOf(conf);
  const { scriptUser, vrrpStartupDelay: startupDelay } = conf.globals;
  const realtime = realtimeOf(conf);
  return conf.instances.map((read) => {
    const { facts, places } = factsOf(conf, read);
    return {
      node: host.node,
      machine: host.machine,
      host,
      read,
      instance: draftOf(conf, read),
      startupDelay: startupDelay === undefined && gaps.top ? UNKNOWN : startupDelay,
      realtime: realtime === undefined && gaps.top ? UNKNOWN : realtime,
      scriptUser: scriptUser === undefined && gaps.top ? UNKNOWN : scriptUser,
      facts,
      programs: host.programs,
      places: { ...places, ...conf.globals.positions, ...read.positions },
    };
  });
}

/** Where a property stands: its own place, that of the list that it is in, or that of the instance. */
export function placeOf(places: Places, property: string, whole: Position): Position {
  const parts = [property, property.replace(/\.[^.]*$/, ""), property.replace(/\[.*$/, "")];
  return parts.map((part) => places[part]).find((place) => place !== undefined) ?? whole;
}
