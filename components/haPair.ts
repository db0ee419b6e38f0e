import { remote } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";

import { summaryText } from "../simulate/summary";
import { Cluster, hostPlan, parseCluster } from "../spec";
import { applyCluster, AppliedHost } from "./apply";
import {
  AnnouncementArgs,
  BfdArgs,
  CheckArgs,
  NodeArgs,
  ConnectionStateArgs,
  GatewayServiceArgs,
  HypervisorArgs,
  KeepalivedSourceArgs,
  OpenPortArgs,
  OptionArgs,
  Preemption,
  RoleArgs,
  SmtpAlertArgs,
  TrackInterfaceArgs,
  TrackProcessArgs,
  TrackScriptArgs,
  VirtualRouterArgs,
  WitnessArgs,
} from "./args";
import { packagesFor, secretFiles, shownFiles } from "./files";
import { HostConfig, HostConfigArgs } from "./hostConfig";
import { hypervisorNics } from "./hypervisor";
import { proveSkew, ToldKeepalived, toldKeepalived, versionsOf } from "./keepalivedVersions";
import { derive, prove, proveSecrets } from "./proof";
import { userContext } from "./userContext";
import { holdsSecret, withSecrets } from "./values";

/** Arguments of HaPair: a cluster of two or more nodes on one network. */
export interface HaPairArgs extends PairArgs {
  /** The machines, primary first: 2 to 100. */
  nodes: NodeArgs[];
}

/** What a cluster is, whatever machines it is on. */
export interface PairArgs extends AnnouncementArgs, OptionArgs {
  /** Name of the cluster: of its instance in keepalived and of its files on the hosts, 1 to 40 characters. @default the resource's name */
  name?: string;
  /** VRRP virtual router id, 1 to 255, unique among the clusters on the network. */
  virtualRouterId: pulumi.Input<number>;
  /** The addresses that move, in keepalived's words: `192.168.1.1/24 [dev eth0] [label eth0:vip]`, IPv4 and IPv6, 1 to 255 of them. */
  virtualIpAddresses: pulumi.Input<string>[];
  /**
   * Further virtual routers on the same nodes, each with addresses that move by themselves: up to 50. With a `primary` of
   * its own each node holds some of the addresses while all are healthy (active/active). @default none
   */
  virtualRouters?: VirtualRouterArgs[];
  /** Seconds between two adverts: 0.01 to 40.95 in steps of 0.01; whole seconds 1 to 255 with version 2. @default 1 */
  advertInt?: pulumi.Input<number>;
  /** VRRP version, 2 or 3. IPv6 addresses always use 3. @default 3 */
  version?: pulumi.Input<number>;
  /** Send adverts to the VRRP group (224.0.0.18, ff02::12) instead of to the peers. @default false */
  multicast?: pulumi.Input<boolean>;
  /** Who holds the addresses once everybody is healthy again. @default prefer-primary */
  preemption?: pulumi.Input<Preemption>;
  /** Seconds a node with a higher priority waits before it takes over, 0 to 1000. @default 0 */
  preemptDelay?: pulumi.Input<number>;
  /** VRRP version 2 password, 1 to 8 printable ASCII characters without blanks, in clear on the wire. Always kept as a secret. @default none */
  authPass?: pulumi.Input<string>;
  /** User that keepalived runs the track scripts and the notify programs as. @default "root" */
  scriptUser?: pulumi.Input<string>;
  /** Programs that decide whether a node may hold the addresses. @default none */
  trackScripts?: TrackScriptArgs[];
  /** Processes that decide whether a node may hold the addresses. @default none */
  trackProcesses?: TrackProcessArgs[];
  /**
   * What the agent tests on every node, and what a failure does, 0 to 50 of them: `vrrp-agent status` tells how each is.
   * @default none
   */
  checks?: CheckArgs[];
  /** Interfaces that decide whether a node may hold the addresses, beside its own, which always does. @default none */
  trackInterfaces?: TrackInterfaceArgs[];
  /** Routers that every node watches over BFD. @default none */
  bfd?: BfdArgs[];
  /**
   * Seconds after keepalived's start for which a node takes no address from a silent network (`vrrp_startup_delay`), 0 to
   * 60 in steps of 0.001; 0: none; needs keepalived 2.0.14. It waits for no reload.
   * @default 2 where a backup takes over within a second and the host's keepalived knows it, else 0
   */
  startupDelay?: pulumi.Input<number>;
  /** Let services bind to a virtual address that their host does not hold now. @default false */
  nonlocalBind?: pulumi.Input<boolean>;
  /** The virtual addresses are routed to the nodes, not on a network of their interface. @default false */
  vipOffLink?: pulumi.Input<boolean>;
  /** Seconds within which a change must be confirmed, or every host takes it back by itself: 10 to 3600. @default 300 */
  undoAfter?: pulumi.Input<number>;
  /** Open protocol 112 for the peers, and openPorts, in the hosts' own firewall. @default true */
  firewall?: pulumi.Input<boolean>;
  /** Ports of the hosts that their own firewall lets in, on every interface; not with `firewall: false`. @default none */
  openPorts?: OpenPortArgs[];
  /** What says which of two sites may hold when they do not hear each other. @default none: both do */
  witness?: WitnessArgs;
  /** What the node that holds the cluster's own addresses runs, and the others do not. @default none */
  role?: RoleArgs;
  /** Mails that keepalived itself sends at each change of state. @default none */
  smtpAlert?: SmtpAlertArgs;
  /** nginx, or OpenResty, that serves behind the addresses: its configuration changes with the addresses, as one. @default none */
  gateway?: GatewayServiceArgs;
  /** Connections that a node forwards go on when the addresses move; for two nodes. @default they break where NAT or a stateful firewall knows them */
  connectionState?: ConnectionStateArgs;
  /** A tarball that keepalived is built from on every node. @default the distribution's keepalived */
  keepalivedSource?: KeepalivedSourceArgs;
  /** What the nodes run on, where that filters their packets: Proxmox VE or ESXi. @default it is left alone */
  hypervisor?: HypervisorArgs;
  /** Have `pulumi refresh` and `preview --refresh` look at the hosts and show what was changed there by hand; the next `up` puts it right. @default false */
  drift?: boolean;
}

