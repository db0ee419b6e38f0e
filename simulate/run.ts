import { Clock } from "./clock";
import { Witness } from "./gate";
import { Machine } from "./machine";
import type { Advert, SimulatedInstance, SimulatedNode } from "./node";
import { Routers } from "./routers";
import { type Strike, strike } from "./strike";
import { microseconds } from "./timing";
import { PATIENCE, ROUND, witnessSettled } from "./votes";

/** What a node does for a virtual router. */
export type Role = "MASTER" | "BACKUP" | "FAULT" | "STOPPED" | "OFF";

/** A time in which nothing changed. Seconds after the advert of the first holder from which strikes count. */
export interface Span {
  from: number;
  to: number;
  roles: Record<string, Role>;
  /** Nodes that have the addresses on their interface, sorted. */
  holders: string[];
  /** Those of them that a client on the network reaches. */
  serving: string[];
}

/** An advert as it left a node. */
export interface SentAdvert {
  at: number;
  node: string;
  priority: number;
}

/** One virtual router through a run. */
export interface RouterRun {
  /** `51/IPv4`; where a node has one id on several interfaces, with the instance's name: `51/IPv4 gw`. */
  router: string;
  spans: Span[];
  adverts: SentAdvert[];
}

/** What has happened. Plain data. */
export interface Run {
  nodes: string[];
  from: number;
  to: number;
  strikes: Strike[];
  routers: RouterRun[];
}

export interface SimulateOptions {
  /** What happens, in any order. @default nothing */
  strikes?: readonly Strike[];
  /** Seconds after the last strike that are looked at. @default long enough for every timer to run out twice */
  tail?: number;
  /** Node that is started first and so holds first, unless another one is preferred. @default all start together */
  first?: string;
  /** Seconds that an advert is under way. @default 0: the timers alone */
  latency?: number;
}

/** Seconds that a run shows before the first advert from which strikes count. */
const LEAD = 1;

/** Seconds after which nothing changes by itself any more: each timer, one after the other, and a second. */
export function calmAfter(nodes: readonly SimulatedNode[]): number {
  const waits = nodes.flatMap(
    ({ instances, startupDelay = 0, restartAfter = 0, keepalived = "2.2", witness }) =>
      instances.map((instance) => {
        // Until 2.4 each lower advert that is heard during the delay makes the wait longer by what is left of it.
        const adverts = startupDelay / (microseconds(instance).advert / 1e6);
        const delay = keepalived === "2.2" ? startupDelay * (1 + (adverts + 1) / 2) : startupDelay;
        const checks = instance.trackScripts.map(
          ({ interval, rise, fall }) => interval * (Math.max(rise, fall) + 1),
        );
        const down = microseconds({ ...instance, priority: 1 }).down / 1e6;
        return (
          down + instance.preemptDelay + delay + restartAfter + Math.max(0, ...checks) + roundsOf(witness)
        );
      }),
  );
  return Math.ceil(Math.max(0, ...waits)) + 1;
}

/** Seconds until a witness says the same again: rounds take no time here. */
function roundsOf(witness: SimulatedNode["witness"]): number {
  if (witness === undefined) return 0;
  return witness.kind === "lease" ? witnessSettled(witness.ttl) : PATIENCE * ROUND;
}

/**
 * Runs the nodes through what strikes them: who has the addresses when. Deterministic, and the same for every order of
 * the nodes.
 *
 * @throws RangeError naming what is wrong with the input
 */
export function simulate(nodes: readonly SimulatedNode[], options: SimulateOptions = {}): Run {
  const { strikes = [], first, latency = 0 } = options;
  check(nodes, options);
  const calm = calmAfter(nodes);
  const world = new Network(nodes, Math.round(latency * 1e6));
  const { clock, machines } = world;

  machines.filter(({ name }) => first === undefined || name === first).forEach((machine) => machine.start());
  clock.runUntil(calm * 1e6);
  if (first !== undefined) {
    machines.forEach((machine) => machine.start());
    clock.runUntil(2 * calm * 1e6);
  }
  const start = world.nextAdvert((2 * calm + LEAD) * 1e6);
  const ordered = strikes
    .map((one, place) => ({ one, place }))
    .sort((a, b) => a.one.at - b.one.at || a.place - b.place)
    .map(({ one }) => one);
  for (const one of ordered) {
    const machine = machines.find(({ name }) => name === one.node)!;
    clock.at(start + Math.round(one.at * 1e6), () => strike(machine, one));
  }
  const end = start + Math.round(((ordered.at(-1)?.at ?? 0) + (options.tail ?? 2 * calm)) * 1e6);
  clock.runUntil(end);
  return {
    nodes: nodes.map(({ name }) => name),
    from: -LEAD,
    to: (end - start) / 1e6,
    strikes: ordered,
    routers: world.runs(start, end),
  };
}

