import { FileLegacy, types, VmLegacy, VmLegacyArgs } from "@muhlba91/pulumi-proxmoxve";
import * as pulumi from "@pulumi/pulumi";
import { createHash } from "node:crypto";

import type { PveGatewayInput } from "../../spec";
import { derive } from "../proof";
import { hostKeyVendorData } from "./cloudInit";
import type { HostKeyPair } from "./hostKey";

/** A gateway's arguments, proved, with their secrets replaced; at once, or when all of them are known. */
export type Proved = PveGatewayInput | pulumi.Output<PveGatewayInput>;

export type Machine = PveGatewayInput["nodes"][number];
type Nic = NonNullable<Machine["nics"]>[number];

/** What is made around one machine. */
interface MachineOptions {
  /** Of the resources. */
  name: string;
  gateway: Proved;
  /** Place of the machine among the gateway's. */
  at: number;
  authorizedKeys: pulumi.Input<string>[];
  /** Key to put in; absent: none. */
  hostKey?: HostKeyPair;
  /** What has to be done before anything of this machine is changed. */
  after: pulumi.Resource[];
  parent: pulumi.Resource;
}

/** A machine that is made. */
export interface Made {
  vm: VmLegacy;
  /** Another text when something of the VM is changed. */
  mark: pulumi.Output<string>;
}

/** What only the clone is made by. Of a machine that is there it is not true any more, and is no reason to make it anew. */
const OF_THE_CLONE = ["nodeName", "datastoreId", "full", "retries"].map((key) => `clone.${key}`);
/** To move cloud-init's disk, the provider would switch the machine off. */
const OF_THE_START = [...OF_THE_CLONE, "initialization.datastoreId"];

/** Makes a VM of a template. */
export function makeMachine(options: MachineOptions): Made {
  const { name, parent, after, hostKey } = options;
  const file = hostKey && hostKeyFile(options, hostKey);
  const args = argsOf(options, file?.volume);
  const vm = new VmLegacy(name, args, {
    parent,
    dependsOn: [...after, ...(file ? [file.resource] : [])],
    // A new machine has the old one's addresses, and may have its id.
    deleteBeforeReplace: true,
    ignoreChanges: OF_THE_START,
  });
  const mark = pulumi
    .output(args)
    .apply(({ clone: _, initialization, ...live }) =>
      digest(JSON.stringify([live, { ...initialization, datastoreId: undefined }])),
    );
  return { vm, mark };
}

const digest = (text: string) => createHash("sha256").update(text).digest("hex").slice(0, 12);

function argsOf(options: MachineOptions, vendorData?: pulumi.Output<string>): VmLegacyArgs {
  const pick = picker(options.gateway, options.at);
  return {
    name: pick((_, node) => node.name),
    nodeName: pick((_, node) => node.nodeName),
    vmId: pick((_, node) => node.vmId),
    description: "A gateway of pulumi-keepalived",
    tags: pick((g) => g.tags),
    clone: cloneOf(pick),
    // Without it, a VM that high availability has moved to another node would be destroyed, and made anew on this one.
    migrate: true,
    started: true,
    // The provider would switch it off and on: when that may be is for people to say.
    rebootAfterUpdate: false,
    onBoot: pick((g) => g.onBoot ?? true),
    startup: pick(startupOf),
    agent: pick(({ agent = false }) => ({ enabled: agent, waitForIp: { disabled: true } })),
    operatingSystem: { type: "l26" },
    cpu: pick(({ cores = 2, cpuType = "x86-64-v2-AES" }) => ({ cores, sockets: 1, type: cpuType })),
    memory: pick(({ memory = 1024 }) => ({ dedicated: memory })),
    networkDevices: pick((g, node) =>
      nicsOf(node).map((nic) => networkDevice(nic, g.firewall?.enabled ?? true)),
    ),
    initialization: initializationOf(options, vendorData),
  };
}

/** Applies a function to the proved arguments and one machine's of them. */
export function picker(gateway: Proved, at: number) {
  return <R>(f: (gateway: PveGatewayInput, machine: Machine) => R): R | pulumi.Output<R> =>
    derive(gateway, (known) => f(known, known.nodes[at]!));
}

type Pick = ReturnType<typeof picker>;

