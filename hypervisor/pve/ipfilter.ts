import { canonical, familyOf, inNetwork } from "../../spec/addresses";
import { GuestSeen, PveIpset, PveIpsetEntry } from "./guest";
import { addressesOf, macOf, Net } from "./net";
import { isOn } from "./reads";

export function ipfilterName(nic: string): string {
  return `ipfilter-${nic}`;
}

/** The ipset of a NIC, if it is there and more than what has our comment. */
function foreignSet(seen: GuestSeen, nic: string, comment: string): PveIpset | undefined {
  const set = seen.firewall.ipsets[ipfilterName(nic)];
  const ours = set?.comment === comment && set.entries.every((entry) => entry.comment === comment);
  return ours ? undefined : set;
}

/**
 * Whether PVE drops what this NIC sends from other addresses than those of its ipset. With pve-firewall the ipset alone
 * switches the filter on, even an empty one; proxmox-firewall asks for the option. An ipset that is only ours is no reason.
 */
export function ipfilterApplies(seen: GuestSeen, nic: string, comment: string): boolean {
  const option = isOn(seen.firewall.options["ipfilter"], false);
  return option || (!seen.firewall.nftables && foreignSet(seen, nic, comment) !== undefined);
}

/** Whether an ipset lets an address through: its longest match decides, as in the kernel's hash:net. */
export function covers(entries: readonly PveIpsetEntry[], address: string): boolean {
  const matches = entries.flatMap((entry) => {
    const [network = "", prefix] = entry.cidr.split("/");
    // An alias is a name; which address it has is not known here.
    if (!/[.:]/.test(network) || !/^[0-9a-f.:]+$/i.test(network)) {
      return [];
    }
    const length = prefix === undefined ? (familyOf(network) === 4 ? 32 : 128) : Number(prefix);
    return inNetwork(address, network, length) ? [{ length, nomatch: entry.nomatch === true }] : [];
  });
  const longest = matches.sort((a, b) => b.length - a.length)[0];
  return longest !== undefined && !longest.nomatch;
}

/** What PVE puts into a filter without an ipset: the MAC's link-local address, and a container's own addresses. */
export function impliedAddresses(net: Net): string[] {
  const mac = macOf(net);
  const own = addressesOf(net).map((cidr) => canonical(cidr.split("/")[0]!));
  return [...(mac === undefined ? [] : [linkLocalOf(mac)]), ...own];
}

/** The EUI-64 link-local address of a MAC (RFC 4291, appendix A). */
export function linkLocalOf(mac: string): string {
  const bytes = mac.split(":").map((byte) => parseInt(byte, 16));
  const eui = [bytes[0]! ^ 2, bytes[1]!, bytes[2]!, 0xff, 0xfe, bytes[3]!, bytes[4]!, bytes[5]!];
  const groups = [0, 2, 4, 6].map((at) => ((eui[at]! << 8) | eui[at + 1]!).toString(16));
  return canonical(`fe80::${groups.join(":")}`);
}
