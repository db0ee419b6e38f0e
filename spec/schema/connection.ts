import { z } from "zod";
import { field, flag, secretText, text, whole } from "./fields";

/** Whether a text is a public key as authorized_keys and known_hosts write it: `ssh-ed25519 AAAA... [comment]`. */
function isPublicKey(value: string): boolean {
  const [type = "", blob = ""] = value.trim().split(/\s+/);
  const bytes = Buffer.from(blob, "base64");
  // The blob begins with its own type, so that a truncated or a private key is told here and not by the handshake.
  return (
    /^[A-Za-z0-9+/]+=*$/.test(blob) &&
    bytes.length > 4 + type.length &&
    bytes.readUInt32BE(0) === type.length &&
    bytes.toString("latin1", 4, 4 + type.length) === type
  );
}

const endpoint = {
  /** Name or address of the SSH server, 1 to 253 characters. Never a virtual address: that one moves. */
  host: text(/^[A-Za-z0-9][A-Za-z0-9._:%-]{0,252}$|^::[A-Fa-f0-9:.]*$/, "a host name or an IP address"),
  /** TCP port of the SSH server, 1 to 65535. @default 22 */
  port: whole(1, 65535).optional(),
  /** User to log in as. @default "root" */
  user: text(/^[A-Za-z_][A-Za-z0-9_.@\\-]{0,63}$/, "the name of a user, 1 to 64 characters").optional(),
  /** Private key in PEM or OpenSSH format. */
  privateKey: secretText("a private key in PEM or OpenSSH format").optional(),
  /** Passphrase of the private key. */
  privateKeyPassword: secretText("the passphrase of privateKey").optional(),
  /** Password of the user. */
  password: secretText("a password of at least 1 character").optional(),
  /** Use the SSH agent that the caller runs with (SSH_AUTH_SOCK). @default false */
  agent: flag().optional(),
  /** Use the SSH agent at this absolute path. */
  agentSocketPath: text(/^\/\S+$/, "the absolute path of an agent's socket").optional(),
  /** Public host key, as in authorized_keys. @default the entry in the user's known_hosts */
  hostKey: field(
    z.string().refine(isPublicKey),
    "a public key in authorized_keys format: 'ssh-ed25519 AAAA...'",
    // Somebody may have pasted the private key.
    { secret: true, fix: "run 'ssh-keyscan -t ed25519 HOST', compare its fingerprint, and give the key" },
  ).optional(),
  /** Accept any host key: anybody in between can then read and change everything. @default false */
  insecureHostKey: flag().optional(),
};

/** An SSH host to go through. */
export const proxySchema = field(z.strictObject(endpoint), "a connection without a proxy of its own", {
  secret: true,
});

/** How a host is reached over SSH. */
export const connectionSchema = field(
  z.strictObject({
    ...endpoint,
    /** One host to go through. */
    proxy: proxySchema.optional(),
  }),
  "a connection: host and one of privateKey, agent, agentSocketPath, password",
  // Somebody may have written user:password@host.
  { secret: true },
);

export type ConnectionInput = z.infer<typeof connectionSchema>;
export type ProxyInput = z.infer<typeof proxySchema>;
