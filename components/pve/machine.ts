import { FileLegacy, types, VmLegacy } from "@muhlba91/pulumi-proxmoxve";
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
  parent: pulumi.Resource;
}

/** Makes a VM of a template. */
export function makeMachine(options: MachineOptions): VmLegacy {
  const { name, gateway, at, parent } = options;
  const pick = picker(gateway, at);
  return new VmLegacy(
    name,
    {
      name: pick((_, node) => node.name),
      nodeName: pick((_, node) => node.nodeName),
      vmId: pick((_, node) => node.vmId),
      description: "A gateway of pulumi-keepalived",
      tags: pick((g) => g.tags),
      clone: pick(cloneOf),
      // Without it, a VM that high availability has moved to another node would be destroyed, and made anew on this one.
      migrate: true,
      started: true,
      onBoot: pick((g) => g.onBoot ?? true),
      startup: pick(startupOf),
      agent: pick(({ agent = false }) => ({ enabled: agent, waitForIp: { disabled: true } })),
      operatingSystem: { type: "l26" },
      cpu: pick(({ cores = 2, cpuType = "x86-64-v2-AES" }) => ({ cores, sockets: 1, type: cpuType })),
      memory: pick(({ memory = 1024 }) => ({ dedicated: memory })),
      networkDevices: pick((g, node) =>
        nicsOf(node).map((nic) => networkDevice(nic, g.firewall?.enabled ?? true)),
      ),
      initialization: initializationOf(options),
    },
    // A new machine has the old one's address, and may have its id.
    { parent, deleteBeforeReplace: true },
  );
}

/** Applies a function to the proved arguments and one machine's of them. */
export function picker(gateway: Proved, at: number) {
  return <R>(f: (gateway: PveGatewayInput, machine: Machine) => R): R | pulumi.Output<R> =>
    derive(gateway, (known) => f(known, known.nodes[at]!));
}

const nicsOf = (machine: Machine): Nic[] => [machine, ...(machine.nics ?? [])];

function cloneOf(gateway: PveGatewayInput, machine: Machine): types.input.VmLegacyClone {
  const source = machine.templateNode ?? gateway.templateNode;
  const datastoreId = machine.datastore ?? gateway.datastore;
  return {
    vmId: (machine.templateId ?? gateway.templateId)!,
    full: !(gateway.linkedClone ?? false),
    // Clones of one template wait for each other's lock.
    retries: 5,
    ...(source !== undefined && { nodeName: source }),
    ...(datastoreId !== undefined && { datastoreId }),
  };
}

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

function initializationOf({ name, gateway, at, authorizedKeys, hostKey, parent }: MachineOptions) {
  const pick = picker(gateway, at);
  const file = hostKey && hostKeyFile(name, pick, hostKey, parent);
  const plain = pick(({ cloudInitDatastore, dnsServers, dnsDomain, upgrade }, machine) => ({
    ...(cloudInitDatastore !== undefined && { datastoreId: cloudInitDatastore }),
    ...((dnsServers !== undefined || dnsDomain !== undefined) && {
      dns: { ...(dnsServers && { servers: dnsServers }), ...(dnsDomain && { domain: dnsDomain }) },
    }),
    ...(upgrade !== undefined && { upgrade }),
    ipConfigs: nicsOf(machine).map(ipConfig),
  }));
  const username = pick(({ login }) => login.user ?? "root");
  return pulumi.all([plain, username, authorizedKeys, file?.id]).apply(([known, user, keys, fileId]) => ({
    ...known,
    userAccount: { username: user, keys },
    ...(fileId !== undefined && { vendorDataFileId: fileId }),
  }));
}

function ipConfig({ address, gateway, address6, gateway6 }: Nic): types.input.VmLegacyInitializationIpConfig {
  return {
    ...(address !== undefined && { ipv4: { address, ...(gateway && { gateway }) } }),
    ...(address6 !== undefined && { ipv6: { address: address6, ...(gateway6 && { gateway: gateway6 }) } }),
  };
}

/** Its name has the key's digest: another key is another file and, as cloud-init asks once, another machine. */
function hostKeyFile(
  name: string,
  pick: ReturnType<typeof picker>,
  { privateKey, publicKey }: HostKeyPair,
  parent: pulumi.Resource,
): FileLegacy {
  const data = pulumi.secret(
    pulumi
      .all([privateKey, publicKey])
      .apply(([secret, shown]) => hostKeyVendorData({ privateKey: secret, publicKey: shown })),
  );
  const digest = (key: string) => createHash("sha256").update(key).digest("hex").slice(0, 12);
  return new FileLegacy(
    `${name}-host-key-file`,
    {
      nodeName: pick((_, node) => node.nodeName),
      datastoreId: pick((g) => g.snippetsDatastore ?? "local"),
      contentType: "snippets",
      fileMode: pick((g) => g.snippetMode ?? "0600"),
      sourceRaw: { data, fileName: publicKey.apply((key) => `${name}-${digest(key)}.yaml`) },
    },
    { parent, additionalSecretOutputs: ["sourceRaw"] },
  );
}
