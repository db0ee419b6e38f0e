import { parseEndpoint } from "./tunnel/endpoint";
import { TextError } from "./tunnel/network";

/** Reads `10.0.0.11:8080`, `[2001:db8::11]:8080`. nginx looks a name up at its start only, and does not start without. */
export function parseUpstream(
  text: string,
): { upstream: { address: string; port: number } } | { error: TextError } {
  // An application beside the gateway is an upstream like others.
  const [, own] = /^(?:127\.0\.0\.1|\[::1\]):(\d{1,5})$/.exec(text) ?? [];
  if (own !== undefined && Number(own) >= 1 && Number(own) <= 65535) {
    return { upstream: { address: text.startsWith("[") ? "::1" : "127.0.0.1", port: Number(own) } };
  }
  const parsed = parseEndpoint(text);
  const { host, family, port } =
    "endpoint" in parsed ? parsed.endpoint : { host: "", family: undefined, port: undefined };
  if (family === undefined || port === undefined) {
    return {
      error: {
        allowed: "'ADDRESS:PORT', an IPv6 address in brackets",
        fix: "write it as in '10.0.0.11:8080' or '[2001:db8::11]:8080'; nginx looks names up at its start only, and does not start while the DNS is away",
      },
    };
  }
  return { upstream: { address: host, port } };
}
