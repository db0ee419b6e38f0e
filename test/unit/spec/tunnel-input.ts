import { HOST_KEY } from "./cluster-input";

/** Keys of 32 equal bytes. */
export const key = (byte: number) => Buffer.alloc(32, byte).toString("base64");

/** A node of a compliant tunnel: 10.99.0.N inside, 192.0.2.N outside. */
export function tunnelNodeInput(name: string, n: number, change: Record<string, unknown> = {}) {
  return {
    name,
    connection: { host: `192.0.2.${n}`, privateKey: "KEY-OF-THE-NODE", hostKey: HOST_KEY },
    addresses: [`10.99.0.${n}/24`],
    endpoint: `192.0.2.${n}`,
    ...change,
  };
}

/** A compliant tunnel; `a`, `b` and `change` replace what a case is about. */
export function tunnelInput(
  change: Record<string, unknown> = {},
  a: Record<string, unknown> = {},
  b: Record<string, unknown> = {},
): Record<string, unknown> {
  return {
    name: "sites",
    nodes: [tunnelNodeInput("gw-a", 1, a), tunnelNodeInput("gw-b", 2, b)],
    virtualIpAddresses: ["10.99.0.100/32 dev wg0"],
    ...change,
  };
}

export const PUBLIC_KEYS = { "gw-a": key(1), "gw-b": key(2) };
