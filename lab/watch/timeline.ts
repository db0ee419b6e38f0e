/** Seconds since the epoch on the kernel's one clock, with fractions down to the microsecond. */
export type Instant = number;

/** Now, as an Instant with millisecond steps: for marks, not for measuring. */
export const now = (): Instant => Date.now() / 1000;

/** Seconds between two questions of the client. */
export const probeInterval = 0.02;

/** A host came to have an address, or lost it. */
export interface AddressEvent {
  kind: "address";
  at: Instant;
  host: string;
  address: string;
  interfaceIndex: number;
  present: boolean;
}

/** State of a host's link after a change. */
export interface LinkEvent {
  kind: "link";
  at: Instant;
  host: string;
  interface: string;
  /** The administrator's wish. */
  up: boolean;
  /** Whether the cable is good. */
  carrier: boolean;
}

/** A host's network namespace has gone, and all its addresses with it: a power-off. */
export interface GoneEvent {
  kind: "gone";
  at: Instant;
  host: string;
}

export type HostEvent = AddressEvent | LinkEvent | GoneEvent;

/** A time in which one host had one address. */
export interface Holding {
  host: string;
  address: string;
  from: Instant;
  to: Instant;
}

/** A VRRP advert as it passed the wire. */
export interface Advert {
  at: Instant;
  /** Host whose MAC address sent it; absent for a stranger's. */
  host?: string;
  source: string;
  version: number;
  virtualRouterId: number;
  /** 0: the sender stops. */
  priority: number;
}

/** One of the client's questions to a VIP, as it left the client's interface. */
export interface Request {
  at: Instant;
  vip: string;
  sequence: number;
}

/** An answer that reached the client's interface. */
export interface Answer extends Request {
  /** Host whose MAC address sent it; absent for a stranger's. */
  host?: string;
}

/** Something the caller did, to be shown and measured from. */
export interface Mark {
  at: Instant;
  label: string;
}

/** For how long a recorder is known to have seen everything. */
export interface RecorderLife {
  recorder: string;
  from: Instant;
  to: Instant;
  /** What it may have missed, and why; empty when it saw all. */
  failures: string[];
}

/** All that was seen between two instants. Plain data. */
export interface Timeline {
  from: Instant;
  to: Instant;
  hosts: string[];
  holdings: Holding[];
  links: LinkEvent[];
  adverts: Advert[];
  requests: Request[];
  answers: Answer[];
  marks: Mark[];
  recorders: RecorderLife[];
}

/**
 * The part of a timeline between two instants, holdings cut at its edges; what is behind its end nobody has seen. The recorders'
 * lives stay whole.
 */
export function between(timeline: Timeline, from: Instant, until: Instant = timeline.to): Timeline {
  const to = Math.min(until, timeline.to);
  const within = <T extends { at: Instant }>(events: T[]) =>
    events.filter(({ at }) => at >= from && at <= to);
  return {
    ...timeline,
    from,
    to,
    holdings: timeline.holdings
      .map((held) => ({ ...held, from: Math.max(held.from, from), to: Math.min(held.to, to) }))
      .filter((held) => held.from < held.to),
    links: within(timeline.links),
    adverts: within(timeline.adverts),
    requests: within(timeline.requests),
    answers: within(timeline.answers),
    marks: within(timeline.marks),
  };
}
