import ipaddr from "ipaddr.js";
import { failed } from "./errors";

/** Addresses and networks as pve-firewall reads them. */

export interface Cidr {
  /** As PVE keeps it: /32 and /128 are left away. */
  text: string;
  version: 4 | 6;
}

/** The alias that a word names, and where it is looked for. */
export const aliasPattern = /^(dc\/|guest\/)?([A-Za-z][A-Za-z0-9_-]+)$/;

export function parseCidr(text: string): Cidr {
  const [address = "", length, ...more] = text.split("/");
  const version = ipaddr.IPv4.isValidFourPartDecimal(address)
    ? 4
    : ipaddr.IPv6.isValid(address)
      ? 6
      : undefined;
  if (version === undefined || more.length > 0 || (length !== undefined && !/^\d+$/.test(length)))
    throw failed("value does not look like a valid IP address or CIDR network");
  const longest = version === 4 ? 32 : 128;
  if (Number(length ?? longest) > longest) throw failed(`Invalid prefix length ${length}`);
  return { text: length === String(longest) ? address : text, version };
}

/** The network of an address with a length, its host part cleared. */
export function cleanCidr(text: string): string {
  const [address = "", length] = text.split("/");
  if (!length) return text;
  const whole = ipaddr.parse(address).toByteArray();
  const kept = whole.map((byte, index) => {
    const bits = Math.min(8, Math.max(0, Number(length) - index * 8));
    return byte & (0xff << (8 - bits)) & 0xff;
  });
  return `${ipaddr.fromByteArray(kept).toString()}/${length}`;
}

/** 10.0.0.9/24, which a set takes as 10.0.0.0/24 and a rule not at all. */
function hasHostPart(text: string): boolean {
  const [address = "", length] = text.split("/");
  return length !== undefined && cleanCidr(text) !== `${ipaddr.parse(address).toString()}/${length}`;
}

/** The version of the addresses of a rule's source or destination; undefined for a set or an alias. */
export function addressListVersion(text: string): 4 | 6 | undefined {
  if (/^\+\S+$/.test(text) || aliasPattern.test(text)) return undefined;
  const elements = text.split(",");
  if (text.endsWith(",")) throw failed("extraneous commas in list");
  let version: 4 | 6 | undefined;
  for (const element of elements) {
    const ends = element.split("-");
    if (ends.length > 1 && elements.length > 1) throw failed("you can't use a range in a list");
    for (const end of ends) {
      let its: 4 | 6;
      try {
        its = parseCidr(end).version;
      } catch {
        const strange = /[^0-9a-f:./]/i.test(end);
        const what = strange ? "Invalid chars in IP" : "Cannot determine IP version for";
        throw failed(`invalid IP address: ${what} ${end}`);
      }
      if (hasHostPart(end)) throw failed(`invalid IP address: Invalid prefix ${end}`);
      if (version !== undefined && its !== version)
        throw failed(`detected mixed ipv4/ipv6 addresses in address list '${text}'`);
      version = its;
    }
  }
  return version;
}
