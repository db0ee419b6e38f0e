import ipaddr from "ipaddr.js";
import { parseAddress } from "./addresses";
import { Source } from "./model";

/** Why a text is no source. */
export interface SourceError {
  allowed: string;
  fix: string;
}

/** Reads `192.168.1.9`, `192.168.1.0/24`, `2001:db8::/32`. A network is written as such: no bit behind its prefix is set. */
export function parseSource(text: string): { source: Source } | { error: SourceError } {
  const [host = "", prefix, ...rest] = text.split("/");
  const address = parseAddress(host);
  if (address === undefined || rest.length > 0) {
    return {
      error: {
        allowed: "an IP address, or a network as ADDRESS/PREFIX",
        fix: "write it as in '192.168.1.9', '192.168.1.0/24' or '2001:db8::/32'",
      },
    };
  }
  const { family } = address;
  if (prefix === undefined) {
    return { source: address };
  }
  const longest = family === 4 ? 32 : 128;
  const length = /^\d{1,3}$/.test(prefix) ? Number(prefix) : NaN;
  if (!(length >= 1 && length <= longest)) {
    return {
      error: {
        allowed: `a prefix length from 1 to ${longest}`,
        fix: "write the prefix length of the network; leave 'from' out to let everybody in",
      },
    };
  }
  const network = networkOf(address.text, length);
  if (network !== address.text) {
    return {
      error: {
        allowed: "a network, with no bit behind its prefix length",
        fix: `write '${network}/${length}', or '${address.text}' for the one address`,
      },
    };
  }
  return { source: { text: length === longest ? network : `${network}/${length}`, family } };
}

function networkOf(address: string, length: number): string {
  const cidr = `${address}/${length}`;
  return address.includes(":")
    ? ipaddr.IPv6.networkAddressFromCIDR(cidr).toRFC5952String()
    : ipaddr.IPv4.networkAddressFromCIDR(cidr).toString();
}
