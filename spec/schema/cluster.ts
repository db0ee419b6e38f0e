import { z } from "zod";
import { Preemption } from "../model";
import { isUnicast, parseAddress } from "../addresses";
import { CLUSTER_NAME, INTERFACE_NAME, MAIL_ADDRESS, MAIL_RECIPIENT, NODE_NAME, ROUTER_NAME } from "../names";
import { parseSpecVip } from "../vip";
import { garpTimers, notifyPrograms } from "./announcements";
import { checks } from "./check-list";
import { scriptUser, trackProcesses, trackScripts } from "./checks";
import { connectionSchema } from "./connection";
import { connectionStateSchema } from "./connection-state";
import { field, flag, parsed, password, seconds, sourceAddress, text, whole } from "./fields";
import { gatewaySchema } from "./gateway";
import { guestSchema, hypervisorSchema } from "./hypervisor";
import { keepalivedSourceSchema } from "./keepalived-source";
import { globalOptions, instanceOptions } from "./options";
import { openPorts } from "./ports";
import { roleSchema } from "./role";
import { bfd, trackInterfaces } from "./tracking";
import { witnessSchema } from "./witness";

const vip = parsed(parseSpecVip, "'ADDRESS/PREFIX [dev NAME] [label NAME]'");

const nodeName = () => text(NODE_NAME, "a name of 1 to 63 letters, digits, '.', '_' and '-'");

const interfaceName = () => text(INTERFACE_NAME, "the name of an interface, 1 to 15 characters");

const ownPriority = () =>
  field(
    // 255 is refused by a rule of the proof, with its reason: the policy pack shares it.
    z.int().min(1).max(255),
    "a whole number from 1 to 254",
  ).optional();

/** One machine of a cluster. */
export const nodeSchema = field(
  z.strictObject({
    /** Name of the node, unique in the cluster, 1 to 63 characters. */
    name: nodeName(),
    /** How it is reached over SSH. */
    connection: connectionSchema,
    /** Interface that carries the virtual addresses and VRRP, 1 to 15 characters. */
    interface: interfaceName(),
    /**
     * Address on that interface from which VRRP is sent; IPv4, or IPv6 when all virtual addresses are. Required, by
     * a rule of the proof and not here: the policy pack shares it.
     */
    unicastSrcIp: sourceAddress().optional(),
    /** IPv6 address on that interface from which VRRP is sent; needed with IPv6 virtual addresses. */
    unicastSrcIp6: sourceAddress(6).optional(),
    /** Source of multicast adverts. @default unicastSrcIp */
    mcastSrcIp: sourceAddress().optional(),
    /** VRRP priority, 1 to 254. @default from the order of the nodes: 100, 90, 80 ...; sticky: 100 */
    priority: ownPriority(),
    /** keepalived's router_id, 1 to 63 characters. @default the node's name */
    routerId: text(NODE_NAME, "1 to 63 letters, digits, '.', '_' and '-'").optional(),
    /** Interfaces of this node that decide whether it may hold the addresses. @default the cluster's */
    trackInterfaces: trackInterfaces().optional(),
    /** Routers that this node watches over BFD. @default the cluster's */
    bfd: bfd().optional(),
    /** A tarball that this node's keepalived is built from. @default the cluster's */
    keepalivedSource: keepalivedSourceSchema.optional(),
    /** The guest that this node is. @default a machine of its own */
    guest: guestSchema.optional(),
  }),
  "a node: name, connection, interface, unicastSrcIp",
);

const virtualIpAddresses = () => field(z.array(vip).min(1).max(255), "a list of 1 to 255 addresses");

/** What one node does otherwise for a further virtual router. */
const routerNodeSchema = field(
  z.strictObject({
    /** Name of the node. */
    name: nodeName(),
    /** Interface that carries these addresses and their VRRP; where it is another one than the node's, the node's addresses are not meant: give unicastSrcIp. @default the node's */
    interface: interfaceName().optional(),
    /** @default the node's */
    unicastSrcIp: sourceAddress().optional(),
    /** @default the node's */
    unicastSrcIp6: sourceAddress(6).optional(),
    /** @default the node's */
    mcastSrcIp: sourceAddress().optional(),
    /** VRRP priority, 1 to 254; not beside primary. @default the node's, or by primary */
    priority: ownPriority(),
  }),
  "a node of the virtual router: name, and what differs there",
);

/** A further virtual router on the same nodes. */
const virtualRouterSchema = field(
  z.strictObject({
    /** Its name, unique in the cluster, 1 to 20 characters: its instance is CLUSTER-NAME. */
    name: text(ROUTER_NAME, "a name of 1 to 20 letters, digits, '_' and '-'"),
    /** VRRP virtual router id, 1 to 255, of its own on the interface. */
    virtualRouterId: whole(1, 255),
    /** The addresses that move with it. */
    virtualIpAddresses: virtualIpAddresses(),
    /** Node that holds these addresses while all are healthy. @default the one that holds the cluster's own */
    primary: nodeName().optional(),
    /** One sync group with the cluster's own virtual router: all their addresses move together. @default false */
    syncGroup: flag().optional(),
    /** Nodes on which something differs. @default none */
    nodes: field(z.array(routerNodeSchema).max(100), "a list of up to 100 nodes").optional(),
  }),
  "a virtual router: name, virtualRouterId, virtualIpAddresses",
);

