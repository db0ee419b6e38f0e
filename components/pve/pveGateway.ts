import type { VmLegacy } from "@muhlba91/pulumi-proxmoxve";
import { remote } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";

import { needsOf } from "../../hypervisor";
import { linkLocalOf } from "../../hypervisor/pve/ipfilter";
import { admittedBeside } from "../../hypervisor/pve/pairNeeds";
import type { GuestRule } from "../../hypervisor/pve/ruleList";
import { bareAddress, Cluster, parseCluster, parsePveGateway, PveGatewayInput } from "../../spec";
import type { ConnectionArgs, NodeArgs } from "../args";
import { HaPair, HaPairArgs } from "../haPair";
import { derive, prove } from "../proof";
import { connectionTo } from "../ssh";
import { userContext } from "../userContext";
import { withSecrets } from "../values";
import { waitForCloudInit } from "./cloudInit";
import type { PveGatewayArgs, PveGatewayNodeArgs } from "./gatewayArgs";
import { givenHostKey, GuestHostKey, HostKeyPair, publicHalf } from "./hostKey";
import { makeMachine, picker, Proved } from "./machine";
import { Policy, proxmoxFirewall } from "./proxmoxFirewall";

/** Tries to reach a new machine, with up to 5 s between two: for a boot it takes 7 minutes or more before it gives up. */
const FIRST_DIAL = { dialErrorLimit: 90, perDialTimeout: 10 };

/** What the network data of Proxmox VE has a guest call net0. */
const GUEST_INTERFACE = "eth0";

/** Every property of a component, a private one, too, is taken for an output when a schema is inferred. */
const PAIRS = new WeakMap<object, HaPair>();

/**
 * New machines on Proxmox VE for a pair, and the pair on them, in one `pulumi up`: clones of a cloud-init template on
 * different nodes, with NICs, addresses, keys and their place in the start order; a firewall around them; then, when cloud-init
 * is through, a HaPair. Takes the provider `@muhlba91/pulumi-proxmoxve`.
 *
 * The machines' SSH host keys are made first and put in by cloud-init, so no connection trusts whom it happens to meet. For that
 * the provider uploads a file over SSH: give it `ssh`, and the storage the content type Snippets. A machine that is made anew
 * gets everything of the pair applied anew, unless its MAC address is given and its VMID stays.
 *
 * Machines are changed one after the other, each when the one before is up again, and none is restarted for a change. Another
 * template, VMID, host key or snippetsDatastore makes a machine anew; the pair is applied when all are there. So that one holds
 * the addresses all the time, give such a thing to one node, and to the next in another `up`.
 *
 * @example
 * new PveGateway("gw", {
 *   templateId: 9000,
 *   login: { privateKey },
 *   nodes: [
 *     { name: "gw-a", nodeName: "pve1", address: "192.168.1.2/24", gateway: "192.168.1.254" },
 *     { name: "gw-b", nodeName: "pve2", address: "192.168.1.3/24", gateway: "192.168.1.254" },
 *   ],
 *   pair: { virtualRouterId: 51, virtualIpAddresses: ["192.168.1.1/24"] },
 * });
 */
export class PveGateway extends pulumi.ComponentResource {
  static readonly __pulumiType = "pulumi-keepalived:index:PveGateway";

  /** Node -> VMID. */
  public readonly vmIds: pulumi.Output<Record<string, number>>;
  /** Node -> MAC addresses of net0, net1, ... */
  public readonly macAddresses: pulumi.Output<Record<string, string[]>>;
  /** Node -> address by which it is reached, without prefix length. */
  public readonly addresses: pulumi.Output<Record<string, string>>;
  /** Node -> public SSH host key, as in authorized_keys; not of a node with insecureHostKey. */
  public readonly hostKeys: pulumi.Output<Record<string, string>>;
  /** The addresses that move, as HaPair has them. */
  public readonly virtualIpAddresses: pulumi.Output<string[]>;

  /** The pair on the machines. */
  get pair(): HaPair {
    return PAIRS.get(this)!;
  }

