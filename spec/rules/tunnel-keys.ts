import { isKey, KEY, publicKeyOf } from "../tunnel/keys";
import { JudgedTunnel, nodesOf, TunnelFinding, tunnelRule } from "./tunnel-rule";

interface PlacedKey {
  path: string;
  publicKey: string;
  shown: string;
}

function givenKeys(tunnel: JudgedTunnel): PlacedKey[] {
  return nodesOf(tunnel).flatMap(({ at, privateKey }) =>
    typeof privateKey === "string"
      ? [{ path: `nodes[${at}].privateKey`, publicKey: publicKeyOf(privateKey), shown: "(secret)" }]
      : [],
  );
}

/** The public keys of the tunnel's nodes; UNKNOWN where a host has not told it yet, undefined where it is missing. */
function toldKeys(tunnel: JudgedTunnel) {
  const { publicKeys } = tunnel;
  return publicKeys === undefined
    ? []
    : nodesOf(tunnel).flatMap(({ name }) =>
        typeof name === "string" ? [{ path: `publicKeys.${name}`, publicKey: publicKeys[name] }] : [],
      );
}

/** A copied key is no key: either end could be the other. */
export const tunnelEqualKeys = tunnelRule(
  {
    id: "tunnel-equal-keys",
    severity: "error",
    doc: "Each node has a private key of its own; WireGuard knows a peer by its key, and drops a peer that has the node's own.",
    fix: "leave privateKey out and let the host make it, or give each node what a 'wg genkey' of its own prints",
  },
  (tunnel) => [
    ...equal(givenKeys(tunnel)),
    ...equal(
      toldKeys(tunnel).flatMap(({ path, publicKey }) =>
        typeof publicKey === "string" ? [{ path, publicKey, shown: publicKey }] : [],
      ),
    ),
  ],
);

function equal(keys: PlacedKey[]): TunnelFinding[] {
  return keys.flatMap(({ path, publicKey, shown }, i) => {
    const first = keys.slice(0, i).find((other) => other.publicKey === publicKey);
    return first === undefined ? [] : [{ path, value: shown, allowed: `another one than ${first.path}'s` }];
  });
}

/** Without it there is nobody to talk to. */
export const tunnelPublicKey = tunnelRule(
  {
    id: "tunnel-public-key",
    severity: "error",
    doc: "The public key of each node is known to its peer.",
    fix: "give what 'wg pubkey' prints for the node's private key",
  },
  (tunnel) =>
    toldKeys(tunnel).flatMap(({ path, publicKey = "" }) =>
      typeof publicKey === "string" && !isKey(publicKey)
        ? [{ path, value: publicKey === "" ? "(missing)" : publicKey.slice(0, 60), allowed: KEY }]
        : [],
    ),
);
