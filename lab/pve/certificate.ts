import { type KeyObject, generateKeyPairSync, randomBytes, sign } from "node:crypto";
import { isIPv4 } from "node:net";
import { parse } from "ipaddr.js";

/** A certificate for a node's API and the authority that signed it, as a PVE cluster makes its own. */
export interface Certificates {
  /** PEM of the authority, pve-root-ca.pem. */
  authority: string;
  /** PEM of the node's certificate, pve-ssl.pem. */
  certificate: string;
  key: string;
}

const der = (tag: number, ...parts: Buffer[]): Buffer => {
  const body = Buffer.concat(parts);
  const bytes = body.length < 128 ? [] : [...Buffer.from(body.length.toString(16).padStart(4, "0"), "hex")];
  const length = bytes.length === 0 ? [body.length] : [0x80 + bytes.length, ...bytes];
  return Buffer.concat([Buffer.from([tag, ...length]), body]);
};
const sequence = (...parts: Buffer[]) => der(0x30, ...parts);
const oid = (hex: string) => der(6, Buffer.from(hex, "hex"));
const utf8 = (text: string) => der(0x0c, Buffer.from(text));
const name = (common: string) => sequence(der(0x31, sequence(oid("550403"), utf8(common))));
const time = (date: Date) =>
  der(
    0x17,
    Buffer.from(
      `${date
        .toISOString()
        .replace(/[-:T]|\.\d+/g, "")
        .slice(2, 14)}Z`,
    ),
  );
const ecdsaSha256 = sequence(oid("2a8648ce3d040302"));
const extension = (id: string, value: Buffer, critical = false) =>
  sequence(oid(id), ...(critical ? [der(1, Buffer.from([0xff]))] : []), der(4, value));

function pem(body: Buffer): string {
  const lines = body.toString("base64").match(/.{1,64}/g) ?? [];
  return ["-----BEGIN CERTIFICATE-----", ...lines, "-----END CERTIFICATE-----", ""].join("\n");
}

function certificate(
  subject: string,
  key: KeyObject,
  issuer: string,
  signer: KeyObject,
  extensions: Buffer[],
): string {
  const serial = Buffer.concat([Buffer.from([1]), randomBytes(8)]);
  const day = 86_400_000;
  const body = sequence(
    der(0xa0, der(2, Buffer.from([2]))),
    der(2, serial),
    ecdsaSha256,
    name(issuer),
    sequence(time(new Date(Date.now() - day)), time(new Date(Date.now() + 365 * day))),
    name(subject),
    key.export({ type: "spki", format: "der" }),
    der(0xa3, sequence(...extensions)),
  );
  const signature = sign("sha256", body, signer);
  return pem(sequence(body, ecdsaSha256, der(3, Buffer.from([0]), signature)));
}

/** For these names and addresses. */
export function makeCertificates(hosts: readonly string[]): Certificates {
  const pair = () => generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  const [root, leaf] = [pair(), pair()];
  const issuer = "Proxmox Virtual Environment";
  const isAddress = (host: string) => isIPv4(host) || host.includes(":");
  const names = hosts.map((host) =>
    isAddress(host) ? der(0x87, Buffer.from(parse(host).toByteArray())) : der(0x82, Buffer.from(host)),
  );
  const authority = extension("551d13", sequence(der(1, Buffer.from([0xff]))), true);
  return {
    authority: certificate(issuer, root.publicKey, issuer, root.privateKey, [authority]),
    certificate: certificate(hosts[0] ?? "pve", leaf.publicKey, issuer, root.privateKey, [
      extension("551d11", sequence(...names)),
    ]),
    key: leaf.privateKey.export({ type: "pkcs8", format: "pem" }) as string,
  };
}
