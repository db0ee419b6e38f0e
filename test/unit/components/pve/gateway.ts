import * as pulumi from "@pulumi/pulumi";
import { utils } from "ssh2";

import { PveGateway, PveGatewayArgs } from "../../../../components";
import { HOST_KEY, Registered, registeredBy } from "../mocks";

const made = utils.generateKeyPairSync("ed25519");
/** A key pair as somebody has it. */
export const KEYS = {
  privateKey: made.private,
  publicKey: made.public.trim().split(/\s+/).slice(0, 2).join(" "),
};

export const VM = "proxmoxve:index/vmLegacy:VmLegacy";
export const FILE = "proxmoxve:index/fileLegacy:FileLegacy";
export const RULES = "proxmoxve:firewall/rulesLegacy:RulesLegacy";
export const IPSET = "proxmoxve:firewall/ipsetLegacy:IpsetLegacy";
export const OPTIONS = "proxmoxve:firewall/optionsLegacy:OptionsLegacy";
export const HOST_KEY_TYPE = "pulumi-nodejs:dynamic/pulumi-keepalived:GuestHostKey";
export const COMMAND = "command:remote:Command";

/** A gateway of two machines that lacks nothing. */
export function gateway(changes: Partial<PveGatewayArgs> = {}): PveGatewayArgs {
  return {
    templateId: 9000,
    login: { privateKey: KEYS.privateKey },
    nodes: [
      { name: "gw-a", nodeName: "pve1", address: "192.168.1.2/24", gateway: "192.168.1.254" },
      { name: "gw-b", nodeName: "pve2", address: "192.168.1.3/24", gateway: "192.168.1.254" },
    ],
    pair: { virtualRouterId: 51, virtualIpAddresses: ["192.168.1.1/24"] },
    ...changes,
  };
}

/** The same with something else about its first machine. */
export function withNode(node: object, changes: Partial<PveGatewayArgs> = {}): PveGatewayArgs {
  const whole = gateway(changes);
  const [first, ...others] = whole.nodes;
  return { ...whole, nodes: [{ ...first!, ...node }, ...others] };
}

/** What Proxmox VE and the host key resource make of what is registered. */
export function outputs({ type, name, inputs }: Registered): {
  id?: string;
  state?: Record<string, unknown>;
} {
  const second = name.includes("gw-b");
  if (type === VM) {
    const macAddress = second ? "BC:24:11:00:00:03" : "BC:24:11:00:00:02";
    const networkDevices = (inputs.networkDevices as object[]).map((nic) => ({ macAddress, ...nic }));
    const isAsked = (inputs.agent as { enabled: boolean }).enabled;
    const macAddresses = isAsked ? [] : networkDevices.map((nic) => nic.macAddress);
    return { state: { vmId: inputs.vmId ?? (second ? 102 : 101), networkDevices, macAddresses } };
  }
  if (type === HOST_KEY_TYPE) return { state: { privateKey: `KEY OF ${name}`, publicKey: HOST_KEY } };
  if (type === FILE) return { id: `local:snippets/${name}` };
  return {};
}

export async function registered(
  args: PveGatewayArgs,
  use?: (gateway: PveGateway) => void,
  opts?: pulumi.ComponentResourceOptions,
) {
  return await registeredBy(
    () => {
      const it = new PveGateway("gw", args, opts);
      use?.(it);
    },
    undefined,
    outputs,
  );
}
