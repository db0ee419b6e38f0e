/**
 * Interfaces whose packets travel inside others, by the names that the usual tools give them. Longer names first: a name
 * ends, or goes on with a number, `-` or `_`. Those of ZeroTier go on with eight characters made of the network's id.
 */
const TUNNEL =
  /^(?:(wg|tunnel|tunl|tun|tap|tailscale|pppoe|ppp|gretap|gre|ipip|sit|vti|xfrm|ipsec|vxlan|l2tp)(?:[0-9_-].*)?|(zt)(?:[0-9a-z]{8})?)$/;

/** What kind of tunnel an interface is by its name, such as `wg`; undefined: none that is known. */
export function tunnelKind(interfaceName: string): string | undefined {
  const [, usual, zeroTier] = TUNNEL.exec(interfaceName) ?? [];
  return usual ?? zeroTier;
}
