import { isUnicast, reservedInNetwork } from "../addresses";
import { Family } from "../model";
import type { FieldDoc } from "../schema/fields";
import { parseVip } from "../vip";

/** An address with the length of its network's prefix. */
export interface HostAddress {
  address: string;
  prefixLength: number;
  family: Family;
}

const EXAMPLE = { 4: "192.168.1.2/24", 6: "fd00::2/64" } as const;

/** Reads the address of a NIC: `192.168.1.2/24`. */
export function parseHostAddress(family: Family) {
  const allowed = `an IPv${family} address with the prefix length of its network, as in '${EXAMPLE[family]}'`;
  return (text: string): { value: HostAddress } | { error: FieldDoc } => {
    const parsed = parseVip(text);
    if ("error" in parsed || /\s/.test(text.trim()) || !text.includes("/") || parsed.vip.family !== family) {
      return { error: { allowed, fix: `give ${allowed}` } };
    }
    const { address, prefixLength } = parsed.vip;
    const reserved = reservedInNetwork(parsed.vip);
    if (reserved !== undefined || !isUnicast(address)) {
      const fix = reserved
        ? `it is the ${reserved} address of its network: choose another`
        : "choose another";
      return { error: { allowed: "an address that a host can have", fix } };
    }
    return { value: { address, prefixLength, family } };
  };
}

/** The address without the prefix length, of a text that parseHostAddress takes. */
export const bareAddress = (text: string) => text.replace(/\/.*/, "");
