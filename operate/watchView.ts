import type { AgentEvent } from "./drill/events";
import { holdersOf } from "./drill/ready";
import { held, isSeen, type Observation, type Seen } from "./observation";
import type { Sight } from "./watch";

/** How a view is drawn. */
export interface ViewOptions {
  cluster: string;
  /** Seconds between two looks. */
  interval: number;
  /** Milliseconds since 1970. */
  now: number;
  /** Columns and rows of the screen; what does not fit is cut. */
  width: number;
  height: number;
  color: boolean;
}

const colors = { good: 32, bad: 31, odd: 33, dim: 2 } as const;
type Tint = keyof typeof colors;
/** A piece of a line. */
type Piece = string | { text: string; tint: Tint };
type Line = Piece[];

const tinted = (text: string, tint: Tint): Piece => ({ text, tint });

/** Seconds without a word above which something is told apart. */
const OLD = 30;
/** Seconds above which a handshake is old. */
const OLD_HANDSHAKE = 180;

/** The screen as text, a line each: who has the addresses, every node, and what has happened last. */
export function watchView(hosts: readonly (Sight | undefined)[], options: ViewOptions): string[] {
  const { cluster, interval, now, width, height, color } = options;
  const sights = hosts.filter((sight) => sight !== undefined);
  const unknown = hosts.length - sights.length;
  const head: Line[] = [
    [`${cluster}  `, tinted(`${clock(now)}, every ${interval} s; Ctrl-C ends it`, "dim")],
    [],
    ...addressLines(sights.map(({ observation }) => observation)),
    ...sights.flatMap((sight) => nodeLines(sight, now)),
    ...(unknown === 0 ? [] : [[tinted(`${unknown} not looked at yet`, "dim")]]),
  ];
  const room = Math.max(0, height - head.length - 2);
  const events = latest(
    sights.flatMap((sight) => sight.events.map((event) => ({ event, node: sight.observation.node }))),
  );
  const tail: Line[] = events.slice(0, room).map(({ event, node }) => eventLine(event, node));
  const lines = tail.length === 0 ? head : [...head, [], ["events"], ...tail.reverse()];
  return lines.slice(0, height).map((line) => painted(line, width, color));
}

function addressLines(observations: readonly Observation[]): Line[] {
  const seen = observations.filter(isSeen);
  const isWhole = seen.length === observations.length;
  return Object.entries(holdersOf(seen)).map(([address, nodes]): Line => {
    if (nodes.length === 1) return [`${address}: `, tinted(nodes[0]!, "good")];
    if (nodes.length > 1) return [`${address}: `, tinted(`${nodes.join(" and ")} at once`, "bad")];
    return [`${address}: `, tinted(isWhole ? "nobody" : "nobody who was seen", "bad")];
  });
}

function nodeLines({ observation, at }: Sight, now: number): Line[] {
  const age = tinted(`  seen ${ageText((now - at) / 1000)}`, "dim");
  if (!isSeen(observation))
    return [[], [observation.node, "  ", tinted(`not seen: ${observation.problem}`, "bad"), age]];
  const { node, running, status, firewall, tunnels } = observation;
  const marks: Piece[] = [
    ...(status.pending ? [tinted("  a change is not confirmed", "odd")] : []),
    ...(status.drained ? [tinted("  drained", "odd")] : []),
    ...(status.promoted ? [tinted("  promoted", "odd")] : []),
    ...(status.drift.length > 0 ? [tinted(`  ${status.drift.length} changed by hand`, "odd")] : []),
  ];
  return [
    [],
    [node, ...(running ? [] : [tinted("  keepalived does not run", "bad")]), ...marks, age],
    ...status.instances.map(instanceLine),
    ...roleLine(status.role),
    ...status.checks.map(checkLine),
    ...firewall.map((words): Line => ["  firewall: ", tinted(words, "bad")]),
    ...tunnels.flatMap(tunnelLines),
  ];
}

function instanceLine({ name, state, vips, reported }: Seen["status"]["instances"][number]): Line {
  const here = vips.filter((vip) => vip.held).map(({ address }) => address);
  const tint = state === "MASTER" ? "good" : state === "BACKUP" ? undefined : "bad";
  const differs = reported !== null && reported.state !== state;
  const heartbeat = reported?.heartbeatAge ?? 0;
  return [
    `  ${name}: `,
    tint === undefined ? state : tinted(state, tint),
    here.length === 0 ? "" : ` ${here.join(" ")}`,
    ...(differs ? [tinted(`, reported ${reported.state}`, "bad")] : []),
    ...(reported === null
      ? []
      : [tinted(`, priority ${reported.priority ?? "?"} at the last change`, "dim")]),
    ...(reported === null
      ? [tinted(", nothing reported", "odd")]
      : [tinted(`, heartbeat ${ageText(heartbeat)}`, heartbeat > OLD ? "bad" : "dim")]),
  ];
}

function roleLine(role: Seen["status"]["role"]): Line[] {
  if (role === null) return [];
  const { wanted, reached, doing, heartbeatAge } = role;
  const age = heartbeatAge === null || heartbeatAge > OLD;
  return [
    [
      "  role: ",
      wanted === reached
        ? tinted(reached, "good")
        : tinted(`becomes ${wanted}${doing === null ? "" : `, doing ${doing}`}`, "odd"),
      ...(age ? [tinted(", nobody minds it", "bad")] : []),
    ],
  ];
}

