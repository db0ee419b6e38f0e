import { z } from "zod";
import { CLUSTER_NAME, INTERFACE_NAME, NODE_NAME } from "../names";
import { parseVip } from "../vip";
import { garpTimers, notifyPrograms } from "./announcements";
import { scriptUser, trackProcesses, trackScripts } from "./checks";
import { connectionSchema } from "./connection";
import { field, flag, parsed, password, seconds, sourceAddress, text, whole } from "./fields";
import { keepalivedSourceSchema } from "./keepalived-source";
import { globalOptions, instanceOptions } from "./options";
import { openPorts } from "./ports";
import { bfd, trackInterfaces } from "./tracking";

const vip = parsed(parseVip, "'ADDRESS[/PREFIX] [dev NAME] [label NAME]'");

/** One `vrrp_instance`, word for word: types and bounds only, because the policy pack judges the rest. */
export const instanceSchema = field(
  z.strictObject({
    /** How the host is reached over SSH. */
    connection: connectionSchema.optional(),
    /** Name of the managed set on the host, 1 to 40 characters. @default given by the caller */
    cluster: text(CLUSTER_NAME, "a name of 1 to 40 letters, digits, '_' and '-'"),
    /** Name of this host within the cluster, 1 to 63 characters. @default given by the caller */
    node: text(NODE_NAME, "a name of 1 to 63 letters, digits, '.', '_' and '-'"),
    /** State that the instance starts in. @default BACKUP */
    state: field(z.enum(["MASTER", "BACKUP"]), "'MASTER' or 'BACKUP'").optional(),
    /** Interface that carries the virtual addresses and VRRP, 1 to 15 characters. */
    interface: text(INTERFACE_NAME, "the name of an interface, 1 to 15 characters"),
    /** VRRP virtual router id, 1 to 255. */
    virtualRouterId: whole(1, 255),
    /** VRRP priority, 1 to 255. @default 100 */
    priority: whole(1, 255).optional(),
    /** Seconds between two adverts, 0.01 to 255. @default 1 */
    advertInt: seconds(0.01, 255).optional(),
    /** VRRP version, 2 or 3. @default 3 */
    version: field(z.literal([2, 3]), "2 or 3").optional(),
    /** Send adverts to the VRRP group instead of to the peers. @default false */
    multicast: flag().optional(),
    /** Address on the interface from which adverts are sent to the peers. */
    unicastSrcIp: sourceAddress().optional(),
    /** Addresses of the peers. @default none */
    unicastPeers: field(z.array(sourceAddress()), "a list of addresses").optional(),
    /** Source of multicast adverts. @default the interface's address */
    mcastSrcIp: sourceAddress().optional(),
    /** Do not take over from a lower priority. @default false */
    nopreempt: flag().optional(),
    /** Seconds to wait before taking over from a lower priority, 0 to 1000. @default 0 */
    preemptDelay: seconds(0, 1000).optional(),
    /** VRRP version 2 password, printable, in clear on the wire; keepalived cuts it to 8 characters. */
    authPass: password("printable ASCII characters").optional(),
    /** The addresses that move, all of one family. */
    virtualIpAddresses: field(z.array(vip).min(1).max(255), "a list of 1 to 255 addresses"),
    /** Programs that decide whether this host may hold the addresses. @default none */
    trackScripts: trackScripts().optional(),
    /** Processes that decide whether this host may hold the addresses. @default none */
    trackProcesses: trackProcesses().optional(),
    /** Interfaces that decide whether this host may hold the addresses, beside its own, which always does. @default none */
    trackInterfaces: trackInterfaces().optional(),
    /** Routers that this host watches over BFD. @default none */
    bfd: bfd().optional(),
    ...garpTimers(),
    ...notifyPrograms(),
    ...instanceOptions(),
    ...globalOptions(),
    /** User that keepalived runs track scripts and notify programs as. */
    scriptUser: scriptUser().optional(),
    /** Open protocol 112 for the peers, and openPorts, in the host's own firewall. @default true */
    firewall: flag().optional(),
    /** Ports of the host that its own firewall lets in. @default none */
    openPorts: openPorts().optional(),
    /** Let services bind to a virtual address that this host does not hold now. @default false */
    nonlocalBind: flag().optional(),
    /** The virtual addresses are routed here, not on a network of the interface. @default false */
    vipOffLink: flag().optional(),
    /** Seconds within which a change must be confirmed, or every host takes it back by itself: 10 to 3600. @default 300 */
    undoAfter: whole(10, 3600).optional(),
    /** A tarball that keepalived is built from. @default the distribution's keepalived */
    keepalivedSource: keepalivedSourceSchema.optional(),
    /** A refresh looks at the host for what was changed there by hand. @default false */
    drift: flag().optional(),
  }),
  "an instance: interface, virtualRouterId, virtualIpAddresses",
);

export type InstanceInput = z.infer<typeof instanceSchema>;
