import { z } from "zod";
import { INTERFACE_NAME, NODE_NAME } from "../names";
import { parseHostAddress } from "../pve/address";
import { connectionSchema } from "./connection";
import { field, flag, isLine, parsed, secretText, sourceAddress, text, whole } from "./fields";
import { keepalivedSourceSchema } from "./keepalived-source";
import { bfd, trackInterfaces } from "./tracking";

const VM_ID = [100, 999_999_999] as const;

const pveNode = () =>
  text(
    /^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/,
    "the name of a node of Proxmox VE, 1 to 63 characters",
  );
const storage = () =>
  text(/^[A-Za-z][A-Za-z0-9._-]{0,98}[A-Za-z0-9]$/, "the name of a storage, 2 to 100 characters");
const bridge = () => text(INTERFACE_NAME, "the name of a bridge, 1 to 15 characters");
const mac = () =>
  field(
    z.string().refine((value) => /^[0-9a-f][02468ace](:[0-9a-f]{2}){5}$/i.test(value)),
    "a MAC address of one machine, as in 'BC:24:11:00:00:02'",
  );
const publicKey = () =>
  text(
    /^(ssh|ecdsa|sk)-\S+ [A-Za-z0-9+/]+=*( .*)?$/,
    "a public key as in authorized_keys: 'ssh-ed25519 AAAA...'",
  );
const seconds = () => whole(0, 86400).optional();

const nic = {
  /** @default "vmbr0" */
  bridge: bridge().optional(),
  /** VLAN tag, 1 to 4094. @default none */
  vlan: whole(1, 4094).optional(),
  /** @default Proxmox VE makes one */
  macAddress: mac().optional(),
  gateway: sourceAddress(4).optional(),
  address6: parsed(parseHostAddress(6), "ADDRESS/PREFIX").optional(),
  gateway6: sourceAddress(6).optional(),
};

const nicSchema = field(
  z.strictObject({ ...nic, address: parsed(parseHostAddress(4), "ADDRESS/PREFIX").optional() }),
  "a NIC: bridge, vlan, macAddress, address, gateway, address6, gateway6",
);

const machineSchema = field(
  z.strictObject({
    ...nic,
    name: text(/^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/, "a name of 1 to 63 letters, digits and '-'"),
    nodeName: pveNode(),
    vmId: whole(...VM_ID).optional(),
    templateId: whole(...VM_ID).optional(),
    templateNode: pveNode().optional(),
    datastore: storage().optional(),
    address: parsed(parseHostAddress(4), "ADDRESS/PREFIX"),
    interface: text(INTERFACE_NAME, "the name of an interface, 1 to 15 characters").optional(),
    nics: field(z.array(nicSchema).max(31), "a list of up to 31 NICs").optional(),
    hostPrivateKey: secretText("an ed25519 private key in OpenSSH format").optional(),
    hostKey: publicKey().optional(),
    insecureHostKey: flag().optional(),
    priority: whole(1, 254).optional(),
    routerId: text(NODE_NAME, "1 to 63 letters, digits, '.', '_' and '-'").optional(),
    trackInterfaces: trackInterfaces().optional(),
    bfd: bfd().optional(),
    keepalivedSource: keepalivedSourceSchema.optional(),
  }),
  "a machine: name, nodeName, address",
);

const firewallRuleSchema = field(
  z.strictObject({
    proto: text(/^[a-z0-9-]{1,20}$/, "a protocol's name or number, as in 'tcp'"),
    source: text(/^\S{1,200}$/, "an address, a network, or a list of them with commas").optional(),
    port: text(/^[0-9:,]{1,100}$/, "ports, as in '443' or '80,8000:8080'").optional(),
  }),
  "a rule: proto, source, port",
);

const firewallSchema = field(
  z.strictObject({
    enabled: flag().optional(),
    inputPolicy: field(z.enum(["ACCEPT", "DROP", "REJECT"]), "'ACCEPT', 'DROP' or 'REJECT'").optional(),
    sshSources: field(
      z
        .array(text(/^[0-9A-Fa-f.:/]{2,60}$/, "an address or a network"))
        .min(1)
        .max(100),
      "a list of 1 to 100 addresses and networks",
    ).optional(),
    ipfilter: flag().optional(),
    rules: field(z.array(firewallRuleSchema).max(200), "a list of up to 200 rules").optional(),
  }),
  "the firewall: enabled, inputPolicy, sshSources, ipfilter, rules",
);

/** How Pulumi logs in to the machines: a connection without host and host key, which are theirs. */
const loginSchema = field(
  connectionSchema.omit({ host: true, hostKey: true, insecureHostKey: true, password: true }),
  "how to log in: one of privateKey, agent, agentSocketPath; user, port, proxy",
  { secret: true },
);

/** New machines for a pair, of a cloud-init template. What the pair is, is proved by its own schema. */
export const pveGatewaySchema = field(
  z.strictObject({
    templateId: whole(...VM_ID).optional(),
    templateNode: pveNode().optional(),
    nodes: field(z.array(machineSchema).min(2).max(100), "a list of 2 to 100 machines"),
    pair: field(z.looseObject({}), "what the pair is: virtualRouterId, virtualIpAddresses, ..."),
    login: loginSchema,
    authorizedKeys: field(z.array(publicKey()).min(1).max(100), "a list of 1 to 100 public keys").optional(),
    cores: whole(1, 512).optional(),
    memory: whole(128, 4_194_304).optional(),
    cpuType: text(/^[A-Za-z0-9_.-]{1,60}$/, "a type of CPU, as in 'x86-64-v2-AES' or 'host'").optional(),
    datastore: storage().optional(),
    cloudInitDatastore: storage().optional(),
    snippetsDatastore: storage().optional(),
    snippetMode: text(/^0?[0-7]{3}$/, "a file mode, as in '0600'").optional(),
    linkedClone: flag().optional(),
    dnsServers: field(z.array(sourceAddress()).max(3), "a list of up to 3 addresses").optional(),
    dnsDomain: field(z.string().max(253).refine(isLine), "the name of a domain").optional(),
    upgrade: flag().optional(),
    agent: flag().optional(),
    onBoot: flag().optional(),
    startupOrder: whole(0, 1_000_000).optional(),
    startupDelay: seconds(),
    shutdownDelay: seconds(),
    tags: field(z.array(text(/^[a-z0-9_][a-z0-9_.+-]{0,60}$/, "a tag")).max(50), "a list of tags").optional(),
    firewall: firewallSchema.optional(),
    allowSameNode: flag().optional(),
    readyTimeout: whole(60, 3600).optional(),
  }),
  "a gateway: templateId, nodes, pair, login",
);

export type PveGatewayInput = z.infer<typeof pveGatewaySchema>;