function check(
  nodes: readonly SimulatedNode[],
  { strikes = [], first, tail, latency }: SimulateOptions,
): void {
  const names = nodes.map(({ name }) => name);
  const isKnown = (name: string) => names.includes(name);
  if (nodes.length !== 2 && nodes.some(({ witness }) => witness?.kind === "lease"))
    throw new RangeError(`nodes: ${nodes.length} with a lease as witness; allowed are two`);
  const allowed = `allowed is one of ${names.join(", ")}`;
  if (nodes.length === 0) throw new RangeError("nodes: none; give at least one");
  const twice = names.find((name, place) => names.indexOf(name) !== place);
  if (twice !== undefined)
    throw new RangeError(`nodes: '${twice}' is there twice; give each a name of its own`);
  if (first !== undefined && !isKnown(first)) throw new RangeError(`first: '${first}'; ${allowed}`);
  for (const { at, node, do: kind } of strikes) {
    if (!isKnown(node)) throw new RangeError(`strikes: '${kind}' on '${node}'; ${allowed}`);
    if (!(at >= 0)) throw new RangeError(`strikes: '${kind}' at ${at} s; allowed is 0 or more`);
  }
  for (const [property, value] of Object.entries({ tail, latency })) {
    if (value !== undefined && !(value >= 0 && value < Infinity))
      throw new RangeError(`${property}: ${value} s; allowed is 0 or more`);
  }
}

/** The machines, the net between them, and a record of all that changes. */
class Network {
  readonly clock = new Clock();
  readonly machines: Machine[];
  private readonly routers: readonly string[];
  private readonly log: { at: number; spans: Omit<Span, "from" | "to">[] }[] = [];
  private readonly adverts: (SentAdvert & { router: string })[] = [];

  constructor(
    nodes: readonly SimulatedNode[],
    private readonly latency: number,
  ) {
    // Sorted, so that what happens at one instant does so in the same order whatever order the nodes come in.
    const sorted = [...nodes].sort((a, b) => (a.name < b.name ? -1 : 1));
    const routers = new Routers(sorted);
    this.routers = routers.all.map(({ name }) => name);
    const world = {
      clock: this.clock,
      routerOf: (node: string, config: SimulatedInstance) => routers.of(node, config),
      send: (from: Machine, _instance: unknown, advert: Advert) => this.send(from, advert),
      changed: () => this.record(),
      machines: [] as Machine[],
      witness: new Witness(this.clock),
    };
    this.machines = world.machines;
    sorted.forEach((node, rank) => world.machines.push(new Machine({ ...node }, world, rank)));
  }

  /** Lets time pass from an instant to the next advert of somebody who holds; to the instant where nobody does. */
  nextAdvert(from: number): number {
    this.clock.runUntil(from);
    const known = this.adverts.length;
    const holds = () => this.machines.some(({ held }) => held.size > 0);
    while (holds() && this.adverts.length === known && this.clock.step());
    return this.adverts[known]?.at ?? from;
  }

  runs(start: number, end: number): RouterRun[] {
    const seconds = (at: number) => (at - start) / 1e6;
    const from = start - LEAD * 1e6;
    return this.routers.map((name, place) => {
      const spans: Span[] = [];
      this.log.forEach(({ at, spans: all }, entry) => {
        const until = Math.min(this.log[entry + 1]?.at ?? end, end);
        if (until <= Math.max(at, from)) return;
        const span = all[place]!;
        const last = spans.at(-1);
        if (last !== undefined && isEqual(last, span)) last.to = seconds(until);
        else spans.push({ from: seconds(Math.max(at, from)), to: seconds(until), ...span });
      });
      const adverts = this.adverts
        .filter((advert) => advert.router === name && advert.at >= from && advert.at <= end)
        .map(({ at, node, priority }) => ({ at: seconds(at), node, priority }));
      return { router: name, spans, adverts };
    });
  }

  private send(from: Machine, advert: Advert): void {
    if (!from.isOn || !from.hasCarrier) return;
    this.adverts.push({
      at: this.clock.now,
      node: from.name,
      router: advert.router,
      priority: advert.priority,
    });
    if (!from.sends || !from.passesVrrp || !from.reachesPeers) return;
    this.clock.at(this.clock.now + this.latency, () => {
      for (const to of this.machines) {
        if (to !== from && to.hearsVrrp) to.hear(advert);
      }
    });
  }

  private record(): void {
    const spans = this.routers.map((name) => {
      const holders = this.machines.filter(({ held }) => held.has(name));
      return {
        roles: Object.fromEntries(this.machines.map((machine) => [machine.name, roleOf(machine, name)])),
        holders: holders.map((machine) => machine.name),
        serving: holders.filter((machine) => machine.isReachable).map((machine) => machine.name),
      };
    });
    const at = this.clock.now;
    if (this.log.at(-1)?.at === at) this.log.pop();
    this.log.push({ at, spans });
  }
}

function roleOf(machine: Machine, router: string): Role {
  if (!machine.isOn) return "OFF";
  const instance = machine.instances.find((one) => one.router === router);
  if (instance === undefined || instance.state === "INIT") return "STOPPED";
  return instance.state;
}

function isEqual(one: Omit<Span, "from" | "to">, other: Omit<Span, "from" | "to">): boolean {
  const text = ({ roles, holders, serving }: Omit<Span, "from" | "to">) =>
    JSON.stringify([roles, holders, serving]);
  return text(one) === text(other);
}
