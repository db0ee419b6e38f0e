import { inNetwork, isLinkLocal, isUnicast, reservedInNetwork } from "../addresses";
import { Family } from "../model";
import { parseSource } from "../source";
import { parseVip } from "../vip";
import { Network } from "./model";

/** Why a text is not what it should be. */
export interface TextError {
  allowed: string;
  fix: string;
}

type Read = { network: Network } | { error: TextError };

/** Length of the prefix of an address of its own. */
export const WHOLE: Record<Family, number> = { 4: 32, 6: 128 };

export function networkText({ address, prefixLength }: Network): string {
  return `${address}/${prefixLength}`;
}

/** The one address as a network. */
export function alone({ address, family }: Pick<Network, "address" | "family">): Network {
  return { address, family, prefixLength: WHOLE[family] };
}

/** Link-local addresses: where hosts tell each other how a change stands. */
export const LINK_LOCAL: Network = { address: "fe80::", prefixLength: 64, family: 6 };

/** Whether an address stands without a network around it. */
export function isAlone({ family, prefixLength }: Network): boolean {
  return prefixLength === WHOLE[family];
}

/** Whether two networks have an address in common: then one is inside the other. */
export function overlap(a: Network, b: Network): boolean {
  return inNetwork(a.address, b.address, Math.min(a.prefixLength, b.prefixLength));
}

/** Whether the network holds the address. */
export function holds(network: Network, address: string): boolean {
  return inNetwork(address, network.address, network.prefixLength);
}

function isUsable(address: string): boolean {
  return isUnicast(address) && !isLinkLocal(address);
}

const ADDRESS =
  "an address with the prefix length of the tunnel's network, as '10.99.0.1/24' or 'fd99::1/64'";

/** Reads an address of a node inside the tunnel: `10.99.0.1/24`. */
export function parseTunnelAddress(text: string): Read {
  const parsed = parseVip(text);
  if ("error" in parsed || /\s/.test(text.trim())) {
    return { error: { allowed: ADDRESS, fix: `give ${ADDRESS}` } };
  }
  const { address, prefixLength, family } = parsed.vip;
  if (!text.includes("/")) {
    return {
      error: {
        allowed: ADDRESS,
        fix: `write the prefix length, as in '${address}/${family === 4 ? 24 : 64}'`,
      },
    };
  }
  const reserved = reservedInNetwork(parsed.vip);
  if (reserved !== undefined || !isUsable(address)) {
    return {
      error: {
        allowed: "an address that a host can have, and no link-local one",
        fix: reserved
          ? `it is the ${reserved} address of its network: choose another`
          : "choose another address, as from 10.0.0.0/8 or fd00::/8",
      },
    };
  }
  return { network: { address, prefixLength, family } };
}

/** Reads a virtual address: `10.99.0.100`, or in keepalived's own words `10.99.0.100/32 dev wg0`. */
export function parseTunnelVip(text: string): Read {
  const parsed = parseVip(text);
  if ("error" in parsed) {
    return { error: { ...parsed.error, fix: "write it as in '10.99.0.100', or as HaPair has it" } };
  }
  const { address, family } = parsed.vip;
  return isUsable(address)
    ? { network: alone({ address, family }) }
    : {
        error: {
          allowed: "an address that a host can have, and no link-local one",
          fix: "choose another address",
        },
      };
}

/** Reads a network behind a node: `192.168.10.0/24`. */
export function parseSubnet(text: string): Read {
  if (/\/0*$/.test(text)) {
    return {
      error: {
        allowed: "a network with a prefix length from 1",
        fix: "name the networks behind the node: a default route into the tunnel would take the tunnel's own packets, too",
      },
    };
  }
  const parsed = parseSource(text);
  if ("error" in parsed) {
    return { error: { ...parsed.error, fix: parsed.error.fix.replace(/;.*/, "") } };
  }
  const { family } = parsed.source;
  const [address = "", prefix] = parsed.source.text.split("/");
  return isUsable(address)
    ? { network: { address, family, prefixLength: prefix === undefined ? WHOLE[family] : Number(prefix) } }
    : { error: { allowed: "a network of hosts", fix: "name the network behind the node" } };
}
