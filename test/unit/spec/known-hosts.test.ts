import { createHmac } from "node:crypto";
import { findHostKey } from "../../../spec";

const ED = "ssh-ed25519 AAAAED";
const RSA = "ssh-rsa AAAARSA";
const ECDSA = "ecdsa-sha2-nistp256 AAAAEC";

function hashed(name: string): string {
  const salt = Buffer.from("0123456789abcdefghij");
  return `|1|${salt.toString("base64")}|${createHmac("sha1", salt).update(name).digest("base64")}`;
}

it.each([
  ["a plain name", `gw ${ED}`, "gw", 22, ED],
  ["a name in another case", `gw ${ED}`, "GW", 22, ED],
  ["one of several names", `gw,192.168.1.2 ${ED}`, "192.168.1.2", 22, ED],
  ["a comment after the key", `gw ${ED} root@gw`, "gw", 22, ED],
  ["another port", `[gw]:2222 ${ED}`, "gw", 2222, ED],
  ["an IPv6 address on another port", `[2001:db8::1]:2222 ${ED}`, "2001:db8::1", 2222, ED],
  ["a hashed name", `${hashed("gw")} ${ED}`, "gw", 22, ED],
  ["a hashed name with port", `${hashed("[gw]:2222")} ${ED}`, "gw", 2222, ED],
  ["a wildcard", `*.example.org ${ED}`, "gw.example.org", 22, ED],
  ["a question mark", `gw-? ${ED}`, "gw-a", 22, ED],
  ["ed25519 before others", `gw ${RSA}\ngw ${ECDSA}\ngw ${ED}\n`, "gw", 22, ED],
  ["ecdsa before rsa", `gw ${RSA}\ngw ${ECDSA}`, "gw", 22, ECDSA],
  ["a key beside a revoked one", `@revoked gw ${ED}\ngw ${ED}\ngw ${RSA}`, "gw", 22, RSA],
])("finds a key by %s", (_name, text, host, port, key) => {
  expect(findHostKey(text, host, port)).toBe(key);
});

it.each([
  ["another host", `other ${ED}`, "gw", 22],
  ["another port", `gw ${ED}`, "gw", 2222],
  ["the standard port only for the standard port", `[gw]:2222 ${ED}`, "gw", 22],
  ["a name that only begins alike", `gw ${ED}`, "gw2", 22],
  ["a dot that stands for itself", `gw.example ${ED}`, "gwxexample", 22],
  ["a negated pattern", `*.example,!gw.example ${ED}`, "gw.example", 22],
  ["a negation alone", `!other ${ED}`, "gw", 22],
  ["a hash of another name", `${hashed("other")} ${ED}`, "gw", 22],
  ["a certificate authority", `@cert-authority * ${ED}`, "gw", 22],
  ["a revoked key", `@revoked * ${ED}\ngw ${ED}`, "gw", 22],
  ["a comment", `# gw ${ED}`, "gw", 22],
  ["an incomplete line", "gw ssh-ed25519", "gw", 22],
  ["an unknown key type", "gw ssh-dss AAAA", "gw", 22],
  ["nothing", "", "gw", 22],
])("finds no key in an entry for %s", (_name, text, host, port) => {
  expect(findHostKey(text, host, port)).toBeUndefined();
});
