import { resolveConnection } from "../connection";
import { SpecContext } from "../context";
import { UNDO_AFTER } from "../defaults";
import { Problem } from "../model";
import { TunnelInput, TunnelNodeInput } from "../schema/tunnel";
import { Draft, isKnown, UNKNOWN, Unknown } from "../unknown";
import { parseEndpoint } from "./endpoint";
import { Network, Tunnel, TunnelDraft, TunnelNode, TunnelNodeDraft } from "./model";
import { mtuOver, UNDERLAY_MTU } from "./mtu";
import { parseSubnet, parseTunnelAddress, parseTunnelVip } from "./network";

/** What the documentation of WireGuard uses. */
const LISTEN_PORT = 51820;

/** What wg(8) advises: below the 30 s after which a stateful firewall forgets a UDP flow that nobody answers. */
const KEEPALIVE = 25;

/** Puts the defaults in place of what is absent. Does not judge values; reports what no default can supply. */
export function tunnelWithDefaults(
  input: Exclude<Draft<TunnelInput>, Unknown>,
  context: SpecContext,
): { tunnel: TunnelDraft; problems: Problem[] } {
  const problems: Problem[] = [];
  const given = isKnown(input.nodes) ? input.nodes : [];
  const everybodyIsDialled = given
    .map((node) => (isKnown(node) ? isDialled(node) : UNKNOWN))
    .reduce(and, true);
  const nodes = given.map((node, i) => {
    if (!isKnown(node)) {
      return UNKNOWN;
    }
    const { connection, problems: found } = resolveConnection(node.connection, context, [
      "nodes",
      i,
      "connection",
    ]);
    problems.push(...found);
    return nodeWithDefaults(node, connection, everybodyIsDialled);
  });
  const underlayMtu = input.underlayMtu ?? UNDERLAY_MTU;
  const tunnel = {
    name: input.name,
    interface: input.interface ?? "wg0",
    nodes: isKnown(input.nodes) ? nodes : UNKNOWN,
    virtualIpAddresses: networks(input.virtualIpAddresses, parseTunnelVip),
    mtu: input.mtu ?? (isKnown(underlayMtu) ? mtuOver(underlayMtu) : UNKNOWN),
    underlayMtu,
    presharedKey: input.presharedKey,
    forward: forwardOf(input.forward),
    firewall: input.firewall ?? true,
    undoAfter: input.undoAfter ?? UNDO_AFTER,
  };
  return { tunnel: tunnel as TunnelDraft, problems };
}

function isDialled({ endpoint }: Exclude<Draft<TunnelNodeInput>, Unknown>): boolean | Unknown {
  return isKnown(endpoint) ? endpoint !== undefined : UNKNOWN;
}

function and(a: boolean | Unknown, b: boolean | Unknown): boolean | Unknown {
  return a === false || b === false ? false : isKnown(a) ? b : a;
}

function nodeWithDefaults(
  node: Exclude<Draft<TunnelNodeInput>, Unknown>,
  connection: Draft<TunnelNode["connection"]>,
  everybodyIsDialled: boolean | Unknown,
): TunnelNodeDraft {
  const listenPort = node.listenPort ?? LISTEN_PORT;
  const keepalive = isKnown(everybodyIsDialled) ? (everybodyIsDialled ? 0 : KEEPALIVE) : UNKNOWN;
  return {
    name: node.name,
    connection,
    addresses: networks(node.addresses, parseTunnelAddress),
    endpoint: endpointOf(node.endpoint, listenPort),
    listenPort,
    keepalive: node.keepalive ?? keepalive,
    subnets: networks(node.subnets, parseSubnet),
    privateKey: node.privateKey,
    keyNumber: node.keyNumber ?? 1,
    wanInterface: node.wanInterface,
  };
}

function endpointOf(
  text: string | Unknown | undefined,
  listenPort: number | Unknown,
): TunnelNodeDraft["endpoint"] {
  if (typeof text !== "string") {
    return text;
  }
  const parsed = parseEndpoint(text);
  return "error" in parsed ? UNKNOWN : { ...parsed.endpoint, port: parsed.endpoint.port ?? listenPort };
}

function networks(
  texts: Draft<string[] | undefined>,
  parse: (text: string) => { network: Network } | { error: object },
): Draft<Network[]> {
  const given = (texts ?? []) as Draft<string[]>;
  return isKnown(given)
    ? given.map((text) => {
        const parsed = typeof text === "string" ? parse(text) : undefined;
        return parsed !== undefined && "network" in parsed ? parsed.network : UNKNOWN;
      })
    : UNKNOWN;
}

function forwardOf(forward: boolean | Unknown | undefined): Tunnel["forward"] | Unknown {
  return isKnown(forward) ? (forward === undefined ? "subnets" : forward ? "all" : "none") : UNKNOWN;
}