/**
 * Two or more machines that hold one address. Proves the spec over all nodes before anything is registered, renders
 * each host's files, and applies them to the cluster as one change.
 *
 * @example
 * new HaPair("gw", {
 *   virtualRouterId: 51,
 *   virtualIpAddresses: ["192.168.1.1/24"],
 *   nodes: [
 *     { name: "gw-a", connection: { host: "192.168.1.2", privateKey }, interface: "eth0", unicastSrcIp: "192.168.1.2" },
 *     { name: "gw-b", connection: { host: "192.168.1.3", privateKey }, interface: "eth0", unicastSrcIp: "192.168.1.3" },
 *   ],
 * });
 */
export class HaPair extends pulumi.ComponentResource {
  static readonly __pulumiType = "pulumi-keepalived:index:HaPair";

  /** The addresses that move, as given: the cluster's own, then those of `virtualRouters` in their order. */
  public readonly virtualIpAddresses: pulumi.Output<string[]>;
  /** Who becomes master under the main faults, and for how long nobody is: a table of a few lines, simulated. */
  public readonly simulation: pulumi.Output<string>;
  /** Node -> version of keepalived that runs there with what was staged last; of a node that has told none there is nothing. */
  public readonly keepalivedVersions: pulumi.Output<Record<string, string>>;

  constructor(name: string, args: HaPairArgs, opts?: pulumi.ComponentResourceOptions) {
    const named = { ...args, name: args.name ?? name };
    const parse = (input: unknown) => parseCluster(input, userContext());
    const cluster = prove(name, named, parse);
    super(HaPair.__pulumiType, name, withSecrets(named), opts);

    const real =
      args.authPass === undefined && !holdsSecret(args.role) ? undefined : proveSecrets(name, named, parse);
    const nodes = primaryFirst(args.nodes, cluster);
    const hosts = nodes.map((node) =>
      this.host(`${name}-${node.name}`, {
        cluster: named.name,
        connection: node.connection,
        files: derive(cluster, (c) => shownFiles(hostPlan(c, node.name))),
        secretFiles: real?.apply((c) => secretFiles(hostPlan(c, node.name))),
        packages: derive(cluster, (c) => packagesFor(c, node.name)),
        apply: false,
        drift: args.drift,
      }),
    );
    let told = pulumi.output<ToldKeepalived>({});
    const nics = hypervisorNics(name, named, cluster, this);
    const judge = (staged: remote.Command[]) => {
      told = toldKeepalived(
        nodes.map((node) => node.name),
        staged,
      );
      return pulumi.all([cluster, told]).apply(([c, t]) => proveSkew(name, c as Cluster, t));
    };
    const { confirmed } = applyCluster(name, named.name, hosts, { judge, after: nics.widened });
    nics.tighten(confirmed);

    const lists = [args, ...(args.virtualRouters ?? [])].map((router) => router.virtualIpAddresses);
    this.virtualIpAddresses = pulumi.output(lists).apply((all) => all.flat());
    this.simulation = pulumi.output(derive(cluster, summaryText));
    this.keepalivedVersions = versionsOf(told);
    const { virtualIpAddresses, simulation, keepalivedVersions } = this;
    this.registerOutputs({ virtualIpAddresses, simulation, keepalivedVersions });
  }

  private host(name: string, args: HostConfigArgs): AppliedHost {
    return { name, args, connection: args.connection, parent: new HostConfig(name, args, { parent: this }) };
  }
}

/** The node that will hold the addresses is started first, so that they need not move during the first apply. */
function primaryFirst(nodes: NodeArgs[], cluster: Cluster | pulumi.Output<Cluster>): NodeArgs[] {
  if (pulumi.Output.isInstance(cluster)) {
    return nodes;
  }
  const priority = new Map(cluster.nodes.map((node) => [node.name, node.priority]));
  return [...nodes].sort((a, b) => priority.get(b.name)! - priority.get(a.name)!);
}
