import { Family } from "../model";

/** What most ways have: Ethernet. */
export const UNDERLAY_MTU = 1500;

/**
 * Bytes that WireGuard puts around a packet: type and reserved 4, receiver 4, counter 8, authentication tag 16 (whitepaper,
 * 5.4.6), UDP 8, and the header of IPv4 (20) or IPv6 (40) without options. The padding to 16 bytes stays within the MTU.
 */
export const OVERHEAD: Record<Family, number> = { 4: 60, 6: 80 };

/** Least MTU over which a family works: every IPv6 link has 1280 (RFC 8200, 5), every IPv4 host takes 576 (RFC 791, 3.1). */
export const LEAST_MTU: Record<Family, number> = { 4: 576, 6: 1280 };

/** The MTU inside a tunnel that fits over either family: 1420 over 1500, as wg-quick works it out, too. */
export function mtuOver(underlayMtu: number): number {
  return underlayMtu - OVERHEAD[6];
}
