import type { Host } from "../../lab";
import { sites } from "./network";

/** The etcd at the third place. */
export const Witness = {
  /** One member, without TLS. */
  One: "one",
  /** Three members, which show certificates and ask for one. */
  Three: "three",
} as const;
export type Witness = (typeof Witness)[keyof typeof Witness];

const membersOf: Record<Witness, number[]> = { one: [0], three: [0, 1, 2] };

/** Ports of a member, for clients and for the others. */
const port = (member: number) => 2379 + 100 * member;
const peerPort = (member: number) => port(member) + 1;

/** Where the gateways and the members have their certificates. */
const DIRECTORY = "/etc/vrrp-witness";

/** What examples/two-sites is told of it. */
export function witnessArgs(witness: Witness) {
  const urls = (scheme: string) =>
    membersOf[witness].map((member) => `${scheme}://${sites.internet.witness}:${port(member)}`);
  return witness === Witness.One
    ? { endpoints: urls("http") }
    : {
        endpoints: urls("https"),
        caFile: `${DIRECTORY}/ca.pem`,
        certFile: `${DIRECTORY}/node.pem`,
        keyFile: `${DIRECTORY}/node.key`,
      };
}

/** Unit of a member. */
export const memberUnit = (member: number) => `member@${member}.service`;

/** All members at once: started and stopped with it. */
export const WITNESS_UNIT = "witness.target";

/** Has a machine be the witness of both gateways; the members are processes of it. */
export async function makeWitness(host: Host, witness: Witness, gateways: readonly Host[]): Promise<void> {
  const members = membersOf[witness];
  const hasTls = witness === Witness.Three;
  if (hasTls) await makeCertificates(host, gateways);
  const scheme = hasTls ? "https" : "http";
  const cluster = members.map((member) => `${member}=http://127.0.0.1:${peerPort(member)}`).join(",");
  await host.writeFile(
    `/etc/systemd/system/${WITNESS_UNIT}`,
    `[Unit]\nWants=${members.map(memberUnit).join(" ")}\n[Install]\nWantedBy=multi-user.target\n`,
  );
  await host.writeFile(
    "/etc/systemd/system/member@.service",
    `[Unit]
PartOf=${WITNESS_UNIT}
[Service]
Type=notify
User=etcd
Environment=ETCD_NAME=%i ETCD_DATA_DIR=/var/lib/etcd/%i
Environment=ETCD_INITIAL_CLUSTER=${cluster}
${hasTls ? `Environment=ETCD_CERT_FILE=${DIRECTORY}/server.pem ETCD_KEY_FILE=${DIRECTORY}/server.key\nEnvironment=ETCD_TRUSTED_CA_FILE=${DIRECTORY}/ca.pem ETCD_CLIENT_CERT_AUTH=true` : ""}
EnvironmentFile=/etc/default/member-%i
ExecStart=/usr/bin/etcd
`,
  );
  for (const member of members) {
    const urls = {
      LISTEN_CLIENT: `${scheme}://0.0.0.0:${port(member)}`,
      ADVERTISE_CLIENT: `${scheme}://${sites.internet.witness}:${port(member)}`,
      LISTEN_PEER: `http://127.0.0.1:${peerPort(member)}`,
      INITIAL_ADVERTISE_PEER: `http://127.0.0.1:${peerPort(member)}`,
    };
    const lines = Object.entries(urls).map(([name, url]) => `ETCD_${name}_URLS=${url}\n`);
    await host.writeFile(`/etc/default/member-${member}`, lines.join(""));
  }
  await host.exec(
    `systemctl disable --quiet --now etcd && systemctl daemon-reload && systemctl enable --quiet --now ${WITNESS_UNIT} &&
    systemctl start ${members.map(memberUnit).join(" ")}`,
  );
}

/** An authority, and by it a certificate for the members and one for the gateways, whose files go to them. */
async function makeCertificates(host: Host, gateways: readonly Host[]): Promise<void> {
  await host.exec(`umask 077 && mkdir -p ${DIRECTORY} && cd ${DIRECTORY}
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 -subj /CN=witness -keyout ca.key -out ca.pem
    # The members' gateway for HTTP is a client of its own server, and shows that one's certificate.
    printf '%s\\n' 'subjectAltName = IP:${sites.internet.witness}' 'extendedKeyUsage = serverAuth, clientAuth' >server.ext
    printf '%s\\n' 'extendedKeyUsage = clientAuth' >node.ext
    for name in server node; do
      openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=$name" -keyout $name.key -out $name.csr &&
      openssl x509 -req -in $name.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 -extfile $name.ext -out $name.pem || exit
    done
    chown -R etcd ${DIRECTORY}`);
  for (const name of ["ca.pem", "node.pem", "node.key"]) {
    const { stdout } = await host.exec(`cat ${DIRECTORY}/${name}`);
    for (const gateway of gateways) {
      await gateway.exec(`mkdir -p ${DIRECTORY}`);
      await gateway.writeFile(`${DIRECTORY}/${name}`, stdout);
      await gateway.exec(`chmod 600 ${DIRECTORY}/${name}`);
    }
  }
}
