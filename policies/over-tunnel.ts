import { StackValidationPolicy } from "@pulumi/policy";
import { parseTunnelVip } from "../spec/tunnel/network";
import { parseVip } from "../spec/vip";
import { plain } from "./plain";
import { HA_PAIR, machineOf, WIREGUARD_TUNNEL } from "./resources";

type Loose = Record<string, unknown>;

/** An address that a HaPair moves, and where it is written. */
interface Moved {
  path: string;
  text: string;
  /** Node and interface that may have it. */
  on: { node: Loose; dev: unknown }[];
}

/** The objects of a list, and nothing else that may be in it. */
function objects(value: unknown): Loose[] {
  return Array.isArray(value)
    ? value.filter((item): item is Loose => item !== null && typeof item === "object")
    : [];
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.map((item) => (typeof item === "string" ? item : "")) : [];
}

/** What a pair moves: its own addresses and those of its further virtual routers, which may be on another interface. */
function movedBy(pair: Loose): Moved[] {
  const nodes = objects(pair.nodes);
  const routers = [pair, ...objects(pair.virtualRouters)];
  return routers.flatMap((router, r) => {
    const changes = r === 0 ? [] : objects(router.nodes);
    const at = r === 0 ? "" : `virtualRouters[${r - 1}].`;
    return texts(router.virtualIpAddresses).flatMap((text, i): Moved[] => {
      const read = parseVip(text);
      if ("error" in read) {
        return [];
      }
      const on = nodes.map((node) => {
        const change = changes.find(({ name }) => name === node.name);
        return { node, dev: read.vip.dev ?? change?.interface ?? node.interface };
      });
      return [{ path: `${at}virtualIpAddresses[${i}]`, text, on }];
    });
  });
}

/** Addresses that a tunnel lets through to whoever holds them; undefined while one of them is not known. */
function carriedBy({ virtualIpAddresses: vips = [] }: Loose): string[] | undefined {
  if (!Array.isArray(vips) || !vips.every((vip) => typeof vip === "string")) {
    return undefined;
  }
  return vips.map(addressOf).filter((address) => address !== undefined);
}

function addressOf(text: string): string | undefined {
  const read = parseTunnelVip(text);
  return "error" in read ? undefined : read.network.address;
}

function isEnd(tunnel: Loose, node: Loose): boolean {
  const machine = machineOf(node.connection);
  return objects(tunnel.nodes).some(
    (end) =>
      (typeof node.name === "string" && end.name === node.name) ||
      (machine !== undefined && machineOf(end.connection) === machine),
  );
}

/** A pair over a tunnel works without, but for whoever sends to its addresses through the tunnel: WireGuard drops that. */
export const vipsOverTunnel: StackValidationPolicy = {
  name: "tunnel-carries-vips-in-stack",
  description:
    "WireGuard lets an address through only where the tunnel's virtualIpAddresses have it: one that a HaPair moves on the tunnel's interface is out of the other end's reach without. Fix: give the WireGuardTunnel the HaPair's addresses, as virtualIpAddresses: pair.virtualIpAddresses, or move them on another interface (dev).",
  enforcementLevel: "advisory",
  validateStack: ({ resources }, reportViolation) => {
    const read = (wanted: string) =>
      resources
        .filter(({ type }) => type === wanted)
        .map(({ name, urn, props }) => ({ name, urn, props: plain(props) as Loose }));
    const tunnels = read(WIREGUARD_TUNNEL);
    for (const pair of read(HA_PAIR)) {
      for (const { path, text, on } of movedBy(pair.props)) {
        const over = tunnels.filter(({ props }) =>
          on.some(({ node, dev }) => dev === (props.interface ?? "wg0") && isEnd(props, node)),
        );
        const address = addressOf(text);
        for (const { name, props } of over) {
          const carried = carriedBy(props);
          if (address !== undefined && carried !== undefined && !carried.includes(address)) {
            reportViolation(
              `${pair.name}.${path}: ${text}; allowed: one of ${name}.virtualIpAddresses (${carried.join(", ") || "none"})`,
              pair.urn,
            );
          }
        }
      }
    }
  },
};