const nicsOf = (machine: Machine): Nic[] => [machine, ...(machine.nics ?? [])];

/** Each value by itself: ignoreChanges finds none in what is known later as a whole. */
const cloneOf = (pick: Pick): types.input.VmLegacyClone =>
  given({
    vmId: pick((gateway, { templateId = gateway.templateId }) => templateId!),
    full: pick(({ linkedClone = false }) => !linkedClone),
    // Clones of one template wait for each other's lock.
    retries: 5,
    nodeName: pick((gateway, { templateNode = gateway.templateNode }) => templateNode),
    datastoreId: pick((gateway, { datastore = gateway.datastore }) => datastore),
  });

/** Without what is known to be absent. */
const given = <T extends object>(values: T): T =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as T;

function startupOf({ startupOrder, startupDelay, shutdownDelay }: PveGatewayInput) {
  if (startupOrder === undefined && startupDelay === undefined && shutdownDelay === undefined)
    return undefined;
  return {
    ...(startupOrder !== undefined && { order: startupOrder }),
    ...(startupDelay !== undefined && { upDelay: startupDelay }),
    ...(shutdownDelay !== undefined && { downDelay: shutdownDelay }),
  };
}

function networkDevice({ bridge = "vmbr0", vlan, macAddress }: Nic, firewall: boolean) {
  return {
    bridge,
    firewall,
    model: "virtio",
    ...(vlan !== undefined && { vlanId: vlan }),
    ...(macAddress !== undefined && { macAddress: macAddress.toUpperCase() }),
  };
}

function initializationOf(
  { gateway, at, authorizedKeys }: MachineOptions,
  vendorData?: pulumi.Output<string>,
) {
  const pick = picker(gateway, at);
  return given({
    datastoreId: pick((known, { datastore = known.datastore }) => known.cloudInitDatastore ?? datastore),
    dns: pick(({ dnsServers, dnsDomain }) =>
      dnsServers === undefined && dnsDomain === undefined
        ? undefined
        : { ...(dnsServers && { servers: dnsServers }), ...(dnsDomain && { domain: dnsDomain }) },
    ),
    upgrade: pick(({ upgrade }) => upgrade),
    ipConfigs: pick((_, machine) => nicsOf(machine).map(ipConfig)),
    userAccount: { username: pick(({ login }) => login.user ?? "root"), keys: authorizedKeys },
    vendorDataFileId: vendorData,
  });
}

function ipConfig({ address, gateway, address6, gateway6 }: Nic): types.input.VmLegacyInitializationIpConfig {
  return {
    ...(address !== undefined && { ipv4: { address, ...(gateway && { gateway }) } }),
    ...(address6 !== undefined && { ipv6: { address: address6, ...(gateway6 && { gateway: gateway6 }) } }),
  };
}

/**
 * The file that gives a machine its host key, and the id of its volume. Its name has the key's digest: another key is
 * another file and, as cloud-init asks once, another machine. Another mode or node is the same volume on a storage that the
 * nodes share, so the old one is deleted first. The id is worked out: told by the file, a file that is made anew would have
 * the machine made anew.
 */
function hostKeyFile(
  { name, gateway, at, after, parent }: MachineOptions,
  { privateKey, publicKey }: HostKeyPair,
): { resource: FileLegacy; volume: pulumi.Output<string> } {
  const pick = picker(gateway, at);
  const data = pulumi.secret(
    pulumi
      .all([privateKey, publicKey])
      .apply(([secret, shown]) => hostKeyVendorData({ privateKey: secret, publicKey: shown })),
  );
  const datastoreId = pick((g) => g.snippetsDatastore ?? "local");
  const fileName = publicKey.apply((key) => `${name}-${digest(key)}.yaml`);
  const resource = new FileLegacy(
    `${name}-host-key-file`,
    {
      nodeName: pick((_, node) => node.nodeName),
      datastoreId,
      contentType: "snippets",
      fileMode: pick((g) => g.snippetMode ?? "0600"),
      sourceRaw: { data, fileName },
    },
    { parent, dependsOn: after, deleteBeforeReplace: true, additionalSecretOutputs: ["sourceRaw"] },
  );
  return { resource, volume: pulumi.interpolate`${datastoreId}:snippets/${fileName}` };
}
