import { type ChangeName, changeNames } from "./changes";
import { Deck, Random } from "./random";

/** The steps of an apply, in their order (docs/design.md). */
export const steps = ["agent", "stage", "activate", "finish", "join", "observe", "confirm"] as const;
export type Step = (typeof steps)[number];

/** Which host of the pair is struck: the one that holds the addresses when the apply starts, or the other. */
export const roles = ["holder", "backup"] as const;
export type Role = (typeof roles)[number];

/** What can happen to an apply, and the ways in which it happens. */
const ways = {
  /** The connection of the step dies, or port 22 of the host is dead for some seconds, or for longer than the undo time. */
  "ssh-cut": { how: ["session", "brief", "lasting"], steps, weight: 42 },
  /** SIGKILL to the agent, to the login shell, or to all of the step's processes at once. */
  kill: { how: ["agent", "shell", "all"], steps, weight: 50 },
  /** No byte is left on the disk for some seconds or until the host is judged, or none in /run. */
  "disk-full": {
    how: ["brief", "lasting", "run"],
    steps: ["agent", "stage", "activate", "finish", "confirm"],
    weight: 22,
  },
  reboot: { how: ["in order"], steps, weight: 14 },
  /** The plug is pulled and put back at once, or after longer than the undo time. */
  "power-loss": { how: ["short", "long"], steps, weight: 18 },
  /** The first apply, and the package source is broken or apt dies between unpacking and configuring. */
  package: { how: ["source", "killed"], steps: ["stage"], weight: 8 },
  /** `keepalived -t` refuses the config, or accepts it and the daemon ends when it reads it. */
  "refused-config": { how: ["test", "reload"], steps: ["activate"], weight: 10 },
  /** With the new files in force the host's firewall drops new SSH connections. */
  "lock-out": { how: ["new connections"], steps: ["activate"], weight: 10 },
  /** The clock of the step jumps. */
  clock: { how: ["+3600", "-3600", "+86400", "-86400"], steps, weight: 12 },
  /** SIGKILL to the pulumi command. */
  "pulumi-kill": { how: ["SIGKILL"], steps, weight: 14 },
} as const satisfies Record<string, { how: readonly string[]; steps: readonly Step[]; weight: number }>;

export type Kind = keyof typeof ways;
export const kinds = Object.keys(ways) as Kind[];

/** One interruption of one apply. */
export interface FaultCase {
  /** Place in the list of its seed, from 0. */
  number: number;
  kind: Kind;
  how: string;
  role: Role;
  step: Step;
  /** Place within the step: 0 before its first command, 1 after its last one, between them a share of its commands. */
  at: number;
  /** The spec before and after the change that is interrupted. */
  from: ChangeName;
  to: ChangeName;
}

/** The cases of a seed: the same list on every machine, and a longer list begins with the shorter one. */
export function casesOf(seed: number, count: number): FaultCase[] {
  const random = new Random(seed);
  const ofKinds = new Deck(
    random,
    kinds.flatMap((kind) => Array.from({ length: ways[kind].weight }, () => kind)),
  );
  const ofKind = new Map(kinds.map((kind) => [kind, new Deck(random, combinations(kind))]));
  const changes = new Deck(
    random,
    changeNames.filter((name) => name !== "base"),
  );
  let change: ChangeName = "base";
  return Array.from({ length: count }, (_, number) => {
    const kind = ofKinds.deal();
    const { how, role, step } = ofKind.get(kind)!.deal();
    // A change and its reverse, one after the other.
    const isThere = number % 2 === 0;
    if (isThere) change = changes.deal();
    const [from, to] = isThere ? (["base", change] as const) : ([change, "base"] as const);
    return { number, kind, how, role, step, at: point(random), from, to };
  });
}

/** The changes of the sample: one that moves nothing, and those on which running daemons disagree. */
const sampleChanges: ChangeName[] = ["check-interval", "vip-added", "priority", "router-id", "preempt-delay"];

/** A short list that has every kind once, and none of the ways that take long. */
export function sampleOf(seed: number): FaultCase[] {
  const cases = casesOf(seed, 400).filter(({ how }) => !["lasting", "long", "run", "test"].includes(how));
  return kinds.map((kind, number) => {
    const change = sampleChanges[Math.floor(number / 2) % sampleChanges.length]!;
    const [from, to] = number % 2 === 0 ? (["base", change] as const) : ([change, "base"] as const);
    return { ...cases.find((one) => one.kind === kind)!, number, from, to };
  });
}

/** The words that say what a case is. */
export function describe({ kind, how, role, step, at, from, to }: FaultCase): string {
  return `${kind} (${how}) on the ${role} in ${step} at ${at.toFixed(2)}, ${from} -> ${to}`;
}

function combinations(kind: Kind): { how: string; role: Role; step: Step }[] {
  return ways[kind].how.flatMap((how) =>
    ways[kind].steps.flatMap((step) => roles.map((role) => ({ how, role, step }))),
  );
}

/** The edges of a step are places of their own. */
function point(random: Random): number {
  const place = random.next() * 1.2 - 0.1;
  return Math.round(Math.min(1, Math.max(0, place)) * 100) / 100;
}
