import * as pulumi from "@pulumi/pulumi";

import { HostPlan, parseInstance } from "../spec";
import {
  AnnouncementArgs,
  BfdArgs,
  ConnectionArgs,
  KeepalivedSourceArgs,
  OpenPortArgs,
  OptionArgs,
  TrackInterfaceArgs,
  TrackProcessArgs,
  TrackScriptArgs,
} from "./args";
import { packagesOfKeepalived, secretFiles, shownFiles } from "./files";
import { HostConfig } from "./hostConfig";
import { derive, prove, proveSecrets } from "./proof";
import { userContext } from "./userContext";
import { withSecrets } from "./values";

/** State that an instance starts in. */
export enum InstanceState {
  /** Start as master; voids nopreempt and preemptDelay. */
  Master = "MASTER",
  /** Start as backup and take over when nobody better is heard. */
  Backup = "BACKUP",
}

/** Arguments of KeepalivedInstance: the words of a `vrrp_instance`. */
export interface KeepalivedInstanceArgs extends AnnouncementArgs, OptionArgs {
  /** How the host is reached over SSH. */
  connection: ConnectionArgs;
  /** Name of the virtual router: of the instance and of its files on the host, 1 to 40 characters. @default the resource's name */
  cluster?: string;
  /** Name of this host within the cluster, 1 to 63 characters. @default the resource's name */
  node?: string;
  /** State that the instance starts in. @default BACKUP */
  state?: pulumi.Input<InstanceState>;
  /** Interface that carries the virtual addresses and VRRP, 1 to 15 characters. */
  interface: pulumi.Input<string>;
  /** VRRP virtual router id, 1 to 255. */
  virtualRouterId: pulumi.Input<number>;
  /** VRRP priority, 1 to 255. @default 100 */
  priority?: pulumi.Input<number>;
  /** Seconds between two adverts, 0.01 to 255; version 3 carries 0.01 to 40.95, version 2 whole seconds. @default 1 */
  advertInt?: pulumi.Input<number>;
  /** VRRP version, 2 or 3. @default 3 */
  version?: pulumi.Input<number>;
  /** Send adverts to the VRRP group instead of to the peers. @default false */
  multicast?: pulumi.Input<boolean>;
  /** Address on the interface from which adverts are sent to the peers. @default keepalived's choice: the interface's first */
  unicastSrcIp?: pulumi.Input<string>;
  /** Addresses of the peers; with multicast, those whose adverts the firewall lets in. @default none */
  unicastPeers?: pulumi.Input<string>[];
  /** Source of multicast adverts. @default the interface's address */
  mcastSrcIp?: pulumi.Input<string>;
  /** Do not take over from a lower priority. @default false */
  nopreempt?: pulumi.Input<boolean>;
  /** Seconds to wait before taking over from a lower priority, 0 to 1000. @default 0 */
  preemptDelay?: pulumi.Input<number>;
  /** VRRP version 2 password, printable ASCII without blanks, cut to 8 characters, in clear on the wire. Always kept as a secret. @default none */
  authPass?: pulumi.Input<string>;
  /** The addresses that move: `192.168.1.1/24 [dev eth0] [label eth0:vip]`, 1 to 255, all of one family. */
  virtualIpAddresses: pulumi.Input<string>[];
  /** Programs that decide whether this host may hold the addresses. @default none */
  trackScripts?: TrackScriptArgs[];
  /** Processes that decide whether this host may hold the addresses. @default none */
  trackProcesses?: TrackProcessArgs[];
  /** Interfaces that decide whether this host may hold the addresses, beside its own, which always does. @default none */
  trackInterfaces?: TrackInterfaceArgs[];
  /** Routers that this host watches over BFD. @default none */
  bfd?: BfdArgs[];
  /**
   * Seconds after keepalived's start for which a node takes no address from a silent network (`vrrp_startup_delay`), 0 to
   * 60 in steps of 0.001; 0: none; needs keepalived 2.0.14. It waits for no reload.
   * @default 0
   */
  startupDelay?: pulumi.Input<number>;
  /** User that keepalived runs track scripts and notify programs as. */
  scriptUser?: pulumi.Input<string>;
  /** Open protocol 112 for the peers, and openPorts, in the host's own firewall. @default true */
  firewall?: pulumi.Input<boolean>;
  /** Ports of the host that its own firewall lets in, on every interface; not with `firewall: false`. @default none */
  openPorts?: OpenPortArgs[];
  /** Let services bind to a virtual address that this host does not hold now. @default false */
  nonlocalBind?: pulumi.Input<boolean>;
  /** The virtual addresses are routed here, not on a network of the interface. @default false */
  vipOffLink?: pulumi.Input<boolean>;
  /** Seconds within which a change must be confirmed, or every host takes it back by itself: 10 to 3600. @default 300 */
  undoAfter?: pulumi.Input<number>;
  /** A tarball that keepalived is built from on the host. @default the distribution's keepalived */
  keepalivedSource?: KeepalivedSourceArgs;
  /** Have `pulumi refresh` and `preview --refresh` look at the host and show what was changed there by hand; the next `up` puts it right. @default false */
  drift?: boolean;
}

/**
 * One `vrrp_instance` on one host, word for word. Only types and bounds are checked: that the instances of a virtual
 * router fit together is the policy pack's business. Prefer HaPair, which proves it.
 */
export class KeepalivedInstance extends pulumi.ComponentResource {
  static readonly __pulumiType = "pulumi-keepalived:index:KeepalivedInstance";

  /** The addresses that move, as given. */
  public readonly virtualIpAddresses: pulumi.Output<string[]>;

  constructor(name: string, args: KeepalivedInstanceArgs, opts?: pulumi.ComponentResourceOptions) {
    const named = { ...args, cluster: args.cluster ?? name, node: args.node ?? name };
    const parse = (input: unknown) => parseInstance(input, userContext());
    const plan: HostPlan | pulumi.Output<HostPlan> = prove(name, named, parse);
    const inputs = withSecrets(named);
    super(KeepalivedInstance.__pulumiType, name, inputs, opts);

    new HostConfig(
      name,
      {
        connection: args.connection,
        cluster: named.cluster,
        files: derive(plan, shownFiles),
        secretFiles:
          args.authPass === undefined ? undefined : proveSecrets(name, named, parse).apply(secretFiles),
        packages: derive(plan, (p) => packagesOfKeepalived(p.keepalivedSource)),
        drift: args.drift,
      },
      { parent: this },
    );

    this.virtualIpAddresses = pulumi.output(args.virtualIpAddresses);
    // Stack policies see outputs only, and those that compare the instances of a stack need all of this.
    this.registerOutputs(inputs);
  }
}
