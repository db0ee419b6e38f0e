import * as pulumi from "@pulumi/pulumi";

import { renderTunnel } from "../render";
import { parseTunnel, Tunnel, tunnelPlan } from "../spec";
import { applyCluster, AppliedHost, askPublicKey } from "./apply";
import { ConnectionArgs } from "./args";
import { textByPath, TUNNEL_PACKAGES } from "./files";
import { HostConfig } from "./hostConfig";
import { derive, prove, proveSecrets } from "./proof";
import { userContext } from "./userContext";
import { mapLeaves, SECRET_PLACEHOLDER, withSecrets } from "./values";

/** One end of a tunnel. */
export interface TunnelNodeArgs {
  /** Name of the node, unique in the tunnel, 1 to 63 characters. */
  name: string;
  /** How it is reached over SSH, best over a way that does not lead through the tunnel. */
  connection: ConnectionArgs;
  /** Its addresses inside the tunnel, each with the prefix length of the tunnel's network: `10.99.0.1/24`, 1 to 16 of them. */
  addresses: pulumi.Input<string>[];
  /** Where its peer dials it, over UDP: `HOST` or `HOST:PORT`, a name or an address. @default none: it is behind NAT, and the peer waits for it */
  endpoint?: pulumi.Input<string>;
  /** UDP port that it listens on and sends from, 1 to 65535. @default 51820 */
  listenPort?: pulumi.Input<number>;
  /** Seconds between two packets that it sends when it has nothing to send, 0 to 65535; 0: none. @default 25 where one of the two has no endpoint, else 0 */
  keepalive?: pulumi.Input<number>;
  /** Networks behind the node that its peer, and the machines behind that, reach through the tunnel: `192.168.10.0/24`, 0 to 256 of them. @default none */
  subnets?: pulumi.Input<string>[];
  /** Its private key, as `wg genkey` prints it; another one takes another keyNumber. Always kept as a secret. @default made on the host, which it never leaves */
  privateKey?: pulumi.Input<string>;
  /** Number of its key, from 1: a new number makes a new key. @default 1 */
  keyNumber?: pulumi.Input<number>;
  /** Interface under the tunnel, 1 to 15 characters. @default the one that the route to the peer takes */
  wanInterface?: pulumi.Input<string>;
}

/** Arguments of WireGuardTunnel. */
export interface WireGuardTunnelArgs {
  /** Name of the tunnel: of its files on the hosts, 1 to 40 characters. @default the resource's name */
  name?: string;
  /** Name of the interface on both hosts, 1 to 15 letters, digits, '_' and '-'. @default "wg0" */
  interface?: pulumi.Input<string>;
  /** The two ends. Three sites take one tunnel, with an interface of its own, for each pair of them. */
  nodes: TunnelNodeArgs[];
  /** Addresses that move between the nodes, as HaPair has them, 0 to 255 of them. @default none */
  virtualIpAddresses?: pulumi.Input<string>[];
  /** Bytes of the largest packet inside the tunnel, 576 to 65535; 1280 or more with IPv6 inside. @default underlayMtu - 80 */
  mtu?: pulumi.Input<number>;
  /** Bytes of the largest packet on the way under the tunnel, 656 to 65535; PPPoE has 1492. @default 1500 */
  underlayMtu?: pulumi.Input<number>;
  /** A key that both ends mix into each handshake, as `wg genpsk` prints it. Always kept as a secret. @default none */
  presharedKey?: pulumi.Input<string>;
  /** Whether the nodes forward between the tunnel and their other networks. @default those that have subnets */
  forward?: pulumi.Input<boolean>;
  /** Open the UDP port in the hosts' own firewall, for the peer alone where its endpoint is an address; inside the tunnel, what the hosts ask each other. @default true */
  firewall?: pulumi.Input<boolean>;
  /** Seconds within which a change must be confirmed, or both hosts take it back by themselves: 10 to 3600. @default 300 */
  undoAfter?: pulumi.Input<number>;
  /** Have `pulumi refresh` and `preview --refresh` look at the hosts and show what was changed there by hand; the next `up` puts it right. @default false */
  drift?: boolean;
}

