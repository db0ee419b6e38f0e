import { inNetwork, isUnicast, parseAddress, reservedInNetwork } from "./addresses";
import { VirtualIpAddress } from "./model";
import { INTERFACE_NAME } from "./names";

/** Why a text is no virtual address. */
export interface VipError {
  allowed: string;
  fix: string;
}

const FORM = "an address with its prefix length, then optionally 'dev NAME' and 'label NAME'";

/**
 * Reads a virtual address in keepalived's own words: `192.168.1.1/24 dev eth0 label eth0:vip`.
 * Without a prefix length it is an address of its own (/32, /128), as for keepalived.
 */
export function parseVip(text: string): { vip: VirtualIpAddress } | { error: VipError } {
  const [cidr = "", ...words] = text.trim().split(/\s+/);
  const [host = "", prefix, ...rest] = cidr.split("/");
  const address = parseAddress(host);
  if (address === undefined || rest.length > 0) {
    return { error: { allowed: FORM, fix: "write it as in '192.168.1.1/24' or '2001:db8::1/64'" } };
  }
  const longest = address.family === 4 ? 32 : 128;
  const prefixLength = prefix === undefined ? longest : /^\d{1,3}$/.test(prefix) ? Number(prefix) : NaN;
  if (!(prefixLength >= 1 && prefixLength <= longest)) {
    return {
      error: {
        allowed: `a prefix length from 1 to ${longest}`,
        fix: "write the prefix length of the network that the address is on",
      },
    };
  }
  const vip: VirtualIpAddress = { address: address.text, prefixLength, family: address.family };
  return parseOptions(vip, words);
}

function parseOptions(
  vip: VirtualIpAddress,
  words: string[],
): { vip: VirtualIpAddress } | { error: VipError } {
  for (let i = 0; i < words.length; i += 2) {
    const [key, value] = [words[i], words[i + 1]];
    if ((key !== "dev" && key !== "label") || value === undefined || vip[key] !== undefined) {
      return { error: { allowed: FORM, fix: `remove or complete '${words.slice(i).join(" ")}'` } };
    }
    if (key === "label" && vip.family === 6) {
      return { error: { allowed: "no label: only IPv4 addresses have one", fix: "remove the label" } };
    }
    if (key === "label" ? !/^[A-Za-z0-9._:-]{1,15}$/.test(value) : !INTERFACE_NAME.test(value)) {
      return {
        error: { allowed: `a ${key} of 1 to 15 characters without blanks`, fix: `shorten '${value}'` },
      };
    }
    vip[key] = value;
  }
  return { vip };
}

/** As parseVip, and what only a spec asks for: a stated prefix length and an address that a host can have. */
export function parseSpecVip(text: string): { vip: VirtualIpAddress } | { error: VipError } {
  const parsed = parseVip(text);
  if ("error" in parsed) {
    return parsed;
  }
  const { vip } = parsed;
  if (!text.trim().split(/\s+/, 1)[0]?.includes("/")) {
    const [usual, alone] = vip.family === 4 ? [24, 32] : [64, 128];
    return {
      error: {
        allowed: "an address with its prefix length",
        fix: `write the prefix length of the interface's network, as in '${vip.address}/${usual}', or '${vip.address}/${alone}' together with vipOffLink: true`,
      },
    };
  }
  const reserved = reservedInNetwork(vip);
  if (reserved !== undefined || !isUnicast(vip.address)) {
    return {
      error: {
        allowed: "an address that a host can have",
        fix: reserved
          ? `it is the ${reserved} address of its network: choose another`
          : "choose another address",
      },
    };
  }
  return parsed;
}

/** A virtual address as `virtual_ipaddress` writes it. */
export function vipText(vip: VirtualIpAddress): string {
  return [
    `${vip.address}/${vip.prefixLength}`,
    ...(vip.dev === undefined ? [] : ["dev", vip.dev]),
    ...(vip.label === undefined ? [] : ["label", vip.label]),
  ].join(" ");
}

/** Whether an address is on the network that a virtual address says it is on. */
export function isOnVipNetwork(address: string, vip: VirtualIpAddress): boolean {
  return inNetwork(address, vip.address, vip.prefixLength);
}