  constructor(name: string, args: PveGatewayArgs, opts?: pulumi.ComponentResourceOptions) {
    const gateway = prove(name, args, (input) => parsePveGateway(input, userContext()));
    const cluster = provePair(name, args, gateway);
    super(PveGateway.__pulumiType, name, withSecrets(args), opts);

    const nodes: pulumi.Resource[] = [];
    const made = args.nodes.map((node, at) => {
      // One after the other, and each when those before it are ready again: what changes both is never at both at once.
      const machine = this.machine(name, args, gateway, at, node, [...nodes]);
      const walls = this.firewall(name, args, gateway, cluster, at, machine.vm);
      nodes.push(this.ready(name, gateway, at, machine, walls));
      return machine;
    });
    const pair = new HaPair(
      name,
      { ...pairArgs(name, args), nodes: made.map(({ pairNode }) => pairNode) },
      { parent: this, dependsOn: nodes },
    );
    PAIRS.set(this, pair);

    const byNode = <T>(f: (machine: (typeof made)[number]) => T) =>
      Object.fromEntries(made.map((machine) => [machine.pairNode.name, f(machine)]));
    this.vmIds = pulumi.all(byNode(({ vm }) => vm.vmId.apply(Number)));
    this.macAddresses = pulumi.all(byNode(({ vm }) => macsOf(vm)));
    this.addresses = pulumi.all(byNode(({ pairNode }) => pulumi.output(pairNode.connection.host)));
    this.hostKeys = pulumi
      .all(byNode(({ publicKey }) => pulumi.output(publicKey ?? "")))
      .apply((keys) => Object.fromEntries(Object.entries(keys).filter(([, key]) => key !== "")));
    this.virtualIpAddresses = pair.virtualIpAddresses;
    const { vmIds, macAddresses, addresses, hostKeys, virtualIpAddresses } = this;
    this.registerOutputs({ vmIds, macAddresses, addresses, hostKeys, virtualIpAddresses });
  }

  private machine(
    name: string,
    args: PveGatewayArgs,
    gateway: Proved,
    at: number,
    node: PveGatewayNodeArgs,
    after: pulumi.Resource[],
  ) {
    const resource = `${name}-${node.name}`;
    const hostKey = this.hostKey(resource, gateway, at, node);
    const { vm, mark } = makeMachine({
      name: resource,
      gateway,
      at,
      authorizedKeys: authorizedKeysOf(args),
      hostKey,
      after,
      parent: this,
    });
    const publicKey = hostKey?.publicKey ?? shownKey(node);
    const trusted = publicKey === undefined ? { insecureHostKey: true } : { hostKey: knownAs(publicKey, vm) };
    return { vm, mark, publicKey, pairNode: pairNode(args, gateway, at, node, trusted) };
  }

  private hostKey(
    resource: string,
    gateway: Proved,
    at: number,
    { hostPrivateKey, hostKey, insecureHostKey }: PveGatewayNodeArgs,
  ): HostKeyPair | undefined {
    if (hostPrivateKey !== undefined) return givenHostKey(resource, hostPrivateKey);
    if (hostKey !== undefined || insecureHostKey === true) return undefined;
    const template = picker(gateway, at)((known, { templateId = known.templateId }) => String(templateId));
    return new GuestHostKey(`${resource}-host-key`, { template }, { parent: this });
  }

  private firewall(
    name: string,
    args: PveGatewayArgs,
    gateway: Proved,
    cluster: Cluster | pulumi.Output<Cluster>,
    at: number,
    vm: VmLegacy,
  ): pulumi.Resource[] {
    const { firewall = {}, nodes } = args;
    if (firewall.enabled === false) return [];
    const node = nodes[at]!.name;
    const pick = picker(gateway, at);
    const inputPolicy = pick((known) => known.firewall?.inputPolicy ?? "ACCEPT");
    const made = proxmoxFirewall(
      `${name}-${node}`,
      {
        cluster: args.pair.name ?? name,
        nodeName: vm.nodeName,
        vmId: vm.vmId.apply(Number),
        needs: derive(cluster, (c) => needsOf(c, node)),
        rules: pulumi
          .all([cluster, gateway])
          .apply(([c, g]) => furtherRules(c as Cluster, g as PveGatewayInput, node)),
        options: { inputPolicy: inputPolicy as Policy },
        ...(firewall.ipfilter === true && {
          ipfilter: {
            nic: "net0",
            interface: pick((_, known) => known.interface ?? GUEST_INTERFACE),
            addresses: pulumi
              .all([
                pick((_, { address, address6 }) =>
                  [address, address6].flatMap((text) => (text === undefined ? [] : [bareAddress(text)])),
                ),
                macsOf(vm),
              ])
              // Without a set Proxmox VE lets this one pass itself: neighbour discovery comes from it.
              .apply(([own, [mac = ""]]) => [...own, ...(mac === "" ? [] : [linkLocalOf(mac)])]),
          },
        }),
      },
      // Proxmox VE removes a VM's firewall with it; a new VM has none, even where it has the old one's id.
      { parent: this, replaceWith: [vm], deletedWith: vm },
    );
    return [made.rules, made.ipset, made.options].filter((resource) => resource !== undefined);
  }

