import * as pulumi from "@pulumi/pulumi";
import { utils } from "ssh2";

import { handlerOf } from "../dynamic";

/** The two halves of an SSH host key. */
export interface HostKeyPair {
  /** A secret. */
  privateKey: pulumi.Output<string>;
  publicKey: pulumi.Output<string>;
}

/**
 * An SSH host key that is made before its machine, and kept in the state: so the first connection to the machine is as sure
 * of it as the last. A dynamic resource, for a program makes another key at each run.
 */
export class GuestHostKey extends pulumi.CustomResource implements HostKeyPair {
  declare public readonly privateKey: pulumi.Output<string>;
  declare public readonly publicKey: pulumi.Output<string>;

  constructor(
    name: string,
    keepers: pulumi.Input<Record<string, pulumi.Input<string>>>,
    opts: pulumi.CustomResourceOptions,
  ) {
    super(
      "pulumi-nodejs:dynamic/pulumi-keepalived:GuestHostKey",
      name,
      {
        __provider: handlerOf("pve", "hostKeyProvider"),
        keepers,
        privateKey: undefined,
        publicKey: undefined,
      },
      { ...opts, additionalSecretOutputs: ["privateKey"] },
    );
  }
}

/** The public half of a private key, as in authorized_keys, without comment. */
export function publicHalf(privateKey: string, passphrase?: string): string {
  const parsed: unknown = utils.parseKey(privateKey, passphrase);
  const key = Array.isArray(parsed) ? (parsed as unknown[])[0] : parsed;
  if (key instanceof Error) throw new pulumi.RunError(`cannot read the private key: ${key.message}`);
  const { type, getPublicSSH } = key as { type: string; getPublicSSH: () => Buffer };
  return `${type} ${getPublicSSH.call(key).toString("base64")}`;
}

/** The pair of a host key that the user gives. */
export function givenHostKey(node: string, given: pulumi.Input<string>): HostKeyPair {
  const privateKey = pulumi.secret(given);
  const publicKey = privateKey.apply((key) => {
    const half = publicHalf(key);
    if (half.startsWith("ssh-ed25519 ")) return half;
    throw new pulumi.RunError(
      `hostPrivateKey of ${node} is of type ${half.split(" ")[0]}: give an ed25519 key, as 'ssh-keygen -t ed25519' makes it`,
    );
  });
  return { privateKey, publicKey: pulumi.unsecret(publicKey) };
}