/** Mails that keepalived itself sends at each change of state. */
const smtpAlertSchema = field(
  z.strictObject({
    /** IP address of the mail server; keepalived asks it without TLS and without a password. */
    server: field(
      z.string().refine((value) => {
        const address = parseAddress(value);
        return address !== undefined && isUnicast(address.text);
      }),
      "the IP address of a mail server",
    ),
    /** Its port, 1 to 65535. @default 25 */
    port: whole(1, 65535).optional(),
    /** Sender, up to 254 characters. */
    from: text(MAIL_ADDRESS, "a mail address NAME@DOMAIN"),
    /** Recipients, 1 to 20. */
    to: field(
      z.array(text(MAIL_RECIPIENT, "a mail address")).min(1).max(20),
      "a list of 1 to 20 mail addresses",
    ),
    /** Whole seconds after which the server counts as away, 1 to 60. @default 10 */
    connectTimeout: whole(1, 60).optional(),
  }),
  "smtpAlert: server, from, to",
);

/** What a user writes to describe a cluster. */
export const clusterSchema = field(
  z.strictObject({
    /** Name of the cluster: of its instances and of its files on the hosts, 1 to 40 characters. @default given by the caller */
    name: text(CLUSTER_NAME, "a name of 1 to 40 letters, digits, '_' and '-'"),
    /** The machines, primary first: 2 to 100. */
    nodes: field(z.array(nodeSchema).min(2).max(100), "a list of 2 to 100 nodes"),
    /** VRRP virtual router id, 1 to 255, unique among the clusters on the network. */
    virtualRouterId: whole(1, 255),
    /** The addresses that move, in keepalived's words: `192.168.1.1/24 [dev eth0] [label eth0:vip]`, 1 to 255 of them. */
    virtualIpAddresses: virtualIpAddresses(),
    /** Further virtual routers on the same nodes, each with addresses that move by themselves: up to 50. @default none */
    virtualRouters: field(
      z.array(virtualRouterSchema).max(50),
      "a list of up to 50 virtual routers",
    ).optional(),
    /** Seconds between two adverts: version 3 0.01 to 40.95 in steps of 0.01, version 2 whole seconds 1 to 255. @default 1 */
    advertInt: seconds(0.01, 255).optional(),
    /** VRRP version, 2 or 3; IPv6 addresses always use 3. @default 3 */
    version: field(z.literal([2, 3]), "2 or 3").optional(),
    /** Send adverts to 224.0.0.18 / ff02::12 instead of to the peers. @default false */
    multicast: flag().optional(),
    /** Who holds the addresses once everybody is healthy again. @default prefer-primary */
    preemption: field(z.enum(Preemption), "'prefer-primary' or 'sticky'").optional(),
    /** Seconds a node with a higher priority waits before it takes over, 0 to 1000. @default 0 */
    preemptDelay: seconds(0, 1000).optional(),
    /** VRRP version 2 password, 1 to 8 printable characters, in clear on the wire. */
    authPass: password("1 to 8 printable ASCII characters").optional(),
    ...garpTimers(),
    ...notifyPrograms(),
    ...instanceOptions(),
    /** @default startupDelay: 2 where a backup takes over within a second, else 0 */
    ...globalOptions(),
    /** User that keepalived runs the track scripts and the notify programs as. @default "root" */
    scriptUser: scriptUser().optional(),
    /** Programs that decide whether a node may hold the addresses. @default none */
    trackScripts: trackScripts().optional(),
    /** Processes that decide whether a node may hold the addresses. @default none */
    trackProcesses: trackProcesses().optional(),
    /** What the agent tests on every node, and what a failure does: up to 50. @default none */
    checks: checks().optional(),
    /** Interfaces that decide whether a node may hold the addresses, beside its own, which always does. @default none */
    trackInterfaces: trackInterfaces().optional(),
    /** Routers that every node watches over BFD. @default none */
    bfd: bfd().optional(),
    /** Let services bind to a virtual address that their host does not hold now. @default false */
    nonlocalBind: flag().optional(),
    /** The virtual addresses are routed to the nodes, not on a network of their interface. @default false */
    vipOffLink: flag().optional(),
    /** Seconds within which a change must be confirmed, or every host takes it back by itself: 10 to 3600. @default 300 */
    undoAfter: whole(10, 3600).optional(),
    /** Open protocol 112 for the peers, and openPorts, in the hosts' own firewall. @default true */
    firewall: flag().optional(),
    /** Ports of the hosts that their own firewall lets in. @default none */
    openPorts: openPorts().optional(),
    /** What says which of two sites may hold when they do not hear each other. @default none */
    witness: witnessSchema.optional(),
    /** What the node that holds the cluster's own addresses runs, and the others do not. @default none */
    role: roleSchema.optional(),
    /** Mails that keepalived itself sends. @default none */
    smtpAlert: smtpAlertSchema.optional(),
    /** nginx, or OpenResty, that serves behind the addresses. @default none */
    gateway: gatewaySchema.optional(),
    /** The connections that a node forwards are known to the other one. @default none are */
    connectionState: connectionStateSchema.optional(),
    /** A tarball that keepalived is built from on every node. @default the distribution's keepalived */
    keepalivedSource: keepalivedSourceSchema.optional(),
    /** What the nodes run on, where that filters their packets. @default it is left alone */
    hypervisor: hypervisorSchema.optional(),
    /** A refresh looks at the hosts for what was changed there by hand. @default false */
    drift: flag().optional(),
  }),
  "a cluster: nodes, virtualRouterId, virtualIpAddresses",
);

export type VirtualRouterInput = z.infer<typeof virtualRouterSchema>;
export type NodeInput = z.infer<typeof nodeSchema>;
export type ClusterInput = z.infer<typeof clusterSchema>;
