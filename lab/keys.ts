import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A pair of SSH keys: the private one in OpenSSH's format, the public one as a line of authorized_keys. */
export interface KeyPair {
  private: string;
  public: string;
}

/**
 * Makes an ed25519 pair with ssh-keygen. The npm library ssh2 can make one, too, but about one in some hundred of its
 * private keys is one that OpenSSH refuses ("error in libcrypto").
 */
export function makeKeyPair(comment: string): KeyPair {
  const directory = mkdtempSync(join(tmpdir(), "key-"));
  try {
    const file = join(directory, "key");
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", file]);
    return { private: readFileSync(file, "utf8"), public: readFileSync(`${file}.pub`, "utf8").trim() };
  } finally {
    rmSync(directory, { recursive: true });
  }
}