function checkLine({ name, state, words }: Seen["status"]["checks"][number]): Line {
  const tint = state === "passing" ? "good" : state === "failing" || state === "stale" ? "bad" : "odd";
  return [`  check ${name}: `, tinted(state, tint), words === "" ? "" : ` ${words}`];
}

function tunnelLines({ interface: dev, up, peers }: Seen["tunnels"][number]): Line[] {
  if (!up) return [[`  tunnel ${dev}: `, tinted("down", "bad")]];
  return peers.map(({ node, handshakeAge }) => [
    `  tunnel ${dev}, ${node}: `,
    handshakeAge === null
      ? tinted("no handshake yet", "bad")
      : tinted(`handshake ${ageText(handshakeAge)}`, handshakeAge > OLD_HANDSHAKE ? "odd" : "good"),
  ]);
}

function latest(events: { event: AgentEvent; node: string }[]): { event: AgentEvent; node: string }[] {
  return [...events].sort((one, other) => other.event.time.localeCompare(one.event.time));
}

function eventLine({ time, kind, name, state, ms, words }: AgentEvent, node: string): Line {
  const took = ms === undefined || ms === 0 ? "" : ` after ${(ms / 1000).toFixed(2)} s`;
  return [
    tinted(`  ${time.slice(11, 19)} `, "dim"),
    `${node} ${kind} ${name} ${state}${took}${words ? `: ${words}` : ""}`,
  ];
}

const clock = (now: number) => `${new Date(now).toISOString().replace("T", " ").slice(0, 19)} UTC`;

/** How long ago something was. */
export function ageText(seconds: number): string {
  if (seconds < 120) return `${Math.max(0, Math.floor(seconds))} s ago`;
  return seconds < 7200 ? `${Math.floor(seconds / 60)} min ago` : `${Math.floor(seconds / 3600)} h ago`;
}

/** A line as the terminal gets it: what hosts have said moves no cursor, and what is too long is cut. */
function painted(line: Line, width: number, color: boolean): string {
  let left = width;
  let out = "";
  for (const piece of line) {
    const { text, tint } = typeof piece === "string" ? { text: piece, tint: undefined } : piece;

    const shown = [...text.replace(/[\u0000-\u001f\u007f-\u009f]/g, " ")].slice(0, left);
    left -= shown.length;
    const words = shown.join("");
    out += color && tint !== undefined && words !== "" ? `\u001b[${colors[tint]}m${words}\u001b[0m` : words;
  }
  return out.trimEnd();
}

/** What has changed from one sight of a host to the next, a line each: for who reads line by line. */
export function changeLines(last: Sight | undefined, next: Sight): string[] {
  const { observation } = next;
  const { node } = observation;
  const before = last === undefined ? {} : wordsOf(last.observation);
  const changed = Object.entries(wordsOf(observation)).filter(([what, word]) => before[what] !== word);
  const gone = Object.keys(before).filter((what) => !(what in wordsOf(observation)) && what !== "");
  const known = new Set(last?.events.map((event) => JSON.stringify(event)));
  const events = last === undefined ? [] : next.events.filter((event) => !known.has(JSON.stringify(event)));
  return [
    ...changed.map(([what, word]) => {
      const was = before[what];
      return `${node}${what === "" ? "" : ` ${what}`}: ${was === undefined ? "" : `${was} -> `}${word}`;
    }),
    ...(isSeen(observation) ? gone.map((what) => `${node} ${what}: gone`) : []),
    ...events.map((event) => painted(eventLine(event, node), Infinity, false).trim()),
  ].map((line) => painted([`${clock(next.at).slice(11, 19)} ${line}`], Infinity, false));
}

/** What is told of a host where it changes. */
function wordsOf(observation: Observation): Record<string, string> {
  if (!isSeen(observation)) return { "": `not seen: ${observation.problem}` };
  const { running, status, firewall, tunnels } = observation;
  return {
    "": running ? "keepalived runs" : "keepalived does not run",
    has: held(observation).join(" ") || "nothing",
    ...Object.fromEntries(
      status.instances.map(({ name, state, reported }) => [
        name,
        `${state} (${reported?.state ?? "nothing"} reported)`,
      ]),
    ),
    ...Object.fromEntries(
      status.checks.map(({ name, state, words }) => [
        `check ${name}`,
        `${state}${words === "" ? "" : ` ${words}`}`,
      ]),
    ),
    ...(status.role && {
      role:
        status.role.wanted === status.role.reached ? status.role.reached : `becomes ${status.role.wanted}`,
    }),
    ...(status.drained && { drained: "yes" }),
    ...(status.promoted && { promoted: "yes" }),
    ...(status.pending && { pending: "yes" }),
    ...(firewall.length > 0 && { firewall: firewall.join("; ") }),
    ...Object.fromEntries(tunnels.map(({ interface: dev, up }) => [`tunnel ${dev}`, up ? "up" : "down"])),
  };
}
