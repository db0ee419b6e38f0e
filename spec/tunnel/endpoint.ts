import { isLinkLocal, isUnicast, parseAddress } from "../addresses";
import { Endpoint } from "./model";
import { TextError } from "./network";

/** A name in the DNS: labels of letters, digits and '-', and '_' as some have it. */
const HOST_NAME =
  /^(?=.{1,253}$)[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9])?)*$/;

const FORM =
  "'HOST' or 'HOST:PORT', HOST being a name or an address; an IPv6 address with a port as '[2001:db8::1]:51820'";

/** An endpoint whose port may be left to the node's listenPort. */
export type ParsedEndpoint = Omit<Endpoint, "port"> & { port?: number };

/** Reads `vpn.example.org`, `192.0.2.1:51820`, `2001:db8::1`, `[2001:db8::1]:51820`. */
export function parseEndpoint(text: string): { endpoint: ParsedEndpoint } | { error: TextError } {
  const wrong = (allowed: string, fix: string) => ({ error: { allowed, fix } });
  const bracketed = /^\[([^\]]*)\](?::(.*))?$/.exec(text);
  const [, host = "", portText] =
    bracketed ?? (parseAddress(text) ? [text, text] : /^([^:]*)(?::(.*))?$/.exec(text)) ?? [];
  const address = parseAddress(host);
  if (bracketed !== null && address?.family !== 6) {
    return wrong(FORM, "write only an IPv6 address in brackets");
  }
  // Four numbers that are no address are no name either.
  if (address === undefined && (!HOST_NAME.test(host) || /^[\d.]+$/.test(host))) {
    return wrong(FORM, "write it as in 'vpn.example.org' or '192.0.2.1:51820'");
  }
  if (address !== undefined && (!isUnicast(address.text) || isLinkLocal(address.text))) {
    return wrong(
      "an address that the peer can send to",
      "give the address by which the peer reaches this node",
    );
  }
  const port = portText === undefined ? undefined : /^\d{1,5}$/.test(portText) ? Number(portText) : NaN;
  if (port !== undefined && !(port >= 1 && port <= 65535)) {
    return wrong(
      "a port from 1 to 65535",
      "write the port behind the last colon, or leave it out for listenPort",
    );
  }
  return { endpoint: { host: address?.text ?? host.toLowerCase(), family: address?.family, port } };
}

/** An endpoint as wg takes it. */
export function endpointText({ host, port, family }: Endpoint): string {
  return family === 6 ? `[${host}]:${port}` : `${host}:${port}`;
}
