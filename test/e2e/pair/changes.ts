import type { Host } from "../../../lab";
import { VIP } from "./cluster";
import type { SourceCopy } from "./sourceCopy";

/** What the changes of a running pair are made to. */
export interface Pair {
  priorities: Record<string, number>;
  check: { script: string[]; interval: number };
  /** Words of the spec, keepalived's own defaults and ours where the user states none. */
  garp: Record<keyof typeof GARP, number>;
  notify: Record<keyof typeof NOTIFY, string[]>;
  ports: number[];
  /** Beside the one that is always there. */
  vips: string[];
  /** A line that only the present version of the agent has. */
  agent?: string;
}

const GARP = {
  garpMasterDelay: "Gratuitous ARP delay",
  garpMasterRepeat: "Gratuitous ARP repeat",
  garpMasterRefresh: "Gratuitous ARP refresh",
  garpMasterRefreshRepeat: "Gratuitous ARP refresh repeat",
  garpLowerPrioRepeat: "Gratuitous ARP lower priority repeat",
};

const NOTIFY = { notifyMaster: "Master", notifyBackup: "Backup", notifyFault: "Fault" };

const PORTS = [8001, 8002, 8003, 8004];
const VIPS = ["10.20.30.201", "10.20.30.202", "10.20.30.203"];

export function pairAtFirst(service: number): Pair {
  return {
    priorities: { "gw-a": 100, "gw-b": 90 },
    check: { script: ["/usr/bin/test", "-e", "/run"], interval: 2 },
    garp: {
      garpMasterDelay: 5,
      garpMasterRepeat: 5,
      garpMasterRefresh: 5,
      garpMasterRefreshRepeat: 1,
      garpLowerPrioRepeat: 5,
    },
    notify: { notifyMaster: [], notifyBackup: [], notifyFault: [] },
    ports: [service],
    vips: [],
  };
}

/** The pair as the words of HaPair, beside its nodes. */
export function specOf(pair: Pair): Record<string, unknown> {
  const programs = Object.entries(pair.notify).filter(([, words]) => words.length > 0);
  return {
    virtualIpAddresses: [VIP, ...pair.vips].map((vip) => `${vip}/24`),
    trackScripts: [{ name: "alive", script: pair.check.script.join(" "), interval: pair.check.interval }],
    openPorts: pair.ports.map((port) => ({ protocol: "tcp", port })),
    ...pair.garp,
    ...Object.fromEntries(programs.map(([property, words]) => [property, words.join(" ")])),
  };
}

/** A small generator of numbers from 0 to below 1 (mulberry32): the same from the same seed. */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** What a change draws from: chance, the number of the change, and the source that the pair is applied from. */
export interface Draw {
  random: () => number;
  number: number;
  source: SourceCopy;
}

/** Changes one thing of a pair in place, and says which. */
export type Change = (pair: Pair, draw: Draw) => string;

const pick = <T>(list: readonly T[], random: () => number): T => list[Math.floor(random() * list.length)]!;

/** Puts one of `all` into a list, or takes it out where it is in. */
function toggle<T>(list: T[], all: readonly T[], random: () => number): { item: T; isIn: boolean } {
  const item = pick(all, random);
  const isIn = !list.includes(item);
  if (isIn) list.push(item);
  else list.splice(list.indexOf(item), 1);
  return { item, isIn };
}

const CHANGES: Record<string, Change> = {
  "the check's script": ({ check }, { number }) => {
    check.script = ["/usr/bin/test", "running", "!=", `${number}`];
    return check.script.join(" ");
  },
  "the check's interval": ({ check }) => {
    check.interval = (check.interval % 4) + 1;
    return `${check.interval} s`;
  },
  "a notify action": ({ notify }, { random, number }) => {
    const property = pick(Object.keys(NOTIFY) as (keyof typeof NOTIFY)[], random);
    notify[property] = ["/usr/bin/true", `${number}`];
    return `${property} ${notify[property].join(" ")}`;
  },
  "priority by one": (pair) => {
    const by = pair.priorities["gw-a"] === 100 ? 1 : -1;
    for (const node of Object.keys(pair.priorities)) pair.priorities[node]! += by;
    return JSON.stringify(pair.priorities);
  },
  "a garp timer": ({ garp }, { random }) => {
    const property = pick(Object.keys(GARP) as (keyof typeof GARP)[], random);
    garp[property] = (garp[property] % 9) + 1;
    return `${property} ${garp[property]}`;
  },
  "a firewall port": ({ ports }, { random }) => {
    const { item, isIn } = toggle(ports, PORTS, random);
    return `${item} ${isIn ? "opened" : "closed"}`;
  },
  "an added VIP": ({ vips }, { random }) => {
    const { item, isIn } = toggle(vips, VIPS, random);
    return `${item} ${isIn ? "added" : "removed again"}`;
  },
  "the agent": (pair, { source }) => {
    pair.agent = source.renewAgent();
    return pair.agent;
  },
};

