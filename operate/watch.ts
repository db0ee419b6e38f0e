import { setTimeout as pause } from "node:timers/promises";
import { type AgentEvent, eventsOf } from "./drill/events";
import type { Host } from "./host";
import { isSeen, type Observation, observe } from "./observation";

/** How a host was seen last. */
export interface Sight {
  observation: Observation;
  /** Milliseconds since 1970. */
  at: number;
  /** The latest ones, oldest first. */
  events: readonly AgentEvent[];
}

export interface WatchOptions {
  hosts: readonly Host[];
  cluster: string;
  /** Milliseconds from one look at a host to the next one at it. */
  interval: number;
  /** Ends it. */
  signal: AbortSignal;
  /** Gets all hosts at each new sight of one; a host is undefined until it was looked at. */
  show: (sights: readonly (Sight | undefined)[]) => void;
}

/** Seconds back from which events are told at first, and how many of a host are kept. */
const SINCE = 3600;
const KEPT = 50;
/** Seconds that a host has to tell its events. */
const LIMIT = 30;

/**
 * Looks at all hosts again and again, at each by itself: the next look begins when the last one has ended, so that they do not
 * pile up at a host that is slow, and nobody waits for it.
 */
export async function watch({
  hosts,
  cluster,
  interval,
  signal,
  show,
}: WatchOptions): Promise<Observation[]> {
  const sights: (Sight | undefined)[] = hosts.map(() => undefined);
  const over = new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
  const keepLooking = async (host: Host, place: number) => {
    while (!signal.aborted) {
      const began = Date.now();
      const sight = await look(host, cluster, sights[place]);
      if (signal.aborted) return;
      sights[place] = sight;
      show([...sights]);
      await pause(Math.max(0, began + interval - Date.now()), undefined, { signal }).catch(() => undefined);
    }
  };
  await Promise.race([over, Promise.all(hosts.map(keepLooking))]);
  return sights.flatMap((sight) => (sight === undefined ? [] : [sight.observation]));
}

/** Events are asked for when something is not as it was. */
async function look(host: Host, cluster: string, last: Sight | undefined): Promise<Sight> {
  const observation = await observe(host, cluster);
  const at = Date.now();
  const events = last?.events ?? [];
  if (!isSeen(observation) || (last !== undefined && signature(last.observation) === signature(observation)))
    return { observation, at, events };
  const since = Math.floor(at / 1000) - SINCE;
  const { code, stdout } = await host.agent(["events", cluster, String(since)], LIMIT);
  return { observation, at, events: code === 0 ? eventsOf(stdout).slice(-KEPT) : events };
}

/** What can change only by an event: ages and times are no part of it. */
function signature(observation: Observation): string {
  if (!isSeen(observation)) return observation.problem;
  const { running, status } = observation;
  const { role, instances, checks, drained, promoted, pending, generation } = status;
  const states = instances.map(({ state, vips, reported }) => [state, vips, reported?.state]);
  const actions = role?.actions.map(({ name, state }) => [name, state]);
  const tests = checks.map(({ name, state }) => [name, state]);
  return JSON.stringify([
    [running, drained, promoted, pending, generation],
    [states, tests, role?.wanted, role?.reached, actions],
  ]);
}
