import { z } from "zod";
import { CLUSTER_NAME, INTERFACE_NAME, NODE_NAME } from "../names";
import { parseEndpoint } from "../tunnel/endpoint";
import { isKey, KEY } from "../tunnel/keys";
import { parseSubnet, parseTunnelAddress, parseTunnelVip } from "../tunnel/network";
import { connectionSchema } from "./connection";
import { field, flag, parsed, text, whole } from "./fields";

const key = (made: string) =>
  field(z.string().refine(isKey), KEY, { secret: true, fix: `give what '${made}' prints` });

/**
 * Part of paths, of a systemd unit's name and of sysctl keys, in which a dot would be a separator; `all` and `default` are
 * sysctl's own.
 */
const tunnelInterface = field(
  z
    .string()
    .refine((name) => /^[A-Za-z0-9][A-Za-z0-9_-]{0,14}$/.test(name) && !/^(lo|all|default)$/.test(name)),
  "a name of 1 to 15 letters, digits, '_' and '-', other than lo, all and default",
);

/** One end of a tunnel. */
export const tunnelNodeSchema = field(
  z.strictObject({
    /** Name of the node, unique in the tunnel, 1 to 63 characters. */
    name: text(NODE_NAME, "a name of 1 to 63 letters, digits, '.', '_' and '-'"),
    /** How it is reached over SSH, best over a way that does not lead through the tunnel. */
    connection: connectionSchema,
    /** Its addresses inside the tunnel, each with the prefix length of the tunnel's network, 1 to 16 of them. */
    addresses: field(
      z.array(parsed(parseTunnelAddress, "ADDRESS/PREFIX")).min(1).max(16),
      "a list of 1 to 16 addresses",
    ),
    /** Where its peer dials it: `HOST` or `HOST:PORT`. @default none: it is behind NAT, and the peer waits for it */
    endpoint: parsed(parseEndpoint, "HOST or HOST:PORT").optional(),
    /** UDP port that it listens on and sends from, 1 to 65535. @default 51820 */
    listenPort: whole(1, 65535).optional(),
    /**
     * Seconds between two packets that it sends when it has nothing to send, 0 to 65535; 0: none.
     * @default 25 where one of the two has no endpoint, else 0
     */
    keepalive: whole(0, 65535).optional(),
    /** Networks behind the node that the peer, and the machines behind it, reach through the tunnel, 0 to 256 of them. @default none */
    subnets: field(
      z.array(parsed(parseSubnet, "NETWORK/PREFIX")).max(256),
      "a list of 0 to 256 networks",
    ).optional(),
    /** Its private key; another one takes another keyNumber. @default made on the host, which it never leaves */
    privateKey: key("wg genkey").optional(),
    /** Number of its key, 1 to 2147483647: a new number makes a new key. @default 1 */
    keyNumber: whole(1, 2147483647).optional(),
    /** Interface under the tunnel, 1 to 15 characters. @default the one that the route to the peer takes */
    wanInterface: text(INTERFACE_NAME, "the name of an interface, 1 to 15 characters").optional(),
  }),
  "a node: name, connection, addresses",
);

/** What a user writes to describe a tunnel. */
export const tunnelSchema = field(
  z.strictObject({
    /** Name of the tunnel: of its files on the hosts, 1 to 40 characters. @default given by the caller */
    name: field(
      // The agent's own drop-in has that name.
      z.string().refine((name) => CLUSTER_NAME.test(name) && name !== "agent"),
      "a name of 1 to 40 letters, digits, '_' and '-', other than agent",
    ),
    /** Name of the interface on both hosts, 1 to 15 characters. @default "wg0" */
    interface: tunnelInterface.optional(),
    /** The two ends. How many they are is said by a rule of the proof. */
    nodes: field(z.array(tunnelNodeSchema), "a list of 2 nodes"),
    /** Addresses that move between the nodes, as HaPair has them or bare, 0 to 255 of them. @default none */
    virtualIpAddresses: field(
      z.array(parsed(parseTunnelVip, "ADDRESS")).max(255),
      "a list of 0 to 255 addresses",
    ).optional(),
    /** Bytes of the largest packet inside the tunnel, 576 to 65535; 1280 or more with IPv6 inside. @default underlayMtu - 80 */
    mtu: whole(576, 65535).optional(),
    /** Bytes of the largest packet on the way under the tunnel, 656 to 65535. @default 1500 */
    underlayMtu: whole(656, 65535).optional(),
    /** A key that both ends mix into each handshake. @default none */
    presharedKey: key("wg genpsk").optional(),
    /** Whether the nodes forward between the tunnel and their other networks. @default those that have subnets */
    forward: flag().optional(),
    /** Open the UDP port in the hosts' own firewall, for the peer alone where its endpoint is an address; inside the tunnel, what the hosts ask each other. @default true */
    firewall: flag().optional(),
    /** Seconds within which a change must be confirmed, or both hosts take it back by themselves: 10 to 3600. @default 300 */
    undoAfter: whole(10, 3600).optional(),
    /** A refresh looks at the hosts for what was changed there by hand. @default false */
    drift: flag().optional(),
  }),
  "a tunnel: nodes with their addresses",
);

export type TunnelNodeInput = z.infer<typeof tunnelNodeSchema>;
export type TunnelInput = z.infer<typeof tunnelSchema>;