  /** Ends when the machine is up and its cloud-init through; awaited again when something of the VM has changed. */
  private ready(
    name: string,
    gateway: Proved,
    at: number,
    { vm, mark, pairNode: { name: node, connection } }: ReturnType<PveGateway["machine"]>,
    walls: pulumi.Resource[],
  ): remote.Command {
    const script = derive(gateway, ({ readyTimeout = 900 }) => waitForCloudInit(readyTimeout));
    return new remote.Command(
      `${name}-${node}-ready`,
      {
        connection: connectionTo(connection).apply((known) => ({ ...known, ...FIRST_DIAL })),
        create: pulumi.interpolate`${script}# VM: ${mark}\n`,
        addPreviousOutputInEnv: false,
      },
      { parent: this, dependsOn: [vm, ...walls] },
    );
  }
}

/** The pair, proved before anything is registered. Its machines' keys are theirs to have: here nothing is known of them. */
function provePair(name: string, args: PveGatewayArgs, gateway: Proved): Cluster | pulumi.Output<Cluster> {
  const nodes = args.nodes.map((node, at) => pairNode(args, gateway, at, node, { insecureHostKey: true }));
  return prove(name, { ...pairArgs(name, args), nodes }, (input) => parseCluster(input, userContext()));
}

const pairArgs = (name: string, { pair }: PveGatewayArgs): Omit<HaPairArgs, "nodes"> => ({
  ...pair,
  name: pair.name ?? name,
});

function pairNode(
  { login }: PveGatewayArgs,
  gateway: Proved,
  at: number,
  node: PveGatewayNodeArgs,
  trusted: Pick<ConnectionArgs, "hostKey" | "insecureHostKey">,
): NodeArgs {
  const address = picker(gateway, at)((_, known) => bareAddress(known.address));
  const { name, address6, priority, routerId, trackInterfaces, bfd, keepalivedSource } = node;
  return {
    name,
    connection: { ...login, ...trusted, host: address },
    interface: node.interface ?? GUEST_INTERFACE,
    unicastSrcIp: address,
    ...(address6 !== undefined && {
      unicastSrcIp6: picker(gateway, at)((_, known) => bareAddress(known.address6!)),
    }),
    ...(priority !== undefined && { priority }),
    ...(routerId !== undefined && { routerId }),
    ...(trackInterfaces !== undefined && { trackInterfaces }),
    ...(bfd !== undefined && { bfd }),
    ...(keepalivedSource !== undefined && { keepalivedSource }),
  };
}

/** A host key with a comment that is another one for each machine that was made: with it all that reaches the machine is done anew. */
function knownAs(publicKey: pulumi.Output<string>, vm: VmLegacy): pulumi.Output<string> {
  return pulumi
    .all([publicKey, vm.vmId, macsOf(vm)])
    .apply(([key, id, [mac = ""]]) => `${key} vm-${id}-${mac}`);
}

/** By the NICs as they are configured: `macAddresses` is empty where the provider is to ask a guest agent, which is not awaited. */
const macsOf = ({ networkDevices }: VmLegacy): pulumi.Output<string[]> =>
  networkDevices.apply((nics) => nics.map(({ macAddress }) => macAddress ?? ""));

function shownKey({ hostKey }: PveGatewayNodeArgs): pulumi.Output<string> | undefined {
  if (hostKey === undefined) return undefined;
  return pulumi.output(hostKey).apply((key) => key.trim().split(/\s+/).slice(0, 2).join(" "));
}

function authorizedKeysOf({ authorizedKeys, login }: PveGatewayArgs): pulumi.Input<string>[] {
  if (authorizedKeys !== undefined) return authorizedKeys;
  const half = pulumi
    .all([login.privateKey, login.privateKeyPassword])
    .apply(([key, passphrase]) => publicHalf(key!, passphrase));
  return [pulumi.unsecret(half)];
}

function furtherRules(
  cluster: Cluster,
  { firewall = {}, login }: PveGatewayInput,
  node: string,
): GuestRule[] {
  const { inputPolicy = "ACCEPT", sshSources, rules = [] } = firewall;
  if (inputPolicy === "ACCEPT") return [];
  const given = rules.map(({ proto, source, port }): GuestRule => ({
    type: "in",
    action: "ACCEPT",
    proto,
    ...(source !== undefined && { source }),
    ...(port !== undefined && { dport: port }),
    comment: "",
  }));
  return [...admittedBeside(cluster, node, { port: login.port ?? 22, sources: sshSources }), ...given];
}
