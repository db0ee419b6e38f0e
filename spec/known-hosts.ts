import { createHmac } from "node:crypto";

/** Key types from the most to the least wanted; ed25519 has one form only, and every server of this century has it. */
const PREFERENCE = [
  "ssh-ed25519",
  "ecdsa-sha2-nistp256",
  "ecdsa-sha2-nistp384",
  "ecdsa-sha2-nistp521",
  "rsa-sha2-512",
  "rsa-sha2-256",
  "ssh-rsa",
];

interface Entry {
  marker?: string;
  hosts: string;
  /** `TYPE BASE64`, without the comment. */
  key: string;
}

function parseLine(line: string): Entry | undefined {
  const words = line.trim().split(/\s+/);
  const marker = words[0]?.startsWith("@") ? words.shift() : undefined;
  const [hosts, type, blob] = words;
  if (hosts === undefined || hosts.startsWith("#") || type === undefined || blob === undefined) {
    return undefined;
  }
  return { marker, hosts, key: `${type} ${blob}` };
}

/** `|1|SALT|HASH`: HMAC-SHA1 of the host's name with the salt. */
function matchesHash(hashed: string, name: string): boolean {
  const [, , salt = "", hash = ""] = hashed.split("|");
  return createHmac("sha1", Buffer.from(salt, "base64")).update(name).digest("base64") === hash;
}

function matchesPattern(pattern: string, name: string): boolean {
  const source = [...pattern.toLowerCase()]
    .map((c) => (c === "*" ? ".*" : c === "?" ? "." : c.replace(/[\\^$.|+()[\]{}]/, "\\$&")))
    .join("");
  return new RegExp(`^${source}$`).test(name);
}

function matches(hosts: string, name: string): boolean {
  if (hosts.startsWith("|1|")) {
    return matchesHash(hosts, name);
  }
  const patterns = hosts.split(",");
  const refused = patterns.some((p) => p.startsWith("!") && matchesPattern(p.slice(1), name));
  return !refused && patterns.some((p) => !p.startsWith("!") && matchesPattern(p, name));
}

/**
 * The public key that a known_hosts text has for a host, as `TYPE BASE64`, ed25519 first; undefined when it has none
 * that can be used. Keys marked @revoked are never taken, and those of a @cert-authority are not the host's own.
 */
export function findHostKey(knownHosts: string, host: string, port: number): string | undefined {
  const name = (port === 22 ? host : `[${host}]:${port}`).toLowerCase();
  const entries = knownHosts
    .split("\n")
    .map(parseLine)
    .filter((entry) => entry !== undefined && matches(entry.hosts, name)) as Entry[];
  const revoked = new Set(entries.filter((e) => e.marker === "@revoked").map((e) => e.key));
  const rank = (key: string) => PREFERENCE.indexOf(key.split(" ", 1)[0] ?? "");
  return entries
    .filter((e) => e.marker === undefined && !revoked.has(e.key) && rank(e.key) >= 0)
    .map((e) => e.key)
    .sort((a, b) => rank(a) - rank(b))[0];
}