/**
 * A WireGuard tunnel between two machines. Proves the spec over both ends before anything is registered, has each host make
 * its key, and applies the files to both as one change. A HaPair whose addresses are inside the tunnel depends on it.
 *
 * @example
 * new WireGuardTunnel("sites", {
 *   virtualIpAddresses: ["10.99.0.100/32"],
 *   nodes: [
 *     { name: "a", connection: { host: "a.example.org", privateKey }, addresses: ["10.99.0.1/24"], endpoint: "a.example.org" },
 *     { name: "b", connection: { host: "b.example.org", privateKey }, addresses: ["10.99.0.2/24"] },
 *   ],
 * });
 */
export class WireGuardTunnel extends pulumi.ComponentResource {
  static readonly __pulumiType = "pulumi-keepalived:index:WireGuardTunnel";

  /** Node -> its public key, in base64. */
  public readonly publicKeys: pulumi.Output<Record<string, string>>;
  /** Name of the interface on both hosts. */
  public readonly interface: pulumi.Output<string>;

  constructor(name: string, args: WireGuardTunnelArgs, opts?: pulumi.ComponentResourceOptions) {
    const named = { ...args, name: args.name ?? name };
    const parse = (input: unknown) => parseTunnel(input, userContext());
    const tunnel = prove(name, named, (input) => parse(withKeysForShow(input)));
    super(WireGuardTunnel.__pulumiType, name, withSecrets(named), opts);

    const secrets = [args.presharedKey, ...args.nodes.map((node) => node.privateKey)];
    const real = secrets.some((s) => s !== undefined) ? proveSecrets(name, named, parse) : undefined;
    const hosts = args.nodes.map((node, i) => this.askKey(name, named.name, node, i, tunnel, real));
    this.publicKeys = pulumi.all(Object.fromEntries(hosts.map((host) => [host.node, host.publicKey])));
    this.interface = pulumi.output(derive(tunnel, (t) => t.interface));

    const applied = hosts.map(({ node, agent, connection }): AppliedHost => {
      const files = (of: Tunnel | pulumi.Output<Tunnel>, secret: boolean) =>
        this.files(of, node).apply((all) => textByPath(all.filter((file) => file.secret === secret)));
      const config = {
        cluster: named.name,
        connection,
        files: files(tunnel, false),
        secretFiles: args.presharedKey === undefined ? undefined : files(real!, true),
        packages: TUNNEL_PACKAGES,
        apply: false,
        drift: args.drift,
      };
      const parent = new HostConfig(`${name}-${node}`, config, { parent: this });
      return { name: `${name}-${node}`, args: config, connection, parent, agent };
    });
    applyCluster(name, named.name, applied);

    this.registerOutputs({ publicKeys: this.publicKeys, interface: this.interface });
  }

  /** The files of a host hold its peer's key, so the component itself, and not the host's config, is what asks. */
  private askKey(
    name: string,
    cluster: string,
    { name: node, connection, privateKey }: TunnelNodeArgs,
    at: number,
    tunnel: Tunnel | pulumi.Output<Tunnel>,
    real: pulumi.Output<Tunnel> | undefined,
  ) {
    const host = { name: `${name}-${node}`, parent: this, connection };
    const asked = askPublicKey(name, cluster, host, {
      interface: derive(tunnel, (t) => t.interface),
      number: derive(tunnel, (t) => t.nodes[at]!.keyNumber),
      privateKey: privateKey === undefined ? undefined : real!.apply((t) => t.nodes[at]!.privateKey!),
    });
    return { ...asked, node, connection };
  }

  private files(tunnel: Tunnel | pulumi.Output<Tunnel>, node: string) {
    return pulumi.all([tunnel, this.publicKeys]).apply(([known, publicKeys]) => {
      try {
        return renderTunnel(tunnelPlan(known, node, publicKeys));
      } catch (error) {
        throw new pulumi.RunError((error as Error).message);
      }
    });
  }
}

/**
 * A key in the place of each placeholder of a tunnel's own secrets: only a key passes the schema, and only keys that differ the
 * proof. It goes into files that are thrown away.
 */
function withKeysForShow(input: unknown): unknown {
  return mapLeaves(input, (leaf, path) => {
    const isKey =
      path.length === 1 ? path[0] === "presharedKey" : path.length === 3 && path[2] === "privateKey";
    if (!isKey || leaf !== SECRET_PLACEHOLDER) {
      return leaf;
    }
    const bytes = Buffer.alloc(32, 1);
    bytes.writeUInt32BE(typeof path[1] === "number" ? path[1] : 0, 8);
    return bytes.toString("base64");
  });
}
