import { canonical } from "./addresses";
import { Bfd, TrackInterface } from "./model";
import { BfdInput, TrackInterfaceInput } from "./schema/tracking";
import { Draft, isKnown, UNKNOWN, Unknown } from "./unknown";

/** Tracked interfaces with their defaults. */
export function interfacesWithDefaults(input: Draft<TrackInterfaceInput[]>): Draft<TrackInterface[]> {
  return each(input, (tracked) => ({ interface: tracked.interface, weight: tracked.weight ?? 0 }));
}

/**
 * BFD sessions with their defaults. keepalived's own 10 ms and 5 packets would have every pause of 50 ms move the
 * addresses; three packets of 300 ms are what routers commonly use.
 */
export function bfdWithDefaults(input: Draft<BfdInput[]>): Draft<Bfd[]> {
  return each(input, (session) => ({
    name: session.name,
    neighborIp: inCanonical(session.neighborIp),
    sourceIp: inCanonical(session.sourceIp),
    minRx: session.minRx ?? 300,
    minTx: session.minTx ?? 300,
    idleTx: session.idleTx ?? 1000,
    multiplier: session.multiplier ?? 3,
    maxHops: session.maxHops ?? 0,
    multihop: session.multihop ?? false,
    passive: session.passive ?? false,
    weight: session.weight ?? 0,
  }));
}

function each<I, O>(input: Draft<I[]>, make: (item: Exclude<Draft<I>, Unknown>) => Draft<O>): Draft<O[]> {
  if (!isKnown(input)) {
    return UNKNOWN;
  }
  const items = input;
  return items.map((item) => (isKnown(item) ? make(item) : UNKNOWN));
}

function inCanonical<T extends string | undefined | Unknown>(address: T): T {
  return (typeof address === "string" ? canonical(address) : address) as T;
}
