import ipaddr from "ipaddr.js";
import { Family, VirtualIpAddress } from "./model";

/** An IP address in canonical text: dotted for IPv4, RFC 5952 for IPv6. */
export interface Address {
  text: string;
  family: Family;
}

/** Reads an IPv4 address of four decimal parts or an IPv6 address without zone; undefined when it is neither. */
export function parseAddress(text: string): Address | undefined {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) {
    return { text: ipaddr.IPv4.parse(text).toString(), family: 4 };
  }
  if (text.includes(":") && !text.includes("%") && ipaddr.IPv6.isValid(text)) {
    return { text: ipaddr.IPv6.parse(text).toRFC5952String(), family: 6 };
  }
  return undefined;
}

/** The address in canonical text; any other text as it is. */
export function canonical(text: string): string {
  return parseAddress(text)?.text ?? text;
}

/** Family of an address that is known to be one. */
export function familyOf(address: string): Family {
  return address.includes(":") ? 6 : 4;
}

/** Whether one network holds both addresses. */
export function inNetwork(address: string, network: string, prefixLength: number): boolean {
  return (
    familyOf(address) === familyOf(network) &&
    ipaddr.parse(address).match(ipaddr.parse(network), prefixLength)
  );
}

/** Which of two addresses of a family is higher, as VRRP sees it: above 0 for the first. */
export function compareAddresses(a: string, b: string): number {
  return Buffer.compare(
    Buffer.from(ipaddr.parse(a).toByteArray()),
    Buffer.from(ipaddr.parse(b).toByteArray()),
  );
}

/** Whether a packet can be sent to and from this address: not unspecified, multicast, broadcast or loopback. */
export function isUnicast(address: string): boolean {
  return !["unspecified", "multicast", "broadcast", "loopback"].includes(ipaddr.parse(address).range());
}

export function isLinkLocal(address: string): boolean {
  return ipaddr.parse(address).range() === "linkLocal";
}

/** What an IPv4 address is in its own network when it is not one for a host: "network" or "broadcast". */
export function reservedInNetwork(vip: VirtualIpAddress): "network" | "broadcast" | undefined {
  if (vip.family === 6 || vip.prefixLength > 30) {
    return undefined;
  }
  const cidr = `${vip.address}/${vip.prefixLength}`;
  if (ipaddr.IPv4.networkAddressFromCIDR(cidr).toString() === vip.address) {
    return "network";
  }
  return ipaddr.IPv4.broadcastAddressFromCIDR(cidr).toString() === vip.address ? "broadcast" : undefined;
}