/** So many changes in an order that chance makes, each kind as often as every other. */
export function changesInOrder(count: number, random: () => number): [string, Change][] {
  const kinds = Object.entries(CHANGES);
  const changes = Array.from({ length: count }, (_unused, i) => kinds[i % kinds.length]!);
  for (let i = changes.length - 1; i > 0; i -= 1) {
    const j = Math.floor(random() * (i + 1));
    [changes[i], changes[j]] = [changes[j]!, changes[i]!];
  }
  return changes;
}

/**
 * What is in force on a host, a line each: what the running keepalived has loaded, by its own dump, the rules of the
 * kernel, its addresses, and the agent's version. A holder's addresses are marked as `set`. The dump shows passwords: it is gone as soon as it is read.
 */
const SIGHT = `
  pid=$(systemctl show --property MainPID --value keepalived)
  dump=/proc/$pid/root/tmp/keepalived.data
  rm -f $dump
  kill -USR1 $pid
  until grep -q '< Interfaces >' $dump 2>/dev/null; do kill -0 $pid || exit 1; sleep 0.02; done
  sed 's/ set$//' $dump
  rm $dump
  nft --stateless list ruleset | sed 's/ comment "vrrp-agent:gw:[0-9a-f]*"$/ (ours)/'
  ip -o -4 address show dev eth0 | awk '{ print "has", $4 }'
  tail -n 1 /usr/lib/vrrp-agent/lib/common.sh`;

/** What a host shows that it must not, and does not show that it must. */
export async function wrongOn(host: Host, pair: Pair): Promise<string[]> {
  const { stdout } = await host.exec(SIGHT);
  const seen = new Set(stdout.split("\n").map((line) => line.trim()));
  const isHolder = host.name === "gw-a";
  const rules = (port: number) => [
    `ip version 4 tcp dport ${port} accept (ours)`,
    `ip6 version 6 tcp dport ${port} accept (ours)`,
  ];
  const loaded = (vip: string) => `${vip}/24 dev eth0 scope global`;
  const quoted = (words: string[]) => words.map((word) => `'${word}'`).join(" ");
  const programs = Object.entries(pair.notify) as [keyof typeof NOTIFY, string[]][];
  const must = [
    `Command = ${quoted(pair.check.script)}`,
    `Interval = ${pair.check.interval} sec`,
    `Priority = ${pair.priorities[host.name]}`,
    ...Object.entries(pair.garp).map(([word, value]) => `${GARP[word as keyof typeof GARP]} = ${value}`),
    ...programs.flatMap(([property, words]) =>
      words.length === 0
        ? []
        : [`${NOTIFY[property]} state transition script = ${quoted(words)}, uid:gid 0:0`],
    ),
    ...pair.ports.flatMap(rules),
    ...[VIP, ...pair.vips].flatMap((vip) => [loaded(vip), ...(isHolder ? [`has ${vip}/24`] : [])]),
    ...(pair.agent === undefined ? [] : [pair.agent]),
  ];
  const gone = VIPS.filter((vip) => !pair.vips.includes(vip));
  const mustNot = [
    ...PORTS.filter((port) => !pair.ports.includes(port)).flatMap(rules),
    ...gone.flatMap((vip) => [loaded(vip), `has ${vip}/24`]),
    ...(isHolder ? [] : [VIP, ...pair.vips].map((vip) => `has ${vip}/24`)),
  ];
  return [
    ...must.filter((line) => !seen.has(line)).map((line) => `${host.name} lacks '${line}'`),
    ...mustNot.filter((line) => seen.has(line)).map((line) => `${host.name} still shows '${line}'`),
  ];
}

/** Every address that a change may add, and the one that is always there. */
export const ALL_VIPS = [VIP, ...VIPS];
