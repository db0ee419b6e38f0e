import { createPrivateKey, createPublicKey } from "node:crypto";

/** What a key of WireGuard is. */
export const KEY =
  "a key as 'wg genkey' and 'wg genpsk' print it: base64 of 32 bytes, not all zero, 44 characters";

/**
 * Whether a text is a key as wg reads it: 32 bytes in base64, with no bit set that is not part of them. All zero means
 * 'no key' to wg.
 */
export function isKey(text: string): boolean {
  const bytes = Buffer.from(text, "base64");
  return bytes.length === 32 && bytes.toString("base64") === text && bytes.some((byte) => byte !== 0);
}

/** Head of an X25519 private key in PKCS #8 (RFC 8410); the 32 bytes follow. */
const PKCS8_HEAD = Buffer.from("302e020100300506032b656e04220420", "hex");

/** The public key that belongs to a private one. Keys that differ in bits that Curve25519 does not use have the same. */
export function publicKeyOf(privateKey: string): string {
  const der = Buffer.concat([PKCS8_HEAD, Buffer.from(privateKey, "base64")]);
  const key = createPublicKey(createPrivateKey({ key: der, format: "der", type: "pkcs8" }));
  return key.export({ format: "der", type: "spki" }).subarray(-32).toString("base64");
}
